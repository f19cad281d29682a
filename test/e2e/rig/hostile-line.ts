import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { TELNET_SERVER, TelnetCodec } from "../../../src/codec/telnet.ts";

/** A telnet port whose host prints whatever it is told to, as fast as it is read, and remembers what was typed. */
export class HostileLine {
  readonly #server: Server;
  #socket: Socket | undefined;
  #codec = new TelnetCodec(TELNET_SERVER);
  port = 0;
  /** What arrived from the person, telnet taken off. */
  typed = Buffer.alloc(0);
  /** Every byte that was printed. */
  printed = 0;

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#socket = socket;
      this.#codec = new TelnetCodec(TELNET_SERVER);
      socket.on("error", () => socket.destroy());
      socket.on("data", (wire) => {
        for (const event of this.#codec.receive(wire))
          if (event.is === "data") this.typed = Buffer.concat([this.typed, event.bytes]);
        socket.write(this.#codec.takeOutput());
      });
      socket.write(this.#codec.takeOutput());
    });
  }

  static async start(): Promise<HostileLine> {
    const line = new HostileLine();
    line.#server.listen(0, "127.0.0.1");
    await once(line.#server, "listening");
    const address = line.#server.address();
    line.port = typeof address === "object" && address !== null ? address.port : 0;
    return line;
  }

  /** Prints; resolves when the reader has taken it. */
  async print(bytes: Uint8Array): Promise<void> {
    const socket = this.#socket;
    if (!socket || socket.destroyed) throw new Error("nobody is connected to the line");
    this.printed += bytes.length;
    if (!socket.write(this.#codec.encode(bytes))) await once(socket, "drain");
  }

  /** Prints byte by byte, each in a packet of its own. */
  async printSplit(bytes: Uint8Array): Promise<void> {
    for (const byte of bytes) {
      await this.print(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }
}
