/**
 * RFC 2217 over telnet, both sides of it: settings, lines and BREAK of the serial port behind a server.
 *
 *   client ── SET-BAUDRATE 9600 ──────► server        a value of 0 asks, and sets nothing
 *   client ◄── 100 + SET-BAUDRATE 9600 ─ server        the value in force, which may not be the one asked for
 *   client ◄── line state, modem state ─ server        as they change, where the masks that were set let them through
 *
 * Servers drop what is sent before COM-PORT-OPTION is agreed on, some (QEMU) type it into the host: ask `agreed` first.
 * Both ends of the option count, since servers offer one, the other or both (ser2net, pySerial).
 */
import { concatBytes, latin1 } from "../lib/bytes.ts";
import type { Codec } from "./codec.ts";
import { TelnetCodec, type TelnetEvent, type TelnetOptions } from "./telnet.ts";
import { TELNET_OPTION } from "./telnet-option.ts";

/** Commands by their number from the client; a server's are 100 more. RFC 2217, section 2 to 5. */
export const COM_PORT = {
  signature: 0,
  baud: 1,
  dataBits: 2,
  parity: 3,
  stopBits: 4,
  control: 5,
  lineState: 6,
  modemState: 7,
  suspend: 8,
  resume: 9,
  lineStateMask: 10,
  modemStateMask: 11,
  purge: 12,
} as const;
/** A command by name. */
export type ComPortCommand = keyof typeof COM_PORT;

/** Values of `control`. */
export const COM_CONTROL = {
  askFlow: 0,
  flowNone: 1,
  flowXonXoff: 2,
  flowRtsCts: 3,
  breakOn: 5,
  breakOff: 6,
  dtrOn: 8,
  dtrOff: 9,
  rtsOn: 11,
  rtsOff: 12,
} as const;

/** Bits of `lineState`. */
export const LINE_STATE = { break: 16, framing: 8, parity: 4, overrun: 2 } as const;
/** Bits of `modemState`. */
export const MODEM_STATE = { dcd: 128, ring: 64, dsr: 32, cts: 16 } as const;

const SERVER_BASE = 100;
/** Longest text by which a peer may call itself. */
export const MAX_SIGNATURE_BYTES = 64;
/** How often a peer that asks is told what we are. */
export const MAX_SIGNATURE_ANSWERS = 4;

/** What came over the wire. A signature without text asks for ours. */
export type Rfc2217Event =
  | TelnetEvent
  | { readonly is: "comPort"; readonly command: ComPortCommand; readonly value: number }
  | { readonly is: "signature"; readonly text: string };

const { binary, echo, suppressGoAhead, comPort } = TELNET_OPTION;

// BINARY is asked for both ways: pySerial's server sends eight bits as they are, but says so only when asked, and
// outside BINARY the NUL of a host's CR NUL would be telnet's.
const OPTIONS: Readonly<Record<"client" | "server", TelnetOptions>> = {
  client: {
    accept: {
      ours: [binary, suppressGoAhead, comPort],
      theirs: [binary, echo, suppressGoAhead, comPort],
    },
    offer: { ours: [comPort, binary], theirs: [binary] },
  },
  server: {
    accept: { ours: [binary, echo, suppressGoAhead], theirs: [binary, suppressGoAhead, comPort] },
    offer: { ours: [echo, suppressGoAhead, binary], theirs: [comPort, binary] },
  },
};

const BY_NUMBER = new Map<number, ComPortCommand>(
  Object.entries(COM_PORT).map(([name, number]) => [number, name as ComPortCommand]),
);

/** One end of a connection that speaks RFC 2217. */
export class Rfc2217Codec implements Codec<Rfc2217Event> {
  readonly #telnet: TelnetCodec;
  readonly #sendBase: number;
  readonly #receiveBase: number;
  readonly #name: string;
  #output: Uint8Array[] = [];
  #signatureAnswers = MAX_SIGNATURE_ANSWERS;

