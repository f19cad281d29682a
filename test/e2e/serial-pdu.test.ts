/**
 * Our mocks of serial PDUs under Debian's powerman, so that they are no fantasy of ours: its device scripts, made from real
 * units, log in, read and switch. Then the product on the same mocks, through TCP, telnet and the menu of a console server.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MenuConsoleServer } from "../../mocks/menu-console-server.ts";
import { MockModem } from "../../mocks/modem.ts";
import { MockSerialPdu, type SerialPduSetup } from "../../mocks/serial-pdu.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { TestSite } from "./rig/daemon.ts";
import { freePort } from "./rig/machine.ts";

const SCRIPTS = "/etc/powerman";
const powermand = ["/usr/sbin/powermand", "/usr/bin/powerman", `${SCRIPTS}/baytech.dev`].filter(
  (file) => !existsSync(file),
);
if (powermand.length > 0) console.log(`not installed: powerman (${powermand.join(", ")}): skipped`);

const web = Array.from({ length: 8 }, (_, i) => `web${i + 1}`);

/** Family, powerman's script with the login that stands in it, and its letter there. */
const PEERS: Readonly<Record<string, { script: string; setup: SerialPduSetup }>> = {
  b: {
    script: "baytech",
    setup: { family: "baytech-rpc3", names: web, login: { password: "baytech" } },
  },
  a: {
    script: "apc7900v3",
    setup: { family: "apc-masterswitch", names: web, login: { user: "apc", password: "apc" } },
  },
  w: { script: "wti", setup: { family: "wti-nps", names: web, login: { password: "wti" } } },
  // Its script knows rows without names alone.
  c: {
    script: "cyclades-pm8",
    setup: {
      family: "cyclades-pm",
      names: Array.from({ length: 8 }, () => ""),
      login: { user: "admin", password: "pm8" },
    },
  },
};
const SPECIFICATION: Readonly<Record<string, string>> = { "cyclades-pm8": "pm8" };

const folder = mkdtempSync(join(tmpdir(), "oob-serial-pdu-e2e-"));
const mocks = new Map<string, MockSerialPdu>();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(powermand.length > 0)("powerman drives our mocks", () => {
  let daemon: ChildProcess;
  let port = 0;
  /** Not while this process waits: the mocks are in it. */
  const powerman = async (...args: string[]) => {
    const child = spawn("/usr/bin/powerman", ["-h", `127.0.0.1:${port}`, ...args]);
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    const [status] = (await once(child, "close")) as [number | null];
    return { status, text };
  };

  beforeAll(async () => {
    const lines: string[] = [];
    port = await freePort();
    for (const [letter, { script, setup }] of Object.entries(PEERS)) {
      const mock = new MockSerialPdu(setup);
      mocks.set(letter, mock);
      const at = await mock.listen();
      lines.push(`include "${SCRIPTS}/${script}.dev"`);
      lines.push(`device "${letter}" "${SPECIFICATION[script] ?? script}" "127.0.0.1:${at}"`);
      lines.push(`node "${letter}[1-8]" "${letter}" "[1-8]"`);
    }
    lines.push(`listen "127.0.0.1:${port}"`);
    const conf = join(folder, "powerman.conf");
    // Specifications before devices before nodes.
    const rank = (line: string) =>
      ["include", "listen", "device", "node"].indexOf(line.split(" ")[0] ?? "");
    writeFileSync(conf, `${lines.sort((a, b) => rank(a) - rank(b)).join("\n")}\n`);
    daemon = spawn("/usr/sbin/powermand", ["-f", "-c", conf], { stdio: "ignore" });
    const end = performance.now() + 30_000;
    for (;;) {
      const { status, text } = await powerman("-q");
      if (status === 0 && /unknown: *$/m.test(text)) break;
      if (performance.now() > end) throw new Error(`powermand does not get on: ${text}`);
      await systemClock.sleep(500);
    }
  });

  afterAll(async () => {
    if (daemon.exitCode === null) {
      daemon.kill("SIGKILL");
      await once(daemon, "exit");
    }
    for (const mock of mocks.values()) await mock.close();
  });

  it.each(Object.keys(PEERS))(
    "node %s3: off, query, on, query",
    { timeout: 600_000 },
    async (letter) => {
      const mock = mocks.get(letter);
      const third = mock?.outlet("3");
      expect(await powerman("-0", `${letter}3`)).toMatchObject({ status: 0 });
      expect(third?.on).toBe(false);
      expect((await powerman("-Q", `${letter}[1-8]`)).text).toMatch(
        new RegExp(`^on: +${letter}\\[1-2,4-8\\]\\noff: +${letter}3\\nunknown: *$`, "m"),
      );
      expect(await powerman("-1", `${letter}3`)).toMatchObject({ status: 0 });
      expect(third?.on).toBe(true);
      expect(mock?.commands).toEqual([
        { outlet: "3", on: false },
        { outlet: "3", on: true },
      ]);
    },
  );
});

