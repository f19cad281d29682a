import type { LeaveHow } from "../site/who.ts";
import type { Place } from "./seat.ts";
import type { Viewer } from "./viewer.ts";

/** A person at the console. */
export interface Guest {
  readonly place: Place;
  readonly viewer: Viewer;
  typedBytes: number;
  /** false while it comes: what the seat is then stands in its welcome. */
  told: boolean;
}

/** Why somebody who wrote does so no more. `text` follows a name: "jana left". */
export interface Stop {
  readonly is: LeaveHow | "kicked" | "idle" | "reads" | "put off" | "lent" | "closed";
  readonly text: string;
}

/** What People tell their session. */
export interface PeopleEvents {
  /** The seat changed hands, or who is here changed. `type` and `data` are for the audit trail. */
  changed(by: string, type: string, text: string, data: Readonly<Record<string, unknown>>): void;
  /** Somebody said something to others here. */
  said(by: string, text: string, data: Readonly<Record<string, unknown>>): void;
  /** Automation lost the seat. */
  evicted(place: Place): void;
  /** A person has the seat now. */
  began(place: Place): void;
  /** A person gave it up, or went away. */
  stopped(place: Place, why: Stop): void;
}

/** How somebody went by their own doing. */
export const LEFT: Readonly<Record<LeaveHow, Stop>> = {
  left: { is: "left", text: "left" },
  lost: { is: "lost", text: "lost the connection" },
  "hung-up": { is: "hung-up", text: "hung up, or the telephone line broke" },
};
