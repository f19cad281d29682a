/**
 * A console server made of real parts: ser2net in front of a machine in QEMU, a menu in expect(1) in front of ser2net's
 * telnet port, reached by TCP and by a serial line. The whole daemon is in front of that, and a person at `oob attach`.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { TestSite } from "./rig/daemon.ts";
import { buildImages } from "./rig/images.ts";
import { freePort, Machine } from "./rig/machine.ts";
import { Terminal } from "./rig/terminal.ts";

const needed = ["ser2net", "expect", "socat", "telnet"];
const missing = needed.filter((name) => spawnSync("which", [name]).status !== 0);
if (missing.length > 0) console.log(`not installed: ${missing.join(", ")}: skipped`);

const FRONT = new URL("./menu/front.exp", import.meta.url).pathname;
const PASSWORD = "pw-of-cs1";
const BOOTED_WITHIN = 400_000;

const folder = mkdtempSync(join(tmpdir(), "oob-menu-e2e-"));
const children: ChildProcess[] = [];
let machine: Machine;
let site: TestSite;
let ser2netPort = 0;
let ser2net: ChildProcess;
let db1: Server;
let held: FileHandle;

function run(program: string, ...words: string[]): ChildProcess {
  const child = spawn(program, words, { stdio: "ignore" });
  children.push(child);
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function until(what: string, is: () => boolean, withinMs = 120_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!is()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${withinMs} ms`);
    await systemClock.sleep(50);
  }
}

/** The kernel lists a listener: connecting would be a client. */
function listens(port: number): boolean {
  const entry = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A`;
  return readFileSync("/proc/net/tcp", "utf8").includes(entry);
}

async function startSer2net(): Promise<void> {
  const file = join(folder, "ser2net.yaml");
  writeFileSync(
    file,
    `%YAML 1.1\n---\nconnection: &web1\n  accepter: telnet,tcp,127.0.0.1,${ser2netPort}\n  connector: unix,${machine.unixPath}\n`,
  );
  ser2net = run("ser2net", "-n", "-u", "-c", file, "-P", join(folder, "ser2net.pid"));
  await until("ser2net listens", () => listens(ser2netPort));
}

beforeAll(async () => {
  if (missing.length > 0) return;
  const { kernel, initrd } = await buildImages();
  machine = new Machine("web1", { kernel, initrd, append: "console=ttyS0,115200 oob.host=web1" });
  machine.powerOn();
  await until("QEMU has its console", () => existsSync(machine.unixPath));
  ser2netPort = await freePort();
  await startSer2net();
  const db1Port = await freePort();
  db1 = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.write("db1 login: ");
  }).listen(db1Port, "127.0.0.1");
  writeFileSync(join(folder, "login"), `oob ${PASSWORD}\n`);
  const menuPort = await freePort();
  const line = join(folder, "line");
  const front = `EXEC:"expect -f ${FRONT} ${folder} db1\\:${db1Port} web1\\:${ser2netPort}",pty,setsid,ctty`;
  run("socat", `TCP-LISTEN:${menuPort},bind=127.0.0.1,fork,reuseaddr`, front);
  // A serial line to the same kind of front: what socat makes is a pty at both ends.
  run("socat", `PTY,link=${line},rawer`, front);
  await until("the menu listens", () => listens(menuPort) && existsSync(line));
  // A serial line does not hang up when nobody has it open: what is logged in stays so.
  held = await open(line, constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
  const login = "profile: cyclades-ts, user: oob, password: secret:cs1";
  const tcp = `via: { driver: tcp, host: 127.0.0.1, port: ${menuPort} }`;
  site = new TestSite(
    `hosts:
  web1: { os: linux, console: { driver: menu, ${login}, port: web1, ${tcp} }, watch: { mode: "off" } }
  web2: { os: linux, console: { driver: menu, ${login}, port: web2, ${tcp} }, watch: { mode: "off" } }
  refused: { os: linux, console: { driver: menu, profile: cyclades-ts, user: oob, password: secret:old, port: db1, ${tcp} }, watch: { mode: "off" } }
  line: { os: linux, console: { driver: menu, ${login}, port: db1, via: { driver: serial, path: ${line} } }, watch: { mode: "off" } }
`,
    { cs1: PASSWORD, old: "pw-of-last-year" },
  );
  writeFileSync(join(folder, "busy-db1"), "jana\n");
  await site.start();
});

afterAll(async () => {
  await site?.stop();
  for (const child of children) await stop(child);
  await held?.close();
  db1?.close();
  machine?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** What `oob status` says of one host, once it says this. */
async function status(host: string, is: RegExp, withinMs = 200_000): Promise<string> {
  const end = performance.now() + withinMs;
  for (;;) {
    const { stdout } = await site.run("status", host, "--json");
    if (is.test(stdout)) return stdout;
    if (performance.now() > end) throw new Error(`${host}: no ${is} in ${stdout}`);
    await systemClock.sleep(500);
  }
}

describe.skipIf(missing.length > 0)("menu in expect, in front of ser2net and a machine", () => {
  it("a person attaches, logs in at the host and reads what it answers", async () => {
    const person = new Terminal();
    try {
      person.type(`oob attach web1 --config ${site.config}\r`);
      await person.sees(/─ replay: |console up: port web1/, 120_000);
      await person.logIn(BOOTED_WITHIN);
      person.type("echo answer=$((6*7))\r");
      await person.sees(/^answer=42$/m);
      expect(person.text).not.toContain(PASSWORD);

      // The port's session ends under it: the menu is back, and it is told and opened again.
      const ups = person.text.match(/console up: port web1/g)?.length ?? 0;
      await stop(ser2net);
      await person.sees(/console down: Lost port "web1" of .*shows its own\s+prompt/, 120_000);
      await startSer2net();
      await person.sees(/console up: port web1/, 90_000, ups + 1);
      person.type("echo again=$((7*7))\r");
      await person.sees(/^again=49$/m, 120_000);
      person.type("\u001d.");
      await person.sees(/^left web1 after /m);
    } finally {
      person.close();
    }
  });

  it("says what is wrong: no such port, login refused", async () => {
    expect(await status("web2", /its menu has no port/)).toContain(String.raw`\"web2\"`);
    const refused = await status("refused", /refuses the login/);
    expect(refused).toContain("refuses the login as");
    expect(refused).not.toContain("pw-of-last-year");
  });

  it("over a serial line: a busy port names who has it, and opens when it is free", async () => {
    expect(await status("line", /jana is on it/)).toContain("db1");
    rmSync(join(folder, "busy-db1"), { force: true });
    await status("line", /"is":"up","label":"port db1 via/);
    await until("the host's first words are in the log", () => {
      const log = spawnSync("grep", ["-rl", "db1 login: ", join(site.folder, "state")]);
      return log.stdout.length > 0;
    });
  });

  it("no secret stands in the talk of the daemon, its events or its logs", async () => {
    const { stdout } = await site.run("events", "--json");
    const logs = spawnSync("grep", [
      "-rl",
      "-e",
      PASSWORD,
      "-e",
      "pw-of-last-year",
      join(site.folder, "state"),
    ]);
    expect(logs.stdout.toString()).toBe("");
    expect(stdout + site.talk).not.toMatch(/pw-of-/);
  });
});
