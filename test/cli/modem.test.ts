import { expect, test } from "vitest";
import type { Call } from "../../src/sdk/modem/calls.ts";
import { runCli } from "./run-cli.ts";
import { AT, SiteDouble } from "./site-double.ts";

const call = (more: Partial<Call>): Call => ({ host: "web1", number: "5551234", at: AT, ...more });

function phoned(): SiteDouble {
  const site = new SiteDouble();
  const lasted = { connectedAt: AT + 20_000, endedAt: AT + 20_000 + 121_000 };
  site.phoned = [
    call({ ...lasted, outcome: "hung-up", text: "DTR low", costPerMinute: "0.12 EUR" }),
    call({ endedAt: AT + 5000, outcome: "busy", text: "BUSY", costPerMinute: "0.12 EUR" }),
    call({ host: "db1", outcome: "unknown" }),
    call({ host: "db1", connectedAt: AT, text: "CONNECT \u001b[2J", costPerMinute: "1 EUR" }),
  ];
  return site;
}

test("oob modem list shows calls, how long they were and what they cost", async () => {
  const { code, stdout } = await runCli(["modem", "list"], { site: phoned(), columns: 200 });
  expect(code).toBe(0);
  const rows = stdout
    .trimEnd()
    .split("\n")
    .map((row) => row.split(/ {2,}/));
  expect(rows[0]).toEqual(["HOST", "NUMBER", "CALLED", "WENT", "COST", "SAID"]);
  expect(rows.slice(1).map(([host, number, , ...rest]) => [host, number, ...rest])).toEqual([
    ["web1", "5551234", "connected 2m 1s", "0.36 EUR", "DTR low"],
    ["web1", "5551234", "busy", "0 EUR", "BUSY"],
    ["db1", "5551234", "unknown", "-", "-"],
    ["db1", "5551234", "connected", "-", expect.stringContaining("CONNECT ")],
  ]);
  expect(stdout).not.toContain("\u001b[2J");
});

test("oob modem list HOSTS asks for these alone; --json has times, seconds and cost", async () => {
  const site = phoned();
  const { stdout } = await runCli(["modem", "list", "web1", "--json"], { site });
  const { calls } = JSON.parse(stdout) as { calls: object[] };
  expect(calls).toHaveLength(2);
  expect(calls[0]).toMatchObject({
    number: "5551234",
    at: new Date(AT).toISOString(),
    connectedSeconds: 121,
    cost: "0.36 EUR",
  });
});

test("oob modem list without a call says so", async () => {
  const { code, stdout, stderr } = await runCli(["modem", "list"]);
  expect([code, stdout, stderr]).toEqual([0, "", "no call is on record\n"]);
});

test.each([
  ["test", "ask"],
  ["dial", "dial"],
  ["hangup", "hangup"],
])("oob modem %s HOST tells what goes on", async (verb, act) => {
  const site = new SiteDouble();
  site.lineSays = ["asking the modem", "Mock 56k rev 1"];
  const { code, stdout } = await runCli(["modem", verb, "web1"], { site });
  expect([code, stdout]).toEqual([0, "web1  asking the modem\nweb1  Mock 56k rev 1\n"]);
  expect(site.asked).toContainEqual({ line: { host: "web1", act } });
  const json = await runCli(["modem", verb, "web1", "--json"], { site });
  expect(json.stdout).toContain('"text":"Mock 56k rev 1"');
});

test.each([
  [["modem", "call", "web1"], "there is no such verb"],
  [["modem", "dial"], "one host at a time"],
  [["modem", "dial", "web1", "web2"], "one host at a time"],
])("%j is a usage error", async (argv, why) => {
  const { code, stderr } = await runCli(argv);
  expect(code).toBe(2);
  expect(stderr).toContain(why);
});
