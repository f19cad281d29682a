import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import apcRpdu2 from "../../../drivers/power/snmp/apc-rpdu2.ts";
import { MockHost } from "../../../mocks/host.ts";
import { MockSnmpPdu } from "../../../mocks/snmp-pdu.ts";
import { loadConfig } from "../../../src/config/load-config.ts";
import { Registry } from "../../../src/core/registry/registry.ts";
import { type LocalSite, openLocalSite } from "../../../src/core/site/local-site.ts";
import type { PowerEvent, PowerRequest, PowerVerb } from "../../../src/core/site/site.ts";
import { systemClock } from "../../../src/lib/clock.ts";

const PASSWORD = "correct horse";
const NAMES = ["web1", "web2", "web3", "nas1", "db1", "box1"];

let folder: string;
let pdu: MockSnmpPdu;
let moved: string[];
let site: LocalSite;
let web1: MockHost;
const open: LocalSite[] = [];
const servers: Server[] = [];
/** What web1 has said. */
let said = "";
let sockets: Socket[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-order-"));
  moved = [];
  said = "";
  sockets = [];
  const write = (bytes: Uint8Array) => {
    said += Buffer.from(bytes).toString();
    for (const socket of sockets) socket.write(bytes);
  };
  web1 = new MockHost({ name: "web1", clock: systemClock, pace: 0.02, password: PASSWORD, write });
  pdu = await MockSnmpPdu.start({
    family: apcRpdu2,
    outlets: 6,
    clock: systemClock,
    onSwitch: (instance, state) => {
      moved.push(`${instance} ${state}`);
      if (instance === "6") web1.power(state === "on");
    },
  });
  for (const name of NAMES) await console(name);
  const credentials = join(folder, "credentials");
  await mkdir(credentials, { mode: 0o700 });
  const secrets = { read: "public", write: "private", root: PASSWORD };
  for (const [name, value] of Object.entries(secrets)) {
    await writeFile(join(credentials, name), value, { mode: 0o600 });
    await chmod(join(credentials, name), 0o600);
  }
  site = await openSite("daemon", "state");
});
afterEach(async () => {
  web1.power(false);
  await Promise.all(open.splice(0).map((one) => one.close()));
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
  await pdu.close();
  await rm(folder, { recursive: true });
});

async function console(name: string): Promise<void> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (name !== "web1") return;
    sockets.push(socket);
    socket.on("data", (bytes) => web1.receive(bytes));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(join(folder, name), resolve));
}

async function openSite(
  role: "daemon" | "direct",
  state: string,
  rules = "",
  offFor = "100ms",
): Promise<LocalSite> {
  const file = join(folder, `${state}.yaml`);
  const host = (name: string, more: string) =>
    `  ${name}: { console: { driver: unix, path: ${join(folder, name)} }, ${more} }\n`;
  await writeFile(
    file,
    `state: ${join(folder, state)}
credentials: ${join(folder, "credentials")}
pdus:
  p: { driver: snmp, host: 127.0.0.1, port: ${pdu.port}, version: 2c, community: secret:read, write-community: secret:write, insecure: true, stagger: 100ms, lifeline: [5]${rules} }
defaults: { off-for: ${offFor}, watch: { mode: off, budget: { cycles: 100, per: 1h } } }
hosts:
${host("web1", "outlets: p/6, os: linux, login: { user: root, secret: root }")}${host("web2", "outlets: p/1")}${host("web3", "outlets: [p/label:1, p/2]")}${host("nas1", "outlets: p/3")}${host("db1", "outlets: p/4, after: nas1")}${host("box1", "outlets: p/5")}`,
  );
  const config = await loadConfig(file, {}, (folders) => new Registry(folders));
  const opened = await openLocalSite(config, { who: "jana", clock: systemClock, env: {}, role });
  open.push(opened);
  return opened;
}

async function power(
  verb: PowerVerb,
  hosts: readonly string[],
  more: Partial<PowerRequest> = {},
  at: LocalSite = site,
): Promise<PowerEvent[]> {
  const events: PowerEvent[] = [];
  const request = { verb, hosts, dryRun: false, force: false, reason: "test", ...more };
  for await (const event of at.power(request)) events.push(event);
  return events;
}
const ends = (events: readonly PowerEvent[]) =>
  Object.fromEntries(events.flatMap(({ host, result }) => (result ? [[host, result]] : [])));
