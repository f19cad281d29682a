/** Runbooks on real machines: QEMU with GRUB on the serial line, the real daemon, an outlet on an SNMP agent. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import apcRpdu2 from "../../drivers/power/snmp/apc-rpdu2.ts";
import { MockSnmpPdu } from "../../mocks/snmp-pdu.ts";
import type { RunEvent } from "../../src/core/site/site.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { TestSite } from "./rig/daemon.ts";
import { buildImages } from "./rig/images.ts";
import { freePort, Machine } from "./rig/machine.ts";
import { Typist } from "./rig/typist.ts";

const MEMORY = `
import { defineRunbook, formatDuration } from "oob/sdk";

/** Says how much memory the host has left. */
export default defineRunbook({
  title: "Free memory",
  summary: "Logs in and reads MemAvailable of /proc/meminfo",
  risk: "read",
  sources: ["proc(5)"],
  options: {},
  timeout: 60_000,
  async run({ console, step, note, host }) {
    await step("login", () => console.login());
    const { output } = await step("read", () => console.run("grep MemAvailable /proc/meminfo"));
    const kib = Number(/(\\d+) kB/.exec(output)?.[1]);
    note(\`\${host.name}: \${kib} KiB, read within \${formatDuration(60_000)}\`);
    return kib > 0 ? "ok" : "the host did not say";
  },
});
`;

const own = mkdtempSync(join(tmpdir(), "oob-runbooks-"));
const machines: Machine[] = [];
let g1: Machine;
let g2: Machine;
let pdu: MockSnmpPdu;
let test: TestSite;

beforeAll(async () => {
  const { grubIso } = await buildImages();
  const port = await freePort();
  g1 = new Machine("g1", { cdrom: grubIso });
  g2 = new Machine("g2", { cdrom: grubIso }, port);
  machines.push(g1, g2);
  pdu = await MockSnmpPdu.start({
    family: apcRpdu2,
    outlets: 2,
    clock: systemClock,
    onSwitch: (instance, state) => {
      const machine = machines[Number(instance) - 1];
      if (state === "on") machine?.powerOn();
      else machine?.powerOff();
    },
  });
  for (const machine of machines) machine.powerOn();
  test = new TestSite(
    `runbooks: [${own}]
pdus:
  pdu-a: { driver: snmp, host: 127.0.0.1, port: ${pdu.port}, version: 2c, community: secret:read, write-community: secret:write, insecure: true }
defaults:
  os: linux
  off-for: 3s
  login: { user: root, secret: root }
  watch: { mode: observe, hands-off: 1ms, budget: { cycles: 9, per: 1h } }
fleet: { suspects: 5, within: 1m, cycles: 9, per: 1h }
hosts:
  g1: { console: { driver: unix, path: ${g1.unixPath} }, outlets: [pdu-a/1] }
  g2: { console: { driver: telnet, host: 127.0.0.1, port: ${port} }, outlets: [pdu-a/2] }
`,
    { read: "public", write: "private", root: "oob" },
  );
  writeFileSync(join(own, "free-memory.ts"), MEMORY);
  writeFileSync(join(own, "broken.ts"), "export default {\n  title: (\n};\n");
  await test.start();
});

afterAll(async () => {
  await test?.stop();
  await pdu?.close();
  for (const machine of machines) machine.dispose();
  rmSync(own, { recursive: true, force: true });
});

async function run(
  runbook: string,
  host: string,
  set: Readonly<Record<string, string>> = {},
  dryRun = false,
) {
  const events: RunEvent[] = [];
  const request = { runbook, hosts: [host], set, dryRun, reason: "e2e" };
  for await (const event of test.site.run(request)) events.push(event);
  const story = events.map((event) => `${event.step ?? ""}: ${event.text}`).join("\n");
  return { end: events.at(-1), story };
}

const cuts = (machine: Machine) => machine.edges.filter((edge) => edge.to === "off").length;

async function untilLogin(host: string): Promise<void> {
  const end = performance.now() + 90_000;
  for (;;) {
    const { rows } = await test.site.screen(host);
    if (/login: *(?:\[ [\s\S]*)?$/.test(rows.join("\n").trimEnd())) break;
    if (performance.now() > end) throw new Error(`${host}: no login prompt: ${rows.join("\n")}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

describe("runbooks on a machine with GRUB", () => {
  it("single-user --dry-run says what it would do and types nothing", async () => {
    await untilLogin("g1");
    const size = () => statSync(join(test.folder, "state", "console", "g1", "current.raw")).size;
    // The kernel's last lines come about when the prompt does.
    let before = -1;
    while (before !== size()) {
      before = size();
      await new Promise((resolve) => setTimeout(resolve, 3000));
    }
    const { end, story } = await run("single-user", "g1", { command: "id" }, true);
    expect(end).toMatchObject({ result: "done", text: "g1 was left as it is" });
    expect(story).toMatch(/would: restart g1[\s\S]*would: log in[\s\S]*would: run "id"/);
    expect(size()).toBe(before);
    expect(cuts(g1)).toBe(0);
  });

  it("single-user by reboot: root shell, command, login prompt again", async () => {
    const { end, story } = await run("single-user", "g1", {
      by: "reboot",
      command: "id; cat /proc/cmdline",
    });
    expect(end, story).toMatchObject({ result: "done" });
    expect(story).toContain("command: | uid=0(root) gid=0(root)");
    expect(story).toMatch(/\| BOOT_IMAGE=\/boot\/vmlinuz .* single/);
    expect(cuts(g1)).toBe(0);
    await untilLogin("g1");
    process.stdout.write(`${story}\n`);
  });

  it("single-user by cycle: the outlet is read back, the menu caught after the machine is on", async () => {
    const { end, story } = await run("single-user", "g1", { by: "cycle", command: "id -u" });
    expect(end, story).toMatchObject({ result: "done" });
    expect(story).toContain("command: | 0");
    expect(cuts(g1)).toBe(1);
    process.stdout.write(`${story}\n`);
  });

  it("single-user with rdinit=/bin/sh leaves the shell without a panic", async () => {
    const { end, story } = await run("single-user", "g2", {
      by: "sysrq",
      arguments: "rdinit=/bin/sh",
      command: "cat /proc/1/comm",
    });
    expect(end?.result, story).toBe("done");
  });

  it("sysrq-reboot over telnet: BREAK gets through, the kernel answers each key", async () => {
    await untilLogin("g2");
    const { end, story } = await run("sysrq-reboot", "g2");
    expect(end, story).toMatchObject({ result: "done" });
    expect(cuts(g2)).toBe(0);
    process.stdout.write(`${story}\n`);
  });

  it("sysrq-reboot where the console has no BREAK says so and types nothing", async () => {
    const { end } = await run("sysrq-reboot", "g1");
    expect(end).toMatchObject({ result: "failed", error: { code: "LINK_UNSUPPORTED" } });
  });

  it("power-cycle: off and on read back, login prompt seen", async () => {
    const before = cuts(g2);
    const { end, story } = await run("power-cycle", "g2");
    expect(end, story).toMatchObject({ result: "done" });
    expect(cuts(g2)).toBe(before + 1);
  });

  it("a person who takes the seat stops the run at its step, and nothing more is typed", async () => {
    await untilLogin("g2");
    const events: RunEvent[] = [];
    const request = {
      runbook: "single-user",
      hosts: ["g2"],
      set: { by: "reboot" },
      dryRun: false,
      reason: "e2e",
    };
    let person: Typist | undefined;
    for await (const event of test.site.run(request)) {
      events.push(event);
      if (event.text.startsWith("restart g2")) person = await Typist.at(test.site, "g2", "write");
    }
    expect(events.at(-1)).toMatchObject({
      result: "failed",
      step: "restart",
      error: { code: "SEAT_TAKEN" },
    });
    expect(events.at(-1)?.text).toMatch(/took the seat in step "restart"/);
    await person?.type("\x15\r");
    await person?.sees(/login: $|# $/, 120_000);
    await person?.leave();
  });

  it("a user's own runbook from the runbooks folder runs on the host", async () => {
    const runbooks = await test.site.runbooks();
    expect(runbooks.map((runbook) => runbook.name)).toContain("free-memory");
    await untilLogin("g1");
    const { end, story } = await run("free-memory", "g1");
    expect(end, story).toMatchObject({ result: "done", text: "ok" });
    expect(story).toMatch(/g1: \d{5,} KiB, read within 1m/);
    await untilLogin("g1");
    process.stdout.write(`${story}\n`);
  });

  it("a user's file that cannot be loaded says where, and is in nobody else's way", async () => {
    const [broken] = (await test.site.runbooks()).filter(({ name }) => name === "broken");
    expect(broken?.summary).toMatch(/^Cannot load ".*broken\.ts": ParseError: .*\(line \d\)$/);
    const { end } = await run("broken", "g1");
    expect(end).toMatchObject({ result: "refused", error: { code: "DRIVER_INVALID" } });
    expect(end?.text).toContain('broken.ts": ParseError');
  });
});
