import { expect, test } from "vitest";
import type { PduReading } from "../../src/sdk/power.ts";
import { RunningCli, runCli } from "./run-cli.ts";
import { AT, SiteDouble } from "./site-double.ts";

const READING: PduReading = {
  family: "raritan-px1",
  serial: "S1",
  outlets: [
    {
      instance: "1",
      label: "1",
      name: "spare",
      state: "off",
      pending: false,
      refuses: "read only: x",
    },
    { instance: "2", label: "2", name: "web1", state: "on", pending: false },
    { instance: "3", label: "3", name: "web1", state: "on", pending: false },
  ],
};

function site(): SiteDouble {
  const double = new SiteDouble();
  double.reading = READING;
  double.proofEvents = [
    { at: AT, host: "pdu-a", text: 'outlet 1 "spare" told on: outlet 1 "spare": off → on' },
    { at: AT, host: "pdu-a", text: "the map is right", result: "done" },
  ];
  return double;
}

test("map lists what goes on the wire for which outlet", async () => {
  const { code, stdout } = await runCli(["pdu", "map", "pdu-a"], { site: site() });
  expect(code).toBe(0);
  expect(stdout).toMatch(/1 {2}1 +off +spare \[read only: x\]/);
  const json = await runCli(["pdu", "map", "pdu-a", "--json"], { site: site() });
  expect(JSON.parse(json.stdout).outlets[0]).toEqual({
    ...{ instance: "1", label: "1", name: "spare", refuses: "read only: x" },
  });
});

test("map --prove wants the outlet's name typed, then asks the site and says how it ended", async () => {
  const person = new RunningCli(["pdu", "map", "pdu-a", "--prove", "1", "--reason", "new"], {
    ...{ site: site(), stdinTty: true, stdoutTty: true },
  });
  await person.saw(/Type spare: /);
  person.stdin.write("spare\n");
  expect(await person.code).toBe(0);
  expect(person.site.asked).toContainEqual({
    prove: { pdu: "pdu-a", outlet: "instance:1", called: "spare", fromOn: false, reason: "new" },
  });
  expect(person.stdout).toContain("✓ proven");
});

test("map --prove says what would be refused before it asks for a name", async () => {
  const refusing = site();
  const text = "Cannot prove the map of pdu-a on outlet 1: it draws 40 W, so it feeds something";
  refusing.proofEvents = [{ at: AT, host: "pdu-a", text, result: "refused" }];
  const person = new RunningCli(["pdu", "map", "pdu-a", "--prove", "1"], {
    ...{ site: refusing, stdinTty: true, stdoutTty: true },
  });
  expect(await person.code).toBe(5);
  expect(person.stdout).toContain("it draws 40 W");
  expect(person.stderr).not.toContain("Type");
  expect(refusing.asked).toEqual([
    { outlets: "pdu-a" },
    { prove: expect.objectContaining({ dryRun: true }) },
  ]);
});

test.each([
  [["--prove", "1"], 5],
  [["--prove", "1", "--confirm", "web1"], 5],
  [["--prove", "1", "--confirm", "yes"], 5],
  [["--prove", "7", "--confirm", "7"], 2],
  [["--prove", "web1", "--confirm", "web1"], 2],
] as const)(
  "map %j without a person: refused, and nothing is asked of the site",
  async (argv, wanted) => {
    const { code, site: asked } = await runCli(["pdu", "map", "pdu-a", ...argv], { site: site() });
    expect(code).toBe(wanted);
    const sent = asked.asked.filter((one) => !JSON.stringify(one).includes('"dryRun":true'));
    expect(JSON.stringify(sent)).not.toContain("prove");
  },
);

test.each([
  ["refused", "GUARD_REFUSED", 5],
  ["failed", "POWER_UNVERIFIED", 1],
  ["unknown", "POWER_UNKNOWN", 6],
] as const)(
  "map --prove that ended %s: exit code, and never the word proven",
  async (result, code, wanted) => {
    const double = site();
    const error = { code, message: "Cannot take it", hint: "Nothing was stored" };
    double.proofEvents = [{ at: AT, host: "pdu-a", text: error.message, result, error }];
    const url = "snmp://topsecret@pdu1?version=2c";
    const ended = await runCli(["pdu", "map", url, "--prove", "1", "--confirm", "spare"], {
      site: double,
    });
    expect(ended.code).toBe(wanted);
    expect(ended.stdout + ended.stderr).not.toMatch(/✓|topsecret/);
    expect(ended.stderr).toContain("Nothing was stored");
  },
);