const endOf = (events: readonly PowerEvent[], name: string) =>
  events.find(({ host, result }) => host === name && result !== undefined);

describe("an outlet that two hosts hang on", () => {
  test("is not switched for one of them, by whatever name and whatever force", async () => {
    for (const force of [false, true]) {
      const [end] = (await power("off", ["web2"], { force })).slice(-1);
      expect(end).toMatchObject({ result: "refused", error: { code: "GUARD_REFUSED" } });
      expect(end?.text).toContain("outlet p/1 also feeds web3: name web2 and web3");
    }
    expect(pdu.sets).toEqual([]);
  });

  test("is cycled once for both, with all that either hangs on, and both are told", async () => {
    const events = await power("cycle", ["web2", "web3"]);
    expect(ends(events)).toEqual({ web2: "done", web3: "done" });
    expect(moved.filter((one) => one.startsWith("1 "))).toEqual(["1 off", "1 on"]);
    expect(moved.filter((one) => one.startsWith("2 "))).toEqual(["2 off", "2 on"]);
    expect(endOf(events, "web3")?.text).toContain("with web2: ");
  });

  test("is left alone where one of them is held", async () => {
    await site.hold(["web3"], 60_000, "RAID rebuild");
    expect(ends(await power("off", ["web2", "web3"]))).toEqual({
      web2: "refused",
      web3: "refused",
    });
    expect(pdu.sets).toEqual([]);
  });
});

describe("after", () => {
  test("hosts go down in the other order than they come up", async () => {
    expect(ends(await power("off", ["nas1", "db1"]))).toEqual({ nas1: "done", db1: "done" });
    expect(ends(await power("on", ["db1", "nas1"]))).toEqual({ nas1: "done", db1: "done" });
    expect(moved).toEqual(["4 off", "3 off", "3 on", "4 on"]);
  });

  test("hosts on a PDU with a limit come on in that order too, however they are named", async () => {
    const limited = await openSite("direct", "limited", ", limit-amps: 16");
    expect(ends(await power("off", ["db1", "nas1"], {}, limited))).toMatchObject({ db1: "done" });
    const ended = await power("on", ["db1", "nas1"], { force: true }, limited);
    expect(ends(ended)).toMatchObject({ nas1: "done", db1: "done" });
    expect(moved.filter((one) => /^[34] on/.test(one))).toEqual(["3 on", "4 on"]);
  });

  test("nothing is cut under a host that did not go down before it", async () => {
    await site.hold(["db1"], 60_000, "backup");
    const events = await power("off", ["nas1", "db1", "web2", "web3"]);
    expect(ends(events)).toEqual({ nas1: "refused", db1: "refused", web2: "done", web3: "done" });
    expect(endOf(events, "nas1")?.text).toContain("db1 did not go down before it");
    expect(pdu.relay("3")).toBe("on");
  });
});

describe("lifeline", () => {
  test("a group, --force and a dry run refuse it and nothing else", async () => {
    const events = await power("off", ["box1", "nas1", "db1"], { force: true });
    expect(ends(events)).toEqual({ box1: "refused", nas1: "done", db1: "done" });
    expect(endOf(events, "box1")?.text).toContain("outlet p/5 is a lifeline");
    expect(ends(await power("off", ["box1"], { dryRun: true }))).toEqual({ box1: "refused" });
    expect(pdu.relay("5")).toBe("on");
  });

  test("a cycle of it alone is for its PDU to do: one command, and it is on again", async () => {
    const events = await power("cycle", ["box1"]);
    expect(endOf(events, "box1"), endOf(events, "box1")?.text).toMatchObject({ result: "done" });
    expect(events.map(({ text }) => text)).toContain(
      "p/5 is cycled by its PDU, which brings it back by itself",
    );
    expect(pdu.sets.map(({ value }) => value)).toEqual([apcRpdu2.write?.cycle?.value]);
    expect(moved).toEqual(["5 off", "5 on"]);
  }, 60_000);

  test("beside other hosts it is not cycled", async () => {
    const events = await power("cycle", ["box1", "nas1"], { force: true });
    expect(ends(events)).toEqual({ box1: "refused", nas1: "done" });
    expect(pdu.relay("5")).toBe("on");
  }, 60_000);
});

