import { join } from "node:path";

/** Where a site keeps the keys of its seals. */
export const sealFolder = (state: string): string => join(state, "seal");

/** Files of a site's keys: the public ones, each signed by the one before; the private one of today. */
export const keyFiles = (folder: string) => ({
  list: join(folder, "keys"),
  today: join(folder, "day.key"),
  /** A new one until the old one is erased. */
  fresh: join(folder, "day.key.new"),
  lock: join(folder, "keys.lock"),
});

/** Files of a segment's seal, beside its `.raw` and `.idx`. */
export const sealPaths = (folder: string, stem: string) => ({
  timeline: join(folder, `${stem}.tl`),
  checkpoints: join(folder, `${stem}.cp`),
});
