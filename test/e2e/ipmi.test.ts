/**
 * The power of machines behind BMCs: OpenIPMI's ipmi_sim, ipmitool and the product. One BMC starts and ends a real
 * machine in QEMU, over the wire that a BMC has to it; the others move a file, and can be told to fail.
 */
import { createSocket, type Socket } from "node:dgram";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import ipmi from "../../drivers/power/ipmi.ts";
import { readOptions } from "../../src/config/option-values.ts";
import type { Pdu } from "../../src/sdk/power.ts";
import { failureOf } from "../drivers/console/socket-suite.ts";
import { contextWith } from "../drivers/power/context.ts";
import { Bmc } from "./rig/bmc.ts";
import { TestSite } from "./rig/daemon.ts";
import { freePort } from "./rig/machine.ts";

const folder = mkdtempSync(join(tmpdir(), "oob-ipmi-"));
const pidFile = join(folder, "qemu.pid");
const bmcs: Bmc[] = [];
const proxies: Socket[] = [];
let site: TestSite;
/** How reading a BMC that is not there fails; it takes 12 s. */
let silence: Promise<{ readonly failure: unknown; readonly took: number }>;
let machine: Bmc;
let chassis: Chassis;

/** A chassis that is a file. ipmi_sim calls the script: `get power`, `set power 0`, `set reset 1`, `set shutdown 1`. */
class Chassis {
  readonly #path: string;
  bmc!: Bmc;

