/** Traps of net-snmp's own tools, and bytes that are none, at the daemon's port of traps. */
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import family from "../../drivers/power/snmp/apc-rpdu2.ts";
import { MockSnmpPdu } from "../../mocks/snmp-pdu.ts";
import type { SiteEvent } from "../../src/core/site/site.ts";
import { type Daemon, startDaemon } from "../../src/daemon/main.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { nested, trap2c } from "../daemon/traps/trap-bytes.ts";
import { freePort } from "./rig/machine.ts";

const run = promisify(execFile);
const ENGINE = "0x80001f8804706475";
const OUTLET_OFF = "1.3.6.1.4.1.318.0.268";
const V3 = [
  "-l",
  "authPriv",
  "-u",
  "oob",
  "-a",
  "SHA-256",
  "-A",
  "authpass1",
  "-x",
  "AES",
  "-X",
  "privpass1",
];

let folder: string;
let pdu: MockSnmpPdu;
let other: MockSnmpPdu;
let daemon: Daemon;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-traps-"));
  const clock = systemClock;
  const user = {
    name: "oob",
    auth: { protocol: "sha256", secret: "authpass1" },
    priv: { protocol: "aes", secret: "privpass1" },
  } as const;
  pdu = await MockSnmpPdu.start({ family, outlets: 4, clock, access: { user } });
  other = await MockSnmpPdu.start({ family, outlets: 4, clock, access: { read: "readit" } });
  port = await freePort();
  await mkdir(join(folder, "credentials"), { mode: 0o700 });
  const secrets = { auth: "authpass1", priv: "privpass1", read: "readit", traps: "trapcomm" };
  for (const [name, value] of Object.entries(secrets))
    await writeFile(join(folder, "credentials", name), `${value}\n`, { mode: 0o600 });
  const config = join(folder, "oob.yaml");
  await writeFile(
    config,
    `version: 1
state: ${folder}/state
runtime: ${folder}/run
credentials: ${folder}/credentials
traps: { listen: "127.0.0.1:${port}", community: secret:traps }
load: { every: 0s }
pdus:
  pdu-a: { driver: snmp, host: 127.0.0.1, port: ${pdu.port}, version: 3, user: oob, auth: secret:auth, auth-protocol: sha256, priv: secret:priv }
  pdu-b: { driver: snmp, host: 127.0.0.1, port: ${other.port}, version: 2c, community: secret:read, insecure: true }
hosts:
  web1: { console: { driver: unix, path: "${folder}/none" }, outlets: pdu-a/1, watch: off }
  web2: { console: { driver: unix, path: "${folder}/none2" }, outlets: pdu-b/2, watch: off }
`,
  );
  daemon = await startDaemon({ config, env: { HOME: folder }, say: () => undefined });
  await event("trap.ready");
  await daemon.site.status([], { power: true });
});

afterAll(async () => {
  await daemon?.stop("the test ends");
  await Promise.all([pdu?.close(), other?.close()]);
  await rm(folder, { recursive: true, force: true });
});

async function events(type: string): Promise<SiteEvent[]> {
  const found: SiteEvent[] = [];
  for await (const one of daemon.site.events({ hosts: [], type, follow: false })) found.push(one);
  return found;
}

/** The newest event of a type, once there are more than before; `meanwhile` is done every half second. */
async function event(
  type: string,
  after = 0,
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
): Promise<SiteEvent> {
  for (let tries = 0; tries < 60; tries++) {
    const found = await events(type);
    const newest = found.at(-1);
    if (newest && found.length > after) return newest;
    await meanwhile();
    await systemClock.sleep(500);
  }
  throw new Error(`no event "${type}" beyond ${after}`);
}

const AT = () => `127.0.0.1:${port}`;
const v2 = (community: string) =>
  run("snmptrap", [
    "-v2c",
    "-c",
    community,
    AT(),
    "",
    OUTLET_OFF,
    "1.3.6.1.4.1.318.2.3.3.0",
    "s",
    "\u001b[2J off",
  ]);

