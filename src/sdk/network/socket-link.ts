/**
 * A Link made of a stream: a socket of connectSocket(), or any Duplex.
 *
 *   consumer asks ─► read ─► codec takes its protocol off ─► one chunk, the consumer's own ─► reading stops
 *
 * While nobody asks, bytes gather in the kernel, so a quiet console costs few and large reads. (A Duplex of another
 * origin reads ahead as much as its own high-water mark.)
 */
import type { Duplex } from "node:stream";
import type { Millis } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Link, LinkIntake, LinkNotice } from "../link.ts";
import { readWaiting, setIntake } from "./connect-socket.ts";

/** A protocol between the wire and the console's bytes. */
export interface LinkCodec {
  /** The console's bytes out of what came; empty where there was only protocol. */
  receive(wire: Uint8Array): Uint8Array;
  /** What the protocol itself wants sent. Asked after every `receive`. */
  takeOutput(): Uint8Array;
  encode(bytes: Uint8Array): Uint8Array;
  /** The wire ended: the console's bytes that were held back until more of it came. */
  end?(): Uint8Array;
}

/** What a Link is made of. */
export interface SocketLinkOptions {
  /** What people see: "ts1:7003 telnet". */
  readonly label: string;
  /** Who is named in errors: "ts1:7003". */
  readonly peer: string;
  readonly socket: Duplex;
  readonly codec?: LinkCodec;
  /** `send` puts bytes on the wire as they are. */
  readonly sendBreak?: (ms: Millis, send: (wire: Uint8Array) => Promise<void>) => Promise<void>;
  readonly onNotice?: (listen: (notice: LinkNotice) => void) => void;
  readonly readWithin?: Millis;
}

/** A Link of which the wire below its protocol can be written to. */
export interface WireLink extends Link {
  /** Puts bytes on the wire as they are. */
  send(wire: Uint8Array): Promise<void>;
}

/** Answers of the protocol that wait for a peer that does not read; what comes beyond is not answered. */
export const MAX_WAITING_ANSWERS = 1024 * 1024;

/** Bytes of a connection's beginning that are looked at when it ended right after them. */
const MAX_REFUSAL_BYTES = 256;

// ser2net 4.3.11: "Device open failure: Connection refused", "Port already in use"; it connects first and says so then.
const REFUSAL = /^\s*(Device open failure: [ -~]{1,120}|Port already in use)\s*$/;

/** Makes a Link of a connected stream. */
export function socketLink(options: SocketLinkOptions): WireLink {
  const stream = new LinkStream(options);
  const { label, sendBreak, onNotice, readWithin } = options;
  return {
    label,
    bytes: stream,
    pull: (intake) => stream.pull(intake),
    write: (bytes) => stream.write(bytes),
    send: (wire) => stream.send(wire),
    close: () => stream.close(),
    ...(sendBreak && { sendBreak: (ms) => sendBreak(ms, (wire) => stream.send(wire)) }),
    ...(onNotice && { onNotice }),
    ...(readWithin !== undefined && { readWithin }),
  };
}

interface Asking {
  readonly resolve: (result: IteratorResult<Uint8Array>) => void;
  readonly reject: (error: unknown) => void;
}

const NOTHING = new Uint8Array(0);
const DONE: IteratorResult<Uint8Array> = { done: true, value: undefined };

/** One consumer at a time; the same object serves every `for await`, and one that pulls. */
class LinkStream implements AsyncIterableIterator<Uint8Array> {
  readonly #peer: string;
  readonly #socket: Duplex;
  readonly #codec: LinkCodec | undefined;
  readonly #pulls: boolean;
  #asking: Asking | undefined;
  /** Who pulls instead of asking, and whether they want a piece now. */
  #intake: LinkIntake | undefined;
  #wants = false;
  /** The last look found bytes: the next ones are read straight from the kernel. */
  #flows = false;
  /** Came although nobody asked any more. */
  readonly #early: Uint8Array[] = [];
  #ended = false;
  #failure: OobError | undefined;
  #beginning = "";

