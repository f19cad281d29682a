import type { Millis, Timer } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { Link, LinkNotice, ModemLines } from "../link.ts";
import type { CallOutcome, OpenCall } from "./calls.ts";
import { hangUpModem } from "./modem-hang-up.ts";
import type { ModemLine } from "./modem-line.ts";
import { PlusGuard } from "./plus-guard.ts";

/** DCD rises with CONNECT, a little before or after. */
const RISES_WITHIN: Millis = seconds(3);
const LOOK_EVERY: Millis = 900;
/** Silence after a line "NO CARRIER" that makes it the modem's own. */
const NO_CARRIER_QUIET: Millis = seconds(3);
/** After the carrier fell: what still stands in buffers on the way. */
const DRAIN: Millis = 250;

/** Notices kept until somebody listens. */
const MAX_EARLY = 16;

const DONE: IteratorResult<Uint8Array> = { done: true, value: undefined };

/** How the end of a call is known. */
interface Watch {
  /** `dcd`: the line is the truth; `text`: a line "NO CARRIER" and silence; `auto`: DCD where it rises with the call. */
  readonly carrier: "auto" | "dcd" | "text";
  /** DCD was up before there was a call: it proves nothing. */
  readonly wasUp: boolean;
  /** A BREAK on the modem's line reaches the far end. */
  readonly passesBreak: boolean;
}

/** A call that stands, as a Link: its carrier is watched, and closing it hangs up. */
export class ModemLink implements Link {
  readonly label: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  sendBreak?: (ms: Millis) => Promise<void>;
  readLines?: () => Promise<ModemLines>;
  readonly #modem: ModemLine;
  readonly #name: string;
  readonly #guard: Millis;
  readonly #pluses: PlusGuard;
  #writing: Promise<void> = Promise.resolve();
  readonly #call: OpenCall | undefined;
  #trustsCarrier = false;
  #byText = false;
  #timer: Timer | undefined;
  #quiet: Timer | undefined;
  #lost: OobError | undefined;
  #told: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #over = false;
  #early: LinkNotice[] = [];
  #listen = (notice: LinkNotice): void => {
    if (this.#early.length < MAX_EARLY) this.#early.push(notice);
  };

