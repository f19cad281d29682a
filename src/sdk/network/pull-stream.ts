import type net from "node:net";
import { Duplex } from "node:stream";
import { setIntake } from "./connect-socket.ts";

/** A socket of connectSocket() as an ordinary stream, for what wants one (TLS): it reads when it is asked to. */
export class PullStream extends Duplex {
  readonly #socket: net.Socket;

  constructor(socket: net.Socket) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    setIntake(socket, (chunk) => this.push(Buffer.from(chunk)));
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  override _read(): void {
    if (!this.#socket.destroyed) this.#socket.read(0);
  }

  override _write(chunk: Uint8Array, _encoding: unknown, done: (error?: Error | null) => void) {
    this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
