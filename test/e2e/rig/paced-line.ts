import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Bytes that wait to go on, each way: as much as two UARTs and a little buffer hold. */
const QUEUE = 512;
const TICK_MS = 10;

/** A serial line between a machine's socket and whoever reads it: so many bytes a second each way, and no more. */
export class PacedLine {
  /** 11520 is 115200 baud with 8N1, 960 is 9600. */
  bytesPerSecond = 11_520;
  /** Bytes that went over it so far. */
  fromHost = 0;
  toHost = 0;
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number, path: string) {
    this.#server = server;
    this.port = port;
    server.on("connection", (reader) => {
      const host = connect(path);
      for (const socket of [reader, host]) {
        this.#sockets.add(socket);
        socket.on("error", () => undefined);
      }
      this.#carry(host, reader, (bytes) => {
        this.fromHost += bytes;
      });
      this.#carry(reader, host, (bytes) => {
        this.toHost += bytes;
      });
    });
  }

  static async open(path: string): Promise<PacedLine> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return new PacedLine(server, address.port, path);
  }

  #carry(from: Socket, to: Socket, count: (bytes: number) => void): void {
    let waiting: Buffer = Buffer.alloc(0);
    let allowed = 0;
    let last = performance.now();
    from.on("data", (bytes: Buffer) => {
      waiting = Buffer.concat([waiting, bytes]);
      if (waiting.length > QUEUE) from.pause();
    });
    const timer = setInterval(() => {
      const now = performance.now();
      // What a line did not carry while nothing was there to be carried is lost to it.
      allowed = Math.min(allowed + ((now - last) / 1000) * this.bytesPerSecond, QUEUE);
      last = now;
      const some = waiting.subarray(0, Math.floor(allowed));
      if (some.length === 0) return;
      waiting = waiting.subarray(some.length);
      allowed -= some.length;
      count(some.length);
      to.write(some);
      if (waiting.length <= QUEUE) from.resume();
    }, TICK_MS);
    from.once("close", () => {
      clearInterval(timer);
      this.#sockets.delete(from);
      to.destroy();
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
