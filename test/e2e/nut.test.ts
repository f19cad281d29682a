/**
 * The nut driver on Debian's upsd: with its dummy-ups, and with a driver of ours that owns relays and has faults. upsd
 * answers from memory, so the truth is compared with what is told.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import nut from "../../drivers/power/nut.ts";
import { readOptions } from "../../src/config/option-values.ts";
import { Power } from "../../src/core/power/power.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Pdu } from "../../src/sdk/power.ts";
import { Disk, hostWith } from "../core/power/power-sim.ts";
import { failureOf } from "../drivers/console/socket-suite.ts";
import { contextWith } from "../drivers/power/context.ts";
import { freePort } from "./rig/machine.ts";
import { NutDriver } from "./rig/nut-driver.ts";

// /usr/sbin/upsd is a script that reads the system's nut.conf.
const UPSD = "/lib/nut/upsd";
const DUMMY = "/lib/nut/dummy-ups";
const CERTUTIL = "/usr/bin/certutil";
const missing = [UPSD, DUMMY].filter((file) => !existsSync(file));
if (missing.length > 0) console.log(`not installed: nut-server (${missing.join(", ")}): skipped`);
const tls = existsSync(CERTUTIL);
if (!tls) console.log("not installed: libnss3-tools (certutil): TLS to upsd is skipped");

const folder = mkdtempSync(join(tmpdir(), "oob-nut-"));
const state = join(folder, "state");
const children: ChildProcess[] = [];
let driver: NutDriver;
let port = 0;

function start(program: string, ...args: readonly string[]): ChildProcess {
  const env = { PATH: process.env.PATH ?? "", NUT_CONFPATH: folder, NUT_STATEPATH: state };
  const child = spawn(program, args, { stdio: "ignore", env: { ...env, NUT_ALTPIDPATH: state } });
  children.push(child);
  return child;
}

/** A certificate of upsd's own; returns its fingerprint. */
function certificate(): string {
  const database = join(folder, "certs");
  mkdirSync(database);
  const certutil = (...args: readonly string[]) =>
    execFileSync(CERTUTIL, [...args, "-d", database], { stdio: ["ignore", "pipe", "ignore"] });
  writeFileSync(join(folder, "noise"), "a".repeat(4096));
  writeFileSync(join(folder, "no-password"), "\n");
  certutil("-N", "--empty-password");
  const own = ["-S", "-n", "upsd", "-s", "CN=upsd.example", "-x", "-t", "CTu,CTu,CTu"];
  certutil(...own, "-z", join(folder, "noise"), "-f", join(folder, "no-password"));
  writeFileSync(
    join(folder, "upsd.conf"),
    `LISTEN 127.0.0.1 ${port}\nCERTPATH ${database}\nCERTIDENT upsd ""\nCERTREQUEST 0\n`,
  );
  const pem = certutil("-L", "-n", "upsd", "-a");
  const printed = execFileSync("openssl", ["x509", "-noout", "-fingerprint", "-sha256"], {
    input: pem,
  });
  return `sha256:${printed.toString().split("=")[1]?.trim()}`;
}

function open(ups: string, more: Record<string, unknown> = {}): Promise<Pdu> {
  const raw = { host: "127.0.0.1", port, ups, user: "oob", password: "secret:nut", ...more };
  const { values, problems } = readOptions(nut.options, raw);
  expect(problems).toEqual([]);
  return nut.open(values, contextWith({ nut: 'pw "of" nut', wrong: "pw-of-last-year" }));
}

let orders = 0;
function act(verb: "on" | "off" | "cycle", more: Record<string, unknown> = {}) {
  const power = new Power({
    pdus: new Map([["ups", { driver: "nut", options: {} }]]),
    open: () => open("pdu1", more),
    audit: new Disk().open({ dead: false }, systemClock),
    clock: systemClock,
    onFor: 3000,
  });
  const host = { ...hostWith("ups/1"), offFor: 300 };
  return power.switchHost(host, verb, { id: `n${orders++}`, by: "e2e", reason: "test" });
}

