import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Attachment, Site } from "../../src/core/site/site.ts";
import { Connection } from "../../src/daemon/connection.ts";
import { encodeFrame } from "../../src/daemon/frames.ts";
import { MAX_CLIENT_FRAME, PROTOCOL_VERSION, STREAM_WINDOW } from "../../src/daemon/protocol.ts";
import { RemoteSite } from "../../src/daemon/remote-site.ts";
import { RpcClient } from "../../src/daemon/rpc-client.ts";
import { OobError } from "../../src/lib/errors.ts";

let folder: string;
let path: string;
let server: Server | undefined;
const clients: RpcClient[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-rpc-"));
  path = join(folder, "s");
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  server?.close();
  await rm(folder, { recursive: true });
});

const facts = { pid: 4242, site: "test", config: "/etc/oob.yaml", who: "jana" };

/** A daemon's end that serves the given methods of a site. */
async function serve(site: Partial<Site>): Promise<void> {
  server = createServer((socket) => {
    new Connection(socket, site as Site, facts);
  });
  await new Promise<void>((resolve) => server?.listen(path, resolve));
}

async function client(): Promise<RemoteSite> {
  const rpc = await RpcClient.connect(path);
  clients.push(rpc);
  return new RemoteSite(rpc, () => Promise.reject(new Error("no other daemon")));
}

async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** A promise and what settles it. */
function signal() {
  let fire = () => {};
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { fire, fired };
}

describe("RemoteSite over Connection", () => {
  test.each([{ within: 90_000, thenHard: true }, undefined])(
    "a power request arrives as it was meant: graceful %j",
    async (graceful) => {
      const asked: unknown[] = [];
      await serve({
        power: (request) => {
          asked.push(request);
          return stream([]);
        },
      });
      const request = {
        verb: "off",
        hosts: ["web1"],
        dryRun: false,
        force: false,
        reason: "",
        confirm: "web1",
      } as const;
      const whole = { ...request, ...(graceful && { graceful }) };
      for await (const _ of (await client()).power(whole));
      expect(asked).toEqual([whole]);
    },
  );

  test("answers calls side by side, each with its own answer", async () => {
    const slow = signal();
    await serve({
      hosts: async () => ["web1"],
      screen: async (host) => {
        await slow.fired;
        return { host, rows: ["ä✓"], columns: 80, cursor: { row: 0, column: 1, visible: true } };
      },
    });
    const site = await client();
    const screen = site.screen("web1");
    expect(await site.hosts()).toEqual(["web1"]);
    slow.fire();
    expect((await screen).rows).toEqual(["ä✓"]);
  });

  test("errors keep code, message and hint", async () => {
    await serve({
      screen: () => Promise.reject(new OobError("LINK_LOST", "Cannot see web1", { hint: "wait" })),
      hosts: () => Promise.reject(new TypeError("x is not a function")),
    });
    const site = await client();
    await expect(site.screen("web1")).rejects.toMatchObject({
      name: "OobError",
      code: "LINK_LOST",
      message: "Cannot see web1",
      hint: "wait",
    });
    await expect(site.hosts()).rejects.toMatchObject({ code: "INTERNAL" });
  });

  test("carries console bytes both ways as they are", async () => {
    const every = Uint8Array.from({ length: 256 }, (_, i) => i);
    const typed: Uint8Array[] = [];
    const attachment: Partial<Attachment> = {
      events: (async function* () {
        yield { is: "bytes" as const, bytes: every, replay: false };
        yield { is: "skipped" as const, bytes: 7 };
      })(),
      write: async (bytes) => void typed.push(bytes),
      leave: async () => {},
    };
    await serve({ attach: async () => attachment as Attachment });
    const site = await client();
    const at = await site.attach(request);
    const events = [];
    for await (const event of at.events) events.push(event);
    expect(events).toEqual([
      { is: "bytes", bytes: every, replay: false },
      { is: "skipped", bytes: 7 },
    ]);
    await at.write(every);
    expect(typed).toEqual([every]);
    await at.leave();
    await expect(at.write(every)).rejects.toMatchObject({ code: "USAGE" });
  });

  test("a stream goes no further than its reader, and holds up nobody else", async () => {
    let made = 0;
    const ended = signal();
    await serve({
      hosts: async () => ["web1"],
      events: async function* () {
        try {
          for (;;) yield { seq: ++made, at: 0, type: "x", by: "x", text: "x".repeat(1000) };
        } finally {
          ended.fire();
        }
      },
    });
    const site = await client();
    const items = site.events({ hosts: [], follow: true })[Symbol.asyncIterator]();
    await items.next();
    for (let i = 0; i < 20; i++) expect(await site.hosts()).toEqual(["web1"]);
    expect(made).toBeLessThanOrEqual(STREAM_WINDOW + 1);
    for (let i = 0; i < 500; i++) expect((await items.next()).value.seq).toBe(i + 2);
    await items.return?.();
    await ended.fired;
  });

  test("a client that reads nothing is asked nothing and bounds what is kept for it", async () => {
    let made = 0;
    await serve({
      events: async function* () {
        for (;;) yield { seq: ++made, at: 0, type: "x", by: "x", text: "x".repeat(100_000) };
      },
      hosts: async () => ["web1"],
    });
    const deaf = connect(path);
    deaf.pause();
    deaf.write(encodeFrame({ is: "hello", v: PROTOCOL_VERSION }));
    for (let id = 1; id <= 5; id++)
      deaf.write(
        encodeFrame({ is: "call", id, method: "events", args: { hosts: [], follow: true } }),
      );
    const site = await client();
    while (made === 0) await site.hosts();
    for (let i = 0; i < 50; i++) await site.hosts();
    expect(made).toBeLessThanOrEqual(5 * STREAM_WINDOW);
    deaf.destroy();
  });

  test("whoever hangs up has left every console", async () => {
    const left = signal();
    await serve({
      attach: async () => ({ leave: async () => left.fire() }) as unknown as Attachment,
    });
    const rpc = await RpcClient.connect(path);
    await rpc.call("attach", request);
    await rpc.close();
    await left.fired;
  });

  test("a lost daemon ends calls and streams with DAEMON_UNREACHABLE", async () => {
    await serve({
      hosts: () => new Promise(() => {}),
      watch: async function* () {
        yield [];
        await new Promise(() => {});
      },
    });
    const sockets: { destroy(): void }[] = [];
    server?.on("connection", (socket) => sockets.push(socket));
    const site = await client();
    const rows = site.watch([])[Symbol.asyncIterator]();
    await rows.next();
    const pending = [site.hosts(), rows.next()];
    for (const socket of sockets) socket.destroy();
    for (const one of pending)
      await expect(one).rejects.toMatchObject({ code: "DAEMON_UNREACHABLE" });
    await expect(site.hosts()).rejects.toMatchObject({ code: "DAEMON_UNREACHABLE" });
  });

  test("return() ends a stream that waits", async () => {
    await serve({
      watch: async function* () {
        yield [];
        await new Promise(() => {});
      },
    });
    const rows = (await client()).watch([])[Symbol.asyncIterator]();
    await rows.next();
    const waiting = rows.next();
    await rows.return?.();
    expect((await waiting).done).toBe(true);
  });
});

