import { EventEmitter } from "node:events";
import { chown, mkdir, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Site } from "../../src/core/site/site.ts";
import { openSite } from "../../src/daemon/client.ts";
import { type Daemon, serve, startDaemon } from "../../src/daemon/main.ts";
import { socketPath } from "../../src/daemon/socket-path.ts";
import { ATTACH, Rack, untilShown } from "../core/site/site-kit.ts";

let rack: Rack;
let config: string;
let env: Record<string, string>;
const daemons: Daemon[] = [];
const sites: Site[] = [];

beforeEach(async () => {
  rack = await Rack.make(["web1", "web2"]);
  config = join(rack.folder, "oob.yaml");
  env = { HOME: rack.folder, OOB_RUNTIME: join(rack.folder, "default-run") };
  await writeFile(config, rack.yaml);
});
afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => site.close()));
  await Promise.all(daemons.splice(0).map((daemon) => daemon.stop("the test ends")));
  await rack.close();
});

const said: string[] = [];
async function start(): Promise<Daemon> {
  const daemon = await startDaemon({ config, env, say: (line) => said.push(line) });
  daemons.push(daemon);
  return daemon;
}

async function open(more = {}): Promise<Site> {
  const site = await openSite({ config, env, ...more });
  sites.push(site);
  return site;
}