/** Polls until the act is over, as a driver does. */
async function polling<Result>(acting: Promise<Result>): Promise<Result> {
  let over = false;
  const done = acting.finally(() => {
    over = true;
  });
  while (!over) {
    await Promise.race([done, systemClock.sleep(500)]);
    driver.poll();
  }
  return done;
}

async function until(what: string, so: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await so().catch(() => false))) {
    if (performance.now() > end) throw new Error(`${what}: not within 20 s`);
    await systemClock.sleep(100);
  }
}

describe.skipIf(missing.length > 0)("upsd", () => {
  let pin = "";

  beforeAll(async () => {
    mkdirSync(state, { mode: 0o700 });
    port = await freePort();
    writeFileSync(
      join(folder, "ups.conf"),
      `[pdu1]\ndriver = oob\nport = auto\n[dummy]\ndriver = dummy-ups\nport = dummy.dev\nmode = dummy-once\n`,
    );
    writeFileSync(
      join(folder, "dummy.dev"),
      "ups.status: OL\noutlet.1.status: on\noutlet.1.desc: web1\noutlet.2.status: off\noutlet.3.status: standby\n",
    );
    writeFileSync(join(folder, "upsd.conf"), `LISTEN 127.0.0.1 ${port}\nMAXAGE 15\n`);
    writeFileSync(
      join(folder, "upsd.users"),
      '[oob]\npassword = "pw \\"of\\" nut"\ninstcmds = ALL\n[guest]\npassword = guest\n',
      { mode: 0o600 },
    );
    if (tls) pin = certificate();
    driver = await NutDriver.start(state, "pdu1", 2);
    start(DUMMY, "-a", "dummy", "-u", "root", "-F");
    start(UPSD, "-u", "root", "-F");
    await until("upsd", async () => (await (await open("pdu1")).read()).outlets.length === 2);
    await until("dummy-ups", async () => (await (await open("dummy")).read()).outlets.length === 3);
  });

  afterEach(() => {
    for (const name of ["ignores", "deniesDone", "mute"] as const) delete driver.faults[name];
    driver.orders.length = 0;
  });

  afterAll(async () => {
    for (const child of children)
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
    await driver?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("dummy-ups: outlets, names, and a state that is neither", async () => {
    const reading = await (await open("dummy")).read();
    expect(reading.outlets).toMatchObject([
      { label: "1", name: "web1", state: "on", refuses: expect.stringContaining("load.on") },
      { label: "2", state: "off" },
      { label: "3", state: "unknown", note: 'upsd says "standby"' },
    ]);
  });

  test("off, on and a cycle are read back after the poll, each told once", {
    timeout: 600_000,
  }, async () => {
    expect(await polling(act("off"))).toMatchObject({ result: "done", power: "off" });
    expect(driver.relays.get(1)).toBe(false);
    expect(await polling(act("on"))).toMatchObject({ result: "done", power: "on" });
    expect(await polling(act("cycle"))).toMatchObject({ result: "done", power: "on" });
    expect(driver.orders).toEqual(
      ["off", "on", "off", "on"].map((verb) => `outlet.1.load.${verb}`),
    );
  });

  test("an outlet that its driver has not read again is no success", {
    timeout: 600_000,
  }, async () => {
    // It moves, and nobody polls: upsd goes on saying "on".
    const blind = await act("off", { poll: "100ms" });
    expect(blind).toMatchObject({ result: "failed", power: "on" });
    driver.poll();
    expect(await (await open("pdu1")).readOutlet("outlet.1")).toMatchObject({ state: "off" });
    expect(await polling(act("on"))).toMatchObject({ result: "done" });
  });

  test("a relay that does not move is a failure", { timeout: 600_000 }, async () => {
    driver.faults.ignores = true;
    expect(await polling(act("off"))).toMatchObject({
      result: "failed",
      error: { code: "POWER_UNVERIFIED" },
    });
    expect(driver.orders).toEqual(["outlet.1.load.off"]);
  });

  test("a driver that says FAILED and did it is believed only after reading", {
    timeout: 600_000,
  }, async () => {
    driver.faults.deniesDone = true;
    const failure = await failureOf((await open("pdu1")).command("outlet.2", "off"));
    expect(failure).toMatchObject({
      code: "PDU_SILENT",
      message: expect.stringContaining('upsd says "FAILED"'),
    });
    expect(await polling(act("off"))).toMatchObject({ result: "done", power: "off" });
    delete driver.faults.deniesDone;
    expect(await polling(act("on"))).toMatchObject({ result: "done" });
  });

  test("no word of what came of it: the time limit is kept", { timeout: 600_000 }, async () => {
    driver.faults.mute = true;
    const pdu = await open("pdu1", { timeout: "600ms" });
    expect(await failureOf(pdu.command("outlet.2", "on"))).toMatchObject({
      code: "PDU_SILENT",
      message: expect.stringContaining("no answer within 600ms"),
    });
  });

  test("wrong password, a user without rights, no such device, no such outlet", async () => {
    const refused = await failureOf(
      (await open("pdu1", { password: "secret:wrong" })).command("outlet.1", "off"),
    );
    expect(refused.code).toBe("LOGIN_REFUSED");
    expect(refused.message + refused.hint).not.toContain("pw-of");
    const guest = await open("pdu1", { user: "guest" });
    expect((await failureOf(guest.command("outlet.1", "off"))).code).toBe("LOGIN_REFUSED");
    expect((await failureOf((await open("nope")).read())).code).toBe("PDU_UNKNOWN");
    const pdu = await open("pdu1");
    expect((await failureOf(pdu.readOutlet("outlet.9"))).code).toBe("OUTLET_UNKNOWN");
    expect((await failureOf(pdu.command("outlet.9", "off"))).code).toBe("PDU_REFUSED");
    expect(driver.orders).toEqual([]);
  });

  test.skipIf(!tls)(
    "TLS: a pinned certificate, another one, and one that nobody signed",
    async () => {
      const pdu = await open("pdu1", { tls: true, pin });
      expect((await pdu.read()).outlets).toHaveLength(2);
      expect(await polling(act("off", { tls: true, pin }))).toMatchObject({ result: "done" });
      expect(await polling(act("on", { tls: true, pin }))).toMatchObject({ result: "done" });
      driver.orders.length = 0;
      const other = await open("pdu1", { tls: true, pin: `sha256:${"ab".repeat(32)}` });
      expect(await failureOf(other.command("outlet.1", "off"))).toMatchObject({
        code: "LOGIN_REFUSED",
        message: expect.stringContaining("sha256:"),
      });
      const unsigned = await open("pdu1", { tls: true });
      expect(await failureOf(unsigned.command("outlet.1", "off"))).toMatchObject({
        code: "LOGIN_REFUSED",
        message: expect.stringContaining(`SELF_SIGNED_CERT, it is ${pin}`),
      });
      expect(driver.orders).toEqual([]);
    },
  );

  test("stale data is silence, not the state of last week; so is a driver that is gone", {
    timeout: 600_000,
  }, async () => {
    driver.stale = true;
    await until("stale", async () => {
      const failure = await (await open("pdu1")).read().then(
        () => "",
        (error: Error) => error.message,
      );
      return failure.includes("DATA-STALE");
    });
    expect(await act("off")).toMatchObject({ result: "failed", error: { code: "PDU_SILENT" } });
    driver.stale = false;
    await until("fresh", async () => (await (await open("pdu1")).read()).outlets.length === 2);
    await driver.close();
    await until("gone", async () => {
      const failure = await failureOf((await open("pdu1")).read());
      return failure.message.includes("DRIVER-NOT-CONNECTED");
    });
    expect(await act("off")).toMatchObject({ result: "failed", error: { code: "PDU_SILENT" } });
    expect(driver.orders).toEqual([]);
  });
});
