import {
  type ComPortCommand,
  LINE_STATE,
  MODEM_STATE,
  type Rfc2217Event,
} from "../../codec/rfc2217.ts";
import { concatBytes } from "../../lib/bytes.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { printable } from "../../lib/printable.ts";
import type { LinkNotice, ModemLines } from "../link.ts";
import { Paced } from "./paced.ts";

/** A line at the wrong speed has thousands of errors a second: each kind is told so often. */
export const NOTE_EVERY: Millis = seconds(10);
/** A floating CTS flaps: what the lines came to is told so often. */
export const LINES_EVERY: Millis = 250;
/** Notices kept until somebody listens. */
const MAX_EARLY = 32;

/** What is not for people but for the Link itself. */
export interface WireEvents {
  option(option: number): void;
  answer?(command: ComPortCommand, value: number): void;
  flow?(held: boolean): void;
  polled?(): void;
}

const ERRORS = [
  { bit: LINE_STATE.overrun, name: "overrun: bytes were lost before the server read them" },
  { bit: LINE_STATE.framing, name: "framing error: is the speed right?" },
  { bit: LINE_STATE.parity, name: "parity error: is the format right?" },
] as const;

/** What telnet and RFC 2217 tell besides bytes, told to people at a pace that a broken line cannot set. */
export class WireNotices {
  readonly #clock: Clock;
  readonly #paced = new Map<string, Paced>();
  readonly #early: LinkNotice[] = [];
  readonly #protocol: string;
  #stopped = false;
  #listen: ((notice: LinkNotice) => void) | undefined;
  #named = false;
  #held = false;
  #lines: ModemLines | undefined;
  #told = "";

  /** `protocol`: begins its notes. */
  constructor(clock: Clock, protocol: string) {
    this.#clock = clock;
    this.#protocol = protocol;
  }

  /** As last told by the server. */
  get lines(): ModemLines | undefined {
    return this.#lines;
  }

  /** Gives what was told before, but not within this call. */
  listen(listen: (notice: LinkNotice) => void): void {
    queueMicrotask(() => {
      this.#listen = listen;
      for (const notice of this.#early.splice(0)) listen(notice);
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const paced of this.#paced.values()) paced.stop();
  }

  note(text: string): void {
    this.#tell({ is: "note", text: `${this.#protocol}: ${text}` });
  }

  /** Settings that changed without us. */
  changed(settings: string): void {
    this.#pace("changed", NOTE_EVERY, () =>
      this.note(`the server says that the port is at ${settings} now`),
    );
  }

  /** Takes events; returns the console's bytes among them. */
  take(events: readonly Rfc2217Event[], to: WireEvents): Uint8Array {
    const data: Uint8Array[] = [];
    for (const event of events) {
      switch (event.is) {
        case "data":
          data.push(event.bytes);
          break;
        case "break":
          this.#break();
          break;
        case "option":
          to.option(event.option);
          break;
        case "comPort":
          this.#comPort(event.command, event.value, to);
          break;
        case "signature":
          this.#signature(event.text);
          break;
        case "violation":
          this.#counted(event.what, "violation");
          break;
        case "subnegotiation":
        case "command":
          break;
      }
    }
    return concatBytes(data);
  }

  #comPort(command: ComPortCommand, value: number, to: WireEvents): void {
    if (command === "modemState") {
      this.#modemState(value);
      to.polled?.();
    } else if (command === "lineState") this.#lineState(value);
    else if (command === "suspend" || command === "resume") {
      to.flow?.(command === "suspend");
      this.#flow(command === "suspend");
    } else to.answer?.(command, value);
  }

  #flow(held: boolean): void {
    this.#held = held;
    this.#pace("flow", NOTE_EVERY, () =>
      this.note(
        this.#held
          ? "the server holds back what is typed (flow control)"
          : "the server takes what is typed again",
      ),
    );
  }

  #lineState(state: number): void {
    if (state & LINE_STATE.break) this.#break();
    for (const { bit, name } of ERRORS) if (state & bit) this.#counted(name, name);
  }

  #modemState(state: number): void {
    const has = (bit: number): boolean => (state & bit) !== 0;
    this.#lines = {
      cts: has(MODEM_STATE.cts),
      dsr: has(MODEM_STATE.dsr),
      dcd: has(MODEM_STATE.dcd),
    };
    if (has(MODEM_STATE.ring)) this.#counted("the port rings", "ring");
    this.#pace("lines", LINES_EVERY, () => {
      const lines = this.#lines;
      const told = JSON.stringify(lines);
      if (lines === undefined || told === this.#told) return;
      this.#told = told;
      this.#tell({ is: "lines", lines });
    });
  }

  #signature(text: string): void {
    if (this.#named || text === "") return;
    this.#named = true;
    this.note(`the server calls itself "${printable(text)}"`);
  }

  #break(): void {
    this.#pace("break", LINES_EVERY, () => this.#tell({ is: "break" }));
  }

  #counted(text: string, kind: string): void {
    this.#pace(kind, NOTE_EVERY, (times) =>
      this.note(times === 1 ? text : `${text} (${times} times)`),
    );
  }

  #pace(kind: string, every: Millis, tell: (times: number) => void): void {
    if (this.#stopped) return;
    let paced = this.#paced.get(kind);
    if (!paced) {
      paced = new Paced(this.#clock, every, tell);
      this.#paced.set(kind, paced);
    }
    paced.happened();
  }

  #tell(notice: LinkNotice): void {
    if (this.#listen) this.#listen(notice);
    else if (this.#early.length < MAX_EARLY) this.#early.push(notice);
  }
}
