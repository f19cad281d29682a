import { formatDuration, minutes } from "../../lib/durations.ts";
import type { Interlock } from "./interlock.ts";

const SETTLES = minutes(10);

/** Budgets and quiet hours count by a clock that was just moved. */
export const clockStepped: Interlock = {
  name: "clock-stepped",
  askers: ["watchdog"],
  forceable: false,
  object: ({ clockSteppedAt, now }) =>
    clockSteppedAt !== undefined && now - clockSteppedAt < SETTLES
      ? `the wall clock was moved ${formatDuration(now - clockSteppedAt)} ago`
      : undefined,
};
