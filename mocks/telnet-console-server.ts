/**
 * A console server with telnet ports, at the wire: one TCP port a line, each in front of something that takes bytes and
 * gives bytes. Its faults are those of real ones, as switches.
 */
import { createServer, type Server, type Socket } from "node:net";
import { TELNET_SERVER, TelnetCodec } from "../src/codec/telnet.ts";

/** What hangs on a port: a simulated host, a serial PDU. */
export interface ConsoleLine {
  onBytes(bytes: Uint8Array): void;
  onBreak(): void;
}

/** What is wrong with a port. May be changed at any time. */
export interface ConsoleServerFaults {
  /** Nothing listens any more: connections are refused. */
  readonly refuses?: boolean;
  /** Takes connections and says nothing, not even options; what is typed vanishes. */
  readonly silent?: boolean;
  /** Hangs up after this many bytes of the line. */
  readonly dropsAfter?: number;
  /** Begins with this many requests for options, again and again the other way round. */
  readonly optionStorm?: number;
  /** Answers every option with its opposite, for ever. */
  readonly echoOptions?: boolean;
  /** Sends this many bytes 0xFF, doubled as telnet wants, before anything else. */
  readonly floodsFF?: number;
  /** A second client is taken and hears nothing, as with QEMU; otherwise it takes the port over. */
  readonly secondClientHearsNothing?: boolean;
}

/** Output waiting for a client that does not read; what comes beyond it is lost, as on the real ones. */
const MAX_WAITING_BYTES = 1024 * 1024;
const IAC = 255;
const WILL = 251;
const DONT = 254;

/** One port of the server. */
export class MockConsolePort {
  readonly #server: Server;
  #faults: ConsoleServerFaults;
  #client: Client | undefined;
  readonly #clients = new Set<Client>();
  #port = 0;
  line: ConsoleLine;

  constructor(line: ConsoleLine, faults: ConsoleServerFaults) {
    this.line = line;
    this.#faults = faults;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** TCP port on 127.0.0.1. */
  get port(): number {
    return this.#port;
  }

  /** A client is connected. */
  get isTaken(): boolean {
    return this.#client !== undefined;
  }

  /** Bytes of the line. Without a client they are lost, as on a wire. */
  write(bytes: Uint8Array): void {
    this.#client?.send(bytes);
  }

  /** BREAK of the line, as a console server reports it. */
  writeBreak(): void {
    this.#client?.sendBreak();
  }

  /** Hangs up on whoever is connected. */
  hangUp(): void {
    for (const client of this.#clients) client.end();
  }

  /** Changes what is wrong; `refuses` stops or starts listening at once. */
  async setFaults(faults: ConsoleServerFaults): Promise<void> {
    const refused = this.#faults.refuses === true;
    this.#faults = faults;
    if (faults.refuses && !refused) await this.close();
    if (!faults.refuses && refused) await this.listen();
  }

  /** Listens on the port that it had, or on a free one. */
  async listen(): Promise<void> {
    if (this.#faults.refuses && this.#port !== 0) return;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port, "127.0.0.1", resolve);
    });
    const address = this.#server.address();
    this.#port = typeof address === "object" && address !== null ? address.port : 0;
    if (this.#faults.refuses) await this.close();
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    if (!this.#server.listening) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    const deaf =
      this.#faults.silent ||
      (this.#client !== undefined && this.#faults.secondClientHearsNothing) ||
      false;
    const client = new Client(socket, deaf, this.#faults, () => this.line);
    this.#clients.add(client);
    socket.on("close", () => {
      this.#clients.delete(client);
      if (this.#client === client) this.#client = undefined;
    });
    if (deaf) return;
    this.#client?.end();
    this.#client = client;
    client.greet();
  }
}

/** One connection. */
class Client {
  readonly #socket: Socket;
  readonly #faults: ConsoleServerFaults;
  readonly #codec = new TelnetCodec(TELNET_SERVER);
  #sent = 0;

  constructor(socket: Socket, deaf: boolean, faults: ConsoleServerFaults, line: () => ConsoleLine) {
    this.#socket = socket;
    this.#faults = faults;
    socket.on("error", () => socket.destroy());
    socket.on("data", (wire: Uint8Array) => {
      if (!deaf) this.#receive(wire, line());
    });
  }

  greet(): void {
    this.#socket.write(this.#codec.takeOutput());
    const { optionStorm = 0, floodsFF = 0 } = this.#faults;
    const storm: number[] = [];
    for (let i = 0; i < optionStorm; i++) storm.push(IAC, WILL + (i % 4), Math.floor(i / 4) % 50);
    this.#socket.write(Uint8Array.from(storm));
    if (floodsFF > 0) this.send(new Uint8Array(floodsFF).fill(IAC));
  }

  send(bytes: Uint8Array): void {
    if (this.#socket.writableLength > MAX_WAITING_BYTES || !this.#socket.writable) return;
    const { dropsAfter } = this.#faults;
    const room = dropsAfter === undefined ? bytes.length : dropsAfter - this.#sent;
    const part = bytes.subarray(0, room);
    this.#sent += part.length;
    // Encoded output may be the caller's array, which it may use again.
    this.#socket.write(this.#codec.encode(part).slice());
    if (dropsAfter !== undefined && this.#sent >= dropsAfter) this.#socket.end();
  }

  sendBreak(): void {
    this.#socket.write(this.#codec.encodeBreak());
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #receive(wire: Uint8Array, line: ConsoleLine): void {
    if (this.#faults.echoOptions) this.#contradict(wire);
    for (const event of this.#codec.receive(wire)) {
      if (event.is === "data") line.onBytes(event.bytes);
      else if (event.is === "break") line.onBreak();
    }
    const answer = this.#codec.takeOutput();
    if (answer.length > 0) this.#socket.write(answer);
  }

  /** DO becomes WONT, WILL becomes DONT and so on: each request and answer brings up the next. */
  #contradict(wire: Uint8Array): void {
    for (let at = wire.indexOf(IAC); at >= 0; at = wire.indexOf(IAC, at + 1)) {
      const verb = wire[at + 1] ?? 0;
      if (verb < WILL || verb > DONT) continue;
      const opposite = WILL + ((verb - WILL + 2) % 4);
      const option = wire[at + 2] ?? 0;
      this.#socket.write(
        Uint8Array.of(IAC, opposite, option, IAC, opposite + flip(opposite), option),
      );
    }
  }
}

/** WILL (251) and WONT (252), DO (253) and DONT (254): the other of the pair. */
const flip = (verb: number): number => (verb % 2 === 1 ? 1 : -1);

/** A console server with one port for each line. */
export class TelnetConsoleServer {
  readonly ports: readonly MockConsolePort[];

  private constructor(ports: readonly MockConsolePort[]) {
    this.ports = ports;
  }

  /** Starts listening, every port on a free TCP port of 127.0.0.1. */
  static async start(
    lines: readonly ConsoleLine[],
    faults: ConsoleServerFaults = {},
  ): Promise<TelnetConsoleServer> {
    const ports = lines.map((line) => new MockConsolePort(line, faults));
    await Promise.all(ports.map((port) => port.listen()));
    return new TelnetConsoleServer(ports);
  }

  async close(): Promise<void> {
    await Promise.all(this.ports.map((port) => port.close()));
  }
}
