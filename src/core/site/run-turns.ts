import type { Risk } from "../../sdk/runbook.ts";

/**
 * Hosts at a time, where nobody says otherwise. Looking is bounded by what one process and the console servers carry;
 * a change should have been seen to work somewhere before it is everywhere; and one host at a time is taken down.
 */
export const PARALLEL: Readonly<Record<Risk, number>> = { read: 16, type: 4, disrupt: 1 };

/** Does the work for each item, so many at a time, in their order. `work` must not throw. */
export async function inTurns<Item>(
  items: readonly Item[],
  atATime: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const worker = async () => {
    for (const item of waiting) await work(item);
  };
  const workers = Math.max(1, Math.min(atATime, items.length));
  await Promise.all(Array.from({ length: workers }, worker));
}
