import { everybody, type Interlock, takesDown } from "./interlock.ts";

/** Somebody else writes at the console. */
export const seatHeld: Interlock = {
  name: "seat-held",
  askers: everybody,
  forceable: true,
  object: ({ seat, by, act }) =>
    seat && seat.who !== by && takesDown(act) ? `${seat.who} has the seat` : undefined,
};
