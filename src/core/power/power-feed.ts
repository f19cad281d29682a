/**
 * One outlet being switched: sent once, believed only after it was read back.
 *
 * A command is over when two readings in a row show what was wanted, with nothing pending and, after an off, no load.
 * An answer that was lost says nothing: the outlet is read, and only an absolute on or off is repeated, once, after a
 * reading has shown that the first one did nothing. Off is repeated only when the device has had all the time that it
 * may need, because a late first off must not cut what a later on has brought back.
 */
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { OutletCommand, OutletReading, PowerState } from "../../sdk/power.ts";
import type { OutletStatus } from "../site/site.ts";
import type { FirstCommand } from "./first-command.ts";
import { type BoundOutlet, checkSame } from "./power-outlets.ts";
import type { PduQueue } from "./power-queue.ts";
import type { Stagger } from "./stagger.ts";
import { unverified } from "./unverified.ts";

const FIRST_LOOK: Millis = 200;
const LOOK_EVERY: Millis = 1000;
/** A device that says "pending" is believed beyond the settling time, but not for ever. */
const PENDING_AT_MOST: Millis = 180_000;
/** Below this a meter's reading is noise. */
const LOAD_WATTS = 5;
const LOAD_AMPS = 0.2;
/** A turn that was not used within this is lost: others may have had theirs since. */
const TURN_HOLDS: Millis = 1000;
/** Readings in a row that have to agree. */
const AGREEING = 2;

/** The way to a PDU: its requests one by one, its outlets with time between them. */
export interface PduWay {
  readonly queue: PduQueue;
  readonly stagger: Stagger;
}

/** How an attempt to turn an outlet ended. */
export interface Turned {
  readonly verified: boolean;
  /** The device said that it took the command. */
  readonly taken: boolean;
  readonly error?: OobError;
}

/** How a command went: the device took it, said no, or did not say; then it may have happened. */
type Sent =
  | { readonly is: "taken" }
  | { readonly is: "refused" | "lost"; readonly error: OobError };

export class Feed {
  readonly outlet: BoundOutlet;
  /** It must never be off for longer than its own PDU takes to cycle it. */
  cyclesAlone = false;
  /** It is a machine with a power button of its own: its outlets go off by themselves. */
  hasButton = false;
  /** What it was told last; undefined: nothing was sent. */
  told: OutletCommand | undefined;
  readonly #queue: PduQueue;
  readonly #stagger: Stagger;
  readonly #clock: Clock;
  readonly #first: FirstCommand | undefined;
  #last: OutletReading | undefined;
  #lastAt: Millis;
  #lastError: string | undefined;
  #settle: Millis = 0;
  #delays: OutletReading["delays"];
  #known = false;
  /** How long a state was waited for, the device's own delays included. */
  #waited: Millis = 0;
  #turnAt = Number.NEGATIVE_INFINITY;
  /** How old what is read may be, and since when it has to be true: since the order began, or its last command ended. */
  #age: Millis = 0;
  #since: Millis;

  constructor(outlet: BoundOutlet, { queue, stagger }: PduWay, clock: Clock, first?: FirstCommand) {
    this.outlet = outlet;
    this.#first = first;
    this.#queue = queue;
    this.#stagger = stagger;
    this.#clock = clock;
    this.#lastAt = clock.now();
    this.#since = clock.monotonic();
  }

