import { formatDuration, seconds } from "../../lib/durations.ts";
import type { Interlock } from "./interlock.ts";

const FRESH = seconds(60);

/** What was true minutes ago proves nothing about now. */
export const staleEvidence: Interlock = {
  name: "stale-evidence",
  askers: ["watchdog"],
  forceable: false,
  object: ({ probeFailedAt, suspectSince, now, policy }) => {
    if (suspectSince === undefined) return "nothing is suspected";
    if (now - suspectSince < policy.confirmFor) return "the evidence is too young";
    if (probeFailedAt === undefined || probeFailedAt < suspectSince) return "no probe failed since";
    const age = now - probeFailedAt;
    return age > FRESH ? `the last probe is ${formatDuration(age)} old` : undefined;
  },
};
