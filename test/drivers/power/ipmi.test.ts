import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import ipmi from "../../../drivers/power/ipmi.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import type { Pdu } from "../../../src/sdk/power.ts";
import { failureOf } from "../console/socket-suite.ts";
import { contextWith } from "./context.ts";

const folder = mkdtempSync(join(tmpdir(), "oob-ipmi-"));
let made = 0;
const NO_SESSION = "Error: Unable to establish IPMI v2 / RMCP+ session";
const STATUS = "System Power         : on\nMain Power Fault     : true";
const GUID = " 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff";

/** A stand-in for ipmitool: writes down its words, its password and its list of commands, then does what the script says. */
function ipmitool(script: string): { tool: string; calls: () => string[] } {
  const tool = join(folder, `ipmitool${made++}`);
  const list = `case "$*" in *exec*) LIST=$(cat /dev/stdin | tr '\\n' ';');; esac`;
  writeFileSync(
    tool,
    `#!/bin/sh\n${list}\necho "$* [$LIST] [$IPMITOOL_PASSWORD]" >> ${tool}.calls\n${script}\n`,
  );
  chmodSync(tool, 0o755);
  return { tool, calls: () => readFileSync(`${tool}.calls`, "utf8").trim().split("\n") };
}

/** Every test has a BMC of its own: what one refused is remembered for its name. */
function open(tool: string, more: Record<string, unknown> = {}): Promise<Pdu> {
  const { values, problems } = readOptions(ipmi.options, {
    ...{ host: `bmc${made}`, user: "jana", password: "secret:bmc", tool, ...more },
  });
  expect(problems).toEqual([]);
  return ipmi.open(values, contextWith({ bmc: "hunter2" }));
}

test("one session tells power, faults and GUID; the password goes by environment alone", async () => {
  const { tool, calls } = ipmitool(`printf '${STATUS}\\n${GUID}\\n'`);
  const pdu = await open(tool);
  expect(await pdu.readOutlet("chassis")).toEqual({
    ...{ instance: "chassis", label: "chassis", state: "on", pending: false },
    ...{ note: "main power fault", serial: "00112233445566778899aabbccddeeff" },
  });
  expect((await pdu.read()).outlets).toHaveLength(1);
  const [asked = ""] = calls();
  expect(calls()).toHaveLength(2);
  expect(asked).toMatch(/ -C 17 exec \/dev\/stdin \[chassis status;raw 0x06 0x37;\] \[hunter2\]$/);
  expect(asked.replace("[hunter2]", "")).not.toContain("hunter2");
});

test("a BMC without cipher suite 17 is asked with 3 from then on; a suite that the entry names is kept to", async () => {
  const said = "Error in open session response message : invalid authentication algorithm";
  const script = `case "$*" in *"-C 17"*) printf '${said}\\n\\n${NO_SESSION}\\n' >&2; exit 1;; esac; printf '${STATUS}\\n'`;
  const both = ipmitool(script);
  const pdu = await open(both.tool);
  for (let i = 0; i < 2; i++)
    expect(await pdu.readOutlet("chassis")).toMatchObject({ state: "on" });
  expect(both.calls().map((call) => / -C (\d+)/.exec(call)?.[1])).toEqual(["17", "3", "3"]);
  const kept = await open(ipmitool(script).tool, { "cipher-suite": 17 });
  expect(await failureOf(kept.read())).toMatchObject({
    code: "PDU_SILENT",
    message: expect.stringContaining("it does not speak this cipher suite"),
  });
});

test("a command is sent by ipmitool once, and again by us only where no session stood", async () => {
  const lost = ipmitool(`echo 'Unable to set Chassis Power Control to Reset' >&2; exit 1`);
  const pdu = await open(lost.tool);
  expect(await failureOf(pdu.command("chassis", "reset"))).toMatchObject({ code: "PDU_SILENT" });
  expect(lost.calls()).toHaveLength(1);
  expect(lost.calls()[0]).toContain("-R 1");

  const none = ipmitool(
    `[ -e $0.second ] && exit 0; touch $0.second; echo '${NO_SESSION}' >&2; exit 1`,
  );
  await (await open(none.tool)).command("chassis", "off");
  expect(none.calls()).toHaveLength(2);
});

