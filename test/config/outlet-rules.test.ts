import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkConfig, loadConfig } from "../../src/config/load-config.ts";
import { Registry } from "../../src/core/registry/registry.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-rules-"));
});
afterEach(() => rm(folder, { recursive: true }));

const registry = (folders: readonly string[]) => new Registry(folders);
const PDU = "driver: qemu, path: /run/vm1.qmp";

async function fileOf(text: string): Promise<string> {
  const file = join(folder, "oob.yaml");
  await writeFile(file, text);
  return file;
}
const problemsOf = async (text: string) =>
  (await checkConfig(await fileOf(text), {}, registry)).problems.map(({ message }) => message);

describe("rules of a PDU's outlets", () => {
  test("stand beside the options of its driver, which does not see them", async () => {
    const rules = 'min-interval: 10s, stagger: 1s, lifeline: [1, "name:uplink"], limit-amps: 16';
    const file = await fileOf(`pdus: { p: { ${PDU}, ${rules} }, q: { ${PDU} } }`);
    const { pdus } = await loadConfig(file, {}, registry);
    expect(pdus.get("p")?.rules).toEqual({
      minInterval: 10_000,
      stagger: 1000,
      lifeline: ["1", "name:uplink"],
      limitAmps: 16,
    });
    expect(pdus.get("p")?.options).toEqual(pdus.get("q")?.options);
    expect(pdus.get("q")?.rules).toBeUndefined();
  });

  test.each([
    ["min-interval: 10", "expected a duration"],
    ["stagger: 2h", "expected a duration"],
    ["lifeline: { 1: true }", "expected a list of texts"],
    ["limit-amps: 0", "expected a whole number"],
    ["lifelines: [1]", 'unknown option "lifelines"'],
  ])("%s is wrong", async (rule, wanted) => {
    expect(await problemsOf(`pdus: { p: { ${PDU}, ${rule} } }`)).toEqual([
      expect.stringContaining(wanted),
    ]);
  });

  test("one that is misspelt is recognised", async () => {
    const file = await fileOf(`pdus: { p: { ${PDU}, lifline: [1] } }`);
    const [problem] = (await checkConfig(file, {}, registry)).problems;
    expect(problem).toMatchObject({
      message: 'unknown option "lifline"',
      hint: 'Did you mean "lifeline"?',
    });
  });
});

describe("after:", () => {
  const hosts = (...afters: readonly [string, string][]) =>
    `hosts: { ${afters.map(([name, after]) => `${name}: { console: "exec:cat ${name}", after: ${after} }`).join(", ")} }`;

  test("names hosts that are there", async () => {
    const { hosts: read } = await loadConfig(
      await fileOf(hosts(["a", "[]"], ["b", "a"], ["c", "[a, b]"])),
      {},
      registry,
    );
    expect([...read.values()].map(({ after }) => after)).toEqual([[], ["a"], ["a", "b"]]);
  });

  test.each([
    [hosts(["a", "x"]), 'there is no host "x"'],
    [hosts(["a", "a"]), "a host cannot come after itself"],
    [
      hosts(["a", "c"], ["b", "a"], ["c", "b"]),
      "no host can be the first: a after c after b after a",
    ],
  ])("%s is wrong", async (text, wanted) => {
    expect(await problemsOf(text)).toEqual([wanted]);
  });
});
