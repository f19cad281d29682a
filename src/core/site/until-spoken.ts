import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import type { WatchedConsole } from "../session/watched-console.ts";

/** How long a console that was just opened may take to say something. */
const SPEAKS_WITHIN: Millis = seconds(2);
/** It has said what it had to say when nothing came for so long. */
const QUIET: Millis = 150;
const LOOK_EVERY: Millis = 50;

/** Waits for the first words of a console that was just opened, briefly: an empty screen would tell nothing. */
export async function untilSpoken(console: WatchedConsole, clock: Clock): Promise<void> {
  const end = clock.monotonic() + SPEAKS_WITHIN;
  for (;;) {
    const now = clock.monotonic();
    const { lastByteAt, portState } = console;
    if (lastByteAt !== undefined && now - lastByteAt >= QUIET) return;
    if (now >= end || (lastByteAt === undefined && portState.is !== "up")) return;
    await clock.sleep(LOOK_EVERY);
  }
}
