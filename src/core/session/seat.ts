/**
 * Who may type at a console. Pure: no I/O, no timers; Session carries out what comes of it.
 *
 *   free ─write, join─► held by a person ─leave, idle, force by another─► free, or held by the next who joined
 *   free ─borrow──────► lent to automation ─release, or any person who wants to write─► …
 */
import type { Millis } from "../../lib/clock.ts";

/** How somebody wants to be at the console. */
export type SeatMode = "write" | "read" | "force" | "join";

/** Somebody at the console. `since` and `lastTypedAt` are monotonic. */
export interface Place {
  /** Its number at this console: "web1/3". */
  readonly id: number;
  readonly who: string;
  readonly person: boolean;
  readonly since: Millis;
  /** Where the person comes from, as their client says. */
  readonly from?: string;
  lastTypedAt: Millis | undefined;
  /** Wanted to write when last asked: typing takes a free seat again. */
  wants: "write" | "read";
}

/** What a request for the seat led to. */
export type SeatOutcome =
  /** Writes now, as the only one. `put off`: who wrote before. */
  | { readonly is: "writes"; readonly putOff: readonly Place[] }
  /** Writes now, beside another. */
  | { readonly is: "joined"; readonly beside: Place }
  /** Reads, as wished. `left`: it wrote before. */
  | { readonly is: "reads"; readonly left: boolean }
  /** Reads, because another person writes. */
  | { readonly is: "taken"; readonly by: Place }
  /** Nothing changed. */
  | { readonly is: "same" };

/** The seat of one console: the places that write, the holder first. */
export class Seat {
  #writers: Place[] = [];

  get holder(): Place | undefined {
    return this.#writers[0];
  }

  get writers(): readonly Place[] {
    return this.#writers;
  }

  isWriter(place: Place): boolean {
    return this.#writers.includes(place);
  }

  /** A person asks. Automation never stands in a person's way. */
  ask(place: Place, mode: SeatMode): SeatOutcome {
    place.wants = mode === "read" ? "read" : "write";
    if (mode === "read") return { is: "reads", left: this.leave(place) };
    const others = this.#writers.filter((one) => one !== place);
    const people = others.filter((one) => one.person);
    if (people.length === 0) return this.#take(place, others);
    if (mode === "force") return this.#take(place, others);
    if (this.isWriter(place)) return { is: "same" };
    const [first] = people;
    if (first && mode === "write") return { is: "taken", by: first };
    this.#writers.push(place);
    return { is: "joined", beside: first ?? place };
  }

  /** Automation asks: a free seat is lent, and one of which every writer is a person who lends it. */
  borrow(place: Place, lends: (person: string) => boolean): boolean {
    if (!this.#writers.every((one) => one.person && lends(one.who))) return false;
    this.#writers = [place];
    return true;
  }

  /** Gives up writing. true: it wrote. */
  leave(place: Place): boolean {
    const wrote = this.isWriter(place);
    this.#writers = this.#writers.filter((one) => one !== place);
    return wrote;
  }

  /** People who write and typed nothing for `timeout`. */
  idle(now: Millis, timeout: Millis): readonly Place[] {
    return this.#writers.filter((one) => one.person && now - lastSign(one) >= timeout);
  }

  #take(place: Place, putOff: readonly Place[]): SeatOutcome {
    if (putOff.length === 0 && this.isWriter(place)) return { is: "same" };
    this.#writers = [place];
    return { is: "writes", putOff };
  }
}

/** When a place last typed, or came. */
export function lastSign(place: Place): Millis {
  return Math.max(place.since, place.lastTypedAt ?? 0);
}
