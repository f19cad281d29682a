/**
 * A console server that speaks RFC 2217, at the wire: one TCP port in front of a serial port that is only remembered.
 * Its faults are those of real servers, as switches.
 */
import { createServer, type Server, type Socket } from "node:net";
import { COM_CONTROL, type ComPortCommand, Rfc2217Codec } from "../src/codec/rfc2217.ts";
import { TELNET_SERVER } from "../src/codec/telnet.ts";
import { TELNET_OPTION } from "../src/codec/telnet-option.ts";

/** What is wrong with the server. May be changed at any time. */
export interface ComPortFaults {
  /** Takes the connection and says nothing at all. */
  silent?: boolean;
  /** Answers telnet, but not COM-PORT-OPTION, as QEMU does. */
  ignoresOption?: boolean;
  /** Says DONT to COM-PORT-OPTION, as a plain telnet server must. */
  refusesOption?: boolean;
  /** Stays at this speed, whatever is asked. */
  keepsBaud?: number;
  /** Sets what is asked and answers nothing. */
  setsSilently?: boolean;
  /** Answers BREAK OFF with BREAK ON, as ser2net's answer differs, and DTR and RTS not at all. */
  oddControl?: boolean;
  /** Says DTR OFF and RTS OFF whatever is asked. */
  keepsLinesDown?: boolean;
  /** Begins with this many options, then subnegotiations, then line states. */
  storm?: number;
}

const IAC = 255;
const COM_PORT_OPTION = TELNET_OPTION.comPort;

/** One client at a time, the newest. */
export class ComPortServer {
  readonly faults: ComPortFaults;
  /** The port as the client set it. 0: never. */
  readonly port = { baud: 9600, dataBits: 8, parity: 1, stopBits: 1, flow: 1, dtr: 1, rts: 1 };
  readonly heard: { command: ComPortCommand; value: number }[] = [];
  typed = "";
  /** "on", "off" in the order of SET-CONTROL; "telnet" for IAC BRK. */
  readonly breaks: string[] = [];
  modemState = 0;
  #codec = new Rfc2217Codec("server", "mock 1.0");
  #socket: Socket | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #changed = new Set<() => void>();

  constructor(faults: ComPortFaults = {}) {
    this.faults = faults;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Listens on a free port, of 127.0.0.1 or ::1; returns it. */
  async listen(host = "127.0.0.1"): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, host, resolve);
    });
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Resolves once this is so; looked at after everything that a client sends. */
  async until(is: () => boolean): Promise<void> {
    while (!is()) {
      await new Promise<void>((resolve) => {
        this.#changed.add(resolve);
      });
    }
  }

  print(bytes: Uint8Array | string): void {
    const own = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    this.raw(this.#codec.encode(own).slice());
  }

  send(command: ComPortCommand, value = 0): void {
    this.raw(this.#codec.encodeCommand(command, value));
  }

  /** Bytes of the wire, as they are. */
  raw(bytes: Uint8Array): void {
    this.#socket?.write(bytes);
  }

  /** Agrees to COM-PORT-OPTION after all. */
  agreeLate(): void {
    this.faults.ignoresOption = false;
    this.raw(Uint8Array.of(IAC, 253, 44));
  }

  hangUp(): void {
    this.#socket?.end();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
    this.#socket = socket;
    const plain = this.faults.refusesOption || this.faults.ignoresOption;
    this.#codec = plain
      ? new Rfc2217Codec("server", "mock 1.0", TELNET_SERVER)
      : new Rfc2217Codec("server", "mock 1.0");
    socket.on("data", (wire: Uint8Array) => this.#receive(wire));
    if (this.faults.silent) return;
    this.#flush();
    this.#storm();
  }

  #storm(): void {
    const { storm = 0 } = this.faults;
    for (let i = 0; i < storm; i++) {
      this.raw(
        Uint8Array.of(IAC, 251 + (i % 4), i % 50, IAC, IAC, IAC, 250, 44, 106, 26, IAC, 240),
      );
      this.raw(Uint8Array.of(IAC, 250, 44, 100, IAC, 240));
    }
  }

  #receive(wire: Uint8Array): void {
    if (this.faults.silent) return;
    for (const event of this.#codec.receive(wire)) {
      if (event.is === "data") this.typed += Buffer.from(event.bytes).toString("latin1");
      else if (event.is === "break") this.breaks.push("telnet");
      else if (event.is === "comPort") this.#command(event.command, event.value);
      else if (event.is === "option" && event.option === COM_PORT_OPTION && event.on)
        this.send("modemState", this.modemState);
    }
    this.#flush();
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const one of changed) one();
  }

  #flush(): void {
    const output = this.#codec.takeOutput();
    this.raw(this.faults.ignoresOption ? withoutComPort(output) : output);
  }

  #command(command: ComPortCommand, value: number): void {
    this.heard.push({ command, value });
    if (command === "modemState") this.send("modemState", this.modemState);
    else if (command === "purge") this.#answer("purge", value);
    else if (command === "control") this.#control(value);
    else if (isSetting(command)) {
      if (value !== 0) this.port[command] = value;
      if (command === "baud") this.port.baud = this.faults.keepsBaud ?? this.port.baud;
      this.#answer(command, this.port[command]);
    }
  }

  #control(value: number): void {
    const line = LINES.find(({ on, off }) => value === on || value === off);
    if (line) this.#moveLine(line, value === line.on);
    else if (value === breakOn || value === breakOff) {
      this.breaks.push(value === breakOn ? "on" : "off");
      this.#answer("control", this.faults.oddControl ? breakOn : value);
    } else {
      this.port.flow = value || this.port.flow;
      this.#answer("control", this.port.flow);
    }
  }

  #moveLine({ name, on, off }: (typeof LINES)[number], wanted: boolean): void {
    const up = wanted && !this.faults.keepsLinesDown;
    this.port[name] = up ? 1 : 0;
    if (!this.faults.oddControl) this.#answer("control", up ? on : off);
  }

  #answer(command: ComPortCommand, value: number): void {
    if (!this.faults.setsSilently) this.send(command, value);
  }
}

const { breakOn, breakOff, dtrOn, dtrOff, rtsOn, rtsOff } = COM_CONTROL;
const LINES = [
  { name: "dtr", on: dtrOn, off: dtrOff },
  { name: "rts", on: rtsOn, off: rtsOff },
] as const;

type Setting = "baud" | "dataBits" | "parity" | "stopBits";
const isSetting = (command: ComPortCommand): command is Setting =>
  ["baud", "dataBits", "parity", "stopBits"].includes(command);

/** What a server says that has never heard of the option: nothing. */
function withoutComPort(output: Uint8Array): Uint8Array {
  const kept: number[] = [];
  for (let at = 0; at < output.length; at += 3) {
    if (output[at + 2] !== 44) kept.push(...output.subarray(at, at + 3));
  }
  return Uint8Array.from(kept);
}
