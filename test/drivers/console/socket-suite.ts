import { createServer, type Server, type Socket } from "node:net";
import { expect, it } from "vitest";
import { systemClock } from "../../../src/lib/clock.ts";
import { OobError } from "../../../src/lib/errors.ts";
import type { ConsoleDriver, Link, OpenContext } from "../../../src/sdk/link.ts";
import type { OptionValues } from "../../../src/sdk/options.ts";

/** What a driver is given when it opens. */
export function openContext(over: Partial<OpenContext> = {}): OpenContext {
  return {
    clock: systemClock,
    secret: () => Promise.reject(new Error("no secrets here")),
    signal: new AbortController().signal,
    progress: () => {},
    reopening: false,
    ...over,
  };
}

/** Reads until `count` bytes are there or the link ends. */
export async function readBytes(link: Link, count: number): Promise<number[]> {
  const got: number[] = [];
  const bytes = link.bytes[Symbol.asyncIterator]();
  while (got.length < count) {
    const next = await bytes.next();
    if (next.done) break;
    got.push(...next.value);
  }
  return got;
}

/** The OobError that this ends in. */
export async function failureOf(doing: Promise<unknown>): Promise<OobError> {
  const thrown = await doing.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(OobError);
  return thrown as OobError;
}

/** A server whose connections are handed over as they come. */
export class Peer {
  readonly server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting: ((socket: Socket) => void)[] = [];
  readonly #ready: Socket[] = [];

  constructor() {
    this.server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      const next = this.#waiting.shift();
      if (next) next(socket);
      else this.#ready.push(socket);
    });
  }

  /** Listens on a free port of loopback, or on a socket's path; returns the port. */
  async listen(path?: string): Promise<number> {
    await new Promise<void>((resolve) => {
      if (path === undefined) this.server.listen(0, "127.0.0.1", resolve);
      else this.server.listen(path, resolve);
    });
    const address = this.server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  connection(): Promise<Socket> {
    const ready = this.#ready.shift();
    if (ready) return Promise.resolve(ready);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Reads until `count` bytes came to this end. */
export function receive(socket: Socket, count: number): Promise<number[]> {
  const got: number[] = [];
  return new Promise((resolve) => {
    const onData = (bytes: Uint8Array) => {
      got.push(...bytes);
      if (got.length < count) return;
      socket.off("data", onData);
      socket.pause();
      resolve(got);
    };
    socket.on("data", onData);
    socket.resume();
  });
}

/** What every driver over a socket promises. `reach` starts a server and tells how to open it. */
export function testSocketDriver(
  driver: ConsoleDriver,
  reach: () => Promise<{ peer: Peer; options: OptionValues }>,
): void {
  const opened = async () => {
    const { peer, options } = await reach();
    const link = await driver.open(options, openContext());
    return { peer, link, far: await peer.connection() };
  };
  const plain = Array.from({ length: 250 }, (_, i) => i + 1).filter((byte) => byte !== 13);

  it("carries bytes both ways", async () => {
    const { peer, link, far } = await opened();
    await link.write(Uint8Array.from(plain));
    expect(await receive(far, plain.length)).toEqual(plain);
    far.write(Uint8Array.from(plain));
    expect(await readBytes(link, plain.length)).toEqual(plain);
    await link.close();
    await peer.close();
  });

  it("ends on hang-up, after the last byte", async () => {
    const { peer, link, far } = await opened();
    far.end("last words");
    expect(String.fromCharCode(...(await readBytes(link, 1000)))).toBe("last words");
    expect((await link.bytes[Symbol.asyncIterator]().next()).done).toBe(true);
    await link.close();
    await peer.close();
  });

  it("throws LINK_LOST that names the peer when the connection breaks", async () => {
    const { peer, link, far } = await opened();
    const reading = failureOf(link.bytes[Symbol.asyncIterator]().next());
    // Closing a socket with bytes that nobody read breaks the connection, instead of ending it.
    const writing = failureOf(link.write(new Uint8Array(8 * 1024 * 1024)));
    await receive(far, 1);
    far.destroy();
    expect((await writing).code).toBe("LINK_LOST");
    const failure = await reading;
    expect(failure.code).toBe("LINK_LOST");
    expect(failure.message).toContain(`"${link.label.split(" ")[0]}"`);
    await link.close();
    await peer.close();
  });

  it("ends its bytes and refuses to write once closed", async () => {
    const { peer, link } = await opened();
    const waiting = link.bytes[Symbol.asyncIterator]().next();
    await link.close();
    expect((await waiting).done).toBe(true);
    expect((await failureOf(link.write(Uint8Array.of(1)))).code).toBe("LINK_LOST");
    await link.close();
    await peer.close();
  });

  it("gives up when the signal says so, before and while it opens", async () => {
    const { peer, options } = await reach();
    const early = openContext({ signal: AbortSignal.abort() });
    expect((await failureOf(driver.open(options, early))).code).toBe("INTERRUPTED");
    const controller = new AbortController();
    const opening = driver.open(options, openContext({ signal: controller.signal }));
    controller.abort();
    expect((await failureOf(opening)).code).toBe("INTERRUPTED");
    await peer.close();
  });
}
