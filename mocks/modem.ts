/*
 * A Hayes modem, its telephone network being this table of numbers. It hangs at whatever carries bytes: a TCP port
 * (listen), or a test's own wire with modem lines (receive, setDtr, carrier).
 */
import { createServer, type Server, type Socket } from "node:net";
import { latin1 } from "../src/lib/bytes.ts";
import type { Clock, Millis, Timer } from "../src/lib/clock.ts";
import type { CallEnd, ModemFaults } from "./modem-faults.ts";

const CODES: Readonly<Record<string, number>> = {
  OK: 0,
  CONNECT: 1,
  RING: 2,
  "NO CARRIER": 3,
  ERROR: 4,
  "NO DIALTONE": 6,
  "NO DIAL TONE": 6,
  BUSY: 7,
  "NO ANSWER": 8,
};

const RING_EVERY: Millis = 5000;
const DIALLING: Millis = 1500;
/** S12: 50 fiftieths of a second. */
const GUARD: Millis = 1000;

/** A modem, and the far end of its calls. */
export class MockModem {
  readonly commands: string[] = [];
  /** What the far end got. */
  readonly heard: number[] = [];
  /** Takes what the far end gets, as it comes. */
  onHeard: (byte: number) => void = () => {};
  calls = 0;
  faults: ModemFaults;
  readonly #book: Readonly<Record<string, CallEnd>>;
  readonly #clock: Clock;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #send: (bytes: Uint8Array) => void = () => {};
  #online = false;
  #connected = false;
  #line = "";
  #echo = true;
  #verbose = true;
  #quiet: boolean;
  #keepsQuiet = false;
  #dialling: Timer | undefined;
  /** Our own line rings. */
  #ringing: Timer | undefined;
  #drop: Timer | undefined;
  #lastData = Number.NEGATIVE_INFINITY;
  #pluses = 0;
  #escape: Timer | undefined;

  constructor(clock: Clock, book: Readonly<Record<string, CallEnd>>, faults: ModemFaults = {}) {
    this.#clock = clock;
    this.#book = book;
    this.faults = faults;
    this.#quiet = faults.quiet ?? false;
  }

  get carrier(): boolean {
    return this.faults.dcdAlways ?? this.#connected;
  }

  /** A call stands, whether the modem listens to commands or not. */
  get inCall(): boolean {
    return this.#connected;
  }

  get isDialling(): boolean {
    return this.#dialling !== undefined;
  }

  /** Where its bytes go. */
  plug(send: (bytes: Uint8Array) => void): void {
    this.#send = send;
  }