describe("the product on the same mocks", () => {
  let site: TestSite;
  let server: MenuConsoleServer | undefined;
  const baytech = new MockSerialPdu({
    family: "baytech-rpc3",
    names: ["web1", "Off", "RPC-3>"],
    login: { password: "pw-of-bt" },
    confirms: true,
  });
  const apc = new MockSerialPdu({
    family: "apc-masterswitch",
    names: ["web1", "OFF", "db1"],
    login: { user: "oob", password: "pw-of-apc" },
  });
  const deep = new MockSerialPdu({
    family: "cyclades-pm",
    names: ["web1", "db1"],
    login: { user: "oob", password: "pw-of-pm" },
  });

  const far = new MockSerialPdu({
    family: "cyclades-pm",
    names: ["web1", "db1"],
    login: { user: "oob", password: "pw-of-pm" },
  });
  const modem = new MockModem(systemClock, { "5550142": "answers" });

  /** A console server at the far end of the telephone line, with the PDU on its only port. */
  function farEnd(): void {
    let farServer: MenuConsoleServer | undefined;
    const session = far.connect(
      (bytes) => farServer?.write(0, bytes),
      () => undefined,
      true,
    );
    const line = {
      onBytes: (bytes: Uint8Array) => session.receive(bytes),
      onBreak: () => undefined,
    };
    farServer = new MenuConsoleServer({ family: "mrv-lx", ports: [{ name: "pdu", line }] });
    const wire = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        modem.print(chunk.toString("latin1"));
        done();
      },
    });
    modem.onHeard = (byte) => void wire.push(Uint8Array.of(byte));
    farServer.serve(wire, false);
  }

  beforeAll(async () => {
    farEnd();
    const phone = await modem.listen();
    const at = { baytech: await baytech.listen(), apc: await apc.listen(0, true) };
    // The third one hangs on port 2 of a console server, and stays as it was left.
    const session = deep.connect(
      (bytes) => server?.write(1, bytes),
      () => undefined,
      true,
    );
    const line = {
      onBytes: (bytes: Uint8Array) => session.receive(bytes),
      onBreak: () => undefined,
    };
    const nothing = { onBytes: () => undefined, onBreak: () => undefined };
    server = await MenuConsoleServer.start({
      family: "mrv-lx",
      ports: [
        { name: "host", line: nothing },
        { name: "pdu", line },
      ],
      login: { user: "oob", password: "pw-of-cs" },
    });
    site = new TestSite(
      `pdus:
  bt: { driver: serial-pdu, profile: baytech-rpc3, password: secret:bt, via: { driver: tcp, host: 127.0.0.1, port: ${at.baytech} } }
  old: { driver: serial-pdu, profile: baytech-rpc3, password: secret:old, via: { driver: tcp, host: 127.0.0.1, port: ${at.baytech} } }
  apc: { driver: serial-pdu, profile: apc-masterswitch, user: oob, password: secret:apc, via: { driver: telnet, host: 127.0.0.1, port: ${at.apc} } }
  deep:
    driver: serial-pdu
    profile: cyclades-pm
    user: oob
    password: secret:pm
    via: { driver: menu, profile: mrv-lx, port: 2, user: oob, password: secret:cs, via: { driver: telnet, via: { driver: tcp, host: 127.0.0.1, port: ${server.port} } } }
  phone:
    driver: serial-pdu
    profile: cyclades-pm
    user: oob
    password: secret:pm
    via: { driver: menu, profile: mrv-lx, port: 1, via: { driver: modem, number: "5550142", via: { driver: tcp, host: 127.0.0.1, port: ${phone} } } }
hosts:
  db3: { console: "tcp://127.0.0.1:9", outlets: phone/db1, off-for: 1s }
  web1: { console: "tcp://127.0.0.1:9", outlets: [bt/2, apc/name:db1] }
  db1: { console: "tcp://127.0.0.1:9", outlets: deep/db1, off-for: 1s }
  db2: { console: "tcp://127.0.0.1:9", outlets: bt/3 }
`,
      { bt: "pw-of-bt", old: "pw-of-last-year", apc: "pw-of-apc", pm: "pw-of-pm", cs: "pw-of-cs" },
    );
  });

  afterAll(async () => {
    await site?.stop();
    await server?.close();
    await baytech.close();
    await apc.close();
    await modem.close();
  });

  it("off, status and on of a host with two feeds, each read back and typed once", {
    timeout: 600_000,
  }, async () => {
    const off = await site.run("power", "off", "web1", "--yes");
    expect(off.stdout + off.stderr).toMatch(
      /bt\/2 off . read back[\s\S]*apc\/name:db1 off . read back|apc[\s\S]*bt/,
    );
    expect(off.code).toBe(0);
    expect(baytech.outlets.map(({ on }) => on)).toEqual([true, false, true]);
    expect(apc.outlets.map(({ on }) => on)).toEqual([true, true, false]);
    expect((await site.run("power", "on", "web1")).code).toBe(0);
    expect(baytech.commands).toHaveLength(2);
    expect(apc.commands).toHaveLength(2);
    // Left behind it: nobody is logged in any more.
    expect(baytech.sessions + apc.sessions).toBe(0);
  });

  it("a cycle through telnet and the menu of a console server", { timeout: 600_000 }, async () => {
    const cycle = await site.run("power", "cycle", "db1", "--yes");
    expect(cycle.code).toBe(0);
    expect(deep.commands).toEqual([
      { outlet: "2", on: false },
      { outlet: "2", on: true },
    ]);
  });

  it("a cycle through a modem, the menu of a console server behind it, and one call", {
    timeout: 600_000,
  }, async () => {
    const cycle = await site.run("power", "cycle", "db3", "--yes");
    expect(cycle, cycle.stdout + cycle.stderr).toMatchObject({ code: 0 });
    expect(far.commands).toEqual([
      { outlet: "2", on: false },
      { outlet: "2", on: true },
    ]);
    expect(modem.commands.filter((one) => one.startsWith("ATDT"))).toEqual(["ATDT5550142"]);
    const [call] = JSON.parse((await site.run("modem", "list", "--json")).stdout).calls;
    expect(call).toMatchObject({ number: "5550142" });
  });

  it("a PDU that ignores commands fails, a refused login says so, and no password is told", {
    timeout: 600_000,
  }, async () => {
    baytech.faults.ignores = true;
    const off = await site.run("power", "off", "db2", "--yes");
    expect(off.code).toBe(1);
    expect(off.stdout + off.stderr).toMatch(/took the command and still reads on/);
    delete baytech.faults.ignores;
    const refused = await site.run("pdu", "outlets", "old");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('it refuses the login: "Invalid password"');
    expect(off.stdout + off.stderr + refused.stdout + refused.stderr).not.toContain("pw-of-");
    expect(baytech.tried.filter((one) => one === "pw-of-last-year")).toHaveLength(1);
  });
});
