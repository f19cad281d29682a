import type { Socket } from "node:net";
import type { Site } from "../core/site/site.ts";
import { OobError } from "../lib/errors.ts";
import { CallArgs } from "./call-args.ts";
import { encodeFrame, type Frame, FrameReader } from "./frames.ts";
import { Attachments, METHODS } from "./methods.ts";
import {
  type DaemonFacts,
  type DaemonMessage,
  joinBytes,
  MAX_CALLS,
  MAX_CLIENT_FRAME,
  PROTOCOL_VERSION,
  STREAM_WINDOW,
  splitBytes,
  toWireError,
} from "./protocol.ts";

/** A stream that goes to the client. */
interface Outgoing {
  /** Items that the client can take now. */
  room: number;
  /** Wakes the stream when there is room, or when it is cancelled. */
  wake: () => void;
  cancelled: boolean;
  readonly end: () => void;
}

/**
 * One client of the daemon, on the socket of its user. Calls run side by side. A stream asks its source for the next
 * item only when the client has room for it and the socket took the one before: who does not read waits alone.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #site: Site;
  readonly #facts: DaemonFacts;
  readonly #reader = new FrameReader(MAX_CLIENT_FRAME);
  readonly #attachments = new Attachments();
  readonly #streams = new Map<number, Outgoing>();
  #calls = 0;
  #greeted = false;
  #closed = false;
  #drained: Promise<void> | undefined;

  constructor(socket: Socket, site: Site, facts: DaemonFacts) {
    this.#socket = socket;
    this.#site = site;
    this.#facts = facts;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", () => this.close()); // Gone; "close" follows.
    socket.on("close", () => this.close());
  }

  /** Leaves every console, ends every stream. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#streams.values()) cancel(stream);
    void this.#attachments.leaveAll();
    this.#socket.destroy();
  }

  #receive(chunk: Uint8Array): void {
    try {
      for (const frame of this.#reader.push(chunk)) this.#take(frame);
    } catch {
      this.close(); // It does not speak our protocol: there is nothing that it would understand.
    }
  }

  #take({ head, bytes }: Frame): void {
    const { is, id } = head;
    if (!this.#greeted) {
      if (is !== "hello") throw new OobError("USAGE", "Cannot begin without a hello");
      this.#greeted = true;
      // Also to a client of another version: it sees the number and says so.
      this.#send({ is: "hello", v: PROTOCOL_VERSION, facts: this.#facts });
      return;
    }
    if (typeof id !== "number") throw new OobError("USAGE", "Cannot answer without an id");
    if (is === "call") void this.#answer(id, head.method, joinBytes(head.args, bytes));
    else if (is === "more") this.#more(id, head.items);
    else if (is === "cancel") this.#cancel(id);
  }

  async #answer(id: number, method: unknown, args: unknown): Promise<void> {
    try {
      if (++this.#calls > MAX_CALLS)
        throw new OobError("USAGE", `Cannot take more than ${MAX_CALLS} calls at a time`);
      const call = METHODS.get(String(method));
      if (!call)
        throw new OobError("USAGE", `Cannot call "${String(method)}": there is no such method`, {
          hint: "Client and daemon may be of different versions: restart oob serve",
        });
      const answer = call(this.#site, new CallArgs(args), this.#attachments);
      if (Symbol.asyncIterator in answer) await this.#stream(id, answer);
      else this.#send({ is: "result", id, value: await answer });
    } catch (thrown) {
      this.#send({ is: "error", id, error: toWireError(thrown) });
    } finally {
      this.#calls--;
      // A call that ended after the client had gone: what it attached to is left at once.
      if (this.#closed) void this.#attachments.leaveAll();
    }
  }

  async #stream(id: number, source: AsyncIterable<unknown>): Promise<void> {
    const items = source[Symbol.asyncIterator]();
    const stream: Outgoing = {
      room: STREAM_WINDOW,
      wake: () => {},
      cancelled: false,
      // Not awaited: a source that waits for its next item ends when it is told, or with that item.
      end: () => void items.return?.()?.catch(() => {}),
    };
    this.#streams.set(id, stream);
    try {
      while (!this.#closed && !stream.cancelled) {
        const next = await items.next();
        if (next.done === true) break;
        if (stream.cancelled || this.#closed) break;
        this.#send({ is: "item", id, value: next.value });
        stream.room--;
        await this.#drained;
        while (stream.room <= 0 && !stream.cancelled)
          await new Promise<void>((resolve) => {
            stream.wake = resolve;
          });
      }
      this.#send({ is: "end", id });
    } finally {
      this.#streams.delete(id);
    }
  }

  #more(id: number, items: unknown): void {
    const stream = this.#streams.get(id);
    if (!stream || typeof items !== "number" || items < 0) return;
    stream.room = Math.min(STREAM_WINDOW, stream.room + items);
    stream.wake();
  }

  #cancel(id: number): void {
    const stream = this.#streams.get(id);
    if (stream) cancel(stream);
  }

  #send(message: DaemonMessage): void {
    if (this.#closed) return;
    const { value, bytes } = splitBytes("value" in message ? message.value : undefined);
    const head = bytes === undefined ? message : { ...message, value };
    if (this.#socket.write(encodeFrame(head, bytes)) || this.#drained) return;
    // Who does not read what it asked for is not asked what else it wants.
    this.#socket.pause();
    this.#drained = new Promise<void>((resolve) => {
      const done = () => {
        this.#socket.off("drain", done);
        this.#socket.off("close", done);
        this.#socket.resume();
        this.#drained = undefined;
        resolve();
      };
      this.#socket.on("drain", done);
      this.#socket.on("close", done);
    });
  }
}

function cancel(stream: Outgoing): void {
  if (stream.cancelled) return;
  stream.cancelled = true;
  stream.end();
  stream.wake();
}
