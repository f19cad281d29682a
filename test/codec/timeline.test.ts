import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkpointBegin,
  formatCheckpoint,
  formatKey,
  parseCheckpoint,
  parseKey,
} from "../../src/codec/checkpoint.ts";
import {
  ENTRY_BYTES,
  readEntry,
  type TimelineKind,
  writeEntryHead,
} from "../../src/codec/timeline.ts";
import { testLaws } from "./laws.ts";
import { timelineSubject } from "./timeline-subject.ts";

testLaws("TimelineReader", timelineSubject);

const count = fc.maxSafeNat();
const hex = (digits: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((text) => text.length === digits);

const checkpoint = fc.record({
  log: fc.constantFrom("web1", "serial%3A%2Fdev%2FttyUSB0%3Fbaud%3D115200", "a.b_c-d!~*'()"),
  site: hex(16),
  segment: fc.constant("20261122T101500Z"),
  entries: fc.nat(),
  offset: fc.nat(),
  at: fc.nat(),
  hash: hex(64),
  key: fc.nat(),
  signature: hex(128),
});

const key = fc.record({
  site: hex(16),
  number: fc.nat(),
  at: fc.nat(),
  key: hex(64),
  signature: hex(128),
});

describe("timeline entries", () => {
  it("are read as they were written, whatever the numbers", () => {
    const kinds: readonly TimelineKind[] = ["head", "rx", "recovered", "gap", "index"];
    const kind = fc.constantFrom(...kinds);
    const head = fc.record({ kind, number: count, at: count, offset: count, length: count });
    fc.assert(
      fc.property(head, fc.nat(9), (entry, at) => {
        const bytes = new Uint8Array(at + ENTRY_BYTES);
        writeEntryHead(bytes, at, entry);
        expect(readEntry(bytes, at)).toEqual(entry);
        expect(readEntry(bytes, at + 1)).toBeUndefined();
      }),
    );
  });
});

describe("lines of checkpoints and keys", () => {
  it("are read as they were written", () => {
    fc.assert(
      fc.property(checkpoint, key, (point, record) => {
        expect(parseCheckpoint(formatCheckpoint(point))).toEqual(point);
        expect(parseKey(formatKey(record))).toEqual(record);
      }),
    );
  });

  it("have one text for one meaning: with any bit flipped it is none, or means something else", () => {
    fc.assert(
      fc.property(checkpoint, fc.nat(), fc.nat(7), (point, place, bit) => {
        const line = Buffer.from(formatCheckpoint(point), "latin1");
        const at = place % line.length;
        line[at] = (line[at] ?? 0) ^ (1 << bit);
        expect(parseCheckpoint(line.toString("latin1"))).not.toEqual(point);
      }),
    );
  });

  it.each([
    ["a leading zero", (line: string) => line.replace(/ (\d+) [0-9a-f]{64} /, " 0$&")],
    ["capitals", (line: string) => line.replace(/[0-9a-f]{128}$/, (hash) => hash.toUpperCase())],
    ["two blanks", (line: string) => line.replace(" ", "  ")],
    ["something behind it", (line: string) => `${line} `],
    ["a carriage return", (line: string) => `${line}\r`],
  ])("are none with %s", (_, change) => {
    const site = "0123456789abcdef";
    const point = { log: "web1", site, segment: "20261122T101500Z", entries: 7, offset: 9, at: 5 };
    const line = formatCheckpoint({
      ...point,
      hash: "ab".repeat(32),
      key: 1,
      signature: "cd".repeat(64),
    });
    expect(parseCheckpoint(line)).toBeDefined();
    expect(parseCheckpoint(change(line))).toBeUndefined();
  });

  it("are found behind what a receiver of syslog puts before them", () => {
    expect(checkpointBegin("Nov 22 10:15:00 oob1 oob: oob-checkpoint-v1 web1@0 1")).toBe(26);
    expect(checkpointBegin("oob-checkpoint-v10 web1@0")).toBe(-1);
  });
});
