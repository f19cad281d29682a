import type { Clock, Millis } from "../../lib/clock.ts";

/** A disk, or a keeper of ports, that hangs holds no power act up for longer. */
const WITHIN: Millis = 2000;

/** Brings what a console printed before an act under a checkpoint. What prevents that is told by the log itself. */
export async function sealedBefore(
  console: { sync(sealed?: boolean): Promise<void> } | undefined,
  clock: Clock,
): Promise<void> {
  if (!console) return;
  const done = new AbortController();
  const patience = clock.sleep(WITHIN, done.signal).catch(() => undefined);
  await Promise.race([console.sync(true).catch(() => undefined), patience]);
  done.abort();
}
