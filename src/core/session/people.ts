import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { AttachEvent, SeatView } from "../site/site.ts";
import { type Place, Seat, type SeatMode } from "./seat.ts";
import type { Viewer } from "./viewer.ts";
import type { SeatHolder } from "./watched-console.ts";

/** A person at the console. */
export interface Guest {
  readonly place: Place;
  readonly viewer: Viewer;
  typedBytes: number;
}

/** What People tell their session. */
export interface PeopleEvents {
  /** The seat changed hands, or who is here changed. `type` and `data` are for the audit trail. */
  changed(by: string, type: string, text: string, data: Readonly<Record<string, unknown>>): void;
  /** Automation lost the seat. */
  evicted(place: Place): void;
}

/** Everybody at one console: who is here, who writes, what each is told about it. */
export class People {
  readonly #host: string;
  readonly #clock: Clock;
  readonly #idleTimeout: Millis;
  readonly #events: PeopleEvents;
  readonly #seat = new Seat();
  readonly #guests = new Set<Guest>();
  #lastWriter: { readonly who: string; readonly until: Millis } | undefined;
  /** Who typed last, when, and when somebody else did before. */
  #typed: { readonly who: string; readonly at: Millis; readonly others?: Millis } | undefined;
  #idleTimer: Timer | undefined;

  constructor(options: {
    readonly host: string;
    readonly clock: Clock;
    readonly idleTimeout: Millis;
    readonly events: PeopleEvents;
  }) {
    this.#host = options.host;
    this.#clock = options.clock;
    this.#idleTimeout = options.idleTimeout;
    this.#events = options.events;
  }

  get guests(): ReadonlySet<Guest> {
    return this.#guests;
  }

