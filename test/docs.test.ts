/** The guides say what the code does: examples that are checked, every option named, links that lead somewhere. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { DeviceKind } from "../src/config/driver-catalog.ts";
import { checkConfig } from "../src/config/load-config.ts";
import { formatProblem } from "../src/config/problems.ts";
import { hostSchema, SECTIONS, watchSchema } from "../src/config/schema.ts";
import { WATCH_PRESETS } from "../src/config/watch-policy.ts";
import { Registry } from "../src/core/registry/registry.ts";

const ROOT = resolve(import.meta.dirname, "..");
const page = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const CONFIGURATION = page("docs/guides/configuration.md");
const POWER = page("docs/guides/power.md");
const registry = new Registry();

/** The code blocks of a page that are written in a language; "" for those that name none. */
const blocksOf = (text: string, language: string): string[] =>
  [...text.matchAll(/^```(\w*)\n(.*?)^```/gms)]
    .filter(([, named]) => named === language)
    .map(([, , block]) => block ?? "");

/** The part of a page under one heading; "a, b: …" is the heading of both. */
const partOf = (text: string, heading: string): string =>
  text
    .split(/^## /m)
    .find(
      (part) => part.startsWith(heading) || part.split(":")[0]?.split(", ").includes(heading),
    ) ?? "";

/** Checks a configuration as `oob config check` does; its secrets are there. */
async function check(yaml: string) {
  const folder = await mkdtemp(join(tmpdir(), "oob-docs-"));
  try {
    const file = join(folder, "bad.yaml");
    const credentials = `credentials: ${folder}\n`;
    await writeFile(file, `${yaml.replace(/^credentials:.*\n/m, "")}\n${credentials}`);
    for (const [, name = ""] of yaml.matchAll(/secret: ?([a-z][a-z0-9-]*)/g))
      await writeFile(join(folder, name), "x", { mode: 0o600 });
    const { problems, summary } = await checkConfig(file, {}, () => registry);
    return { summary, text: problems.map(formatProblem).join("\n").replaceAll(file, "bad.yaml") };
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("docs/guides/configuration.md", () => {
  test("the complete example has no problem", async () => {
    const { text, summary } = await check(blocksOf(CONFIGURATION, "yaml")[0] ?? "");
    expect(text).toBe("");
    expect(summary).toMatchObject({ site: "fra1", hosts: 6, pdus: 3, outlets: 5 });
  });

  test("the output for mistakes is what oob config check says of the lines in it", async () => {
    const shown = blocksOf(partOf(CONFIGURATION, "What a mistake"), "").join("");
    // The lines of the file stand in the output, each at its number: the rest is filled up around them. Of what was
    // typed in place of a secret's name only the length is shown.
    const lines = ["version: 1", "", "pdus:", "", "hosts:", "  web1:", "", "", "  web2:"];
    for (const [, line, source] of shown.matchAll(/^bad\.yaml:(\d+):.*\n {4}(.*)$/gm))
      lines[Number(line) - 1] = (source ?? "").replace("*****", "ENTRY");
    const { text } = await check(lines.join("\n"));
    const last = shown.trimEnd().split("\n").at(-1);
    expect(last).toMatch(/^bad\.yaml: 8 errors, 0 warnings; /);
    expect(shown).toBe(`$ oob config check --config bad.yaml\n${text}\n${last}\n`);
  });

  test("every top-level key is in its table", () => {
    const keys = [...Object.keys(SECTIONS), "pdus", "hosts"];
    const table = partOf(CONFIGURATION, "Top-level keys");
    expect(keys.filter((key) => !table.includes(`| \`${key}\` |`))).toEqual([]);
  });

  test("every key of a host, of watch and of the sections is named", () => {
    const sections = ["sessions", "log", "fleet", "defaults"] as const;
    const keys = [
      ...sections.flatMap((name) => Object.keys(SECTIONS[name].shape)),
      ...Object.keys(hostSchema.shape),
      ...Object.keys(watchSchema.shape),
      ...Object.keys(WATCH_PRESETS),
    ];
    expect(keys.filter((key) => !CONFIGURATION.includes(`\`${key}\``))).toEqual([]);
  });
});

describe.each<[DeviceKind, string]>([
  ["console", "docs/guides/consoles.md"],
  ["power", "docs/guides/power.md"],
  ["notify", "docs/guides/alerts.md"],
])("%s drivers", (kind, path) => {
  test(`each has a part in ${path} that names its options and their choices`, async () => {
    const lacking: string[] = [];
    for (const name of await registry.names(kind)) {
      const part = partOf(page(path), name);
      const { options = {} } = (await registry.describe(kind, name)) ?? {};
      const words = Object.entries(options).flatMap(([word, { choices = [] }]) => [
        word,
        ...choices,
      ]);
      lacking.push(
        ...words.filter((word) => !part.includes(`\`${word}\``)).map((word) => `${name}: ${word}`),
      );
    }
    expect(lacking).toEqual([]);
  });

  test(`the entries of ${path} have no problem`, async () => {
    for (const block of blocksOf(page(path), "yaml")) {
      // A block with several entries for one console is several examples.
      const entries = block.startsWith("console:") ? block.trim().split("\n") : [block];
      for (const entry of entries) {
        const host = `hosts: { web1: { ${entry} } }`;
        expect((await check(entry.startsWith("console:") ? host : entry)).text).toBe("");
      }
    }
  });
});

test("docs/guides/power.md has every SNMP family with its settling time", async () => {
  const families = await registry.profiles<{ readonly settle: number }>("snmp");
  for (const [name, { settle }] of families) {
    const row = POWER.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
    expect(row?.split("|")[3]?.trim()).toBe(`${settle / 1000}s`);
  }
});

const PAGES = ["README.md", "CHANGELOG.md", "docs/errors.md"].concat(
  ["docs/guides", "docs/decisions"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".md"))
      .map((file) => `${folder}/${file}`),
  ),
);

/** What a heading is called in a link to it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, "")
    .replaceAll(" ", "-");

const headingsOf = (path: string): string[] =>
  [...page(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));

test.each(PAGES.filter((path) => existsSync(join(ROOT, path))))(
  "links of %s lead somewhere",
  (path) => {
    const text = page(path)
      .replace(/^ *```.*?^ *```/gms, "")
      .replace(/`[^`\n]*`/g, "");
    const dead = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = ""]) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [file = "", anchor] = link.split("#");
        const target = file === "" ? path : join(dirname(path), file);
        if (!existsSync(join(ROOT, target))) return true;
        return anchor !== undefined && !headingsOf(target).includes(anchor);
      });
    expect(dead).toEqual([]);
  },
);
