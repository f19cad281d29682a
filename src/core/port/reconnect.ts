import type { Millis } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";

/** First wait after a failure; doubles with each further one. */
const FIRST_WAIT: Millis = seconds(1);
const LONGEST_WAIT: Millis = minutes(1);
/** A link that lasted this long worked: a console server that accepts and hangs up at once does not count. */
const LASTED: Millis = seconds(15);
/** Share of a wait that chance decides, so that a hundred consoles do not come back in the same instant. */
const JITTER = 0.3;

/** Failures in a row, after a link ended or could not be opened. `lastedMs` undefined: it was never up. */
export function failuresAfter(failures: number, lastedMs: Millis | undefined): number {
  return lastedMs !== undefined && lastedMs >= LASTED ? 0 : failures + 1;
}

/** How long to wait before the next attempt: none after a link that had worked. `chance` is 0 to 1. */
export function waitBefore(failures: number, chance: number): Millis {
  if (failures === 0) return 0;
  const whole = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(failures - 1, 16));
  return Math.round(whole * (1 - JITTER * chance));
}
