import { everybody, type Interlock, takesDown } from "./interlock.ts";

/** Somebody else writes at the console. */
export const seatHeld: Interlock = {
  name: "seat-held",
  askers: everybody,
  forceable: true,
  object: ({ seat, by, person, act }) =>
    seat && seat.who !== by && seat.who !== person && takesDown(act)
      ? `${seat.who} has the seat`
      : undefined,
};
