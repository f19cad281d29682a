import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RedfishMock } from "../../mocks/redfish-service.ts";
import { openSite } from "../../src/daemon/client.ts";
import { type Daemon, startDaemon } from "../../src/daemon/main.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { runCli } from "./run-cli.ts";

// The whole way: command line, guard, engine, driver, HTTP, and a BMC that says what it was asked.

let folder: string;
let daemon: Daemon | undefined;
let env: Record<string, string>;
const mocks: RedfishMock[] = [];
let users = 0;

/** A BMC of its own user: what one refused is remembered. */
async function bmc(tls = false): Promise<{ mock: RedfishMock; entry: string }> {
  const user = `lamp${users++}`;
  const mock = new RedfishMock(systemClock, { user, password: "hunter2" }, { tls });
  mocks.push(mock);
  const port = await mock.http.listen();
  const clear = tls ? "" : ", tls: false, insecure: true";
  return { mock, entry: `driver: redfish, host: 127.0.0.1, port: ${port}, user: ${user}${clear}` };
}

async function configure(pdus: readonly string[], hosts: readonly string[]): Promise<void> {
  const places = ["state", "run", "credentials"].map((one) => join(folder, one));
  const text = `version: 1
state: ${places[0]}
runtime: ${places[1]}
credentials: ${places[2]}
pdus:
${pdus.map((one) => `  ${one}\n`).join("")}hosts:
${hosts.map((one) => `  ${one}\n`).join("")}`;
  await writeFile(join(folder, "oob.yaml"), text);
}

const host = (name: string, outlets: string, more = "") =>
  `${name}: { console: { driver: unix, path: ${join(folder, name)} }, watch: off, outlets: ${outlets}${more} }`;

const relay = (name: string) =>
  `${name}: { driver: exec, outlets: [r], on: ["true"], off: ["true"], status: [echo, "up"], on-text: up, off-text: down }`;

const oob = (...argv: string[]) =>
  runCli(argv, {
    openSite: (options) => openSite({ ...options, config: join(folder, "oob.yaml"), env }),
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-lamp-"));
  env = { HOME: folder, OOB_RUNTIME: join(folder, "default-run") };
  await mkdir(join(folder, "credentials"));
  for (const [name, text] of [
    ["good", "hunter2"],
    ["bad", "hunter3"],
  ] as const)
    await writeFile(join(folder, "credentials", name), text, { mode: 0o600 });
});

afterEach(async () => {
  await daemon?.stop("the test ends");
  daemon = undefined;
  for (const mock of mocks.splice(0)) await mock.http.close();
  await rm(folder, { recursive: true });
});

test.each(["direct", "daemon"])(
  "power identify over a %s site: asks nobody, lights the lamp that there is, moves nothing",
  async (via) => {
    const { mock, entry } = await bmc();
    await configure(
      [
        `card: { ${entry}, password: secret:good, min-interval: 1h, lifeline: ["1"] }`,
        relay("relays"),
      ],
      [host("web1", "[card/1, relays/r]", ", precious: true"), host("db1", "relays/r")],
    );
    if (via === "daemon")
      daemon = await startDaemon({ config: join(folder, "oob.yaml"), env, say: () => {} });

    const dry = await oob("power", "identify", "web1", "--dry-run");
    expect([dry.code, mock.lit]).toEqual([0, undefined]);
    expect(dry.stdout).toMatch(/web1 {2}would ask card\/1 to identify web1; nothing was sent\n$/);

    for (const n of [1, 2]) {
      const { code, stdout } = await oob("power", "identify", "web1", "--reason", `walk ${n}`);
      expect(stdout).toMatch(
        /^\d\d:\d\d:\d\d web1 {2}card\/1 took "identify"; whether it shows cannot be read {2}done\n$/,
      );
      expect([code, mock.lit]).toEqual([0, true]);
    }
    const { code, stdout } = await oob("power", "identify", "web1", "db1", "--json");
    const ends = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter((one) => one.result);
    expect(code).toBe(5);
    const [one, other] = ends.sort((a, b) => (a.host < b.host ? 1 : -1));
    expect(one).toEqual({
      ...{ v: 1, at: expect.any(String), host: "web1", result: "done" },
      text: 'card/1 took "identify"; whether it shows cannot be read',
    });
    expect(other).toMatchObject({
      ...{ host: "db1", result: "refused" },
      error: {
        code: "PDU_REFUSED",
        message: 'Cannot identify db1: relays/r has no command "identify"',
      },
    });
    expect(mock.resets).toEqual([]);

    const trail = await oob("events", "web1", "--type", "power", "--json");
    const types = trail.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).type);
    expect(types).toEqual([1, 2, 3].flatMap(() => ["power.identify", "power.outcome"]));
    expect(trail.stdout).toContain("identify card/1: walk 1");
  },
);

test.each([
  ["a wrong password", false, "password: secret:bad", 1, "LOGIN_REFUSED", /secret/],
  ["a certificate that nobody signed", true, "password: secret:good", 5, "PDU_REFUSED", /[Pp]in/],
] as const)(
  "power off where the BMC cannot be read for %s: its hint and the exit code of the table",
  async (_, tls, more, exit, code, hint) => {
    const { mock, entry } = await bmc(tls);
    await configure([`card: { ${entry}, ${more} }`], [host("web1", "card/1")]);
    const said = await oob("power", "off", "web1", "--yes");
    expect(said.stdout).toMatch(
      /^\S+ web1 {2}Cannot switch web1 off: outlet card\/1 cannot be read: /,
    );
    expect(said.stderr).toMatch(hint);
    const { code: left, stdout } = await oob("power", "off", "web1", "--yes", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      result: exit === 5 ? "refused" : "failed",
      error: { code, hint: expect.stringMatching(hint) },
    });
    expect([said.code, left]).toEqual([exit, exit]);
    expect(mock.resets).toEqual([]);
  },
);

test("power off where nothing answers at the BMC is a time-out by its exit code", async () => {
  const { mock, entry } = await bmc();
  await mock.http.close();
  await configure([`card: { ${entry}, password: secret:good }`], [host("web1", "card/1")]);
  const { code, stdout } = await oob("power", "off", "web1", "--yes", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ result: "failed", error: { code: "PDU_SILENT" } });
  expect(code).toBe(7);
});
