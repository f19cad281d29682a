/**
 * A Link to a serial port behind a server that speaks RFC 2217.
 *
 *   open ─► COM-PORT-OPTION agreed? ─yes─► settings asked for, answers compared ─► up
 *                    └─refused, or no answer within ANSWER_WITHIN ─► plain telnet, said so; or refused, if asked
 *
 * While it opens we read, and keep the console's bytes for the consumer. A server that agrees late is set up late.
 * Our own back-pressure is TCP's: nothing is read while nobody asks.
 */
import { COM_CONTROL, type ComPortCommand, Rfc2217Codec } from "../../codec/rfc2217.ts";
import { TELNET_OPTION } from "../../codec/telnet-option.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Link, LinkNotice, ModemLines, OpenContext } from "../link.ts";
import { type OptionValues, textOf } from "../options.ts";
import { cameWithin } from "./came-within.ts";
import {
  answerKey,
  type ComPortKey,
  type ComPortRequest,
  faultsOf,
  lineRequest,
  requestsOf,
  settingsText,
} from "./com-port-settings.ts";
import { givenUp } from "./connect-socket.ts";
import { EarlyBytes } from "./early-bytes.ts";
import { HeldWrites } from "./held-writes.ts";
import { openStream } from "./network-options.ts";
import { type LinkCodec, socketLink, type WireLink } from "./socket-link.ts";
import { WireNotices } from "./wire-notices.ts";

/** How long a server has to answer, the option as well as a setting. */
export const ANSWER_WITHIN: Millis = seconds(3);
const POLL_WITHIN: Millis = seconds(1);
const MAX_BREAK: Millis = seconds(10);
/** BREAK, framing, parity and overrun: 16 + 8 + 4 + 2. */
const LINE_STATES = 30;
const MODEM_STATES = 255;
const CHECK_SERVER =
  'Set the port up on the server (ser2net: accepter telnet(rfc2217)), or go on with what it has by "mismatch: tell"';
const CHECK_PORT = "Check that the server serves this port, and who else has it";
const PURGES: Readonly<Record<string, number>> = { input: 1, output: 2, both: 3 };

/** Opens a port behind a server that speaks RFC 2217, by the options of drivers/console/rfc2217.ts. */
export async function openComPort(options: OptionValues, context: OpenContext): Promise<Link> {
  const { socket, peer, prefix } = await openStream(options, context);
  const link = new ComPortLink(options, context, peer, prefix);
  await link.begin((codec) => socketLink({ label: peer, peer, socket, codec }));
  return link;
}

interface Waiting {
  readonly keys: Set<ComPortKey>;
  readonly done: () => void;
}

class ComPortLink implements Link {
  readonly #options: OptionValues;
  readonly #context: OpenContext;
  readonly #peer: string;
  readonly #prefix: string;
  readonly #codec = new Rfc2217Codec("client");
  readonly #requests: readonly ComPortRequest[];
  readonly #values = new Map<ComPortKey, number>();
  readonly #closing = new AbortController();
  readonly #notices: WireNotices;
  readonly #held: HeldWrites;
  #wire!: WireLink;
  #early!: EarlyBytes;
  #waiting: Waiting | undefined;
  #polled: (() => void) | undefined;
  #polls = true;
  #begun = false;
  #applied = false;
  #settled: () => void = () => {};
  #turn: Promise<unknown> = Promise.resolve();
  #state = "";

  constructor(options: OptionValues, context: OpenContext, peer: string, prefix: string) {
    this.#options = options;
    this.#context = context;
    this.#peer = peer;
    this.#prefix = prefix;
    this.#requests = requestsOf(options);
    this.#notices = new WireNotices(context.clock, "rfc2217");
    this.#held = new HeldWrites(context.clock, peer, this.#closing.signal);
  }

  get label(): string {
    return `${this.#prefix}rfc2217 ${this.#state}`;
  }

  get bytes(): AsyncIterable<Uint8Array> {
    return this.#early;
  }

