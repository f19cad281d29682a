import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Registry } from "../../../src/core/registry/registry.ts";
import { loadRecipe, readRecipe } from "../../../src/core/runbook-recipe/read-recipe.ts";
import { filledForShell } from "../../../src/core/runbook-recipe/recipe-text.ts";
import { messageOf } from "../../../src/lib/errors.ts";
import type { RunbookHands } from "../../../src/sdk/runbook.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-recipe-"));
  file = join(folder, "disk-space.yaml");
});
afterEach(() => rm(folder, { recursive: true }));

const DISK = `title: Disk space
risk: read
settings:
  most: { kind: integer, default: 90, summary: per cent that may be used }
steps:
  - login
  - run: df -P /
    match: ' (?<used>\\d+)% '
  - capture: du -xk / | sort -n | tail
    title: What is large
  - note: "{{used}} % of / are used"
  - verdict: act
    text: "/ of {{host}} is {{used}} % full"
    when: { used: ">= 95" }
  - verdict: ok
    text: "/ is {{used}} % full"
`;

const load = async (text: string) => {
  await writeFile(file, text);
  return loadRecipe(file);
};
/** "line:column message" of every problem. */
const problemsOf = async (text: string) => {
  await writeFile(file, text);
  const { problems } = await readRecipe(file);
  return problems.sorted().map(({ line, column, message }) => `${line}:${column} ${message}`);
};

/** Hands that answer from a table and write down what was done. */
function hands(answers: Readonly<Record<string, string>>, dryRun = false) {
  const did: string[] = [];
  const answer = (command: string) => {
    did.push(command);
    const text = Object.entries(answers).find(([start]) => command.startsWith(start))?.[1];
    return { status: text === undefined ? 127 : 0, output: text ?? "", text: text ?? "" };
  };
  const given = {
    host: { name: "web1", os: "linux", user: "root" },
    options: { most: 90, name: "cron" },
    signal: new AbortController().signal,
    console: {
      login: async () => did.push("login"),
      run: async (command: string) => answer(command),
      capture: async (script: string) => answer(script),
      send: async (text: string) => did.push(`send ${JSON.stringify(text)}`),
      expect: async (patterns: readonly RegExp[]) => {
        const text = "boot: menu 7 ";
        const which = patterns.findIndex((pattern) => pattern.test(text));
        return { which, before: "", match: patterns[which]?.exec(text) ?? [] };
      },
    },
    note: (text: string) => did.push(`note ${text}`),
    step: async (_: string, work: () => Promise<unknown>) => work(),
    act: async (what: string, change: () => Promise<unknown>) => {
      did.push(`act ${what}`);
      return dryRun ? undefined : change();
    },
    report: { text: (title: string, text: string) => did.push(`report ${title}: ${text}`) },
  };
  return { did, hands: given as unknown as RunbookHands };
}