describe("startDaemon()", () => {
  test("serves a socket that only its user can open, and says so in one line", async () => {
    const { sockets } = await start();
    expect(sockets).toHaveLength(1);
    const { mode, uid } = await stat(sockets[0] ?? "");
    expect(mode & 0o777).toBe(0o600);
    expect(uid).toBe(process.getuid?.());
    expect(said.at(-1)).toMatch(/^oob: ready, 2 consoles, sock \/.*\.sock, \d+m?s$/);
  });

  test("the same commands go through it, and see what others do", async () => {
    await start();
    const [one, two] = [await open(), await open()];
    expect(one.via).toBe("daemon");
    const writer = await one.attach({ ...ATTACH, host: "web1" });
    const reader = await two.attach({ ...ATTACH, host: "web1", mode: "read" });
    await rack.print("web1", "boot\r\n");
    await untilShown(reader, "boot");
    await writer.write(Buffer.from("uptime\r\n"));
    expect(await untilShown(reader, "uptime")).toContain("uptime");
    await expect(reader.write(Buffer.from("x"))).rejects.toMatchObject({ code: "SEAT_TAKEN" });
    await writer.leave();
    await reader.leave();
  });

  test("who, message and kick see and reach the people of other connections", async () => {
    await start();
    const [one, two] = [await open(), await open()];
    const writer = await one.attach({ ...ATTACH, host: "web1", from: "10.0.0.7 pts/3" });
    const reader = await two.attach({ ...ATTACH, host: "web1", mode: "read" });
    expect(await two.who([])).toMatchObject([
      { session: "web1/1", host: "web1", mode: "write", from: "10.0.0.7 pts/3", typed: 0 },
      { session: "web1/2", host: "web1", mode: "read" },
    ]);
    expect(await two.who(["web2"])).toEqual([]);
    expect(await writer.message("feed A goes off")).toMatchObject([{ session: "web1/2" }]);
    await untilShown(reader, "feed A goes off]");
    expect(await two.message("web1/1", "are you there?")).toMatchObject([{ session: "web1/1" }]);
    expect(await two.message("web1", "all of you")).toHaveLength(2);
    expect(await two.message("web2", "nobody")).toEqual([]);
    await untilShown(writer, "all of you]");
    expect(await two.kick("web1/1", "gone home")).toMatchObject({ session: "web1/1" });
    await expect(two.kick("web1/1", "")).rejects.toMatchObject({ code: "USAGE" });
    await expect(two.kick("web9/1", "")).rejects.toMatchObject({ code: "HOST_UNKNOWN" });
    const events = writer.events[Symbol.asyncIterator]();
    let last = await events.next();
    while (!last.done && last.value.is !== "ended") last = await events.next();
    expect(last.value).toMatchObject({
      why: expect.stringMatching(/^you were sent away by .*: gone home$/),
    });
    expect(await two.who([])).toHaveLength(1);
  });

  test("a client that dies is told from one that leaves", async () => {
    await start();
    const [one, two] = [await open(), await open()];
    await one.attach({ ...ATTACH, host: "web1" });
    const reader = await two.attach({ ...ATTACH, host: "web1", mode: "read" });
    await one.close();
    await untilShown(reader, "lost the connection; the seat is free]");
    const next = await (await open()).attach({ ...ATTACH, host: "web1" });
    for await (const event of next.events) {
      expect(event).toMatchObject({ seat: { lastWriter: { how: "lost the connection" } } });
      break;
    }
  });

  test("a second one is told which process has the site", async () => {
    await start();
    await expect(start()).rejects.toMatchObject({
      code: "DAEMON_RUNNING",
      message: expect.stringContaining(`daemon ${process.pid}`),
    });
  });

  test("without it the devices are opened by the command, and afterwards by the next one", async () => {
    const daemon = await start();
    await daemon.stop("test");
    const site = await open();
    expect(site.via).toBe("direct");
    const at = await site.attach({ ...ATTACH, host: "web1" });
    await at.write(Buffer.from("hi\r\n"));
    await untilShown(at, "hi");
    await at.leave();
    await site.close();
    await start();
    expect((await open()).via).toBe("daemon");
  });

  test("--direct beside a daemon says who has the console", async () => {
    await start();
    const site = await open({ direct: true });
    await expect(site.attach({ ...ATTACH, host: "web1" })).rejects.toMatchObject({
      code: "PORT_BUSY",
      message: expect.stringContaining(`pid ${process.pid}`),
    });
  });

  test("a URL is opened beside a daemon that has no such host, and its devices are not", async () => {
    await start();
    const path = join(rack.folder, "own.sock");
    const own = createServer((socket) => socket.end("hello from there"));
    await new Promise<void>((resolve) => {
      own.listen(path, resolve);
    });
    const site = await open({ hosts: [`unix:${path}`] });
    expect((await site.screen(`unix:${path}`)).rows[0]).toBe("hello from there");
    own.close();
    const [, device] = /path: ([^ ,}]+)/.exec(rack.yaml) ?? [];
    const taken = `unix:${device}`;
    const other = await open({ hosts: [taken] });
    await expect(other.screen(taken)).rejects.toMatchObject({
      code: "PORT_BUSY",
      message: expect.stringContaining("for web1"),
    });
  });

  test("a daemon of another configuration is not asked", async () => {
    await start();
    const other = join(rack.folder, "other.yaml");
    await writeFile(other, rack.yaml.replaceAll("web1", "db1"));
    const site = await open({ config: other });
    expect(site.via).toBe("direct");
    expect(await site.hosts()).toEqual(["db1", "web2"]);
  });

  test("a socket that a kill left behind is replaced", async () => {
    const runtime = join(rack.folder, "run");
    await mkdir(runtime, { mode: 0o711 });
    const { username } = (await import("node:os")).userInfo();
    await writeFile(socketPath(runtime, username), "");
    await start();
    expect((await open()).via).toBe("daemon");
  });

  test("refuses a runtime folder in which others may write", async () => {
    const runtime = join(rack.folder, "run");
    await mkdir(runtime);
    await (await import("node:fs/promises")).chmod(runtime, 0o777);
    await expect(start()).rejects.toMatchObject({ code: "NOT_PERMITTED" });
  });

  test("audits start and stop", async () => {
    const daemon = await start();
    await daemon.stop("SIGTERM");
    const site = await open();
    const types = [];
    for await (const event of site.events({ hosts: [], type: "daemon", follow: false }))
      types.push(`${event.type} ${event.text.split(",")[0]}`);
    expect(types).toEqual(["daemon.start ready", "daemon.stop stopped: SIGTERM"]);
  });
});

