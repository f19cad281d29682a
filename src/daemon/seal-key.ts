import { existsSync } from "node:fs";
import { DayKeys } from "../core/seal/day-keys.ts";
import { keyName } from "../core/seal/key-list.ts";
import { keyFiles, sealFolder } from "../core/seal/seal-files.ts";
import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";

/** The first key that seals logs; `isNew`: it was made just now. */
export interface SealKey {
  readonly key: string;
  readonly isNew: boolean;
}

/**
 * Makes the first key that seals logs, where there is none, and shows it: it proves them only if it is kept elsewhere.
 * Called before any console is opened. Without it each log says for itself that it is not sealed, and goes on.
 */
export function showSealKey(
  state: string,
  clock: Clock,
  say: (line: string) => void,
): SealKey | undefined {
  const folder = sealFolder(state);
  const isNew = !existsSync(keyFiles(folder).list);
  try {
    const key = keyName(new DayKeys(folder, clock).first());
    say(`oob: logs are sealed, first key ${key}${isNew ? "; keep it elsewhere" : ""}`);
    return { key, isNew };
  } catch (thrown) {
    say(`oob: logs are not sealed: ${messageOf(thrown)}`);
    return undefined;
  }
}