  /** A TCP port that leads to the modem; one at a time. */
  async listen(): Promise<number> {
    const server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("data", (bytes: Uint8Array) => this.receive(bytes));
      this.plug((bytes) => void socket.write(bytes));
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    for (const timer of [this.#dialling, this.#ringing, this.#drop, this.#escape]) timer?.cancel();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(
      this.#servers.map((server) => new Promise((resolve) => server.close(resolve))),
    );
  }

  /** The host at the far end prints. */
  print(text: string): void {
    if (this.#online) this.#send(latin1(text));
  }

  /** Somebody calls from a number ("": withheld), and gives up after so many RINGs. */
  callIn(number: string, rings = 8): void {
    const { answersAfter } = this.faults;
    const ring = (left: number) => {
      if (this.#connected || left === 0) this.#ringing = undefined;
      else if (rings - left === answersAfter && !this.#keepsQuiet) this.#connect();
      else {
        this.#say("RING");
        if (left === rings && number !== "") this.#send(latin1(`\r\nNMBR = ${number}\r\n`));
        this.#ringing = this.#clock.after(RING_EVERY, () => ring(left - 1));
      }
    };
    ring(rings);
  }

  /** The far end hangs up. */
  hangUpThere(): void {
    this.#ringing?.cancel();
    this.#ringing = undefined;
    if (!this.#connected) return;
    this.#hangUp();
    this.#say("NO CARRIER");
  }

  setDtr(high: boolean): void {
    if (high || this.faults.ignoresDtr || !this.#connected) return;
    this.#hangUp();
    this.#say("NO CARRIER");
  }

  /** Bytes from the computer. */
  receive(bytes: Uint8Array): void {
    if (this.faults.wrongSpeed) {
      this.#send(bytes.map((byte) => byte ^ 0xe6));
      return;
    }
    for (const byte of bytes) {
      if (this.#online) this.#data(byte);
      else this.#typed(byte);
    }
  }

  #data(byte: number): void {
    const now = this.#clock.monotonic();
    const quiet = now - this.#lastData >= (this.faults.guard ?? GUARD);
    this.#escape?.cancel();
    // A plus after a silence is a first one: the three follow each other within the guard time.
    if (byte !== 43) this.#pluses = 0;
    else if (quiet) this.#pluses = 1;
    else if (this.#pluses > 0) this.#pluses += 1;
    this.#lastData = now;
    this.heard.push(byte);
    this.onHeard(byte);
    if (this.#pluses !== 3 || this.faults.ignoresEscape) return;
    this.#escape = this.#clock.after(this.faults.guard ?? GUARD, () => {
      this.#pluses = 0;
      this.#online = false;
      this.#line = "";
      this.#say("OK");
    });
  }

  #typed(byte: number): void {
    if (this.#dialling) {
      this.#dialling.cancel();
      this.#dialling = undefined;
      this.#say("NO CARRIER");
      return;
    }
    if (this.#echo) this.#send(Uint8Array.of(this.faults.echoesGarbage ? byte ^ 1 : byte));
    if (byte !== 13) {
      this.#line += String.fromCharCode(byte);
      return;
    }
    const command = this.#line.trim();
    this.#line = "";
    if (/^AT/i.test(command)) this.#command(command);
  }

  #command(command: string): void {
    this.commands.push(command);
    const body = command.slice(2).toUpperCase();
    const settings = body.replace(/\+[^;]*|D.*|S\d+=\d+/g, "");
    if (settings.includes("E0")) this.#echo = false;
    if (/V[01]/.test(settings)) this.#verbose = settings.includes("V1") && !this.faults.numeric;
    if (settings.includes("Q0")) this.#quiet = false;
    const [, number] = /^D[TP]?(.*)$/.exec(body) ?? [];
    if (number !== undefined) this.#dial(number);
    else if (/^A0?$/.test(body)) this.#answerCall();
    else if (this.faults.refuses?.some((one) => body.startsWith(one))) this.#answer("ERROR");
    else {
      if (/^H0?$/.test(body)) this.#hangUp();
      if (body.includes("S0=0")) this.#keepsQuiet = true;
      if (body === "I") this.#send(latin1("\r\nMock 56k rev 1\r\n"));
      this.#answer("OK");
    }
  }

  #answer(word: string): void {
    const { slow = 0 } = this.faults;
    if (slow === 0) this.#say(word);
    else this.#clock.after(slow, () => this.#say(word));
  }

  #dial(number: string): void {
    this.calls += 1;
    const end = this.#book[number] ?? "NO CARRIER";
    if (end === "silence") return;
    const { dialling = DIALLING, ringsWhileDialling } = this.faults;
    if (ringsWhileDialling) this.#clock.after(dialling / 2, () => this.#say("RING"));
    this.#dialling = this.#clock.after(dialling, () => {
      this.#dialling = undefined;
      if (end === "answers") this.#connect();
      else this.#say(end);
    });
  }

  #answerCall(): void {
    if (!this.#ringing) {
      this.#answer("NO CARRIER");
      return;
    }
    this.#ringing.cancel();
    this.#ringing = undefined;
    this.#dialling = this.#clock.after(this.faults.answering ?? 0, () => {
      this.#dialling = undefined;
      this.#connect();
    });
  }

  #connect(): void {
    const { connect = "CONNECT 33600", glued = "", dropsAfter } = this.faults;
    this.#connected = true;
    this.#say(connect, glued);
    this.#online = true;
    this.#lastData = this.#clock.monotonic();
    if (dropsAfter !== undefined)
      this.#drop = this.#clock.after(dropsAfter, () => this.hangUpThere());
  }

  #hangUp(): void {
    this.#drop?.cancel();
    this.#online = false;
    this.#connected = false;
  }

  #say(word: string, glued = ""): void {
    const { lineEnd = "\r\n", lowerCase } = this.faults;
    if (this.#quiet) return;
    const verbose = this.#verbose && !this.faults.numeric;
    const code = CODES[word] ?? (word.startsWith("CONNECT") ? 1 : 4);
    const text = verbose ? `${lineEnd}${word}${lineEnd}` : `${code}\r`;
    this.#send(latin1((lowerCase ? text.toLowerCase() : text) + glued));
  }
}