test("serve() ends on SIGTERM, and says what SIGHUP does", async () => {
  const signals = new EventEmitter();
  const lines: string[] = [];
  const ready = new Promise<void>((resolve) => {
    const say = (line: string) => {
      lines.push(line);
      if (line.startsWith("oob: ready")) resolve();
    };
    void serve({ config, env, signals, say }).then(() => lines.push("ended"));
  });
  await ready;
  while (signals.listenerCount("SIGHUP") === 0) await new Promise(setImmediate);
  signals.emit("SIGHUP");
  signals.emit("SIGTERM");
  while (lines.at(-1) !== "ended") await new Promise(setImmediate);
  const from = lines.findIndex((line) => line.startsWith("oob: ready")) + 1;
  expect(lines.slice(from)).toEqual([
    expect.stringMatching(/^oob: SIGHUP: the configuration is not read again/),
    "oob: SIGTERM, stopping",
    expect.stringMatching(/^oob: stopped after /),
    "ended",
  ]);
});

describe("openSite()", () => {
  test("a URL needs no configuration, and is the name of its host", async () => {
    const url = `unix:${join(rack.folder, "web1.console")}`;
    const state = { OOB_STATE: join(rack.folder, "url-state") };
    const site = await openSite({ hosts: [url], env: { ...env, ...state } });
    sites.push(site);
    const at = await site.attach({ ...ATTACH, host: url });
    await at.write(Buffer.from("by url\r\n"));
    await untilShown(at, "by url");
    await at.leave();
  });

  test("finds a demo that runs, of this user alone", async () => {
    await start();
    const runtime = env.OOB_RUNTIME ?? "";
    await mkdir(runtime, { mode: 0o700 });
    const announcement = join(runtime, "demo.json");
    await writeFile(announcement, JSON.stringify({ config, pid: process.pid }), { mode: 0o600 });
    const told: string[] = [];
    const found = await openSite({ env, onDemo: (path) => told.push(path) });
    expect(told).toHaveLength(1);
    sites.push(found);
    expect(found.via).toBe("daemon");
    await writeFile(announcement, JSON.stringify({ config, pid: 2 ** 22 + 1 }), { mode: 0o600 });
    const state = { OOB_STATE: join(rack.folder, "url-state") };
    const none = await openSite({ env: { ...env, ...state } });
    sites.push(none);
    expect(await none.hosts()).toEqual([]);
  });

  test("sends people to the daemon of whom the state is, while that one does not answer yet", async () => {
    const asRoot = process.getuid?.() === 0;
    // Whoever runs this: a folder of somebody else.
    const state = asRoot ? join(rack.folder, "anothers") : "/var/lib";
    if (asRoot) {
      await mkdir(state);
      await chown(state, 4711, -1);
    }
    const yaml = rack.yaml.replace(/^state: .*$/m, `state: ${state}`);
    expect(yaml).not.toBe(rack.yaml);
    await writeFile(config, yaml);
    const owner = asRoot ? 4711 : 0;
    await expect(open()).rejects.toMatchObject({
      code: "DAEMON_UNREACHABLE",
      message: `Cannot reach the daemon: none of user ${owner}, whose "${state}" is, answers here`,
      hint: expect.stringContaining("is not ready yet"),
    });
    // Who asks for the devices themselves is told whose folder it is, and not to remove it.
    await expect(open({ direct: true })).rejects.toMatchObject({
      code: "NOT_PERMITTED",
      message: `Cannot use folder "${state}": it belongs to user ${owner}, not to ${process.getuid?.()}`,
      hint: expect.not.stringContaining("Remove"),
    });
  });

  test("says when a daemon cannot be understood, instead of opening its devices", async () => {
    const runtime = join(rack.folder, "run");
    await mkdir(runtime, { mode: 0o711 });
    const { username } = (await import("node:os")).userInfo();
    const server = createServer((socket) => socket.end("what?\n"));
    await new Promise<void>((resolve) => server.listen(socketPath(runtime, username), resolve));
    await expect(open()).rejects.toMatchObject({ code: "DAEMON_UNREACHABLE" });
    server.close();
  });
});
