import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkConfig, loadConfig } from "../../src/config/load-config.ts";
import { formatProblem } from "../../src/config/problems.ts";
import { catalog } from "./catalog.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-config-"));
  file = join(folder, "oob.yaml");
});
afterEach(() => rm(folder, { recursive: true }));

const PDU =
  'pdus: { pdu-a: { driver: snmp, host: h } }\nhosts: { a: { console: "telnet://ts1:1" } }\n';

const load = async (yaml: string) => {
  await writeFile(file, PDU + yaml);
  return loadConfig(file, {}, () => catalog);
};

const problemsOf = async (yaml: string): Promise<string[]> => {
  await writeFile(file, PDU + yaml);
  const { problems } = await checkConfig(file, {}, () => catalog);
  return problems.filter((one) => one.severity === "error").map((one) => formatProblem(one));
};

test("load: reads how often, for how long, of which PDUs, and ratings", async () => {
  const config = await load(
    "load: { every: 30s, keep-days: 3, pdus: pdu-a, ratings: { pdu-a: 10, pdu-a/3: 2.5A, pdu-a/4: 2300W } }",
  );
  expect(config.load).toEqual({
    every: 30_000,
    keepDays: 3,
    pdus: ["pdu-a"],
    ratings: new Map([
      ["pdu-a", { amps: 10 }],
      ["pdu-a/3", { amps: 2.5 }],
      ["pdu-a/4", { watts: 2300 }],
    ]),
  });
  expect((await load("load: { every: 0s }")).load.every).toBe(0);
  expect((await load("")).load).toEqual({ every: 60_000, keepDays: 14, ratings: new Map() });
  expect((await load("")).traps).toBeUndefined();
});

test.each([
  ["load: { every: 1s }", "expected at least 5s"],
  ["load: { every: 60 }", 'expected a duration such as "30s"'],
  ["load: { keep-days: 0 }", "expected a whole number"],
  ["load: { pdus: [pdu-b] }", 'there is no PDU "pdu-b"'],
  ["load: { ratings: { pdu-b/3: 10 } }", 'there is no PDU "pdu-b"'],
  ["load: { ratings: { pdu-a: 10V } }", "expected a rating"],
  ["load: { ratings: { pdu-a: -1 } }", "expected a rating"],
  ["load: { ratings: { pdu-a: 1.2.3A } }", "expected a rating"],
  ["traps: {}", '"listen" is missing'],
  ["traps: { listen: 1162 }", "expected an address and a port"],
  ['traps: { listen: "localhost:1162" }', "expected an address and a port"],
  ['traps: { listen: "127.0.0.1:70000" }', "expected an address and a port"],
])("%s is a problem: %s", async (yaml, wrong) => {
  expect((await problemsOf(yaml)).join("\n")).toContain(wrong);
});

test("traps: reads an address, a port and the name of the community", async () => {
  const { traps } = await load('traps: { listen: "[::1]:1162", community: secret:traps }');
  expect(traps).toEqual({ address: "::1", port: 1162, community: { secret: "traps" } });
});

test("traps: does not show what may be the community itself", async () => {
  for (const yaml of [
    'traps: { listen: "127.0.0.1:1162", community: s3cret }',
    'traps: { listen: "127.0.0.1:1162", comunity: s3cret }',
  ]) {
    const text = (await problemsOf(yaml)).join("\n");
    expect(text).toMatch(/community/);
    expect(text).not.toContain("s3cret");
  }
});
