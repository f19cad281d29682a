import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Registry } from "../../../src/core/registry/registry.ts";
import { OobError } from "../../../src/lib/errors.ts";
import type { SerialPduProfile } from "../../../src/sdk/serial-pdu-profile.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-registry-"));
});
afterEach(() => rm(folder, { recursive: true }));

const put = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
};

const CONSOLE = `
import { defineConsole, OobError } from "oob/sdk";
const label: string = "mine";
export default defineConsole({
  summary: "mine", sources: ["my desk"], options: {}, address: "path", identity: ["path"],
  async open() { throw new OobError("LINK_REFUSED", \`Cannot open "\${label}"\`); },
});
`;
const RULE = `
import { defineRule } from "oob/sdk";
export default defineRule({
  means: "it fell over", sources: ["my desk"], state: "crash", class: "panic", action: "recover", view: "line",
  pattern: /fell over/, hints: ["fell over"], matches: ["it fell over"], rejects: ["it stands"],
});
`;

describe("Registry", () => {
  test("a user's TypeScript file is a driver, and its OobError is our OobError", async () => {
    await put("console/mine.ts", CONSOLE);
    const driver = await new Registry([folder]).console("mine");
    expect(driver.summary).toBe("mine");
    const error = await driver.open({}, {} as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OobError);
    expect(error).toMatchObject({ code: "LINK_REFUSED" });
  });

  test("the serial PDU of the guide may lie flat in the folder", async () => {
    const guide = await readFile(new URL("../../../docs/guides/power.md", import.meta.url), "utf8");
    const [, text = ""] = /^## serial-pdu[\s\S]*?^```ts\n([\s\S]*?)^```/m.exec(guide) ?? [];
    await put("acme.ts", text);
    const registry = new Registry([folder]);
    expect(await registry.names("serial")).toContain("acme");
    const profiles = await registry.profiles<SerialPduProfile>("serial");
    expect(profiles.get("acme")?.steps.listen).toBeDefined();
    expect(await registry.problems()).toEqual([]);
  });

  test("a user's file may lie flat in the folder: its kind shows in what it declares", async () => {
    await put("mine.ts", CONSOLE);
    await put("fell-over.ts", RULE);
    const registry = new Registry([folder]);
    expect(await registry.names("console")).toContain("mine");
    expect(await registry.names("power")).not.toContain("mine");
    expect((await registry.rules()).map((rule) => rule.id)).toContain("fell-over");
  });

  test("a user's menu profile counts like one of ours, with its patterns in linear time", async () => {
    await put(
      "console/menu/mine.ts",
      `
      import { defineMenuProfile, logIn, portOpens } from "oob/sdk";
      export default defineMenuProfile({
        summary: "mine", sources: ["my desk"], ports: "a number", enter: "wait",
        steps: logIn("menu", {
          menu: { expect: [{ prompt: /^(?<box>(a+)+)> $/, send: "{number}\\r", go: "open" }] },
          open: portOpens(),
        }),
      });
      `,
    );
    const registry = new Registry([folder]);
    expect(await registry.names("menu")).toEqual(expect.arrayContaining(["mine", "cyclades-ts"]));
    const { steps } = await registry.menu("mine");
    const menu = steps.menu?.expect[0];
    if (menu === undefined || !("prompt" in menu)) throw new Error("no prompt");
    expect(menu.prompt.exec("aaa> ")?.groups).toEqual({ box: "aaa" });
    // RegExp takes longer than the age of the world for this.
    expect(menu.prompt.exec("a".repeat(2000))).toBeNull();
    expect(steps.open?.silence).toBe(2000);
    const unknown = await registry.menu("cyclade-ts").catch((thrown: unknown) => thrown);
    expect(unknown).toMatchObject({ code: "DRIVER_UNKNOWN", hint: 'Did you mean "cyclades-ts"?' });
  });

  test("a user's file goes before a shipped one of the same name", async () => {
    const shipped = (await new Registry().names("boot"))[0];
    await put(
      `boot/${shipped}.ts`,
      `
      export default { summary: "my own", sources: [], shows: /x/, announces: /y/, bootWith: async () => {} };
    `,
    );
    const loader = (await new Registry([folder]).bootLoaders()).get(shipped ?? "");
    expect(loader?.summary).toBe("my own");
  });

  test("a boot loader that cannot be used is left out and told, the others count", async () => {
    await put("boot/broken.ts", "export default {");
    await put("boot/bare.ts", "export default { summary: 'x', sources: [] };");
    const registry = new Registry([folder]);
    const shipped = await new Registry().names("boot");
    expect([...(await registry.bootLoaders()).keys()]).toEqual(shipped);
    expect((await registry.brokenBootLoaders()).map(String).sort()).toEqual([
      expect.stringMatching(/Cannot load .*broken\.ts/),
      expect.stringMatching(/bare\.ts.*lacks shows/),
    ]);
  });

  test("rules have the name of their folder and file, and come as one array", async () => {
    await put("detect/plan9/fell-over.ts", RULE);
    const registry = new Registry([folder]);
    const rules = await registry.rules();
    expect(rules.map((rule) => rule.id)).toContain("plan9/fell-over");
    expect(await registry.rules()).toBe(rules);
  });

  test("says DRIVER_UNKNOWN with the nearest name", async () => {
    await put("console/telmet.ts", CONSOLE);
    await expect(new Registry([folder]).console("telmett")).rejects.toMatchObject({
      code: "DRIVER_UNKNOWN",
      hint: 'Did you mean "telmet"?',
    });
  });

  test.each([
    ["does not compile", "export default {\n  a: 1,\n  b 2 };", /bad\.ts.*3/s],
    ["throws", "\n\nthrow new Error('no luck');", /no luck \(line 3\)/],
    ["has no default export", "export const driver = {};", /no default export/],
    ["lacks fields", "export default { summary: 'x', sources: [] };", /lacks options/],
    ["imports what is not there", "import 'oob/core';\nexport default {};", /oob\/core/],
  ])("says DRIVER_INVALID of a file that %s", async (_what, text, message) => {
    await put("console/bad.ts", text);
    const error = await new Registry([folder]).console("bad").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "DRIVER_INVALID" });
    expect(String(error)).toContain(join(folder, "console/bad.ts"));
    expect(String(error)).toMatch(message);
  });

  test("a broken file is in the way of nobody who did not ask for it, and problems() names it", async () => {
    await put("mine.ts", CONSOLE);
    await put("broken.ts", "export default {");
    await put("stray.ts", "export default { hello: 1 };");
    const registry = new Registry([folder]);
    expect((await registry.console("mine")).summary).toBe("mine");
    await expect(registry.console("broken")).rejects.toMatchObject({ code: "DRIVER_INVALID" });
    expect((await registry.problems()).map(String)).toEqual([
      expect.stringContaining("broken.ts"),
      expect.stringContaining("declares no driver"),
    ]);
  });

  test("rule files that cannot be used are left out and told, the others count", async () => {
    await put("detect/plan9/fell-over.ts", RULE);
    await put("detect/plan9/broken.ts", "export default {");
    await put("detect/plan9/mute.ts", RULE.replace('hints: ["fell over"]', "hints: []"));
    await put("detect/plan9/bare.ts", RULE.replace('hints: ["fell over"], ', ""));
    const registry = new Registry([folder]);
    const ids = (await registry.rules()).map((rule) => rule.id);
    expect(ids.filter((id) => id?.startsWith("plan9/"))).toEqual(["plan9/fell-over"]);
    const broken = [
      /Cannot load .*broken\.ts/,
      /bare\.ts.*lacks hints/,
      /plan9\/mute: it has no hints/,
    ];
    expect((await registry.brokenRules()).map(String).sort()).toEqual(
      broken.map((one) => expect.stringMatching(one)),
    );
    expect((await registry.problems()).map(String).sort()).toEqual(
      broken.map((one) => expect.stringMatching(one)),
    );
  });

  test("a user's pattern cannot be kept busy by what a host prints", async () => {
    const slow = RULE.replace(/pattern: \/.*?\/\w*,/, "pattern: /^(?:fell over|\\w+)+!$/i,");
    expect(slow).not.toBe(RULE);
    await put("detect/plan9/slow.ts", slow);
    const rules = await new Registry([folder]).rules();
    const rule = rules.find(({ id }) => id === "plan9/slow");
    const began = performance.now();
    expect(rule?.pattern.test(`fell over${"a".repeat(4000)}`)).toBe(false);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(rule?.pattern.exec("so\nFell OverX!")).toBeNull();
    expect(rule?.pattern.exec("Fell OverX!")?.[0]).toBe("Fell OverX!");
  });

  test.each(["(?<=a)b", "a(?!b)", "(a)\\1"])(
    "a user's rule with /%s/ is refused, and said which",
    async (text) => {
      await put("detect/plan9/odd.ts", RULE.replace(/pattern: \/.*?\/\w*,/, `pattern: /${text}/,`));
      const [broken] = await new Registry([folder]).brokenRules();
      expect(broken).toMatchObject({
        code: "DRIVER_INVALID",
        hint: expect.stringContaining("no look-around"),
      });
      expect(broken?.message).toContain(`"pattern" of "${join(folder, "detect/plan9/odd.ts")}"`);
    },
  );

  test("runbooks come from their own folders too", async () => {
    await put(
      "books/tidy.ts",
      `
      import { defineRunbook, seconds } from "oob/sdk";
      export default defineRunbook({ title: "t", summary: "s", risk: "read", sources: [], options: {}, timeout: seconds(1),
        run: async () => "done" });
    `,
    );
    const registry = new Registry([], [join(folder, "books")]);
    expect((await registry.runbook("tidy")).title).toBe("t");
    await expect(registry.runbook("tidi")).rejects.toMatchObject({
      code: "RUNBOOK_INVALID",
      hint: 'Did you mean "tidy"?',
    });
  });
});
