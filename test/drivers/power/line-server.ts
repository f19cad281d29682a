import { createServer, type Server, type Socket } from "node:net";

/** What a server says to one line: text, nothing, or hangs up without a word. */
export type LineAnswer = string | { readonly hangsUp: true } | undefined;

/** A server of a protocol of lines, on loopback. Keeps what it was asked. */
export class LineServer {
  readonly asked: string[] = [];
  greeting = "";
  answer: (line: string, socket: Socket) => LineAnswer = () => undefined;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => this.#serve(socket));

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.write(this.greeting);
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("utf8");
      const lines = text.split(/\r?\n/);
      text = lines.pop() ?? "";
      for (const line of lines) this.#say(line, socket);
    });
  }

  #say(line: string, socket: Socket): void {
    this.asked.push(line);
    const said = this.answer(line, socket);
    if (typeof said === "object") socket.destroy();
    else if (said !== undefined) socket.write(said);
  }
}
