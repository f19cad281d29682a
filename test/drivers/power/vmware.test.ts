import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import vmware from "../../../drivers/power/vmware.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import type { Pdu } from "../../../src/sdk/power.ts";
import { failureOf } from "../console/socket-suite.ts";
import { contextWith } from "./context.ts";

const WEB1 = "503a0c11-2233-4455-6677-8899aabbccdd";
const folder = mkdtempSync(join(tmpdir(), "oob-govc-"));
let made = 0;

/** A stand-in for govc: writes down how it was called, then does what the script says. */
function govc(script: string): { tool: string; calls: () => string } {
  const tool = join(folder, `govc${made++}`);
  const head = `echo "$@" "[$GOVC_USERNAME $GOVC_PASSWORD $GOVC_INSECURE]" >> ${tool}.calls`;
  writeFileSync(tool, `#!/bin/sh\n${head}\n${script}\n`);
  chmodSync(tool, 0o755);
  return { tool, calls: () => readFileSync(`${tool}.calls`, "utf8") };
}

function open(tool: string, more: Record<string, unknown> = {}): Promise<Pdu> {
  const { values, problems } = readOptions(vmware.options, {
    ...{ url: "https://vc1", user: "oob", password: "secret:vc", machines: ["web1"], tool },
    ...more,
  });
  expect(problems).toEqual([]);
  return vmware.open(values, contextWith({ vc: "hunter2" }));
}

const info = (power: string, capital = false) => {
  const machine = capital
    ? { Name: "web1", Config: { Uuid: WEB1 }, Runtime: { PowerState: power } }
    : { name: "web1", config: { uuid: WEB1 }, runtime: { powerState: power } };
  const key = capital ? "VirtualMachines" : "virtualMachines";
  return `echo '${JSON.stringify({ [key]: [machine] })}'`;
};

test.each([
  ["poweredOn", "on"],
  ["poweredOff", "off"],
  ["suspended", "unknown"],
  ["constructor", "unknown"],
] as const)("a machine that is %s reads %s", async (power, state) => {
  for (const capital of [false, true]) {
    const pdu = await open(govc(info(power, capital)).tool);
    expect((await pdu.read()).outlets).toMatchObject([{ instance: WEB1, label: "web1", state }]);
    expect(await pdu.readOutlet(WEB1)).toMatchObject({ state });
  }
});

test("commands go by UUID, the password by environment", async () => {
  const { tool, calls } = govc("");
  const pdu = await open(tool, { insecure: true });
  for (const verb of ["on", "off", "reset", "soft"] as const) await pdu.command(WEB1, verb);
  expect(calls()).toBe(
    ["-on", "-off", "-reset", "-s"]
      .map((verb) => `vm.power ${verb} -vm.uuid ${WEB1} [oob hunter2 1]\n`)
      .join(""),
  );
  expect((await failureOf(pdu.command(WEB1, "nmi"))).code).toBe("PDU_REFUSED");
  expect((await failureOf(pdu.command("--help", "off"))).code).toBe("OUTLET_UNKNOWN");
});

test.each([
  [
    "ServerFaultCode: Cannot complete login due to an incorrect user name or password.",
    "LOGIN_REFUSED",
  ],
  ["Post https://vc1/sdk: dial tcp: lookup vc1: no such host", "PDU_SILENT"],
  ["vm 'web1' not found", "OUTLET_UNKNOWN"],
  ["The operation is not allowed in the current state.", "PDU_REFUSED"],
] as const)("%s is %s", async (said, code) => {
  const pdu = await open(govc(`echo "govc: ${said}" >&2; exit 1`).tool);
  expect((await failureOf(pdu.command(WEB1, "off"))).code).toBe(code);
});

test("an answer that is none leaves no outlet, and a call that hangs is silent", async () => {
  expect((await (await open(govc("echo '{}'").tool)).read()).outlets).toEqual([]);
  expect((await failureOf((await open(govc("echo no").tool)).readOutlet(WEB1))).code).toBe(
    "OUTLET_UNKNOWN",
  );
  const hangs = await open(govc("exec sleep 60").tool, { timeout: "200ms" });
  expect((await failureOf(hangs.read())).code).toBe("PDU_SILENT");
  const missing = await open("oob-no-such-govc");
  expect((await failureOf(missing.read())).code).toBe("PDU_SILENT");
});

test("check() refuses machines that look like options", () => {
  expect(vmware.check?.({ machines: ["-rf"] })).toHaveLength(1);
  expect(vmware.check?.({ machines: ["web1"] })).toEqual([]);
});
