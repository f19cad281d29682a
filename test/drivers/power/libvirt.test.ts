import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import libvirt from "../../../drivers/power/libvirt.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import type { Pdu } from "../../../src/sdk/power.ts";
import { failureOf } from "../console/socket-suite.ts";
import { contextWith } from "./context.ts";

const VM1 = "6695eb01-f6a4-8304-79aa-97f2502e193f";
const folder = mkdtempSync(join(tmpdir(), "oob-virsh-"));
let made = 0;

/** A stand-in for virsh with one domain in this state; `verb` is what it does for anything else. */
function virsh(state: string, verb = "exit 0"): { tool: string; calls: () => string } {
  const tool = join(folder, `virsh${made++}`);
  const script = `#!/bin/sh
echo "$@" >> ${tool}.calls
shift 3
case "$1" in
  list) printf '${VM1}\\n\\n' ;;
  domname) echo vm1 ;;
  domstate) echo '${state}' ;;
  *) ${verb} ;;
esac
`;
  writeFileSync(tool, script);
  chmodSync(tool, 0o755);
  return { tool, calls: () => readFileSync(`${tool}.calls`, "utf8") };
}

function open(tool: string, more: Record<string, unknown> = {}): Promise<Pdu> {
  return libvirt.open(readOptions(libvirt.options, { tool, ...more }).values, contextWith());
}

test.each([
  ["running", "on"],
  ["paused", "on"],
  ["in shutdown", "on"],
  ["shut off", "off"],
  ["crashed", "unknown"],
  ["no state", "unknown"],
  ["constructor", "unknown"],
  ["", "unknown"],
] as const)("a domain that is %j reads %s", async (said, state) => {
  const [outlet] = (await (await open(virsh(said).tool)).read()).outlets;
  expect(outlet).toMatchObject({ instance: VM1, label: "vm1", state });
});

test("commands go by UUID, and off is destroy", async () => {
  const { tool, calls } = virsh("running");
  const pdu = await open(tool, { uri: "qemu:///x" });
  for (const verb of ["on", "off", "reset", "soft", "nmi"] as const) await pdu.command(VM1, verb);
  expect(calls()).toBe(
    ["start", "destroy", "reset", "shutdown", "inject-nmi"]
      .map((verb) => `-q -c qemu:///x ${verb} ${VM1}\n`)
      .join(""),
  );
});

test("a domain that is so already took the command; every other refusal is one", async () => {
  const active = await open(virsh("x", "echo 'error: Domain is already active' >&2; exit 1").tool);
  await active.command(VM1, "on");
  expect((await failureOf(active.command(VM1, "off"))).code).toBe("PDU_REFUSED");
  const off = await open(virsh("x", "echo 'error: domain is not running' >&2; exit 1").tool);
  await off.command(VM1, "off");
  expect((await failureOf(off.command(VM1, "reset"))).code).toBe("PDU_REFUSED");
});

test.each([
  ["failed to get domain", "OUTLET_UNKNOWN"],
  ["failed to connect to the hypervisor", "PDU_SILENT"],
  ["internal error: \x1b[2J", "PDU_REFUSED"],
] as const)("%j is %s", async (said, code) => {
  const pdu = await open(virsh("x", `printf 'error: ${said}\\n' >&2; exit 1`).tool);
  const failure = await failureOf(pdu.command(VM1, "off"));
  expect(failure.code).toBe(code);
  expect(failure.message).not.toContain("\x1b");
});

test("virsh that hangs or is missing is silent, and names that look like options go nowhere", async () => {
  const hangs = await open(virsh("x", "exec sleep 60").tool, { timeout: "200ms" });
  expect((await failureOf(hangs.command(VM1, "off"))).code).toBe("PDU_SILENT");
  expect((await failureOf((await open("oob-no-virsh")).read())).code).toBe("PDU_SILENT");
  const { tool } = virsh("running");
  expect((await failureOf((await open(tool)).command("--all", "off"))).code).toBe("OUTLET_UNKNOWN");
  expect(libvirt.check?.({ uri: "-c" })).toMatchObject([{ option: "uri" }]);
});