  /** Negotiates and sets up; throws what makes the console not worth having. */
  async begin(make: (codec: LinkCodec) => WireLink): Promise<void> {
    this.#wire = make({
      receive: (wire) => this.#receive(wire),
      takeOutput: () => this.#codec.takeOutput(),
      encode: (bytes) => this.#codec.encode(bytes),
      end: () => this.#codec.end(),
    });
    this.#early = new EarlyBytes(this.#wire.bytes);
    const { signal } = this.#context;
    const giveUp = () => this.#closing.abort();
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await this.#wire.send(this.#codec.takeOutput());
      const ended = await this.#early.readUntil(this.#setUp());
      if (ended) throw this.#refused("the server hung up before it answered", CHECK_PORT);
      signal.throwIfAborted();
    } catch (thrown) {
      await this.#end();
      throw signal.aborted ? givenUp(this.#peer, signal.reason) : thrown;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
    this.#begun = true;
  }

  onNotice(listen: (notice: LinkNotice) => void): void {
    this.#notices.listen(listen);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#held.pass(bytes.length, () => this.#wire.write(bytes));
  }

  sendBreak(ms: Millis): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#codec.agreed) return this.#wire.send(this.#codec.encodeBreak());
      await this.#send("control", COM_CONTROL.breakOn);
      const length = Math.min(Math.max(ms, 1), MAX_BREAK);
      await this.#context.clock.sleep(length, this.#closing.signal).catch(() => undefined);
      // Answers are not looked at: ser2net's to BREAK OFF is another one. And never held back: a BREAK has to end.
      await this.#wire.send(this.#codec.encodeCommand("control", COM_CONTROL.breakOff));
    });
  }

  async setLines(lines: { dtr?: boolean; rts?: boolean }): Promise<void> {
    this.#mustAgree("set DTR or RTS of");
    const requests: ComPortRequest[] = [];
    if (lines.dtr !== undefined) requests.push(lineRequest("dtr", lines.dtr));
    if (lines.rts !== undefined) requests.push(lineRequest("rts", lines.rts));
    const faults = await this.#inTurn(() => this.#ask(requests));
    // ser2net in front of a pty never answers: what could not be confirmed is said, and no failure.
    const denied = faults.filter((fault) => !fault.endsWith("not confirmed"));
    if (denied.length > 0) throw this.#unsupported("set DTR or RTS of", denied);
    if (faults.length > 0) this.#notices.note(`${faults.join(", ")}`);
  }

  async setBaud(baud: number): Promise<void> {
    this.#mustAgree("set the speed of");
    const faults = await this.#inTurn(() =>
      this.#ask([{ key: "baud", command: "baud", value: baud }]),
    );
    this.#state = settingsText(this.#values);
    if (faults.length > 0) throw this.#unsupported("set the speed of", faults);
  }

  /** Asks, as pySerial does beyond the RFC; a server that does not answer that is believed what it told by itself. */
  async readLines(): Promise<ModemLines> {
    this.#mustAgree("read the modem lines of");
    if (this.#polls) {
      const asked = new Promise<void>((resolve) => {
        this.#polled = resolve;
      });
      await this.#send("modemState");
      this.#polls = await this.#within(asked, POLL_WITHIN);
    }
    const { lines } = this.#notices;
    if (lines === undefined)
      throw this.#unsupported("read the modem lines of", ["the server tells none"]);
    return lines;
  }

  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) await this.#end();
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    this.#notices.stop();
    // A BREAK under way is ended first; a server that takes nothing any more is not waited for.
    await cameWithin(this.#context.clock, this.#turn, POLL_WITHIN);
    await this.#wire.close();
  }

  async #setUp(): Promise<void> {
    const answered = await this.#within(
      new Promise<void>((resolve) => {
        this.#settled = resolve;
      }),
      ANSWER_WITHIN,
    );
    if (this.#codec.agreed) return this.#apply();
    const wait = formatDuration(ANSWER_WITHIN);
    const what = answered
      ? "the server refuses COM-PORT-OPTION"
      : `the server did not answer COM-PORT-OPTION within ${wait}`;
    if (textOf(this.#options, "mismatch") === "refuse") throw this.#refused(what);
    this.#state = answered ? "refused, plain telnet" : "not answered, plain telnet";
    this.#notices.note(`${what}: plain telnet, its settings are the server's`);
  }

  /** Sets the port up and compares what the server says is in force. */
  async #apply(): Promise<void> {
    this.#applied = true;
    await this.#send("signature");
    await this.#send("lineStateMask", LINE_STATES);
    await this.#send("modemStateMask", MODEM_STATES);
    const faults = await this.#inTurn(() => this.#ask(this.#requests));
    const purge = PURGES[textOf(this.#options, "purge")];
    if (purge !== undefined && !this.#context.reopening) await this.#send("purge", purge);
    this.#state = settingsText(this.#values);
    if (faults.length === 0) return;
    const what = faults.join(", ");
    if (textOf(this.#options, "mismatch") === "refuse" && !this.#begun)
      throw this.#refused(`settings are not as asked: ${what}`);
    this.#state += ` (${what})`;
    this.#notices.note(`settings are not as asked: ${what}`);
  }

  /** Sends requests and waits for their answers; says what is not as wanted. Only in turn. */
  async #ask(requests: readonly ComPortRequest[]): Promise<string[]> {
    if (requests.length === 0) return [];
    for (const { key } of requests) this.#values.delete(key);
    const answered = new Promise<void>((done) => {
      this.#waiting = { keys: new Set(requests.map(({ key }) => key)), done };
    });
    for (const { command, value } of requests) await this.#send(command, value);
    await this.#within(answered, ANSWER_WITHIN);
    this.#waiting = undefined;
    return faultsOf(requests, this.#values);
  }

  #receive(wire: Uint8Array): Uint8Array {
    return this.#notices.take(this.#codec.receive(wire), {
      option: (option) => {
        if (option === TELNET_OPTION.comPort) this.#option();
      },
      answer: (command, value) => this.#answer(command, value),
      flow: (held) => this.#held.hold(held),
      polled: () => this.#polled?.(),
    });
  }

  #option(): void {
    this.#settled();
    // What goes wrong then is the connection's end, which its reader sees.
    if (this.#begun && this.#codec.agreed && !this.#applied) this.#apply().catch(() => undefined);
  }

  #answer(command: ComPortCommand, value: number): void {
    const key = answerKey(command, value);
    if (key === undefined) return;
    const before = this.#values.get(key);
    this.#values.set(key, value);
    const { keys, done } = this.#waiting ?? {};
    if (keys?.delete(key)) {
      if (keys.size === 0) done?.();
    } else if (before !== undefined && before !== value && key !== "dtr" && key !== "rts")
      this.#notices.changed(settingsText(this.#values));
  }

  #send(command: ComPortCommand, value?: number): Promise<void> {
    const wire = this.#codec.encodeCommand(command, value);
    return this.#held.pass(wire.length, () => this.#wire.send(wire));
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(run);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #within(wanted: Promise<unknown>, ms: Millis): Promise<boolean> {
    return cameWithin(this.#context.clock, wanted, ms, this.#closing.signal);
  }

  #mustAgree(what: string): void {
    if (!this.#codec.agreed) throw this.#unsupported(what, ["RFC 2217 is not agreed on"]);
  }

  #unsupported(what: string, why: readonly string[]): OobError {
    const message = `Cannot ${what} "${this.#peer}": ${why.join(", ")}`;
    return new OobError("LINK_UNSUPPORTED", message);
  }

  #refused(what: string, hint = CHECK_SERVER): OobError {
    const said = printable(this.#early.beginning.trim());
    const words = said === "" ? "" : `; it says "${said}"`;
    return new OobError("LINK_REFUSED", `Cannot open "${this.#peer}": ${what}${words}`, { hint });
  }
}
