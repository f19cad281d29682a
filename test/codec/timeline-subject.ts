import {
  ENTRY_BYTES,
  type TimelineEvent,
  type TimelineHead,
  TimelineReader,
  writeEntryHead,
} from "../../src/codec/timeline.ts";
import type { Subject } from "./subject.ts";

function entry(head: TimelineHead): Uint8Array {
  const bytes = new Uint8Array(ENTRY_BYTES).fill(0xa5);
  writeEntryHead(bytes, 0, head);
  return bytes;
}

const AT = Date.UTC(2026, 10, 22);

export const timelineSubject: Subject<TimelineReader, TimelineEvent> = {
  make: () => new TimelineReader(),
  feed: (reader, bytes) => reader.receive(bytes),
  join: (events) => events,
  held: (reader) => reader.held,
  bound: ENTRY_BYTES - 1,
  words: [
    entry({ kind: "head", number: 0, at: AT, offset: 0, length: 0 }),
    entry({ kind: "rx", number: 1, at: AT, offset: 0, length: 200 }),
    entry({ kind: "recovered", number: 2, at: AT, offset: 200, length: 2 ** 40 }),
    entry({ kind: "gap", number: Number.MAX_SAFE_INTEGER, at: 0, offset: 2 ** 33, length: 7 }),
    entry({ kind: "index", number: 4, at: AT, offset: 48, length: 96 }),
    new Uint8Array(ENTRY_BYTES),
    new Uint8Array(ENTRY_BYTES).fill(0xff),
  ],
};