  constructor(options: SocketLinkOptions) {
    this.#peer = options.peer;
    this.#socket = options.socket;
    this.#codec = options.codec;
    this.#pulls = setIntake(this.#socket, (chunk) => this.#take(chunk));
    if (!this.#pulls) this.#socket.on("readable", () => this.#drain());
    this.#socket.on("error", (error) => this.#end(this.#lost("read from", error)));
    this.#socket.on("end", () => this.#end());
    this.#socket.on("close", () => this.#end());
    if (this.#socket.destroyed) this.#end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const early = this.#early.shift();
    if (early) return Promise.resolve({ done: false, value: early });
    if (this.#ended) return this.#last();
    return new Promise((resolve, reject) => {
      this.#asking = { resolve, reject };
      if (this.#pulls) this.#socket.read(0);
      else this.#drain();
    });
  }

  /** Gives pieces to an intake; the result asks for the next one. */
  pull(intake: LinkIntake): () => void {
    this.#intake = intake;
    return () => this.#more();
  }

  #more(): void {
    for (let early = this.#early.shift(); early; early = this.#early.shift())
      if (!this.#intake?.take(early)) return;
    if (this.#ended) {
      this.#tellEnd();
      return;
    }
    this.#wants = true;
    if (!this.#pulls) this.#drain();
    else if (!this.#readsNow()) this.#socket.read(0);
  }

  /** Whether what was wanted came at once. */
  #readsNow(): boolean {
    if (!this.#flows) return false;
    try {
      this.#flows = readWaiting(this.#socket);
      return this.#flows;
    } catch (thrown) {
      this.#end(this.#lost("read from", thrown));
      this.#socket.destroy();
      return true;
    }
  }

  /** The consumer left its loop. The link stays open, for another one. */
  return(): Promise<IteratorResult<Uint8Array>> {
    this.#asking?.resolve(DONE);
    this.#asking = undefined;
    return Promise.resolve(DONE);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.send(this.#codec ? this.#codec.encode(bytes) : bytes);
  }

  /** Resolves when the kernel has taken the bytes, which waits for a peer that does not read. */
  send(wire: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#socket.writable) {
        reject(this.#failure ?? this.#lost("write to", "the connection is closed"));
        return;
      }
      this.#socket.write(wire, (error) => {
        // Node reports a write that destroy() cut off as done.
        if (error || this.#socket.destroyed)
          reject(this.#lost("write to", error ?? "the connection is closed"));
        else resolve();
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#end();
      if (this.#socket.closed) {
        resolve();
        return;
      }
      this.#socket.once("close", () => resolve());
      // What was written and not taken belongs to a peer that does not read: not waited for.
      if (this.#socket.writableLength > 0) this.#socket.destroy();
      else this.#socket.end(() => this.#socket.destroy());
    });
  }

  #drain(): void {
    while (this.#asking || this.#wants) {
      const chunk: unknown = this.#socket.read();
      if (!(chunk instanceof Uint8Array)) return;
      this.#take(chunk);
    }
  }

  /** Returns whether more is wanted. */
  #take(wire: Uint8Array): boolean {
    const bytes = this.#codec ? this.#codec.receive(wire) : wire;
    const answer = this.#codec?.takeOutput();
    if (answer && answer.length > 0) this.#answer(answer);
    if (bytes.length === 0) return this.#wants || this.#asking !== undefined;
    if (this.#beginning.length <= MAX_REFUSAL_BYTES)
      this.#beginning += String.fromCharCode(...bytes.subarray(0, MAX_REFUSAL_BYTES + 1));
    return this.#intake ? this.#give(this.#intake, bytes) : this.#answerAsking(bytes);
  }

  #give(intake: LinkIntake, bytes: Uint8Array): boolean {
    this.#flows = true;
    this.#wants = intake.take(bytes);
    return this.#wants;
  }

  #answerAsking(bytes: Uint8Array): boolean {
    const asking = this.#asking;
    this.#asking = undefined;
    // What was read lies in a buffer that others share.
    const own = this.#pulls ? bytes.slice() : bytes;
    if (asking) asking.resolve({ done: false, value: own });
    else this.#early.push(own);
    return false;
  }

  #answer(bytes: Uint8Array): void {
    if (this.#socket.writable && this.#socket.writableLength < MAX_WAITING_ANSWERS)
      this.#socket.write(bytes);
  }

  #end(failure?: OobError): void {
    if (this.#ended) return;
    this.#ended = true;
    // Answers of ours to a server that has gone already break the connection that was about to end.
    this.#failure = this.#refusal() ?? failure;
    const rest = this.#codec?.end?.() ?? NOTHING;
    if (rest.length > 0) {
      if (this.#intake) this.#intake.take(rest);
      else this.#answerAsking(rest);
    }
    const asking = this.#asking;
    this.#asking = undefined;
    if (asking) this.#last().then(asking.resolve, asking.reject);
    this.#tellEnd();
  }

  #tellEnd(): void {
    const intake = this.#intake;
    this.#intake = undefined;
    intake?.ended(this.#failure);
  }

  #last(): Promise<IteratorResult<Uint8Array>> {
    return this.#failure ? Promise.reject(this.#failure) : Promise.resolve(DONE);
  }

  #lost(what: string, thrown: unknown): OobError {
    // Of a Link that we go through: it has said already what was lost.
    if (thrown instanceof OobError) return thrown;
    const code = typeof thrown === "object" && thrown !== null && "code" in thrown && thrown.code;
    const why = LOSSES[String(code)] ?? messageOf(thrown);
    return new OobError("LINK_LOST", `Cannot ${what} "${this.#peer}": ${why}`, { cause: thrown });
  }

  /** Some console servers connect first and say afterwards that they cannot. */
  #refusal(): OobError | undefined {
    const said = REFUSAL.exec(this.#beginning)?.[1];
    if (said === undefined) return undefined;
    const text = printable(said);
    return new OobError("LINK_REFUSED", `Cannot open "${this.#peer}": the server says "${text}"`, {
      hint: "Check the device behind the console server, and who else has the port",
    });
  }
}

const LOSSES: Readonly<Record<string, string>> = {
  ECONNRESET: "the peer reset the connection",
  EPIPE: "the peer closed the connection",
  ETIMEDOUT: "the peer does not answer any more",
  EHOSTUNREACH: "no route to the host any more",
  ENETUNREACH: "no route to its network any more",
  ERR_STREAM_DESTROYED: "the connection is closed",
};
