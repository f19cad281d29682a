import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { AttachEvent, SeatView } from "../site/site.ts";
import type { LastVisit, LeaveHow, SessionView } from "../site/who.ts";
import { type Guest, LEFT, type PeopleEvents, type Stop } from "./guest.ts";
import { IdleWatch } from "./idle-watch.ts";
import { type Place, Seat, type SeatMode } from "./seat.ts";
import { idleOf, seatViewOf, sessionViewOf } from "./seat-view.ts";
import { TypedLast } from "./typed-last.ts";
import type { Viewer } from "./viewer.ts";
import type { SeatHolder } from "./watched-console.ts";

interface PeopleOptions {
  readonly host: string;
  readonly clock: Clock;
  readonly idleTimeout: Millis;
  readonly events: PeopleEvents;
  /** Who had the seat before it was free. */
  readonly last: () => LastVisit | undefined;
}

const LONGEST_REASON = 200;
const LONGEST_MESSAGE = 500;

/** Everybody at one console: who is here, who writes, what each is told about it. */
export class People {
  readonly #options: PeopleOptions;
  readonly #clock: Clock;
  readonly #events: PeopleEvents;
  readonly #seat = new Seat();
  readonly #guests = new Set<Guest>();
  readonly #idle: IdleWatch;
  readonly typed = new TypedLast();
  #places = 0;

