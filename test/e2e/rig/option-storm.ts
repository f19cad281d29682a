import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

const IAC = 255;
const BEAT_MS = 50;
/** Beats between two resets of the connection. */
const RESETS_EVERY = 60;

/** A telnet port that asks for options without end, right and wrong, prints in between, and hangs up by a reset now and then. */
export class OptionStorm {
  readonly #server: Server;
  #sockets = new Set<Socket>();
  #beat: NodeJS.Timeout;
  #beats = 0;
  port = 0;
  /** How often a connection was reset. */
  resets = 0;

  private constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy()).on("close", () => this.#sockets.delete(socket));
      socket.resume();
    });
    this.#beat = setInterval(() => this.#storm(), BEAT_MS);
  }

  static async start(): Promise<OptionStorm> {
    const storm = new OptionStorm();
    storm.#server.listen(0, "127.0.0.1");
    await once(storm.#server, "listening");
    const address = storm.#server.address();
    storm.port = typeof address === "object" && address !== null ? address.port : 0;
    return storm;
  }

  #storm(): void {
    this.#beats++;
    for (const socket of this.#sockets) {
      if (this.#beats % RESETS_EVERY === 0) {
        this.resets++;
        socket.resetAndDestroy();
        continue;
      }
      const asks = Array.from({ length: 40 }, (_, n) => [IAC, 251 + ((this.#beats + n) % 4), n]);
      // A sub-negotiation that never ends but by the next one.
      socket.write(Buffer.from([...asks.flat(), IAC, 250, this.#beats % 256, 1, 2, 3, IAC, 240]));
      socket.write(`beat ${this.#beats}\r\n`);
    }
  }

  close(): void {
    clearInterval(this.#beat);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