  get names(): readonly string[] {
    return [...this.#guests].map((guest) => guest.place.who);
  }

  get holder(): SeatHolder | undefined {
    return this.#seat.holder;
  }

  /** Monotonic time at which a person last typed, whoever it was. */
  get lastTypedAt(): Millis | undefined {
    return this.#typed?.at;
  }

  /** The same for everybody but one person. */
  typedByOthers(than: string): Millis | undefined {
    return this.#typed?.who === printable(than, 64) ? this.#typed.others : this.#typed?.at;
  }

  /** Somebody comes. Those who are here are told; what the seat is now stands in the newcomer's welcome. */
  enter(who: string, viewer: Viewer, mode: SeatMode, reason: string): Guest {
    const guest = { place: this.#newPlace(who, true), viewer, typedBytes: 0 };
    this.#changed(guest.place.who, "session.attach", `${guest.place.who} came`, { mode, reason });
    this.ask(guest, mode, reason);
    this.#guests.add(guest);
    return guest;
  }

  leave(guest: Guest): void {
    if (!this.#guests.delete(guest)) return;
    const { who } = guest.place;
    const wrote = this.#giveUp(guest.place);
    const text = wrote ? `${who} left${this.#nowFree()}` : `${who} left`;
    this.#changed(who, "session.leave", text, { typed: guest.typedBytes });
  }

  /** Asks for the seat; everybody is told what came of it. */
  ask(guest: Guest, mode: SeatMode, reason: string): void {
    const { place } = guest;
    const outcome = this.#seat.ask(place, mode);
    const because = reason === "" ? "" : `: ${printable(reason, 200)}`;
    const told = (text: string, data: Readonly<Record<string, unknown>> = {}) =>
      this.#changed(place.who, "session.seat", text, { mode, reason, ...data });
    switch (outcome.is) {
      case "writes":
        this.#putOff(outcome.putOff);
        told(
          outcome.putOff.length === 0
            ? `${place.who} writes${because}`
            : `${place.who} took the seat from ${names(outcome.putOff)}${because}`,
          { from: outcome.putOff.map((one) => one.who) },
        );
        return;
      case "joined":
        told(`${place.who} writes beside ${outcome.beside.who}${because}`);
        return;
      case "reads":
        if (!outcome.left) return;
        this.#wroteUntilNow(place);
        told(`${place.who} reads now${this.#nowFree()}`);
        return;
      case "taken":
        if (!this.#guests.has(guest)) return;
        guest.viewer.tell({
          is: "seat",
          seat: this.viewOf(guest),
          text: `${outcome.by.who} is writing; you are reading`,
        });
        return;
      case "same":
    }
  }

  /** Before bytes of a person go to the host: takes a free seat again, throws SEAT_TAKEN where the person only reads. */
  typing(guest: Guest, bytes: number): void {
    const { place } = guest;
    const here = this.#guests.has(guest);
    if (
      here &&
      !this.#seat.isWriter(place) &&
      place.wants === "write" &&
      !this.#seat.holder?.person
    ) {
      this.ask(guest, "write", "");
    }
    if (!this.#seat.isWriter(place)) {
      const by = this.#seat.holder?.who;
      const why = by ? `"${by}" is writing` : here ? "you are reading" : "you have left";
      throw new OobError("SEAT_TAKEN", `Cannot type to ${this.#host}: ${why}`, {
        hint: by ? "Join the writer, or take the seat over" : "Ask for the seat first",
      });
    }
    place.lastTypedAt = this.#clock.monotonic();
    const others = this.typedByOthers(place.who);
    this.#typed = {
      ...{ who: place.who, at: place.lastTypedAt },
      ...(others !== undefined && { others }),
    };
    guest.typedBytes += bytes;
  }

  /** Lends the seat to automation. People who lend theirs read from then on. Throws SEAT_TAKEN. */
  borrow(who: string, reason: string, lends: (person: string) => boolean = () => false): Place {
    const place = this.#newPlace(who, false);
    const { holder, writers } = this.#seat;
    if (this.#seat.borrow(place, lends)) this.#putOff(writers);
    else {
      throw new OobError(
        "SEAT_TAKEN",
        `Cannot write to ${this.#host}: "${holder?.who}" has the seat`,
        {
          hint: "Wait until the seat is free",
        },
      );
    }
    this.#changed(who, "session.seat", `${who} writes: ${printable(reason, 200)}`, {
      mode: "borrow",
      reason,
    });
    return place;
  }

  release(place: Place): void {
    if (this.#giveUp(place))
      this.#changed(place.who, "session.seat", `${place.who} is done${this.#nowFree()}`, {});
  }

  /** Tells everybody. */
  tell(event: AttachEvent): void {
    for (const guest of this.#guests) guest.viewer.tell(event);
  }

  /** The seat as one person sees it. */
  viewOf(guest: Guest): SeatView {
    const now = this.#clock.monotonic();
    const wall = (at: Millis) => this.#clock.now() - (now - at);
    const mode = (place: Place) => (this.#seat.isWriter(place) ? "write" : "read");
    const holder = this.#seat.holder;
    const others = [...this.#guests].filter((one) => one !== guest);
    return {
      mine: mode(guest.place),
      ...(holder
        ? {
            writer: {
              who: holder.who,
              since: wall(holder.since),
              idle: now - (holder.lastTypedAt ?? holder.since),
            },
          }
        : {}),
      others: others.map(({ place }) => ({
        who: place.who,
        since: wall(place.since),
        mode: mode(place),
      })),
      ...(this.#lastWriter ? { lastWriter: this.#lastWriter } : {}),
    };
  }

  /** The console closes: everybody is sent away. */
  close(why: string): void {
    this.#idleTimer?.cancel();
    for (const guest of this.#guests) guest.viewer.end(why);
    this.#putOff(this.#seat.writers);
    for (const place of this.#seat.writers) this.#seat.leave(place);
    this.#guests.clear();
  }

  #newPlace(who: string, person: boolean): Place {
    const since = this.#clock.monotonic();
    return { who: printable(who, 64), person, since, lastTypedAt: undefined, wants: "read" };
  }

  #giveUp(place: Place): boolean {
    const wrote = this.#seat.leave(place);
    if (wrote) this.#wroteUntilNow(place);
    return wrote;
  }

  #putOff(places: readonly Place[]): void {
    for (const place of places) {
      this.#wroteUntilNow(place);
      if (!place.person) this.#events.evicted(place);
    }
  }

  #wroteUntilNow(place: Place): void {
    if (place.person) this.#lastWriter = { who: place.who, until: this.#clock.now() };
  }

  #nowFree(): string {
    const next = this.#seat.holder;
    return next ? `; ${next.who} writes` : "; the seat is free";
  }

  #changed(by: string, type: string, text: string, data: Readonly<Record<string, unknown>>): void {
    for (const guest of this.#guests) {
      guest.viewer.tell({ is: "seat", seat: this.viewOf(guest), text });
    }
    this.#events.changed(by, type, text, data);
    this.#watchIdle();
  }

  #watchIdle(): void {
    this.#idleTimer?.cancel();
    const due = this.#seat.nextIdle(this.#idleTimeout);
    if (due === undefined || this.#idleTimeout <= 0) return;
    this.#idleTimer = this.#clock.after(due - this.#clock.monotonic(), () => {
      for (const place of this.#seat.idle(this.#clock.monotonic(), this.#idleTimeout)) {
        this.#giveUp(place);
        const text = `${place.who} was idle for ${formatDuration(this.#idleTimeout)} and reads now`;
        this.#changed(place.who, "session.seat", `${text}${this.#nowFree()}`, { mode: "idle" });
      }
      this.#watchIdle();
    });
  }
}

function names(places: readonly Place[]): string {
  return places.map((place) => place.who).join(" and ");
}