  /** How long it takes until what is read proves anything; 0 where the device itself is asked. */
  get proofTakes(): Millis {
    return Math.max(0, this.#since + this.#age - this.#clock.monotonic());
  }

  /** Longest time in which the device may still show the old state, as it said at the last reading. */
  get settle(): Millis {
    return this.#settle;
  }

  /** What was read last; unknown after a reading that failed. */
  get status(): OutletStatus {
    const { amps, watts, name, note } = this.#last ?? {};
    const error = this.#lastError ?? note;
    return {
      id: this.outlet.id,
      state: this.state,
      pending: this.#last?.pending ?? false,
      readAt: this.#lastAt,
      ...(amps !== undefined && { amps }),
      ...(watts !== undefined && { watts }),
      ...(name !== undefined && { name }),
      ...(error !== undefined && { error }),
    };
  }

  /** It was read at least once and is the outlet that was bound. */
  get known(): boolean {
    return this.#known;
  }

  get state(): PowerState {
    return this.#last?.state ?? "unknown";
  }

  /** Fresh from the device. Throws when it is not the outlet that was bound. */
  async read(): Promise<OutletReading> {
    try {
      const reading = await this.#queue.run(async (pdu) => {
        this.#settle = pdu.settle;
        this.hasButton = pdu.commands.includes("soft");
        return pdu.readOutlet(this.outlet.instance);
      });
      checkSame(this.outlet, reading);
      this.#known = true;
      this.#saw(reading, undefined);
      return reading;
    } catch (error) {
      this.#saw(undefined, messageOf(error));
      throw error;
    }
  }

  /** Waits for its turn among the outlets of its PDU before anything is written down: what is intended goes out at once. */
  async takeTurn(): Promise<void> {
    await this.#stagger.turn();
    this.#turnAt = this.#clock.monotonic();
  }

  /** Sends a command, once. Throws INTERRUPTED where the order was given up and this would be its first. */
  async send(command: OutletCommand): Promise<Sent> {
    try {
      if (this.#clock.monotonic() - this.#turnAt >= TURN_HOLDS) await this.#stagger.turn();
      this.#turnAt = Number.NEGATIVE_INFINITY;
      await this.#queue.run((pdu, late) => {
        this.#first?.goesOut();
        this.told = command;
        return pdu.command(this.outlet.instance, command, late);
      });
      return { is: "taken" };
    } catch (error) {
      if (this.#first?.refused(error)) throw error;
      if (error instanceof OobError)
        return { is: error.code === "PDU_SILENT" ? "lost" : "refused", error };
      const text = messageOf(error);
      return { is: "refused", error: new OobError("PDU_SILENT", text, { cause: error }) };
    } finally {
      this.#since = this.#clock.monotonic();
    }
  }

  /** How long the device takes for a cycle of its own, as far as it says. */
  get cycleTime(): Millis {
    return this.#settle + (this.#delays?.cycle ?? 0);
  }

  /** true when two readings in a row show it, nothing pending. Sends nothing. */
  async shows(want: "on" | "off"): Promise<boolean> {
    for (let agreed = 0; agreed < AGREEING; agreed++) {
      if (agreed > 0) await this.#clock.sleep(FIRST_LOOK);
      let reading = await this.#look();
      if (this.proofTakes > 0) {
        await this.#clock.sleep(this.proofTakes);
        reading = await this.#look();
      }
      if (!isSo(reading, want)) return false;
    }
    return true;
  }

  /** Reads twice: what is told at the end of a failure is not one garbled answer. */
  async confirm(): Promise<void> {
    if (this.state === "unknown") return;
    const first = await this.#look();
    await this.#clock.sleep(FIRST_LOOK);
    const second = await this.#look();
    if (first?.state !== second?.state) this.#saw(undefined, "two readings in a row differ");
  }

  /** Sends on or off and reads until it is so, or the device's time is up. */
  async turn(want: "on" | "off"): Promise<Turned> {
    let sent = await this.send(want);
    if (sent.is === "refused") {
      const already = await this.shows(want);
      return { verified: already, taken: false, ...(!already && { error: sent.error }) };
    }
    let seen = await this.#await(want, sent, sent.is === "lost");
    if (seen === "repeat") {
      sent = await this.send(want);
      seen = sent.is === "refused" ? sent.error : await this.#await(want, sent, false);
    }
    const taken = sent.is === "taken";
    if (seen === "so") return { verified: true, taken };
    const error = seen === "repeat" ? this.#unverified(want, this.#last, sent) : seen;
    return { verified: false, taken, error };
  }

  /** Reads until it is so or the time is up; "repeat" where the command was lost, has done nothing, and may go out again. */
  async #await(
    want: "on" | "off",
    sent: Sent,
    mayRepeat: boolean,
  ): Promise<"so" | "repeat" | OobError> {
    const begun = this.#clock.monotonic();
    const until = begun + this.#settle + (this.#delays?.[want] ?? 0);
    for (let agreed = 0, looks = 0; ; looks++) {
      const proves = this.proofTakes === 0;
      const reading = await this.#look();
      agreed = proves && isSo(reading, want) ? agreed + 1 : 0;
      if (agreed >= AGREEING) return "so";
      const now = this.#clock.monotonic();
      const late = now >= until;
      this.#waited = now - begun;
      if (mayRepeat && proves && isOpposite(reading, want) && (late || want === "on"))
        return "repeat";
      const pending = reading?.pending === true && now < begun + PENDING_AT_MOST;
      if (late && agreed === 0 && !pending) return this.#unverified(want, reading, sent);
      await this.#clock.sleep(pauseBefore(agreed, looks));
    }
  }

  /** Watches for `time`: false as soon as it does not stay on. A reading that fails proves nothing. */
  async staysOn(time: Millis): Promise<boolean> {
    const until = this.#clock.monotonic() + time;
    while (this.#clock.monotonic() < until) {
      await this.#clock.sleep(LOOK_EVERY);
      const reading = await this.#look();
      if (reading?.state === "off") return false;
    }
    return this.shows("on");
  }

  async #look(): Promise<OutletReading | undefined> {
    try {
      return await this.read();
    } catch {
      // Kept in #lastError; what cannot be read is unknown, and the next reading may tell.
      return undefined;
    }
  }

  #saw(reading: OutletReading | undefined, error: string | undefined): void {
    this.#last = reading;
    this.#delays = reading?.delays ?? this.#delays;
    this.#age = reading?.age ?? this.#age;
    this.#lastError = error;
    this.#lastAt = this.#clock.now();
  }

  #unverified(want: "on" | "off", reading: OutletReading | undefined, sent: Sent): OobError {
    return unverified({
      ...{ id: this.outlet.id, want, reading, why: this.#lastError },
      waited: formatDuration(this.#waited),
      lost: sent.is === "taken" ? undefined : sent.error,
    });
  }
}

/** What is as it should be is looked at again soon, what is not yet less and less often. */
function pauseBefore(agreed: number, looks: number): Millis {
  return agreed > 0 ? FIRST_LOOK : Math.min(LOOK_EVERY, FIRST_LOOK * 2 ** Math.min(looks, 4));
}

function isSo(reading: OutletReading | undefined, want: "on" | "off"): boolean {
  if (reading === undefined || reading.state !== want || reading.pending) return false;
  return want === "on" || !drawsLoad(reading);
}

const isOpposite = (reading: OutletReading | undefined, want: "on" | "off"): boolean =>
  reading?.pending === false && reading.state === (want === "on" ? "off" : "on");

const drawsLoad = ({ watts, amps }: OutletReading): boolean =>
  watts === undefined ? (amps ?? 0) >= LOAD_AMPS : watts >= LOAD_WATTS;
