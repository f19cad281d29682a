/**
 * The powerman driver on Debian's powermand, which drives a mock of a BayTech PDU with its own script: what it says, and
 * what is true. It reports success for relays that do not move, and waits 10 s for a device that is dead.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import powerman from "../../drivers/power/powerman.ts";
import { MockSerialPdu } from "../../mocks/serial-pdu.ts";
import { readOptions } from "../../src/config/option-values.ts";
import { Power } from "../../src/core/power/power.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Pdu } from "../../src/sdk/power.ts";
import { Disk, hostWith } from "../core/power/power-sim.ts";
import { failureOf } from "../drivers/console/socket-suite.ts";
import { contextWith } from "../drivers/power/context.ts";
import { freePort } from "./rig/machine.ts";

const SCRIPT = "/etc/powerman/baytech.dev";
const missing = ["/usr/sbin/powermand", SCRIPT].filter((file) => !existsSync(file));
if (missing.length > 0) console.log(`not installed: powerman (${missing.join(", ")}): skipped`);

const folder = mkdtempSync(join(tmpdir(), "oob-powerman-"));
const daemons: ChildProcess[] = [];

/** A powermand with a BayTech at this port, whose outlets are nodes. */
async function startDaemon(
  device: number,
  nodes: string,
): Promise<{ port: number; end: () => Promise<void> }> {
  const port = await freePort();
  const conf = join(folder, `powerman-${port}.conf`);
  writeFileSync(
    conf,
    `include "${SCRIPT}"
listen "127.0.0.1:${port}"
device "b" "baytech" "127.0.0.1:${device}"
node "${nodes}[1-8]" "b" "[1-8]"
alias "${nodes}8" "${nodes}[7-8]"
`,
  );
  const daemon = spawn("/usr/sbin/powermand", ["-f", "-c", conf], { stdio: "ignore" });
  daemons.push(daemon);
  const end = async () => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    daemon.kill("SIGKILL");
    await once(daemon, "exit");
  };
  return { port, end };
}

async function open(port: number, more: Record<string, unknown> = {}): Promise<Pdu> {
  const raw = { host: "127.0.0.1", port, settle: "2s", ...more };
  const { values, problems } = readOptions(powerman.options, raw);
  expect(problems).toEqual([]);
  return powerman.open(values, contextWith());
}