  constructor(name: string) {
    this.#path = join(folder, name);
    writeFileSync(`${this.#path}.power`, "1");
    writeFileSync(`${this.#path}.log`, "");
    writeFileSync(
      this.#path,
      [
        "#!/bin/sh",
        `echo "$*" >> ${this.#path}.log`,
        `if [ "$1" = get ]; then echo "power:$(cat ${this.#path}.power)"; exit 0; fi`,
        `[ -e ${this.#path}.stuck ] && exit 0`,
        `case "$2" in power) echo "$3" > ${this.#path}.power;; shutdown) echo 0 > ${this.#path}.power;; esac`,
        "exit 0",
      ].join("\n"),
    );
    chmodSync(this.#path, 0o755);
  }

  async start(guid: string, port = 0): Promise<this> {
    this.bmc = await Bmc.with([`chassis_control "${this.#path}"`], { guid, port });
    bmcs.push(this.bmc);
    return this;
  }

  set stuck(stuck: boolean) {
    if (stuck) writeFileSync(`${this.#path}.stuck`, "");
    else rmSync(`${this.#path}.stuck`, { force: true });
  }

  /** How often the BMC did this. */
  did(what: string): number {
    return readFileSync(`${this.#path}.log`, "utf8")
      .split("\n")
      .filter((line) => line === what).length;
  }
}

/** Whether the machine's process is there. */
function runs(): boolean {
  if (!existsSync(pidFile)) return false;
  const pid = readFileSync(pidFile, "utf8").trim();
  try {
    // A process that nobody has waited for yet has no command line.
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("qemu");
  } catch {
    return false;
  }
}

beforeAll(async () => {
  const link = await freePort();
  const qemu = [
    ...["qemu-system-x86_64", "-accel", "tcg", "-m", "32", "-display", "none", "-nodefaults"],
    ...["-chardev", `socket,id=ipmi0,host=127.0.0.1,port=${link},reconnect=1`],
    ...["-device", "ipmi-bmc-extern,id=bmc0,chardev=ipmi0", "-device", "isa-ipmi-kcs,bmc=bmc0"],
    ...["-pidfile", pidFile],
  ].join(" ");
  const start = join(folder, "start");
  writeFileSync(start, `#!/bin/sh\nexec ${qemu} >> ${folder}/qemu.log 2>&1\n`);
  chmodSync(start, 0o755);
  machine = await Bmc.with([
    `serial 15 127.0.0.1 ${link} codec VM`,
    `startcmd "${start}"`,
    ...["startnow false", "poweroff_wait 5", "kill_wait 1"],
  ]);
  bmcs.push(machine);
  chassis = await new Chassis("chassis").start("a123456789abcdefa123456789abcdef");
  const begun = performance.now();
  const gone = await open({ port: await freePort() });
  silence = failureOf(gone.read()).then((failure) => ({
    failure,
    took: performance.now() - begun,
  }));
  const entry = (bmc: Bmc, secret = "bmc", settle = "2s") =>
    `{ driver: ipmi, host: 127.0.0.1, port: ${bmc.port}, user: jana, password: secret:${secret}, settle: ${settle} }`;
  site = new TestSite(
    `pdus:
  bmc1: ${entry(machine, "bmc", "10s")}
  bmc2: ${entry(chassis.bmc)}
  bmc3: ${entry(chassis.bmc, "wrong")}
hosts:
  web1: { console: "tcp://127.0.0.1:9", outlets: bmc1/chassis, off-for: 1s }
  db1: { console: "tcp://127.0.0.1:9", outlets: bmc2/chassis, off-for: 1s }
  db2: { console: "tcp://127.0.0.1:9", outlets: bmc3/chassis, off-for: 1s }
`,
    { bmc: machine.password, wrong: "of-last-year" },
  );
});

afterAll(async () => {
  await silence;
  for (const proxy of proxies) proxy.close();
  for (const bmc of bmcs) bmc.dispose();
  if (runs()) process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
  await site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function open(more: Record<string, unknown> = {}): Promise<Pdu> {
  const { values, problems } = readOptions(ipmi.options, {
    ...{ host: "127.0.0.1", port: chassis.bmc.port, user: "jana", password: "secret:bmc", ...more },
  });
  expect(problems).toEqual([]);
  return ipmi.open(values, contextWith({ bmc: machine.password }));
}

test("oob power on, cycle and off move a machine, and each is read back", async () => {
  const status = await site.run("power", "status", "web1", "--json");
  expect(JSON.parse(status.stdout)).toMatchObject({ host: "web1", power: "off" });
  expect(runs()).toBe(false);
  expect(await site.run("power", "on", "web1", "--yes")).toMatchObject({ code: 0 });
  expect(runs()).toBe(true);
  const before = readFileSync(pidFile, "utf8");
  const cycled = await site.run("power", "cycle", "web1", "--yes");
  expect(cycled.stdout).toMatch(/cycle: power on {2}done/);
  expect(cycled.stderr).toMatch(/bmc1\/chassis off .*read back/);
  expect(cycled.code).toBe(0);
  expect(runs()).toBe(true);
  expect(readFileSync(pidFile, "utf8")).not.toBe(before);
  expect(await site.run("power", "off", "web1", "--yes")).toMatchObject({ code: 0 });
  // Its process may still be on its way out.
  await expect.poll(runs, { timeout: 10_000 }).toBe(false);
});

test.concurrent("a BMC says who it is, and what the reading means", async () => {
  const { stdout } = await site.run("pdu", "outlets", "bmc1", "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    ...{
      family: "ipmi",
      model: "MontaVista Software, Inc.",
      serial: "00112233445566778899aabbccddeeff",
    },
    outlets: [{ instance: "chassis", label: "chassis", state: "off", pending: false }],
  });
});

test.concurrent("oob power off is failed where the BMC takes it and nothing happens", async () => {
  chassis.stuck = true;
  const { code, stdout, stderr } = await site.run("power", "off", "db1", "--yes");
  chassis.stuck = false;
  expect(stdout + stderr).toMatch(/took the command and still reads on/);
  expect(code).toBe(1);
});

test("a wrong password is said so, offered once, and nothing moves", async () => {
  const offs = chassis.did("set power 0");
  const { code, stdout, stderr } = await site.run("power", "off", "db2", "--yes");
  expect(stdout + stderr).toMatch(
    /Cannot log in to ipmi bmc3 \(127\.0\.0\.1:\d+\) as "jana": wrong password/,
  );
  // The BMC refused the login: that is what the exit code says, not the interlock behind it.
  expect(code).toBe(1);
  expect(chassis.did("set power 0")).toBe(offs);
});

test("reset, soft, on and identify are taken; what the BMC has not got is PDU_REFUSED", async () => {
  const pdu = await open();
  await pdu.command("chassis", "reset");
  expect(chassis.did("set reset 1")).toBe(1);
  await pdu.command("chassis", "soft");
  expect(await pdu.readOutlet("chassis")).toMatchObject({
    state: "off",
    serial: "a123456789abcdefa123456789abcdef",
  });
  await pdu.command("chassis", "on");
  await pdu.command("chassis", "identify");
  expect(chassis.did("set identify 240 0")).toBe(1);
  expect(await pdu.readOutlet("chassis")).toMatchObject({ state: "on" });
  expect(await failureOf(pdu.command("chassis", "nmi"))).toMatchObject({
    code: "PDU_REFUSED",
    message: expect.stringContaining('the BMC says "Invalid data field in request"'),
  });
});

test.concurrent.each([
  ["reset", "set reset 1"],
  ["off", "set power 0"],
] as const)("a %s whose answer is lost is done once, and is PDU_SILENT", async (verb, line) => {
  const before = chassis.did(line);
  const pdu = await open({ port: await lossy(() => chassis.did(line) > before) });
  expect(await failureOf(pdu.command("chassis", verb))).toMatchObject({
    code: "PDU_SILENT",
    message: expect.stringContaining("answer was lost"),
  });
  expect(chassis.did(line)).toBe(before + 1);
});

test("another BMC at the address is noticed", async () => {
  const { port } = chassis.bmc;
  expect(
    await failureOf((await open({ serial: "00112233-4455-6677-8899-aabbccddeeff" })).read()),
  ).toMatchObject({
    code: "PDU_REFUSED",
    message: expect.stringContaining('"a123456789abcdefa123456789abcdef"'),
  });
  const bound = (await (await open()).read()).serial;
  chassis.bmc.dispose();
  await new Chassis("other").start("deadbeefdeadbeefdeadbeefdeadbeef", port);
  expect(bound).toBe("a123456789abcdefa123456789abcdef");
  expect(await (await open()).readOutlet("chassis")).toMatchObject({
    serial: "deadbeefdeadbeefdeadbeefdeadbeef",
  });
});

test("a BMC that does not answer is PDU_SILENT, within a request's time", async () => {
  const { failure, took } = await silence;
  expect(failure).toMatchObject({
    code: "PDU_SILENT",
    message: expect.stringContaining("the BMC does not answer"),
  });
  expect(took).toBeLessThan(20_000);
});

/** A network on the way to the BMC that loses every answer from a moment on. */
async function lossy(lost: () => boolean): Promise<number> {
  const near = createSocket("udp4");
  const far = createSocket("udp4");
  proxies.push(near, far);
  let client = { port: 0, address: "" };
  near.on("message", (packet, from) => {
    client = from;
    far.send(packet, chassis.bmc.port, "127.0.0.1");
  });
  far.on("message", (packet) => {
    if (!lost()) near.send(packet, client.port, client.address);
  });
  await new Promise<void>((resolve) => near.bind(0, "127.0.0.1", resolve));
  return near.address().port;
}
