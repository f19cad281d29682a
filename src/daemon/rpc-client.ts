import { connect, type Socket } from "node:net";
import { messageOf, OobError } from "../lib/errors.ts";
import { encodeFrame, type Frame, FrameReader } from "./frames.ts";
import { IncomingStream } from "./incoming-stream.ts";
import {
  type ClientMessage,
  type DaemonFacts,
  fromWireError,
  joinBytes,
  MAX_DAEMON_FRAME,
  PROTOCOL_VERSION,
  splitBytes,
} from "./protocol.ts";

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The client's end of the daemon's socket. */
export class RpcClient {
  readonly facts: DaemonFacts;
  readonly #socket: Socket;
  readonly #calls = new Map<number, Pending>();
  readonly #streams = new Map<number, IncomingStream>();
  #next = 1;
  #gone: OobError | undefined;

  private constructor(socket: Socket, facts: DaemonFacts, reader: FrameReader) {
    this.#socket = socket;
    this.facts = facts;
    socket.on("data", (chunk: Buffer) => this.#receive(reader, chunk));
    socket.on("close", () => this.#end(lost("it ended")));
    socket.on("error", (error) => this.#end(lost(messageOf(error))));
  }

  /** Throws DAEMON_UNREACHABLE where nobody listens, or somebody of another version. */
  static async connect(path: string): Promise<RpcClient> {
    const socket = connect(path);
    try {
      const reader = new FrameReader(MAX_DAEMON_FRAME);
      const { head } = await firstFrame(socket, reader);
      if (head.is !== "hello" || head.v !== PROTOCOL_VERSION)
        throw new OobError(
          "DAEMON_UNREACHABLE",
          `Cannot talk to the daemon at "${path}": it speaks version ${String(head.v)}, expected ${PROTOCOL_VERSION}`,
          { hint: "Restart oob serve: it is of another version than this command" },
        );
      return new RpcClient(socket, head.facts as DaemonFacts, reader);
    } catch (cause) {
      socket.destroy();
      if (cause instanceof OobError) throw cause;
      throw new OobError(
        "DAEMON_UNREACHABLE",
        `Cannot reach the daemon at "${path}": ${messageOf(cause)}`,
        { cause, hint: "oob serve starts it" },
      );
    }
  }

  async call(method: string, args: object = {}): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      if (this.#gone) {
        reject(this.#gone);
        return;
      }
      this.#calls.set(id, { resolve, reject });
      this.#send({ is: "call", id, method, args });
    });
  }

  /** A stream. Begins when it is iterated; leaving the loop ends it at the daemon too. */
  stream(method: string, args: object = {}): AsyncIterable<unknown> {
    return {
      [Symbol.asyncIterator]: () => {
        const id = this.#next++;
        const stream = new IncomingStream({
          more: (items) => this.#send({ is: "more", id, items }),
          left: () => {
            this.#streams.delete(id);
            this.#send({ is: "cancel", id });
          },
        });
        if (this.#gone) stream.end(this.#gone);
        else {
          this.#streams.set(id, stream);
          this.#send({ is: "call", id, method, args });
        }
        return stream;
      },
    };
  }

  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#socket.once("close", () => resolve());
      this.#socket.end(() => this.#socket.destroy());
    });
  }

  #send(message: ClientMessage): void {
    if (this.#gone) return;
    if (message.is !== "call") {
      this.#socket.write(encodeFrame(message));
      return;
    }
    const { value, bytes } = splitBytes(message.args);
    this.#socket.write(encodeFrame({ ...message, args: value }, bytes));
  }

  #receive(reader: FrameReader, chunk: Uint8Array): void {
    try {
      for (const frame of reader.push(chunk)) this.#take(frame);
    } catch (thrown) {
      this.#end(lost(messageOf(thrown)));
      this.#socket.destroy();
    }
  }

  #take({ head, bytes }: Frame): void {
    const { is, id } = head;
    if (typeof id !== "number") return;
    const call = this.#calls.get(id);
    const stream = this.#streams.get(id);
    if (is === "item") {
      stream?.push(joinBytes(head.value, bytes));
      return;
    }
    this.#calls.delete(id);
    this.#streams.delete(id);
    if (is === "result") call?.resolve(joinBytes(head.value, bytes));
    else if (is === "end") stream?.end();
    else if (is === "error") {
      const error = fromWireError(head.error);
      call?.reject(error);
      stream?.end(error);
    }
  }

  #end(error: OobError): void {
    if (this.#gone) return;
    this.#gone = error;
    for (const call of this.#calls.values()) call.reject(error);
    for (const stream of this.#streams.values()) stream.end(error);
    this.#calls.clear();
    this.#streams.clear();
  }
}

function firstFrame(socket: Socket, reader: FrameReader): Promise<Frame> {
  socket.write(encodeFrame({ is: "hello", v: PROTOCOL_VERSION } satisfies ClientMessage));
  return new Promise((resolve, reject) => {
    const done = () => {
      socket.off("data", receive);
      socket.off("error", fail);
      socket.off("close", ended);
    };
    const fail = (error: Error) => {
      done();
      reject(error);
    };
    const ended = () => fail(new Error("it hung up"));
    const receive = (chunk: Buffer) => {
      try {
        for (const frame of reader.push(chunk)) {
          done();
          resolve(frame);
          return;
        }
      } catch (thrown) {
        fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    };
    socket.on("data", receive);
    socket.on("error", fail);
    socket.on("close", ended);
  });
}

const lost = (why: string): OobError =>
  new OobError("DAEMON_UNREACHABLE", `Lost the daemon: ${why}`, {
    hint: "Look at its output, and start it again with oob serve",
  });