describe("one process at a time at a PDU", () => {
  test("another one, with another state folder, is told who switches there", async () => {
    const other = await openSite("direct", "elsewhere");
    // Long enough for the other one to ask meanwhile, also where the disk is slow.
    const slow = await openSite("daemon", "slow", "", "5s");
    const first = slow
      .power({ verb: "cycle", hosts: ["nas1"], dryRun: false, force: false, reason: "x" })
      [Symbol.asyncIterator]();
    await first.next();
    const [end] = (await power("off", ["db1"], {}, other)).slice(-1);
    expect(end).toMatchObject({ result: "refused", error: { code: "PORT_BUSY" } });
    expect(end?.text).toMatch(
      /Cannot switch outlets of p: "oob serve" \(pid \d+\) is switching there/,
    );
    for (let next = await first.next(); !next.done; next = await first.next());
    expect(ends(await power("off", ["db1"], {}, other))).toEqual({ db1: "done" });
  });
});

describe("--graceful", () => {
  const graceful = (thenHard: boolean) => ({ graceful: { within: 2000, thenHard } });
  const atLogin = async () => {
    web1.power(true);
    await new Promise<void>((resolve) => {
      const look = () => (web1.phase === "login" ? resolve() : setTimeout(look, 20));
      look();
    });
  };

  test("soft types the shutdown where no button can be pressed, and is done when the kernel says so", async () => {
    await atLogin();
    const [end] = (await power("soft", ["web1"])).slice(-1);
    expect(end).toMatchObject({ result: "done", state: "on" });
    expect(said).toContain("reboot: Power down");
    expect(pdu.sets).toEqual([]);
  });

  test("cuts when the console has shown the power-down, and not before", async () => {
    await atLogin();
    const texts = (await power("cycle", ["web1"], graceful(false))).map(({ text }) => text);
    const at = (part: string) => texts.findIndex((text) => text.includes(part));
    expect(texts.at(-1)).toBe("cycle: power on");
    expect(at("down, as its console shows")).toBeGreaterThan(0);
    expect(at("down, as its console shows")).toBeLessThan(at("p/6 off, read back"));
    expect(moved).toEqual(["6 off", "6 on"]);
  });

  test("a host that is not seen to go down is cut only where that was asked, too", async () => {
    await atLogin();
    web1.faults = { hangsAtShutdown: true };
    const [end] = (await power("off", ["web1"], graceful(false))).slice(-1);
    expect(end).toMatchObject({ result: "failed", state: "on", error: { code: "TIMED_OUT" } });
    expect(end?.text).toContain("Cannot switch web1 off in order: it was not seen to go down");
    expect(pdu.sets).toEqual([]);
    web1.power(false);
    await atLogin();
    const hard = await power("off", ["web1"], graceful(true));
    expect(ends(hard), hard.at(-1)?.text).toEqual({ web1: "done" });
    expect(hard.map(({ text }) => text).join()).toContain("goes on by force, as asked");
    expect(moved).toEqual(["6 off"]);
  }, 60_000);

  test("of two hosts on one outlet the second is not seen down: both are told, by which of them", async () => {
    pdu.press("1", "off");
    const events = await power("off", ["web2", "web3"], graceful(false));
    expect(ends(events)).toEqual({ web2: "failed", web3: "failed" });
    expect(events.filter(({ result }) => result !== undefined)).toHaveLength(2);
    expect(endOf(events, "web3")?.text).toMatch(/^Cannot switch web3 off in order: /);
    expect(endOf(events, "web2")?.text).toMatch(/^with web3: Cannot switch web3 off in order: /);
    expect(pdu.sets).toEqual([]);
  });

  test("a console that is down shows nothing: nothing is cut, and it is no other failure", async () => {
    for (const server of servers.splice(0)) server.close();
    for (const socket of sockets) socket.destroy();
    const [end] = (await power("off", ["web1"], graceful(false))).slice(-1);
    expect(end).toMatchObject({ result: "failed", state: "on", error: { code: "TIMED_OUT" } });
    expect(end?.text).toContain("Cannot reach the console of web1");
    expect(pdu.sets).toEqual([]);
  });

  test("a guard that objects is heard before anything is typed; a host without a login is refused", async () => {
    await atLogin();
    await site.hold(["web1"], 60_000, "RAID rebuild");
    expect(ends(await power("off", ["web1"], graceful(true)))).toEqual({ web1: "refused" });
    const [end] = (await power("off", ["nas1"], graceful(false))).slice(-1);
    expect(end).toMatchObject({ result: "failed", error: { code: "SECRET_MISSING" } });
    expect(said).not.toContain("Power down");
    expect(pdu.sets).toEqual([]);
  });
});
