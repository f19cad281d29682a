/**
 * Anchors, with programs of others: a daemon sends checkpoints to the rsyslog of docs/guides/evidence.md over TLS, a serial
 * line and a folder. Then its log is cut back at an older checkpoint: without an anchor that is consistent, with one it is BROKEN.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MANIPULATIONS, readFiles, writeFiles } from "../core/seal/manipulate.ts";
import { openPty, type Pty } from "../pty.ts";
import { demandPrograms, makeCertificate, Programs, until } from "./notify/receivers.ts";
import { TestSite } from "./rig/daemon.ts";
import { freePort } from "./rig/machine.ts";

const GUIDE = readFileSync(new URL("../../docs/guides/evidence.md", import.meta.url), "utf8");
const CUT = MANIPULATIONS.find(({ name }) => name.endsWith("cut at an older checkpoint"));
/** Far more than a log that was cut back and printed once has. */
const MANY_ENTRIES = 30;

const programs = new Programs();
let consoles: Server;
let host: Socket | undefined;
let pty: Pty;
let site: TestSite;
let anchors: string;

beforeAll(async () => {
  demandPrograms();
  consoles = createServer((socket) => {
    host = socket.on("error", () => undefined);
  });
  const consolePort = await freePort();
  await new Promise<void>((resolve) => consoles.listen(consolePort, "127.0.0.1", resolve));
  pty = await openPty({ raw: true });
  const tlsPort = await freePort();
  site = new TestSite("");
  const { cert, key, pin } = await makeCertificate(site.folder);
  anchors = join(site.folder, "oob-anchors");
  await startReceiver(cert, key, tlsPort);
  writeFileSync(
    site.config,
    `${readFileSync(site.config, "utf8")}log:
  sync: 200ms
  anchors:
    - { name: loghost, syslog: "127.0.0.1:${tlsPort}", pin: "${pin}", every: 1s }
    - { name: signed, syslog: "127.0.0.1:${tlsPort}", ca: ${cert}, every: 1s }
    - { name: paper, serial: ${pty.path}, baud: 115200, every: 1s }
    - { name: worm, folder: ${site.folder}, every: 1s }
hosts:
  web1: { console: { driver: tcp, host: 127.0.0.1, port: ${consolePort} }, watch: off }
`,
  );
}, 120_000);

afterAll(async () => {
  await site?.stop();
  await programs.stop();
  await pty?.close();
  host?.destroy();
  consoles?.close();
});

/** rsyslogd with what the guide says, but for paths and the port. */
async function startReceiver(cert: string, key: string, port: number): Promise<void> {
  const block = /```\n(global\(.*?)```/s.exec(GUIDE)?.[1] ?? "";
  const text = block
    .replaceAll("/etc/ssl/oob/cert.pem", cert)
    .replaceAll("/etc/ssl/oob/key.pem", key)
    .replace("/var/log/oob-anchors", anchors)
    .replace('port="6514"', `address="127.0.0.1" port="${port}"`);
  expect(text).not.toMatch(/\/etc\/|\/var\/|6514/);
  const config = join(site.folder, "rsyslog.conf");
  writeFileSync(config, text);
  const pid = join(site.folder, "rsyslog.pid");
  programs.start("/usr/sbin/rsyslogd", ["-n", "-C", "-f", config, "-i", pid]);
  await until("process id of rsyslogd", () => (existsSync(pid) ? true : undefined));
}

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, "latin1") : "");
const entriesIn = (text: string): number[] =>
  [...text.matchAll(/oob-checkpoint-v1 web1@\S+ \S+ (\d+) [^\n]{200,}\n/g)].map(([, n]) =>
    Number(n),
  );
/** Different ones: each is sent by two anchors, and again after a restart. */
const pointsIn = (text: string): number =>
  new Set([...text.matchAll(/oob-checkpoint-v1 web1@[^\n]{200,}\n/g)].map(([line]) => line)).size;
const most = (text: string): number => Math.max(0, ...entriesIn(text));
const folder = (): string => join(site.folder, "state", "console", "web1");
const sealed = (): number =>
  readdirSync(folder())
    .filter((name) => name.endsWith(".tl"))
    .reduce((sum, name) => sum + statSync(join(folder(), name)).size / 72, 0);

/** A daemon with its console open. */
async function start(): Promise<void> {
  host = undefined;
  await site.start();
  await until("connection to the console", () => host);
}

/** `oob anchor receive`, with a file on its stdin. */
function receive(into: string, file: string) {
  const program = new URL("../../bin/oob.js", import.meta.url).pathname;
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const args = [program, "anchor", "receive", "--into", into];
    const child = execFile(process.execPath, args, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end(readFileSync(file));
  });
}

it("a log that was cut back is found out by what rsyslog, a serial line and a folder have", async () => {
  await start();
  host?.write("login: jana\r\n");
  await until("first checkpoint at rsyslog", () => entriesIn(textOf(anchors))[0]);
  await until("many entries", async () => {
    host?.write("a line\r\n");
    return sealed() > MANY_ENTRIES ? true : undefined;
  });
  await site.end();
  await start();
  const day = () => readdirSync(site.folder).find((name) => name.endsWith(".anchors")) ?? "none";
  const worm = () => textOf(join(site.folder, day()));
  const paper = () => pty.written.toString("latin1").replaceAll("\r\n", "\n");
  for (const [where, text] of [
    ["rsyslog", () => textOf(anchors)],
    ["the serial line", paper],
    ["the folder", worm],
  ] as const)
    await until(`newest checkpoint at ${where}`, () =>
      most(text()) > MANY_ENTRIES ? true : undefined,
    );
  await until("all four anchors", async () => {
    const { stdout } = await site.run("anchor", "list", "--json");
    const { anchors: all } = JSON.parse(stdout) as { anchors: { state: string; logs: number }[] };
    return all.length === 4 && all.every((one) => one.state === "ok" && one.logs === 1)
      ? true
      : undefined;
  });
  await site.end();
  const onPaper = join(site.folder, "paper.txt");
  writeFileSync(onPaper, paper());
  const ledger = join(site.folder, "ledger");
  expect(await receive(ledger, anchors)).toMatchObject({ code: 0, stdout: "" });
  const kept = join(ledger, readdirSync(ledger).find((name) => /^[0-9a-f]{16}$/.test(name)) ?? "");
  const files = [anchors, onPaper, join(site.folder, day()), join(kept, "web1.anchor")];
  const sound = await site.run("log", "verify", "web1", "--anchor", anchors);
  expect([sound.code, sound.stdout]).toEqual([0, expect.stringMatching(/^web1 {2}verified/)]);

  const before = readFiles(folder());
  const after = CUT?.run(before, () => 0);
  if (!after) throw new Error("there is no older checkpoint to cut at");
  writeFiles(folder(), after, before);
  const alone = await site.run("log", "verify", "web1");
  expect([alone.code, alone.stdout]).toEqual([0, expect.stringMatching(/^web1 {2}consistent/)]);
  for (const file of files) {
    const { code, stdout } = await site.run("log", "verify", "web1", "--anchor", file);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^web1 {2}BROKEN/)]);
  }

  const known = pointsIn(textOf(anchors));
  await start();
  host?.write("nothing happened here\r\n");
  await until("checkpoint of the other end", () =>
    pointsIn(textOf(anchors)) > known ? true : undefined,
  );
  const { code, stdout } = await receive(ledger, anchors);
  expect([code, stdout]).toEqual([
    1,
    expect.stringMatching(/^ALARM web1@[0-9a-f]{16}: (?:it went backwards|there are two logs)/),
  ]);
}, 300_000);
