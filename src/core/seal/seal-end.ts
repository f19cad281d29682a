import type { TimelineHead } from "../../codec/timeline.ts";

/** Where a segment's timeline stands: what its next entry has to go on from. */
export interface SealEnd {
  /** Of the next entry. */
  readonly number: number;
  /** Chain value of the last entry. */
  readonly value: Uint8Array;
  /** Place in the console's stream. */
  readonly offset: number;
  /** Bytes of `.raw` that are covered. */
  readonly raw: number;
  /** Bytes of `.idx` that are covered. */
  readonly index: number;
}

/** Whether the entry stands for bytes of `.raw`. */
export const isOfRaw = ({ kind }: TimelineHead): boolean => kind === "rx" || kind === "recovered";

/** Why an entry cannot stand where it does; undefined: it can. */
export function misfit(end: SealEnd, entry: TimelineHead): string | undefined {
  if (entry.kind === "head") return "it begins anew in the middle";
  if (entry.number !== end.number) return `entry ${end.number} is missing`;
  const wanted = entry.kind === "index" ? end.index : end.offset;
  if (entry.offset !== wanted) return `entry ${end.number} is of another place`;
  return undefined;
}

/** What comes after an entry that fits. */
export function after(end: SealEnd, entry: TimelineHead, value: Uint8Array): SealEnd {
  const { kind, length } = entry;
  return {
    number: end.number + 1,
    value,
    offset: end.offset + (kind === "index" ? 0 : length),
    raw: end.raw + (isOfRaw(entry) ? length : 0),
    index: end.index + (kind === "index" ? length : 0),
  };
}
