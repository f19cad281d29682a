import type { Millis } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import type { WatchState } from "./state.ts";

/** After the time that a shutdown is allowed, firmware or a boot should show within this. */
const SHUTDOWN_GRACE = minutes(3);
/** A restart that was ordered for later is not late before that. */
const SCHEDULED = minutes(120);
/** How long work may stand still before a person should look, where it is not this. */
const STALL = minutes(30);

const STALLS: ReadonlyMap<string, Millis> = new Map([
  ["crash-dump", minutes(15)],
  ["reboot", SHUTDOWN_GRACE],
  ["stop-job", SHUTDOWN_GRACE],
]);

/** Work in the background of a host that goes on as ever: a quiet console says nothing of it. */
const BACKGROUND: ReadonlySet<string> = new Set(["raid-rebuild"]);

/** When the work was last seen to move: its percentage where it shows one, else any byte. */
export const movedAt = ({ progress, quietSince }: WatchState): Millis => progress?.at ?? quietSince;

/** When the work that keeps hands off has stood still for too long; undefined: its standing still cannot be seen. */
export function stallsAt(state: WatchState): Millis | undefined {
  const { seen } = state;
  if (BACKGROUND.has(seen.class)) return undefined;
  const allowed = / scheduled for /.test(seen.line) ? SCHEDULED : limitIn(seen.line);
  return movedAt(state) + (STALLS.get(seen.class) ?? STALL) + allowed;
}

const UNITS = { h: minutes(60), min: minutes(1), s: 1000 } as const;

/** The limit in systemd's "(39s / 1min 30s)". */
function limitIn(line: string): Millis {
  const [, limit = ""] = / \/ ([\dhmins ]{1,20})\)/.exec(line) ?? [];
  const parts = [...limit.matchAll(/(\d{1,5})(h|min|s)/g)];
  return parts.reduce(
    (sum, [, amount, unit]) =>
      sum + Number(amount) * UNITS[unit === "h" ? "h" : unit === "min" ? "min" : "s"],
    0,
  );
}
