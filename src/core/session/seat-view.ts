import type { Clock, Millis } from "../../lib/clock.ts";
import type { SeatView } from "../site/site.ts";
import type { SessionView } from "../site/who.ts";
import type { Guest } from "./guest.ts";
import { lastSign, type Place, type Seat } from "./seat.ts";

interface Here {
  readonly seat: Seat;
  readonly clock: Clock;
}

/** Time since somebody typed, or since they came. */
export function idleOf(place: Place, clock: Clock): Millis {
  return clock.monotonic() - lastSign(place);
}

const wall = (at: Millis, clock: Clock): Millis => clock.now() - (clock.monotonic() - at);

/** The seat as one person sees it. */
export function seatViewOf(
  guest: Guest,
  { seat, clock, guests }: Here & { readonly guests: ReadonlySet<Guest> },
): SeatView {
  const mode = (place: Place) => (seat.isWriter(place) ? "write" : "read");
  const { holder } = seat;
  const others = [...guests].filter((one) => one !== guest);
  return {
    mine: mode(guest.place),
    ...(holder && {
      writer: {
        who: holder.who,
        since: wall(holder.since, clock),
        idle: idleOf(holder, clock),
      },
    }),
    others: others.map(({ place }) => ({
      who: place.who,
      since: wall(place.since, clock),
      mode: mode(place),
    })),
  };
}

/** A place as `oob who` shows it. Automation cannot be sent away: it has no session. */
export function sessionViewOf(place: Place, here: Here & { readonly host: string }): SessionView {
  const { host, seat, clock } = here;
  const { who, person, id, from, since } = place;
  const mode = seat.holder === place ? "write" : seat.isWriter(place) ? "join" : "read";
  return {
    ...(person ? { session: `${host}/${id}` } : {}),
    ...{ host, who, mode, since: wall(since, clock), idle: idleOf(place, clock) },
    ...(from === undefined ? {} : { from }),
  };
}
