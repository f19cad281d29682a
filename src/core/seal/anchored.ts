/*
 * What left this machine, on disk: "<state>/anchors/<anchor>.json", one file an anchor, replaced whole after each
 * delivery. Written by the daemon alone; anybody may read it, also where no daemon runs.
 */
import fs from "node:fs";
import { join } from "node:path";
import type { Checkpoint } from "../../codec/checkpoint.ts";
import type { Millis } from "../../lib/clock.ts";

/** The newest checkpoint of a log that an anchor took. */
export type AnchoredPoint = Pick<Checkpoint, "segment" | "entries" | "offset" | "at" | "hash">;

/** The same with the anchor's name, and when it took it. */
export interface Anchored extends AnchoredPoint {
  readonly anchor: string;
  readonly deliveredAt: Millis;
}

/** One anchor's file. */
export interface AnchorState {
  readonly v: 1;
  /** The site whose keys these are; another one begins from nothing. */
  readonly site: string;
  /** Number of the last key that it was told. */
  readonly keys: number;
  /** When it last took all that there was; since when it does not, and why. */
  readonly deliveredAt?: Millis;
  readonly failingSince?: Millis;
  readonly why?: string;
  /** By the name of the log's folder. */
  readonly logs: Readonly<Record<string, AnchoredPoint & { readonly deliveredAt: Millis }>>;
}

/** Where the anchors' files are. */
export const anchorFolder = (state: string): string => join(state, "anchors");

/** The file of an anchor. */
export const anchorFile = (state: string, anchor: string): string =>
  join(anchorFolder(state), `${anchor}.json`);

/**
 * Up to where a log is anchored, and by whom: the checkpoint that each anchor took last, furthest first; empty where
 * none took any. `log`: the name of its folder. An anchor counts as soon as its transport says that it took it. Whoever
 * removes what is anchored compares `hash` with the log's own checkpoint of as many entries: a log that was begun anew
 * counts from 0 again. Throws what the file system does, but for files that are not there.
 */
export function anchoredTo(state: string, log: string): readonly Anchored[] {
  return anchorsIn(state)
    .flatMap((anchor) => {
      const { logs = {} } = readAnchorState(state, anchor) ?? {};
      const point = Object.hasOwn(logs, log) ? logs[log] : undefined;
      return point ? [{ anchor, ...point }] : [];
    })
    .sort((one, other) => other.entries - one.entries);
}

/** Names of the anchors that ever took anything, or failed to. */
export function anchorsIn(state: string): readonly string[] {
  const names = unlessGone(() => fs.readdirSync(anchorFolder(state))) ?? [];
  return names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -5));
}

/** What an anchor's file says; undefined where there is none, or one that makes no sense: then nothing is anchored. */
export function readAnchorState(state: string, anchor: string): AnchorState | undefined {
  const text = unlessGone(() => fs.readFileSync(anchorFile(state, anchor), "utf8"));
  if (text === undefined) return undefined;
  try {
    const found = JSON.parse(text) as Partial<AnchorState> | null;
    return isAnchorState(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Our own file, replaced whole: its shape tells whether it is of this version. */
function isAnchorState(found: Partial<AnchorState> | null): found is AnchorState {
  const { v, site, keys, logs } = found ?? {};
  if (v !== 1 || typeof site !== "string" || typeof keys !== "number") return false;
  if (typeof logs !== "object" || logs === null) return false;
  return Object.values(logs).every(
    (point: Partial<Anchored> | null) =>
      Number.isSafeInteger(point?.entries) &&
      Number.isSafeInteger(point?.offset) &&
      typeof point?.at === "number" &&
      typeof point.deliveredAt === "number" &&
      typeof point.segment === "string" &&
      typeof point.hash === "string",
  );
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw thrown;
  }
}
