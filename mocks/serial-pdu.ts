/**
 * A serial PDU at the wire: bytes in, bytes out, relays behind. On a serial line it stays where it was left; on TCP each
 * connection is a session of its own. What it says is its family's; its faults are switches.
 */
import { createServer, type Server, type Socket } from "node:net";
import { TELNET_SERVER, TelnetCodec } from "../src/codec/telnet.ts";
import { utf8 } from "../src/lib/bytes.ts";
import { type Clock, systemClock } from "../src/lib/clock.ts";
import { SERIAL_PDU_FAMILIES } from "./serial-pdu-families.ts";
import type {
  MockSocketOutlet,
  PduSession,
  SerialPduFamily,
  SerialPduFaults,
  SerialPduManners,
} from "./serial-pdu-session.ts";

/** How it is set up. */
export interface SerialPduSetup extends SerialPduManners {
  readonly family: keyof typeof SERIAL_PDU_FAMILIES;
  /** Names of the outlets, in order. */
  readonly names: readonly string[];
  /** Does not send back what is typed. */
  readonly silentKeys?: boolean;
  /** A line ends with LF; CR is part of it, or of nothing. */
  readonly wantsLineFeed?: boolean;
  readonly clock?: Clock;
}

/** A relay that was told to move. */
export interface SerialPduCommand {
  readonly outlet: string;
  readonly on: boolean;
}

export class MockSerialPdu {
  readonly setup: SerialPduSetup;
  readonly faults: SerialPduFaults = {};
  readonly outlets: readonly MockSocketOutlet[];
  /** Every command that was understood, in order. */
  readonly commands: SerialPduCommand[] = [];
  /** Passwords that were tried. */
  readonly tried: string[] = [];
  readonly clock: Clock;
  readonly #family: SerialPduFamily;
  readonly #sessions = new Set<SerialPduSession>();
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();

  constructor(setup: SerialPduSetup) {
    this.setup = setup;
    this.clock = setup.clock ?? systemClock;
    this.#family = SERIAL_PDU_FAMILIES[setup.family];
    this.outlets = setup.names.map((name, i) => ({
      id: this.#family.idOf(i + 1),
      name,
      on: true,
    }));
  }

  /** Sessions of people and programs that are logged in or on their way. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** A way in: what is sent to the client, and what hangs up. `line`: it begins anew instead of hanging up. */
  connect(send: (bytes: Uint8Array) => void, hangUp: () => void, line = false): SerialPduSession {
    const session = new SerialPduSession(this, this.#family, send, () => {
      if (line) session.start();
      else {
        this.#sessions.delete(session);
        hangUp();
      }
    });
    this.#sessions.add(session);
    session.start();
    return session;
  }

  /** Somebody went away. */
  gone(session: SerialPduSession): void {
    this.#sessions.delete(session);
  }

  /** Listens on a TCP port of 127.0.0.1, a free one unless said, with telnet or plain bytes; returns it. */
  async listen(port = 0, telnet = false): Promise<number> {
    const server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      const codec = telnet ? new TelnetCodec(TELNET_SERVER) : undefined;
      const write = (bytes: Uint8Array) => void (socket.writable && socket.write(bytes));
      if (codec) write(codec.takeOutput());
      const send = (bytes: Uint8Array) => write(codec ? codec.encode(bytes) : bytes);
      const session = this.connect(send, () => socket.end());
      socket.on("data", (bytes: Uint8Array) => {
        if (!codec) session.receive(bytes);
        else
          for (const event of codec.receive(bytes))
            if (event.is === "data") session.receive(event.bytes);
        if (codec) write(codec.takeOutput());
      });
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        this.gone(session);
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const server = this.#server;
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  outlet(id: string): MockSocketOutlet | undefined {
    return this.outlets.find((outlet) => outlet.id.toLowerCase() === id.toLowerCase());
  }

  /** The word of the status table. */
  wordOf(outlet: MockSocketOutlet, on: string, off: string): string {
    return this.faults.says?.[outlet.id] ?? (outlet.on ? on : off);
  }

  /** Switches a relay, as far as the faults let it. */
  turn(outlet: MockSocketOutlet, on: boolean): void {
    this.commands.push({ outlet: outlet.id, on });
    const { ignores, lateBy, wrongBy = 0 } = this.faults;
    if (ignores) return;
    const at = this.outlets.indexOf(outlet) + wrongBy;
    const moved = this.outlets[at % this.outlets.length] ?? outlet;
    if (lateBy === undefined) moved.on = on;
    else
      this.clock.after(lateBy, () => {
        moved.on = on;
      });
  }
}

