import type { Clock, Millis } from "../../lib/clock.ts";

/** Whether something came within this time, and before `signal`. What breaks it is thrown. */
export async function cameWithin(
  clock: Clock,
  wanted: Promise<unknown>,
  ms: Millis,
  signal?: AbortSignal,
): Promise<boolean> {
  const over = new AbortController();
  const stop = () => over.abort();
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  const late = clock.sleep(ms, over.signal).then(
    () => false,
    () => false,
  );
  try {
    return await Promise.race([wanted.then(() => true), late]);
  } finally {
    over.abort();
    signal?.removeEventListener("abort", stop);
  }
}