test.each([
  ["> RAKP 2 HMAC is invalid", "LOGIN_REFUSED", "wrong password"],
  ["RAKP 2 message indicates an error : unauthorized name", "LOGIN_REFUSED", "no such user"],
  [
    "Error in open session response message : insufficient resources to create a session",
    "PDU_SILENT",
    "it has no session left",
  ],
  ["Get Auth Capabilities error", "PDU_SILENT", "the BMC does not answer"],
] as const)("%s is %s", async (said, code, message) => {
  const { tool } = ipmitool(`printf '${said}\\n${NO_SESSION}\\n' >&2; exit 1`);
  const pdu = await open(tool);
  const failure = await failureOf(pdu.read());
  expect(failure).toMatchObject({ code, message: expect.stringContaining(message) });
  expect(failure.hint).toBeTruthy();
  expect(failure.message + failure.hint).not.toContain("hunter2");
});

test("a wrong password is offered once; one that was taken before is offered again at once", async () => {
  const wrong = ipmitool(`printf '> RAKP 2 HMAC is invalid\\n${NO_SESSION}\\n' >&2; exit 1`);
  const pdu = await open(wrong.tool);
  for (let i = 0; i < 3; i++) expect((await failureOf(pdu.read())).code).toBe("LOGIN_REFUSED");
  expect(wrong.calls()).toHaveLength(1);

  const damaged = ipmitool(
    `n=$(wc -l < $0.calls); [ $n = 2 ] && { printf '> RAKP 2 HMAC is invalid\\n${NO_SESSION}\\n' >&2; exit 1; }; printf '${STATUS}\\n'`,
  );
  const other = await open(damaged.tool);
  for (let i = 0; i < 2; i++)
    expect(await other.readOutlet("chassis")).toMatchObject({ state: "on" });
  expect(damaged.calls()).toHaveLength(3);
});

test.each([
  ["chassis status that is cut", "printf 'Power Overload : false\\n'"],
  ["an answer that is lost", `echo 'Get Chassis Status command failed' >&2; exit 1`],
  ["nothing at all", ""],
])("%s is PDU_SILENT, never off", async (_name, script) => {
  const pdu = await open(ipmitool(script).tool);
  expect((await failureOf(pdu.readOutlet("chassis"))).code).toBe("PDU_SILENT");
});

test("another BMC is told by its GUID, or by its serial number where it has no GUID", async () => {
  const { tool } = ipmitool(`printf '${STATUS}\\n${GUID}\\n'`);
  expect(
    await (await open(tool, { serial: "00112233-4455-6677-8899-AABBCCDDEEFF" })).read(),
  ).toBeTruthy();
  expect(await failureOf((await open(tool, { serial: "feed" })).read())).toMatchObject({
    code: "PDU_REFUSED",
    message: expect.stringContaining('it is "00112233445566778899aabbccddeeff", not "feed"'),
  });
  const none = ipmitool(
    `case "$*" in *fru*) echo ' Product Serial : CZ123';; *) printf '${STATUS}\\n'; echo '(channel=0x0 netfn=0x6 lun=0x0 cmd=0x37 rsp=0xc1): Invalid command' >&2; exit 1;; esac`,
  );
  expect(await (await open(none.tool)).readOutlet("chassis")).toMatchObject({ serial: "CZ123" });
  // A lost answer says nothing about who it is.
  const lost = ipmitool(`printf '${STATUS}\\n'; exit 1`);
  expect(await (await open(lost.tool)).readOutlet("chassis")).not.toHaveProperty("serial");
});

test("what the BMC refuses, or nobody knows, is said so", async () => {
  const { tool, calls } = ipmitool(
    `echo 'Set Chassis Power Control to Diag failed: Insufficient privilege level' >&2; exit 1`,
  );
  const pdu = await open(tool);
  expect(await failureOf(pdu.command("chassis", "nmi"))).toMatchObject({
    code: "PDU_REFUSED",
    hint: expect.stringContaining("operator"),
  });
  expect((await failureOf(pdu.command("chassis", "cycle"))).code).toBe("PDU_REFUSED");
  expect((await failureOf(pdu.command("2", "off"))).code).toBe("OUTLET_UNKNOWN");
  expect((await failureOf(pdu.readOutlet("--help"))).code).toBe("OUTLET_UNKNOWN");
  expect(calls()).toHaveLength(1);
});

test("an ipmitool that is not there is said so", async () => {
  const pdu = await open("/nonexistent/ipmitool");
  expect(await failureOf(pdu.read())).toMatchObject({
    code: "PDU_SILENT",
    message: expect.stringContaining("no such program"),
    hint: expect.stringContaining("Install it"),
  });
});
