/**
 * `oob anchor receive`: takes checkpoints from standard input, a serial line or a listener for syslog over TLS into one
 * ledger. A connection is closed without an error only after all that came on it is on the disk: the sender takes that
 * for a delivery.
 */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { LineCutter } from "../codec/line-cutter.ts";
import { splitWords } from "../codec/shell-words.ts";
import { MAX_FRAME_BYTES, SyslogFrames } from "../codec/syslog-frames.ts";
import { AnchorLedger, type Received } from "../core/anchor/anchor-ledger.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { seconds } from "../lib/durations.ts";
import { messageOf, OobError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { runCommand } from "../sdk/program/run-command.ts";
import { openTtyPort, TTY_READ_BYTES } from "../sdk/serial/tty-port.ts";

const MAX_CONNECTIONS = 100;
/** A connection on which nothing comes for so long is closed. */
const IDLE: Millis = seconds(60);
const COMMAND_WITHIN: Millis = seconds(60);
/** Alarms that wait for the command before them. */
const MAX_WAITING = 1000;

/** What is received, and who is told. */
export interface ReceiveOptions {
  readonly folder: string;
  readonly keys?: readonly string[];
  readonly clock: Clock;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly listen?: {
    readonly host: string;
    readonly port: number;
    readonly cert: string;
    readonly key: string;
  };
  readonly serial?: { readonly path: string; readonly baud: number };
  /** Where lines come from where neither of these is given. */
  readonly input: AsyncIterable<Uint8Array | string>;
  /** Run for alarms, with their lines on its stdin; split into words as a shell does, and no shell. */
  readonly onAlarm?: string;
  readonly told: (received: Received) => void;
  /** For people: "listens at …". */
  readonly say: (line: string) => void;
}

/** Receives until the input ends or `signal`. Throws ANCHOR_FAILED. */
export async function receiveAnchors(options: ReceiveOptions): Promise<void> {
  const { folder, clock, keys, listen, serial, input } = options;
  const ledger = new AnchorLedger({ folder, clock, ...(keys && { keys }) });
  const bell = new Bell(options);
  const take = (lines: readonly string[]) => {
    const received = ledger.take(lines);
    options.told(received);
    bell.ring(received.alarms.map(({ origin, text }) => `ALARM ${origin}: ${text}`));
  };
  try {
    if (listen) await listenAt(listen, options, take);
    else if (serial) await fromSerial(serial, options, take);
    else await fromLines(input, options.signal, take);
  } finally {
    await bell.idle();
  }
}

type Take = (lines: readonly string[]) => void;

async function fromLines(
  input: AsyncIterable<Uint8Array | string>,
  signal: AbortSignal,
  take: Take,
): Promise<void> {
  const cutter = new LineCutter(MAX_FRAME_BYTES);
  const pieces = input[Symbol.asyncIterator]();
  const ended = new Promise<undefined>((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  while (!signal.aborted) {
    const next = await Promise.race([pieces.next(), ended]);
    if (next === undefined || next.done === true) break;
    const { value } = next;
    take(whole(cutter.receive(typeof value === "string" ? Buffer.from(value) : value)));
  }
  // A file may end without a newline.
  take(whole(cutter.receive(Buffer.from("\n"))));
}

const whole = (lines: readonly (string | undefined)[]): string[] =>
  lines.filter((line) => line !== undefined);

async function fromSerial(
  { path, baud }: NonNullable<ReceiveOptions["serial"]>,
  { signal, say }: ReceiveOptions,
  take: Take,
): Promise<void> {
  const port = await openTtyPort({
    ...{ path, baudRate: baud, dataBits: 8, parity: "none", stopBits: 1, lock: true, hupcl: false },
  }).catch((cause: unknown) => {
    throw unusable(`open "${path}"`, cause);
  });
  say(`oob: receives at "${path}", ${baud} baud`);
  const buffer = Buffer.alloc(TTY_READ_BYTES);
  async function* bytes() {
    while (!signal.aborted) {
      const { bytesRead } = await port.read(buffer, 0, TTY_READ_BYTES);
      yield buffer.subarray(0, bytesRead);
    }
  }
  try {
    await fromLines(bytes(), signal, take);
  } catch (cause) {
    throw cause instanceof OobError ? cause : unusable(`read "${path}"`, cause);
  } finally {
    await port.close();
  }
}

async function listenAt(
  { host, port, cert, key }: NonNullable<ReceiveOptions["listen"]>,
  { signal, say, clock }: ReceiveOptions,
  take: Take,
): Promise<void> {
  let broke: (cause: unknown) => void = () => {};
  const broken = new Promise<never>((_, reject) => {
    broke = reject;
  });
  const server = await serverWith(cert, key, (socket) => {
    try {
      meet(socket, clock, take, (cause) => broke(cause));
    } catch (cause) {
      broke(cause);
    }
  });
  const sockets = new Set<TLSSocket>();
  server.on("secureConnection", (socket: TLSSocket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on("tlsClientError", () => undefined);
  server.listen(port, host);
  await once(server, "listening").catch((cause: unknown) => {
    throw unusable(`listen at ${host}:${port}`, cause);
  });
  say(`oob: receives at ${host}:${(server.address() as AddressInfo).port}, syslog over TLS`);
  try {
    await Promise.race([broken, until(signal)]);
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

const until = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

async function serverWith(
  cert: string,
  key: string,
  meets: (socket: TLSSocket) => void,
): Promise<Server> {
  try {
    const files = { cert: await readFile(cert), key: await readFile(key) };
    // Half open: what the sender hears of its end comes after all is on the disk.
    const server = createServer({ ...files, allowHalfOpen: true, handshakeTimeout: IDLE });
    server.on("secureConnection", meets);
    return server;
  } catch (cause) {
    throw unusable(`use "${cert}" and "${key}"`, cause);
  }
}

/** One connection. What breaks the ledger breaks the connection, and the receiver. */
function meet(socket: TLSSocket, clock: Clock, take: Take, broke: (cause: unknown) => void): void {
  const frames = new SyslogFrames();
  let timer = clock.after(IDLE, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.once("close", () => timer.cancel());
  socket.on("data", (bytes: Buffer) => {
    timer.cancel();
    timer = clock.after(IDLE, () => socket.destroy());
    const events = frames.receive(bytes);
    try {
      take(events.flatMap((event) => (event.is === "message" ? [event.text] : [])));
    } catch (cause) {
      socket.destroy();
      broke(cause);
      return;
    }
    if (events.some(({ is }) => is === "violation")) socket.destroy();
  });
  socket.once("end", () => socket.end());
}

/** Runs a command for alarms, one at a time. */
class Bell {
  readonly #options: Pick<ReceiveOptions, "onAlarm" | "clock" | "say">;
  readonly #words: readonly string[];
  #waiting: string[] = [];
  #running: Promise<void> | undefined;

  constructor(options: Pick<ReceiveOptions, "onAlarm" | "clock" | "say">) {
    this.#options = options;
    this.#words = options.onAlarm === undefined ? [] : splitWords(options.onAlarm);
  }

  ring(lines: readonly string[]): void {
    if (this.#words.length === 0 || lines.length === 0) return;
    this.#waiting = [...this.#waiting, ...lines].slice(-MAX_WAITING);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, say } = this.#options;
    while (this.#waiting.length > 0) {
      const input = this.#waiting.map((line) => `${line}\n`).join("");
      this.#waiting = [];
      try {
        const limits = { clock, timeout: COMMAND_WITHIN, input, untilExit: true };
        const { status } = await runCommand(this.#words, limits);
        if (status !== 0) say(`oob: the command for alarms ended with ${status}`);
      } catch (thrown) {
        say(`oob: the command for alarms did not run: ${printable(messageOf(thrown), 300)}`);
      }
    }
  }
}

const unusable = (what: string, cause: unknown): OobError =>
  new OobError("ANCHOR_FAILED", `Cannot ${what}: ${messageOf(cause)}`, { cause });
