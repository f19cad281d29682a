import {
  type Checkpoint,
  checkpointBegin,
  checkpointText,
  parseCheckpoint,
} from "../../codec/checkpoint.ts";
import type { KeyList } from "./key-list.ts";

/** Checkpoints of one log that were kept elsewhere, and what is wrong with them. */
export interface Anchors {
  readonly points: readonly Checkpoint[];
  readonly problems: readonly string[];
}

/**
 * Finds the checkpoints of a log in a text: one a line, with anything before it, as a receiver of syslog writes them.
 * Lines without one, and those of other logs, are passed over.
 */
export function readAnchors(text: string, log: string, keys: KeyList): Anchors {
  const points: Checkpoint[] = [];
  const problems: string[] = [];
  for (const [n, line] of text.split("\n").entries()) {
    const begin = checkpointBegin(line);
    if (begin < 0) continue;
    const point = parseCheckpoint(line.slice(begin).trimEnd());
    if (point === undefined) problems.push(`line ${n + 1} of the anchor is damaged`);
    else if (point.log === log) {
      const why = doubt(point, keys);
      if (why === undefined) points.push(point);
      else problems.push(`line ${n + 1} of the anchor ${why}`);
    }
  }
  if (points.length === 0 && problems.length === 0)
    problems.push(`the anchor has no checkpoint of "${log}"`);
  return { points, problems };
}

/** Why a checkpoint is none of this site; undefined: it is. */
export function doubt(point: Checkpoint, keys: KeyList): string | undefined {
  const { site } = keys.first ?? {};
  if (point.site !== site) return `is of site ${point.site}, and the keys are of ${site ?? "none"}`;
  const signed = keys.signed(point.key, checkpointText(point), point.signature);
  return signed ? undefined : `is not signed by key ${point.key}`;
}