describe("a recipe is a runbook", () => {
  test("reads, finds values, compares by number, reports, ends in the verdict that applies", async () => {
    const runbook = await load(DISK);
    expect(runbook).toMatchObject({ title: "Disk space", risk: "read", needs: ["login"] });
    expect(runbook.options).toEqual({
      most: { kind: "integer", default: 90, summary: "per cent that may be used" },
    });
    const full = hands({ "df -P": "/dev/sda1 100 97 3 97% /\n", "du -xk": "1 /a" });
    expect(await runbook.run(full.hands)).toEqual({
      verdict: "act",
      text: "/ of web1 is 97 % full",
    });
    expect(full.did).toEqual([
      "login",
      "df -P /",
      "du -xk / | sort -n | tail",
      "report What is large: 1 /a",
      "note 97 % of / are used",
    ]);
    const fine = hands({ "df -P": "/dev/sda1 100 7 93 7% /\n", "du -xk": "" });
    expect(await runbook.run(fine.hands)).toEqual({ verdict: "ok", text: "/ is 7 % full" });
  });

  test("a wrong status, and output without what is wanted, end it", async () => {
    const runbook = await load(DISK);
    await expect(runbook.run(hands({}).hands)).rejects.toThrow(
      'Cannot go on at web1: "df -P /" ended with 127',
    );
    await expect(runbook.run(hands({ "df -P": "no" }).hands)).rejects.toThrow(
      "does not stand in what",
    );
  });

  test("commands are told as they were typed, not as they are written", async () => {
    const runbook = await load(
      "title: t\nrisk: read\nsettings: { name: { summary: s } }\nsteps:\n  - run: pidof {{name}}\n",
    );
    await expect(runbook.run(hands({}).hands)).rejects.toThrow('"pidof cron" ended with 127');
  });

  test("act() wraps what changes something: a dry run leaves it out", async () => {
    const text = `title: t
risk: type
settings: { name: { summary: the service } }
steps:
  - act: restart {{name}}
    undo: start it
    do:
      - run: systemctl restart {{name}}
      - send: "y"
        enter: false
      - expect: ['nothing$', 'menu (?<entry>\\d) $']
  - note: entry {{entry}}
`;
    const runbook = await load(text);
    const real = hands({ systemctl: "" });
    await runbook.run(real.hands);
    expect(real.did).toEqual([
      "act restart cron",
      "systemctl restart 'cron'",
      'send "y"',
      "note entry 7",
    ]);
    const dry = hands({ systemctl: "" }, true);
    await runbook.run(dry.hands);
    expect(dry.did).toEqual(["act restart cron", "note entry "]);
  });

  test("what a host printed is one quoted word in a command, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const line = filledForShell("echo {{x}}", new Map([["x", text]]));
        // One word: outside of the quotes stand only escaped quotes.
        expect(
          line
            .slice(5)
            .replace(/'[^']*'/g, "")
            .replaceAll("\\'", ""),
        ).toBe("");
        expect(line).not.toMatch(/[\r\n\u001b]/);
      }),
    );
  });

  // A RegExp would take 2^40 steps here: the test would never end.
  test("patterns run in linear time", async () => {
    const runbook = await load(`title: t\nrisk: read\nsteps:\n  - run: x\n    match: '(a+)+$'\n`);
    await expect(runbook.run(hands({ x: `${"a".repeat(40)}!` }).hands)).rejects.toThrow();
  });

  test("the registry lists it by its file's name, beside TypeScript", async () => {
    await writeFile(file, DISK);
    const registry = new Registry([], [folder]);
    expect(await registry.names("runbook")).toContain("disk-space");
    expect((await registry.runbook("disk-space")).title).toBe("Disk space");
  });
});

describe("what is wrong is told with its place", () => {
  test.each([
    ["risk: read\nsteps: [login]\n", ['1:1 "title" is missing']],
    [
      "title: t\nrisk: rad\nsteps: [login]\n",
      ['2:7 expected one of "read", "type", "disrupt", got "rad"'],
    ],
    ["title: t\nrisk: read\nstep: [login]\n", ['1:1 "steps" is missing', '3:1 unknown key "step"']],
    [
      "title: t\nrisk: read\nsteps:\n  - runn: ls\n",
      ["4:5 a step needs one of login, run, capture, send, expect, note, verdict, act"],
    ],
    [
      "title: t\nrisk: read\nsteps:\n  - run: ls\n    note: x\n",
      ["4:5 a step does one thing, this one does run and note"],
    ],
    ["title: t\nrisk: read\nsteps:\n  - run: ls\n    whithin: 3s\n", ['5:5 unknown key "whithin"']],
    [
      "title: t\nrisk: read\nsteps:\n  - run: ls\n    within: 3\n",
      ['5:13 expected a duration such as "30s", got 3'],
    ],
    [
      "title: t\nrisk: read\nsteps:\n  - note: '{{fre}}'\n",
      ['4:11 nothing before this gives "fre"'],
    ],
    [
      "title: t\nrisk: read\nsteps:\n  - act: x\n    do: [login]\n",
      ['4:5 a recipe of risk "read" changes nothing: it has no act'],
    ],
    [
      "title: t\nrisk: type\nsteps:\n  - run: ls\n    match: '(?<f>.)'\n  - send: 'rm {{f}}'\n",
      ['6:11 "f" is the host\'s text, which is not typed'],
    ],
    [
      "title: t\nrisk: read\nsteps: [ login\n",
      ["4:1 Flow sequence in block collection must be sufficiently indented and end with a ]"],
    ],
  ])("%j", async (text, told) => expect(await problemsOf(text)).toEqual(told));

  test("a pattern that cannot be matched in linear time", async () => {
    const [told] = await problemsOf("title: t\nrisk: read\nsteps:\n  - expect: '(?=x)'\n");
    expect(told).toMatch(/^4:13 Cannot use this pattern/);
  });

  test("as an error it shows line, column and a caret", async () => {
    const thrown = await load("title: t\nrisk: read\nsteps:\n  - runn: ls\n").catch(messageOf);
    expect(thrown).toContain(`disk-space.yaml:4:5: steps[0]: a step needs one of`);
    expect(thrown).toContain("      - runn: ls\n        ^");
  });
});