describe("traps of net-snmp's snmptrap", () => {
  test("version 2c: the PDU is read again, and what changed stands in the events", async () => {
    other.press("2", "off");
    await v2("readit");
    expect(await event("pdu.trap")).toMatchObject({
      text: `trap ${OUTLET_OFF} of pdu-b (127.0.0.1); read again: pdu-b/2 reads off, was on`,
    });
    expect(await event("power.seen")).toMatchObject({ host: "web2" });
    const [row] = await daemon.site.status(["web2"], { power: false });
    expect(row?.power).toBe("off");
  });

  test("version 3 with authentication and privacy; a wrong password is no trap", async () => {
    pdu.press("1", "off");
    const wrong = V3.with(V3.indexOf("authpass1"), "wrongpass1");
    await run("snmptrap", ["-v3", "-e", ENGINE, ...wrong, AT(), "", OUTLET_OFF]);
    await run("snmptrap", [
      "-v3",
      "-e",
      ENGINE,
      "-l",
      "noAuthNoPriv",
      "-u",
      "oob",
      AT(),
      "",
      OUTLET_OFF,
    ]);
    await run("snmptrap", ["-v3", "-e", ENGINE, ...V3, AT(), "", OUTLET_OFF]);
    expect(await event("pdu.trap", 1)).toMatchObject({
      text: `trap ${OUTLET_OFF} of pdu-a (127.0.0.1); read again: pdu-a/1 reads off, was on`,
    });
  });

  test("a trap that says off while the outlet is on changes nothing; another community is not heard", async () => {
    await v2("public");
    await v2("private");
    const before = (await events("pdu.trap")).length;
    // Both PDUs are at this address, and take the community of traps: both are read.
    await run("snmptrap", [
      "-v1",
      "-c",
      "trapcomm",
      AT(),
      "1.3.6.1.4.1.318",
      "127.0.0.1",
      "6",
      "268",
      "",
    ]);
    await event("pdu.trap", before + 1);
    const texts = (await events("pdu.trap")).slice(before).map(({ text }) => text);
    expect(texts.toSorted()).toEqual(
      ["pdu-a", "pdu-b"].map(
        (name) =>
          `trap 1.3.6.1.4.1.318 of ${name} (127.0.0.1); read again: no outlet of a host reads otherwise`,
      ),
    );
  });
});

describe("what is no trap", () => {
  test("malformed datagrams end nothing; a process that is killed is started again", async () => {
    const socket = createSocket("udp4");
    const send = (bytes: Uint8Array) =>
      new Promise<void>((resolve) => socket.send(bytes, port, "127.0.0.1", () => resolve()));
    const whole = trap2c("readit");
    const before = (await events("pdu.trap")).length;
    for (let i = 0; i < 400; i++) {
      const bytes = Buffer.from(whole);
      bytes[(i * 7) % bytes.length] = (i * 31) % 256;
      bytes[(i * 13) % bytes.length] = (i * 17) % 256;
      await send(i % 4 === 0 ? whole.subarray(0, i % whole.length) : bytes);
    }
    await send(nested(2000));
    await send(Buffer.alloc(60_000, 0x30));
    socket.close();
    // Some of these are traps that only the checks above cannot tell from real ones: they cause one reading.
    await event("pdu.trap", before, () => v2("readit"));
    expect(await events("trap.deaf")).toEqual([]);
    const ready = (await events("trap.ready")).length;
    process.kill(await hearing(), "SIGKILL");
    await event("trap.ready", ready);
    expect((await events("trap.deaf")).map(({ text }) => text)).toEqual([
      "the process that hears traps: it ended; it is started again after 1s",
    ]);
    const read = (await events("pdu.trap")).length;
    await event("pdu.trap", read, () => v2("readit"));
  });
});

/** The process that hears, among the children of this one. */
async function hearing(): Promise<number> {
  for (const task of await readdir("/proc/self/task")) {
    const children = await readFile(`/proc/self/task/${task}/children`, "utf8");
    for (const pid of children.trim().split(" ").filter(Boolean)) {
      const name = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      if (name.startsWith("oob-traps")) return Number(pid);
    }
  }
  throw new Error("nobody hears traps");
}
