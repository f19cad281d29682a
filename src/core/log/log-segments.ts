import { linkCurrent, listSegments, segmentStem } from "./log-folder.ts";
import type { Moment } from "./log-index.ts";
import { LogSegment, type SegmentPlace } from "./log-segment.ts";
import { packedEnd } from "./packed-end.ts";
import { isPacked } from "./raw-file.ts";
import { type ReopenedLog, reopenLog } from "./reopen-log.ts";

/** The segments of one log: opens the newest, begins the next. */
export class LogSegments {
  readonly #place: Omit<SegmentPlace, "stem">;

  constructor(place: Omit<SegmentPlace, "stem">) {
    this.#place = place;
  }

  /** The one that is written: the newest, or the first of all. `ended`: see reopenLog. */
  openLast(now: Moment): ReopenedLog {
    const { folder } = this.#place;
    const stems = listSegments(folder);
    const last = stems.at(-1);
    // A compressed one has ended. The one behind it was lost with the power.
    if (last !== undefined && isPacked(folder, last))
      return { segment: this.begin(last, packedEnd(folder, last, now), now), ended: [] };
    const places = stems.map((stem) => ({ ...this.#place, stem }));
    return reopenLog(places, now) ?? { segment: this.begin(undefined, 0, now), ended: [] };
  }

  /** A new one behind another, at that place of the stream. */
  begin(before: string | undefined, offset: number, now: Moment): LogSegment {
    const stem = segmentStem(now.at, before);
    const segment = new LogSegment({ ...this.#place, stem }, () => offset, now);
    segment.flush(now);
    linkCurrent(this.#place.folder, stem);
    return segment;
  }
}
