import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkConfig, loadConfig } from "../../src/config/load-config.ts";
import { Registry } from "../../src/core/registry/registry.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-on-demand-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function fileOf(entry: string): Promise<string> {
  const file = join(folder, "oob.yaml");
  await writeFile(file, `hosts: { h: { console: { ${entry} } } }`);
  return file;
}

const registry = (folders: readonly string[]) => new Registry(folders);

test.each([
  ["driver: tcp, host: a, port: 1, on-demand: true", { hangupAfter: 300_000 }],
  ["driver: tcp, host: a, port: 1, on-demand: true, hangup-after: 30s", { hangupAfter: 30_000 }],
  ["driver: tcp, host: a, port: 1, on-demand: false", undefined],
  ["driver: tcp, host: a, port: 1", undefined],
])("console { %s }", async (entry, onDemand) => {
  const { hosts } = await loadConfig(await fileOf(entry), {}, registry);
  const read = hosts.get("h")?.console;
  expect(read?.onDemand).toEqual(onDemand);
  expect(Object.keys(read?.options ?? {})).not.toContain("on-demand");
});

test("on-demand goes with every driver, and with what it goes through", async () => {
  const via = "via: { driver: serial, path: /dev/ttyS0 }";
  const entry = `driver: modem, number: "5551234", on-demand: true, ${via}`;
  const { hosts } = await loadConfig(await fileOf(entry), {}, registry);
  expect(hosts.get("h")?.console).toMatchObject({
    driver: "modem",
    onDemand: { hangupAfter: 300_000 },
    via: { driver: "serial" },
  });
});

test.each([
  ["driver: tcp, host: a, port: 1, on-demand: maybe", "expected true or false"],
  ["driver: tcp, host: a, port: 1, on-demand: true, hangup-after: 5", "expected a duration"],
  ["driver: tcp, host: a, port: 1, hangup-after: 5m", '"hangup-after" has no meaning here'],
  [
    'driver: modem, number: "1", via: { driver: tcp, host: a, port: 1, on-demand: true }',
    'unknown option "on-demand"',
  ],
  [
    'driver: modem, number: "call me", via: { driver: exec, command: cat }',
    '"call me" cannot be dialled',
  ],
])("console { %s } is wrong", async (entry, wanted) => {
  const { problems } = await checkConfig(await fileOf(entry), {}, registry);
  expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining(wanted)]);
});
