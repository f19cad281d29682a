import type { Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { ConsolePort } from "../port/console-port.ts";
import type { People } from "./people.ts";
import type { Place } from "./seat.ts";
import type { BorrowedSeat } from "./watched-console.ts";

interface Lender {
  readonly host: string;
  readonly people: People;
  readonly port: ConsolePort;
  readonly breakMs: Millis;
  readonly typed: (bytes: Uint8Array) => void;
  /** A seat was lent or came back. */
  readonly changed: () => void;
}

/** Seats lent to automation: watchdog and runbooks. A person who wants to write gets the seat at once. */
export class LentSeats {
  readonly #lender: Lender;
  readonly #lent = new Map<Place, AbortController>();
  #armed: Promise<void> | undefined;

  constructor(lender: Lender) {
    this.#lender = lender;
  }

  get size(): number {
    return this.#lent.size;
  }

  /** Resolves when no BREAK waits for what belongs to it: until then nobody else types. */
  get disarmed(): Promise<void> | undefined {
    return this.#armed;
  }

  /** Throws SEAT_TAKEN where anybody has the seat who does not lend it. */
  lend(who: string, reason: string, lends?: (person: string) => boolean): BorrowedSeat {
    const { people, port, breakMs, typed, changed } = this.#lender;
    const place = people.borrow(who, reason, lends);
    const lost = new AbortController();
    this.#lent.set(place, lost);
    changed();
    return {
      write: async (bytes) => {
        this.#check(place);
        typed(bytes);
        await port.write(bytes);
      },
      sendBreak: async (ms) => {
        this.#check(place);
        await port.sendBreak(Math.min(ms, breakMs));
      },
      breakThen: async (ms, next) => {
        this.#check(place);
        const length = Math.min(ms, breakMs);
        if (next !== "break") typed(next);
        const send = async () => {
          await port.sendBreak(length);
          await (next === "break" ? port.sendBreak(length) : port.write(next));
        };
        const both = send();
        const armed = both.then(
          () => undefined,
          () => undefined,
        );
        this.#armed = armed;
        await armed.finally(() => {
          if (this.#armed === armed) this.#armed = undefined;
        });
        await both;
      },
      signal: lost.signal,
      release: () => {
        if (!this.#lent.delete(place)) return;
        people.release(place);
        changed();
      },
    };
  }

  /** A person took it. */
  evict(place: Place): void {
    const lost = this.#lent.get(place);
    if (!this.#lent.delete(place)) return;
    lost?.abort();
    this.#lender.changed();
  }

  #check(place: Place): void {
    if (this.#lent.has(place)) return;
    throw new OobError(
      "SEAT_TAKEN",
      `Cannot write to ${this.#lender.host}: "${place.who}" no longer has the seat`,
      { hint: "A person took it; leave the console to them" },
    );
  }
}
