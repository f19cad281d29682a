/** The main job on real machines: QEMU hosts, their consoles over telnet and a Unix socket, outlets on an SNMP agent. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import apcRpdu2 from "../../drivers/power/snmp/apc-rpdu2.ts";
import { MockSnmpPdu } from "../../mocks/snmp-pdu.ts";
import type { SiteEvent } from "../../src/core/site/site.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { TestSite } from "./rig/daemon.ts";
import { buildImages } from "./rig/images.ts";
import { freePort, Machine } from "./rig/machine.ts";
import { Typist } from "./rig/typist.ts";

let machines: { web1: Machine; vm1: Machine };
let pdu: MockSnmpPdu;
let test: TestSite;

const cuts = (machine: Machine) => machine.edges.filter((edge) => edge.to === "off").length;

beforeAll(async () => {
  const { kernel, initrd } = await buildImages();
  const boot = (name: string) => ({
    kernel,
    initrd,
    append: `console=ttyS0,115200 oob.host=${name}`,
  });
  const port = await freePort();
  machines = {
    web1: new Machine("web1", boot("web1"), port),
    vm1: new Machine("vm1", boot("vm1")),
  };
  const fed = [machines.web1, machines.vm1];
  pdu = await MockSnmpPdu.start({
    family: apcRpdu2,
    outlets: 2,
    clock: systemClock,
    onSwitch: (instance, state) => {
      const machine = fed[Number(instance) - 1];
      if (state === "on") machine?.powerOn();
      else machine?.powerOff();
    },
  });
  for (const machine of fed) machine.powerOn();
  test = new TestSite(
    `pdus:
  pdu-a: { driver: snmp, host: 127.0.0.1, port: ${pdu.port}, version: 2c, community: secret:read, write-community: secret:write, insecure: true }
defaults:
  os: linux
  off-for: 3s
  login: { user: root, secret: root }
  watch: { mode: act, ladder: [nudge, cycle, page], confirm-for: 10s, silence: 25s, hands-off: 3s, boot-within: 90s, budget: { cycles: 5, per: 1h }, cool-down: 0s }
fleet: { suspects: 3, within: 1m, cycles: 10, per: 1h }
hosts:
  web1: { console: { driver: telnet, host: 127.0.0.1, port: ${port} }, outlets: [pdu-a/1] }
  vm1: { console: { driver: unix, path: ${machines.vm1.unixPath} }, outlets: [pdu-a/2] }
`,
    { read: "public", write: "private", root: "oob" },
  );
  await test.start();
  // The daemon is reachable before its consoles are open.
  for (const host of ["web1", "vm1"])
    await test.event(
      `console of ${host} up`,
      (event) => event.host === host && event.type === "console.up",
      120_000,
    );
});

afterAll(async () => {
  await test?.stop();
  await pdu?.close();
  machines?.web1.dispose();
  machines?.vm1.dispose();
});

async function crash(host: string): Promise<void> {
  const typist = await Typist.at(test.site, host);
  try {
    await typist.logIn();
    await typist.type("echo c > /proc/sysrq-trigger\r");
    await typist.sees(/Kernel panic - not syncing/, 120_000);
  } finally {
    await typist.leave();
  }
}

const recoveries = (host: string) => test.ofHost(host, /^watch\.recovered$/).length;

async function recovery(host: string, number: number): Promise<void> {
  await test.event(`recovery ${number} of ${host}`, () => recoveries(host) >= number, 400_000);
}

describe("the main job", () => {
  it.each(["web1", "vm1"] as const)(
    "%s panics: proven, cycled once, seen back at login",
    async (host) => {
      await crash(host);
      await recovery(host, 1);
      expect(cuts(machines[host])).toBe(1);
      const [incident] = await test.site.incidents([host]);
      expect(incident).toMatchObject({ host, class: "panic", state: "recovered" });
      const { report } = await test.site.incident(incident?.id ?? 0);
      expect(report).toContain("Kernel panic - not syncing");
      expect(report).toMatch(/off[^\n]*read back/i);
      expect(test.ofHost(host, /^power\.intent$/)).toHaveLength(1);
      const [status] = await test.site.status([host], { power: true });
      expect(status).toMatchObject({ power: "on", health: { state: "healthy" } });
    },
  );

  it("a machine that stops without a word is probed, cut once, and comes back", async () => {
    const before = cuts(machines.web1);
    // It answered somebody in this boot: silence after a login prompt alone would only be asked about.
    const person = await Typist.at(test.site, "web1");
    await person.logIn();
    await person.leave();
    await machines.web1.qmp("stop");
    await recovery("web1", 2);
    expect(cuts(machines.web1)).toBe(before + 1);
    expect(test.ofHost("web1", /^watch\.probe$/).length).toBeGreaterThan(0);
  });

  it("a person holds the seat: no cut, a page instead", async () => {
    const before = cuts(machines.vm1);
    const person = await Typist.at(test.site, "vm1");
    await person.logIn();
    const from = test.events.length;
    await person.type("echo c > /proc/sysrq-trigger\r");
    await person.sees(/Kernel panic - not syncing/, 120_000);
    await test.event(
      "a page",
      (event) =>
        event.host === "vm1" && event.type === "watch.page" && test.events.indexOf(event) >= from,
      120_000,
    );
    expect(cuts(machines.vm1)).toBe(before);
    await person.leave();
    await recovery("vm1", 2);
  });

  it("hold: nothing happens, and it says so", async () => {
    const before = cuts(machines.web1);
    const intents = test.ofHost("web1", /^power\.intent$/).length;
    await test.site.hold(["web1"], 3_600_000, "RAID rebuild");
    const from = test.events.length;
    await crash("web1");
    const later = (event: SiteEvent) => event.host === "web1" && test.events.indexOf(event) >= from;
    await test.event(
      "the panic",
      (event) => later(event) && event.type === "watch.suspect",
      120_000,
    );
    const said = await test.event(
      "that it is held",
      (event) => later(event) && event.type.startsWith("watch.") && /RAID rebuild/.test(event.text),
      120_000,
    );
    expect(said.text).toMatch(/hold|held/i);
    // Longer than it takes to cut a host that is not held (35 s here).
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    const [status] = await test.site.status(["web1"], { power: true });
    expect(status).toMatchObject({ power: "on", hold: { reason: "RAID rebuild" } });
    expect(test.ofHost("web1", /^power\.intent$/)).toHaveLength(intents);
    expect(cuts(machines.web1)).toBe(before);
  });

  it("the log holds what came over the wire, with the machine's own text", () => {
    const raw = readFileSync(join(test.folder, "state", "console", "vm1", "current.raw"), "latin1");
    expect(raw).toContain("Kernel panic - not syncing: sysrq triggered crash");
    expect(raw).toContain("vm1 login: ");
  });
});