  /** `name`: who is named in errors. */
  constructor(parts: {
    readonly modem: ModemLine;
    readonly name: string;
    readonly label: string;
    readonly guard: Millis;
    readonly call: OpenCall | undefined;
  }) {
    this.#modem = parts.modem;
    this.#name = parts.name;
    this.label = parts.label;
    this.#guard = parts.guard;
    this.#pluses = new PlusGuard(parts.modem.clock, parts.guard);
    this.#call = parts.call;
    this.bytes = { [Symbol.asyncIterator]: () => ({ next: () => this.#next() }) };
  }

  /**
   * Finds out what tells the end of this call, and watches for it. Throws LINK_LOST where DCD has to rise and does not,
   * LINK_REFUSED where nothing would tell it.
   */
  async begin(watch: Watch): Promise<void> {
    const { link } = this.#modem;
    if (watch.passesBreak && link.sendBreak) this.sendBreak = link.sendBreak.bind(link);
    if (link.readLines) this.readLines = link.readLines.bind(link);
    link.onNotice?.((notice) => this.#noticed(notice));
    if (watch.carrier === "dcd" || (watch.carrier === "auto" && !watch.wasUp && link.readLines))
      this.#trustsCarrier = await this.#modem.untilCarrier(true, RISES_WITHIN);
    if (watch.carrier === "dcd" && !this.#trustsCarrier)
      throw new OobError(
        "LINK_LOST",
        `Lost "${this.#name}": the modem said CONNECT, and DCD did not rise`,
        {
          hint: "Check the cable, &C1 in init, or set carrier: text",
        },
      );
    this.#byText = !this.#trustsCarrier;
    // A host prints "3" all day. Unnoticed, what it prints after the end of the call would be commands to the modem.
    if (this.#byText && !this.#modem.codec.speaks)
      throw new OobError(
        "LINK_REFUSED",
        `Cannot keep the call to "${this.#name}": its end would not be seen, since the modem answers in numbers and DCD does not follow the call`,
        { hint: "Have it answer in words (V1 in init), or reach it where DCD is: serial, rfc2217" },
      );
    if (this.#trustsCarrier) this.#watchCarrier();
    else if (link.readLines && watch.carrier === "auto")
      this.#note("DCD does not follow the call: its end is known by the modem's words alone");
  }

  onNotice(listen: (notice: LinkNotice) => void): void {
    this.#listen = listen;
    for (const notice of this.#early.splice(0)) listen(notice);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#lost) throw this.#lost;
    if (this.#closing)
      throw new OobError("LINK_LOST", `Cannot write to "${this.#name}": it is being hung up`);
    // One after another: a plus that is held must not be overtaken.
    const turn = this.#writing.then(() =>
      this.#pluses.write(bytes, (piece) => this.#modem.link.write(piece)),
    );
    this.#writing = turn.catch(() => undefined);
    await turn;
  }

  close(): Promise<void> {
    this.#closing ??= this.#hangUp();
    return this.#closing;
  }

  async #hangUp(): Promise<void> {
    this.#timer?.cancel();
    this.#quiet?.cancel();
    await this.#told;
    // A carrier that fell is proof. A text is none: the host may have printed it, and the line still be open.
    if (this.#lost === undefined || this.#byText) {
      const { proven, how } = await hangUpModem(this.#modem, {
        guard: this.#guard,
        trustsCarrier: this.#trustsCarrier,
        hasReader: true,
      });
      if (!proven) this.#note(`not proven that the line is free: ${how}`);
      if (this.#told === undefined) await this.#call?.ended(proven ? "hung-up" : "unproven", how);
    }
    this.#over = true;
    this.#modem.wake();
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    const modem = this.#modem;
    for (;;) {
      const got = await (this.#over || this.#lost ? modem.read(DRAIN) : modem.read());
      if (got instanceof Uint8Array) {
        this.#heard();
        return { done: false, value: got };
      }
      if (this.#over || (got === "ended" && this.#closing)) return DONE;
      if (got === "ended") this.#lose("modem-lost", modem.lost());
      if (this.#lost) throw this.#lost;
    }
  }

  /** Bytes came: a "NO CARRIER" with more after it was the host's. */
  #heard(): void {
    if (!this.#byText) return;
    this.#quiet?.cancel();
    if (!this.#modem.codec.endsInNoCarrier) return;
    this.#quiet = this.#modem.clock.after(NO_CARRIER_QUIET, () => {
      if (this.#modem.codec.endsInNoCarrier) this.#hungUp("the modem says NO CARRIER");
    });
  }

  #watchCarrier(): void {
    this.#timer = this.#modem.clock.after(LOOK_EVERY, () => {
      void this.#modem.carrier().then((carrier) => {
        if (this.#closing || this.#lost) return;
        if (carrier === false) this.#hungUp("the carrier fell");
        else this.#watchCarrier();
      });
    });
  }

  #noticed(notice: LinkNotice): void {
    this.#listen(notice);
    if (notice.is === "lines" && !notice.lines.dcd && this.#trustsCarrier)
      this.#hungUp("the carrier fell");
  }

  #hungUp(why: string): void {
    this.#lose("lost", new OobError("LINK_LOST", `Lost "${this.#name}": ${why}`));
  }

  #lose(outcome: CallOutcome, error: OobError): void {
    if (this.#lost || this.#closing) return;
    this.#lost = error;
    this.#told = this.#call?.ended(outcome, error.message).catch(() => undefined);
    this.#modem.wake();
  }

  #note(text: string): void {
    this.#listen({ is: "note", text });
  }
}