let orders = 0;
function act(port: number, node: string, verb: "on" | "off" | "cycle") {
  const power = new Power({
    pdus: new Map([["pm", { driver: "powerman", options: {} }]]),
    open: () => open(port),
    audit: new Disk().open({ dead: false }, systemClock),
    clock: systemClock,
    onFor: 3000,
  });
  const host = { ...hostWith(`pm/${node}`), offFor: 300 };
  return power.switchHost(host, verb, { id: `p${orders++}`, by: "e2e", reason: "test" });
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(missing.length > 0)("powermand", () => {
  const mock = new MockSerialPdu({
    family: "baytech-rpc3",
    // Its script waits for eight rows.
    names: Array.from({ length: 8 }, (_, i) => `web${i + 1}`),
    login: { password: "baytech" },
  });
  let well: Awaited<ReturnType<typeof startDaemon>>;
  let lost: Awaited<ReturnType<typeof startDaemon>>;

  beforeAll(async () => {
    well = await startDaemon(await mock.listen(), "web");
    // Nobody listens on the discard port.
    lost = await startDaemon(9, "dead");
    const end = performance.now() + 30_000;
    for (;;) {
      const pdu = await open(well.port);
      const states = await pdu.read().then(
        ({ outlets }) => outlets.map(({ state }) => state),
        () => [],
      );
      if (states.length === 8 && states.every((state) => state === "on")) break;
      if (performance.now() > end) throw new Error(`powermand does not get on: ${states.join()}`);
      await systemClock.sleep(300);
    }
  });

  afterAll(async () => {
    for (const daemon of daemons)
      if (daemon.exitCode === null && daemon.signalCode === null) {
        daemon.kill("SIGKILL");
        await once(daemon, "exit");
      }
    await mock.close();
  });

  test("off, on and a cycle are done and read back, each told once", {
    timeout: 600_000,
  }, async () => {
    expect(await act(well.port, "web3", "off")).toMatchObject({ result: "done", power: "off" });
    expect(mock.outlet("3")?.on).toBe(false);
    expect((await (await open(well.port)).read()).outlets).toMatchObject(
      ["on", "on", "off", "on", "on", "on", "on", "on"].map((state, i) => ({
        label: `web${i + 1}`,
        state,
      })),
    );
    expect(await act(well.port, "web3", "on")).toMatchObject({ result: "done", power: "on" });
    expect(await act(well.port, "web2", "cycle")).toMatchObject({ result: "done", power: "on" });
    expect(mock.commands).toEqual([
      { outlet: "3", on: false },
      { outlet: "3", on: true },
      { outlet: "2", on: false },
      { outlet: "2", on: true },
    ]);
  });

  test("it says success for a relay that does not move: that is a failure", {
    timeout: 600_000,
  }, async () => {
    mock.faults.ignores = true;
    await (await open(well.port)).command("web1", "off");
    expect(await act(well.port, "web1", "off")).toMatchObject({
      result: "failed",
      power: "on",
      error: { code: "POWER_UNVERIFIED" },
    });
    delete mock.faults.ignores;
  });

  test("a relay that moves late is waited for", { timeout: 600_000 }, async () => {
    mock.faults.lateBy = 1200;
    expect(await act(well.port, "web1", "off")).toMatchObject({ result: "done", power: "off" });
    expect(mock.outlet("1")?.on).toBe(false);
    delete mock.faults.lateBy;
    expect(await act(well.port, "web1", "on")).toMatchObject({ result: "done" });
  });

  test("nodes and commands that do not exist are said so", async () => {
    const pdu = await open(well.port);
    expect(await failureOf(pdu.command("web9", "off"))).toMatchObject({
      code: "OUTLET_UNKNOWN",
      message: expect.stringContaining('"No such nodes: web9"'),
    });
    expect((await failureOf(pdu.readOutlet("web9"))).code).toBe("OUTLET_UNKNOWN");
    expect(await failureOf(pdu.command("web1", "reset"))).toMatchObject({
      code: "PDU_REFUSED",
      message: expect.stringContaining("cannot be handled by power control device"),
    });
  });

  test("a node with the name of an alias is not told off: powermand would take all of them", async () => {
    expect(await act(well.port, "web8", "off")).toMatchObject({
      error: { code: "OUTLET_UNKNOWN", message: expect.stringContaining("it means web7, web8") },
    });
    expect([mock.outlet("7")?.on, mock.outlet("8")?.on]).toEqual([true, true]);
  });

  test("a dead device, and one that says what its script does not know, are silent after 10 s", {
    timeout: 600_000,
  }, async () => {
    const begun = performance.now();
    mock.faults.says = { "4": "Tripped" };
    const pdu = await open(lost.port);
    const strange = await open(well.port);
    const [odd, read, told, all] = await Promise.all([
      failureOf(strange.readOutlet("web4")),
      failureOf(pdu.readOutlet("dead1")),
      failureOf(pdu.command("dead2", "off")),
      pdu.read(),
    ]);
    delete mock.faults.says;
    expect(performance.now() - begun).toBeLessThan(16_000);
    expect(odd).toMatchObject({
      code: "PDU_SILENT",
      message: expect.stringContaining("timed out"),
    });
    expect(read).toMatchObject({
      code: "PDU_SILENT",
      message: expect.stringContaining("connect timeout"),
    });
    expect(told.code).toBe("PDU_SILENT");
    expect(all.outlets).toMatchObject(
      [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({
        label: `dead${n}`,
        state: "unknown",
        note: expect.stringContaining("connect timeout"),
      })),
    );
    const impatient = await open(lost.port, { timeout: "500ms" });
    expect(await failureOf(impatient.readOutlet("dead1"))).toMatchObject({
      code: "PDU_SILENT",
      message: expect.stringContaining("no answer within 500ms"),
    });
  });

  test("a daemon that is gone is silent, and nothing is called off", async () => {
    await well.end();
    const report = await act(well.port, "web1", "off");
    expect(report).toMatchObject({
      result: "failed",
      error: { code: "PDU_SILENT", hint: expect.stringContaining("Does powermand run there") },
    });
    expect(mock.outlet("1")?.on).toBe(true);
  });
});