class Restarted extends Error {}
class HungUp extends Error {}

/** One session: a person at a terminal, or a program. */
export class SerialPduSession implements PduSession {
  readonly pdu: MockSerialPdu;
  readonly #family: SerialPduFamily;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #end: () => void;
  #typed: string[] = [];
  #text = "";
  #echo = true;
  #last = "";
  #waiting: ((text: string) => void) | undefined;
  #wants: "line" | "key" = "line";
  #run = 0;

  constructor(
    pdu: MockSerialPdu,
    family: SerialPduFamily,
    send: (bytes: Uint8Array) => void,
    end: () => void,
  ) {
    this.pdu = pdu;
    this.#family = family;
    this.#send = send;
    this.#end = end;
  }

  /** Begins, or begins anew. */
  start(): void {
    const run = ++this.#run;
    this.#typed = [];
    this.#text = "";
    this.#waiting = undefined;
    void this.#family.run(this).then(
      () => this.#over(run),
      (thrown: unknown) => {
        if (thrown instanceof Restarted && run === this.#run) this.start();
        else if (!(thrown instanceof Restarted || thrown instanceof HungUp)) throw thrown;
      },
    );
  }

  #over(run: number): void {
    if (run === this.#run) this.#end();
  }

  say(text: string): void {
    const { faults } = this.pdu;
    const bytes = utf8(text);
    if (faults.dropsAfter === undefined) {
      this.#send(bytes);
      return;
    }
    this.#send(bytes.subarray(0, faults.dropsAfter));
    faults.dropsAfter -= bytes.length;
    if (faults.dropsAfter > 0) return;
    delete faults.dropsAfter;
    this.#run += 1;
    this.#end();
    throw new HungUp();
  }

  /** A line that is typed behind a prompt; ESC alone counts as one where the family has it. */
  line(prompt: string, echo = true): Promise<string> {
    return this.#ask(prompt, "line", echo);
  }

  /** One key. */
  key(prompt: string): Promise<string> {
    return this.#ask(prompt, "key", true);
  }

  #ask(prompt: string, wants: "line" | "key", echo: boolean): Promise<string> {
    this.say(`${this.pdu.faults.noise ?? ""}${prompt}`);
    this.#wants = wants;
    this.#echo = echo && this.pdu.setup.silentKeys !== true;
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#feed();
    });
  }

  /** Rows, with a pause after each page. */
  async rows(rows: readonly string[], more: () => Promise<void>): Promise<void> {
    const { page } = this.pdu.setup;
    for (const [at, row] of rows.entries()) {
      if (page !== undefined && at > 0 && at % page === 0) await more();
      this.say(row);
    }
  }

  /** Where a command would be obeyed: it may start anew instead. */
  mayRestart(when: "before" | "after"): void {
    const { faults } = this.pdu;
    if (faults.restarts !== when) return;
    delete faults.restarts;
    this.say("\r\n\r\nStarting ...\r\n");
    throw new Restarted();
  }

  /** Asks for name and password; false: refused. */
  async login(name: string | undefined, password: string): Promise<boolean> {
    const { login } = this.pdu.setup;
    if (!login) return true;
    const user = name === undefined ? "" : await this.line(name);
    const given = await this.line(password, false);
    if (given !== "") this.pdu.tried.push(given);
    if (this.pdu.faults.refusesLogin) return false;
    return given === login.password && (login.user === undefined || user === login.user);
  }

  receive(bytes: Uint8Array): void {
    for (const byte of bytes) this.#typed.push(String.fromCharCode(byte));
    this.#feed();
  }

  #feed(): void {
    try {
      while (this.#waiting !== undefined && this.#typed.length > 0)
        this.#press(this.#typed.shift() ?? "");
    } catch (thrown) {
      if (!(thrown instanceof HungUp)) throw thrown;
    }
  }

  #press(key: string): void {
    const last = this.#last;
    this.#last = key;
    const { wantsLineFeed = false } = this.pdu.setup;
    if (wantsLineFeed ? key === "\r" : key === "\n" && last === "\r") return;
    if (this.#wants === "key" || (key === "\x1b" && this.#family.escapes)) this.#take(key);
    else if (key === "\r" || key === "\n") {
      this.say("\r\n");
      this.#take(this.#text);
    } else {
      this.#text += key;
      if (this.#echo) this.say(key);
    }
  }

  #take(text: string): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#text = "";
    waiting?.(text);
  }
}