const request = {
  host: "web1",
  mode: "write",
  reason: "",
  replayLines: 10,
  filter: "safe",
  columns: 80,
  rows: 24,
} as const;

describe("Connection", () => {
  test.each([
    ["hosts", "status", { hosts: 5, power: true }],
    ["mode", "attach", { ...request, mode: "steal" }],
    ["columns", "attach", { ...request, columns: 1e9 }],
    ["verb", "power", { verb: "explode", hosts: ["a"], dryRun: false, force: false, reason: "" }],
    ["set", "run", { runbook: "x", hosts: [], set: { a: 1 }, dryRun: true, reason: "" }],
    ["forMs", "hold", { hosts: [], forMs: Number.NaN, reason: "" }],
  ])("refuses a bad %s in a call of %s", async (name, method, args) => {
    await serve({});
    const rpc = await RpcClient.connect(path);
    clients.push(rpc);
    await expect(rpc.call(method, args)).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining(`"${name}"`),
    });
  });

  test.each(["constructor", "__proto__", "close", "toString"])(
    "has no method %s",
    async (method) => {
      await serve({});
      const rpc = await RpcClient.connect(path);
      clients.push(rpc);
      await expect(rpc.call(method)).rejects.toMatchObject({ code: "USAGE" });
    },
  );

  test("hangs up on nonsense, on a frame without hello and on one that is too long", async () => {
    await serve({ hosts: async () => [] });
    const long = Buffer.alloc(4);
    long.writeUInt32BE(MAX_CLIENT_FRAME, 0);
    for (const noise of [
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      encodeFrame({ is: "call", id: 1, method: "hosts", args: {} }),
      Buffer.concat([encodeFrame({ is: "hello", v: PROTOCOL_VERSION }), long, Buffer.alloc(9)]),
    ]) {
      const socket = connect(path);
      socket.on("error", () => {});
      socket.resume();
      socket.write(noise);
      await new Promise<void>((resolve) => socket.on("close", () => resolve()));
    }
  });

  // 2: it would prove a map where it is asked for the rehearsal of one.
  test.each([2, 99])("tells a client of another version that it speaks %d", async (v) => {
    server = createServer((socket) => socket.write(encodeFrame({ is: "hello", v, facts })));
    await new Promise<void>((resolve) => server?.listen(path, resolve));
    await expect(RpcClient.connect(path)).rejects.toMatchObject({
      code: "DAEMON_UNREACHABLE",
      message: expect.stringContaining(`version ${v}`),
    });
  });
});