  /** `name`: what a peer that asks is told. */
  constructor(role: "client" | "server", name = "oob", options: TelnetOptions = OPTIONS[role]) {
    this.#telnet = new TelnetCodec(options);
    this.#sendBase = role === "client" ? 0 : SERVER_BASE;
    this.#receiveBase = SERVER_BASE - this.#sendBase;
    this.#name = name;
  }

  /** Bytes of an unfinished subnegotiation. */
  get held(): number {
    return this.#telnet.held;
  }

  /** COM-PORT-OPTION is on. */
  get agreed(): boolean {
    return this.#telnet.isOn("ours", comPort) || this.#telnet.isOn("theirs", comPort);
  }

  takeOutput(): Uint8Array {
    const output = this.#telnet.takeOutput();
    if (this.#output.length === 0) return output;
    const all = concatBytes([output, ...this.#output]);
    this.#output = [];
    return all;
  }

  /** Console bytes as they go over the wire. */
  encode(bytes: Uint8Array): Uint8Array {
    return this.#telnet.encode(bytes);
  }

  /** The wire ended: bytes of the console that were held back. */
  end(): Uint8Array {
    return this.#telnet.end();
  }

  /** Telnet's own BREAK, for a server without the option. */
  encodeBreak(): Uint8Array {
    return this.#telnet.encodeBreak();
  }

  /** A command as it goes over the wire. Without a value: a question, as pySerial asks for modemState. */
  encodeCommand(command: ComPortCommand, value?: number): Uint8Array {
    return this.#encode(command, value === undefined ? NOTHING : valueBytes(command, value));
  }

  receive(bytes: Uint8Array): Rfc2217Event[] {
    return this.#telnet.receive(bytes).map((event): Rfc2217Event => {
      if (event.is !== "subnegotiation" || event.option !== comPort) return event;
      return this.#read(event.bytes);
    });
  }

  #read(bytes: Uint8Array): Rfc2217Event {
    const [number = -1] = bytes;
    const command = BY_NUMBER.get(number - this.#receiveBase);
    if (command === undefined)
      return { is: "violation", what: `COM-PORT-OPTION ${number} is no command` };
    if (command === "signature") return this.#readSignature(bytes.subarray(1));
    const isQuestion = bytes.length === 1 && this.#receiveBase === 0 && STATES.has(command);
    const wanted = isQuestion ? 0 : VALUE_BYTES[command];
    if (bytes.length - 1 < wanted)
      return { is: "violation", what: `COM-PORT-OPTION ${command} of ${bytes.length - 1} bytes` };
    let value = 0;
    for (const byte of bytes.subarray(1, 1 + wanted)) value = value * 256 + byte;
    return { is: "comPort", command, value };
  }

  #readSignature(bytes: Uint8Array): Rfc2217Event {
    if (bytes.length === 0 && this.#signatureAnswers > 0) {
      this.#signatureAnswers -= 1;
      this.#output.push(this.#encode("signature", latin1(this.#name)));
    }
    const text = String.fromCharCode(...bytes.subarray(0, MAX_SIGNATURE_BYTES));
    return { is: "signature", text };
  }

  #encode(command: ComPortCommand, value: Uint8Array): Uint8Array {
    const content = concatBytes([Uint8Array.of(COM_PORT[command] + this.#sendBase), value]);
    return this.#telnet.encodeSubnegotiation(comPort, content);
  }
}

const NOTHING = new Uint8Array(0);
/** What pySerial asks for, beyond the RFC, by a command without a value. */
const STATES: ReadonlySet<ComPortCommand> = new Set(["lineState", "modemState"]);

/** Bytes of each command's value. */
const VALUE_BYTES: Readonly<Record<ComPortCommand, number>> = {
  signature: 0,
  baud: 4,
  dataBits: 1,
  parity: 1,
  stopBits: 1,
  control: 1,
  lineState: 1,
  modemState: 1,
  suspend: 0,
  resume: 0,
  lineStateMask: 1,
  modemStateMask: 1,
  purge: 1,
};

/** A value in the length that its command has, in network byte order. */
function valueBytes(command: ComPortCommand, value: number): Uint8Array {
  const length = VALUE_BYTES[command];
  return Uint8Array.from({ length }, (_, i) => (value >>> (8 * (length - 1 - i))) & 255);
}