  constructor(options: PeopleOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#idle = new IdleWatch({
      clock: options.clock,
      seat: this.#seat,
      timeout: options.idleTimeout,
      soon: ({ who }, left) => {
        const text = `${who} types nothing: in ${formatDuration(left)} the seat is free; any key keeps it`;
        this.tell({ is: "notice", text });
      },
      over: (place) => this.#idleTooLong(place),
    });
  }

  get all(): ReadonlySet<Guest> {
    return this.#guests;
  }

  get names(): readonly string[] {
    return [...this.#guests].map((guest) => guest.place.who);
  }

  get holder(): SeatHolder | undefined {
    return this.#seat.holder;
  }

  /** Somebody comes. Those who are here are told; what the seat is now stands in the newcomer's welcome. */
  enter(
    who: string,
    viewer: Viewer,
    { mode, reason, from }: { mode: SeatMode; reason: string; from?: string },
  ): Guest {
    const place = this.#newPlace(who, true, from);
    const guest = { place, viewer, typedBytes: 0, told: false };
    this.#guests.add(guest);
    const where = place.from === undefined ? {} : { from: place.from };
    this.#changed(place.who, "session.attach", `${place.who} came`, { mode, reason, ...where });
    this.ask(guest, mode, reason);
    guest.told = true;
    return guest;
  }

  leave(guest: Guest, how: LeaveHow): void {
    this.#goes(guest, LEFT[how]);
  }

  /** Sends somebody away, who is told by whom and why. Throws USAGE where there is no such session. */
  kick(id: number, by: string, reason: string): SessionView {
    const guest = this.#guest(id);
    const view = this.#viewOfSession(guest);
    const because = reason === "" ? "" : `: ${printable(reason, LONGEST_REASON)}`;
    const text = `was sent away by ${printable(by, 64)}${because}`;
    guest.viewer.end(`you were sent away by ${printable(by, 64)}${because}`);
    this.#goes(guest, { is: "kicked", text }, { by, reason });
    return view;
  }

  /** Says something to one person here, or to all but the one who says it. */
  say(by: string, text: string, to: { id?: number; but?: Guest } = {}): readonly SessionView[] {
    const told = to.id === undefined ? [...this.#guests] : [this.#guest(to.id)];
    const others = told.filter((one) => one !== to.but);
    const said = `${printable(by, 64)}: ${printable(text, LONGEST_MESSAGE)}`;
    this.#events.said(by, said, { to: others.map((one) => one.place.who) });
    for (const { viewer } of others) viewer.tell({ is: "notice", text: `message from ${said}` });
    return others.map((one) => this.#viewOfSession(one));
  }

  /** Asks for the seat; everybody is told what came of it. */
  ask(guest: Guest, mode: SeatMode, reason: string): void {
    const { place } = guest;
    const outcome = this.#seat.ask(place, mode);
    const because = reason === "" ? "" : `: ${printable(reason, LONGEST_REASON)}`;
    const told = (text: string, data: Readonly<Record<string, unknown>> = {}) =>
      this.#changed(place.who, "session.seat", text, { mode, reason, ...data });
    switch (outcome.is) {
      case "writes":
        this.#events.began(place);
        this.#putOff(outcome.putOff, `was put off by ${place.who}${because}`);
        told(
          outcome.putOff.length === 0
            ? `${place.who} writes${because}`
            : `${place.who} took the seat from ${names(outcome.putOff)}${because}`,
          { from: outcome.putOff.map((one) => one.who) },
        );
        return;
      case "joined":
        this.#events.began(place);
        told(`${place.who} writes beside ${outcome.beside.who}${because}`);
        return;
      case "reads":
        if (!outcome.left) return;
        this.#events.stopped(place, { is: "reads", text: "only reads" });
        told(`${place.who} reads now${this.#nowFree()}`);
        return;
      case "taken":
        this.#tellTaken(guest, outcome.by);
        return;
      case "same":
        // Whoever says so is there, and keeps the seat.
        place.lastTypedAt = this.#clock.monotonic();
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
      throw new OobError("SEAT_TAKEN", `Cannot type to ${this.#options.host}: ${why}`, {
        hint: by ? "Join the writer, or take the seat over" : "Ask for the seat first",
      });
    }
    place.lastTypedAt = this.#clock.monotonic();
    this.typed.by(place.who, place.lastTypedAt);
    guest.typedBytes += bytes;
  }

  /** Lends the seat to automation. People who lend theirs read from then on. Throws SEAT_TAKEN. */
  borrow(who: string, reason: string, lends: (person: string) => boolean = () => false): Place {
    const place = this.#newPlace(who, false);
    const { holder, writers } = this.#seat;
    if (!this.#seat.borrow(place, lends))
      throw new OobError(
        "SEAT_TAKEN",
        `Cannot write to ${this.#options.host}: "${holder?.who}" has the seat`,
        {
          hint: "Wait until the seat is free",
        },
      );
    for (const one of writers)
      this.#events.stopped(one, { is: "lent", text: `lent the seat to ${place.who}` });
    this.#changed(who, "session.seat", `${who} writes: ${printable(reason, LONGEST_REASON)}`, {
      mode: "borrow",
      reason,
    });
    return place;
  }

  release(place: Place): void {
    if (this.#seat.leave(place))
      this.#changed(place.who, "session.seat", `${place.who} is done${this.#nowFree()}`, {});
  }

  /** Tells everybody. */
  tell(event: AttachEvent): void {
    for (const guest of this.#guests) guest.viewer.tell(event);
  }

  /** The seat as one person sees it. */
  viewOf(guest: Guest): SeatView {
    const last = this.#options.last();
    const view = seatViewOf(guest, { seat: this.#seat, guests: this.#guests, clock: this.#clock });
    return { ...view, ...(last ? { lastWriter: last } : {}) };
  }

  /** Everybody here, and automation that has the seat. */
  sessions(): readonly SessionView[] {
    const { holder } = this.#seat;
    const automation = holder && !holder.person ? [sessionViewOf(holder, this.#here)] : [];
    return [...automation, ...[...this.#guests].map((guest) => this.#viewOfSession(guest))];
  }

  /** The console closes: everybody is sent away. */
  close(why: string): void {
    this.#idle.stop();
    for (const guest of this.#guests) {
      guest.viewer.end(why);
      this.#events.stopped(guest.place, { is: "closed", text: `was there: ${why}` });
    }
    this.#putOff(this.#seat.writers, "");
    for (const place of this.#seat.writers) this.#seat.leave(place);
    this.#guests.clear();
  }

  get #here() {
    return { host: this.#options.host, seat: this.#seat, clock: this.#clock };
  }

  #viewOfSession({ place, typedBytes }: Guest): SessionView {
    return { ...sessionViewOf(place, this.#here), typed: typedBytes };
  }

  #guest(id: number): Guest {
    const found = [...this.#guests].find((one) => one.place.id === id);
    if (found) return found;
    throw new OobError("USAGE", `Cannot find session ${this.#options.host}/${id}: it has ended`, {
      hint: "oob who lists those that stand",
    });
  }

  #goes(guest: Guest, why: Stop, kick?: { readonly by: string; readonly reason: string }): void {
    if (!this.#guests.delete(guest)) return;
    const { who } = guest.place;
    const wrote = this.#seat.leave(guest.place);
    const text = `${who} ${why.text}${wrote ? this.#nowFree() : ""}`;
    this.#changed(kick?.by ?? who, kick ? "session.kick" : "session.leave", text, {
      typed: guest.typedBytes,
      ...(why.is === "left" ? {} : { how: why.is }),
      ...(kick ? { who, reason: kick.reason } : {}),
    });
    this.#events.stopped(guest.place, why);
  }

  #idleTooLong(place: Place): void {
    const time = formatDuration(this.#options.idleTimeout);
    this.#seat.leave(place);
    const text = `${place.who} was idle for ${time} and reads now${this.#nowFree()}`;
    this.#changed(place.who, "session.seat", text, { mode: "idle" });
    this.#events.stopped(place, { is: "idle", text: `was idle for ${time}` });
  }

  #tellTaken(guest: Guest, by: Place): void {
    if (!guest.told || !this.#guests.has(guest)) return;
    const idle = idleOf(by, this.#clock);
    const text = `${by.who} is writing (idle ${formatDuration(idle)}); you are reading`;
    guest.viewer.tell({ is: "seat", seat: this.viewOf(guest), text });
  }

  #newPlace(who: string, person: boolean, from?: string): Place {
    const since = this.#clock.monotonic();
    const id = ++this.#places;
    const where = from === undefined ? {} : { from: printable(from, 80) };
    const name = printable(who, 64);
    return { id, who: name, person, since, ...where, lastTypedAt: undefined, wants: "read" };
  }

  #putOff(places: readonly Place[], text: string): void {
    for (const place of places) {
      if (place.person) this.#events.stopped(place, { is: "put off", text });
      else this.#events.evicted(place);
    }
  }

  #nowFree(): string {
    const next = this.#seat.holder;
    return next ? `; ${next.who} writes` : "; the seat is free";
  }

  #changed(by: string, type: string, text: string, data: Readonly<Record<string, unknown>>): void {
    for (const guest of this.#guests) {
      if (guest.told) guest.viewer.tell({ is: "seat", seat: this.viewOf(guest), text });
    }
    this.#events.changed(by, type, text, data);
    this.#idle.look();
  }
}

function names(places: readonly Place[]): string {
  return places.map((place) => place.who).join(" and ");
}
