import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import type { Link } from "../../sdk/link.ts";

/** How long a driver may take to give up: a modem ends the call that it was making. */
const GIVES_UP_WITHIN: Millis = seconds(15);

/**
 * Opens a Link until the signal says no. A driver that does not heed it must not keep us for ever: what it opens later is
 * closed.
 */
export async function openUnless(
  signal: AbortSignal,
  open: () => Promise<Link>,
  clock: Clock,
): Promise<Link> {
  signal.throwIfAborted();
  const opening = open();
  const over = new AbortController();
  const stopped = new Promise<undefined>((resolve) => {
    const stop = () => {
      const late = clock.sleep(GIVES_UP_WITHIN, over.signal).catch(() => undefined);
      void late.then(() => resolve(undefined));
    };
    signal.addEventListener("abort", stop, { once: true });
    over.signal.addEventListener("abort", () => signal.removeEventListener("abort", stop));
  });
  try {
    const link = await Promise.race([opening, stopped]);
    if (link && !signal.aborted) return link;
    await link?.close().catch(() => undefined);
  } finally {
    over.abort();
  }
  void opening.then((link) => link.close()).catch(() => undefined);
  throw signal.reason;
}
