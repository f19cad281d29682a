import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NewEvent } from "../../../src/core/audit/audit.ts";
import { LogCare } from "../../../src/core/log/log-care.ts";
import { logFolder } from "../../../src/core/log/log-folder.ts";
import { type LogKeep, logRetention } from "../../../src/core/log/log-retention.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { hours } from "../../../src/lib/durations.ts";
import { logKit, NOON, newState } from "./log-kit.ts";

const DAY = hours(24);
let state: string;
let clock: ManualClock;
let notes: NewEvent[];
beforeEach(() => {
  state = newState();
  clock = new ManualClock(NOON);
  notes = [];
});
afterEach(() => rmSync(state, { recursive: true }));

/** A segment that ended so long ago. */
function segment(host: string, age: number, bytes = 1000): string {
  const folder = logFolder(state, host);
  mkdirSync(folder, { recursive: true });
  const ended = NOON - age;
  const stem = new Date(ended - hours(1))
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:]/g, "");
  for (const [ending, size] of [
    ["raw", bytes],
    ["idx", 48],
  ] as const) {
    writeFileSync(join(folder, `${stem}.${ending}`), Buffer.alloc(size));
    utimesSync(join(folder, `${stem}.${ending}`), ended / 1000, ended / 1000);
  }
  return stem;
}

const left = (host: string) =>
  readdirSync(logFolder(state, host))
    .filter((name) => /^\d.*\.(raw|idx)$/.test(name))
    .sort();
const pairs = (...stems: string[]) => stems.flatMap((stem) => [`${stem}.idx`, `${stem}.raw`]);

function retention(given: Partial<LogKeep>): LogCare {
  const keep = { keepDays: undefined, keepBytes: undefined, ...given };
  const audit = {
    note(event: NewEvent) {
      notes.push(event);
      return { ...event, seq: notes.length, at: 0 };
    },
  };
  return new LogCare({ works: logRetention({ state, clock, keep, audit }), audit, clock });
}

async function sweep(keep: Partial<LogKeep>): Promise<void> {
  const one = retention(keep);
  one.start();
  await one.idle();
  await one.stop();
}

describe("logRetention()", () => {
  test("removes whole segments older than log.keep.days, and says which", async () => {
    const [old, young, current] = [
      segment("web1", 3 * DAY),
      segment("web1", DAY),
      segment("web1", 0),
    ];
    await sweep({ keepDays: 2 });
    expect(left("web1")).toEqual(pairs(young, current));
    expect(notes).toEqual([
      {
        type: "log.removed",
        host: "web1",
        by: "oob",
        text: `removed ${old} of the log, 1048 bytes: older than log.keep keeps`,
        data: { segment: old, bytes: 1048 },
      },
    ]);
  });

  test("bytes of which there are two copies go both before their seal does", async () => {
    const old = segment("web1", 3 * DAY);
    segment("web1", 0);
    const folder = logFolder(state, "web1");
    writeFileSync(join(folder, `${old}.raw.gz`), "compressed, and .raw was not removed yet");
    // No file: the removal is cut short here.
    mkdirSync(join(folder, `${old}.a`));
    await sweep({ keepDays: 2 });
    expect(notes).toMatchObject([{ type: "log.keep-trouble" }]);
    expect(readdirSync(folder).filter((name) => name.startsWith(`${old}.raw`))).toEqual([]);
  });

  test("never removes the newest segment of a log, however old and large", async () => {
    const only = segment("idle", 900 * DAY, 5000);
    const [, current] = [segment("web1", 800 * DAY), segment("web1", 700 * DAY)];
    await sweep({ keepDays: 1, keepBytes: 1 });
    expect(left("idle")).toEqual(pairs(only));
    expect(left("web1")).toEqual(pairs(current));
  });

  test("removes the oldest of the whole site beyond log.keep.size, and no more than that", async () => {
    const a = [segment("a", 9 * DAY), segment("a", 5 * DAY), segment("a", 0)];
    const b = [segment("b", 7 * DAY), segment("b", 3 * DAY), segment("b", 0)];
    await sweep({ keepBytes: 4 * 1048 });
    expect(left("a")).toEqual(pairs(...a.slice(1)));
    expect(left("b")).toEqual(pairs(...b.slice(1)));
    expect(notes.map(({ host }) => host)).toEqual(["a", "b"]);
  });

  test("keeps what ended within the last hour; a segment without a byte goes as others do", async () => {
    const gap = segment("web1", 9 * DAY, 0);
    const fresh = segment("web1", hours(0.5));
    const current = segment("web1", 0);
    await sweep({ keepDays: 1, keepBytes: 1 });
    expect(left("web1")).toEqual(pairs(fresh, current));
    expect(notes.map(({ data }) => data)).toEqual([{ segment: gap, bytes: 48 }]);
  });

  test("removes nothing where nothing is configured", async () => {
    segment("web1", 9000 * DAY);
    segment("web1", 0);
    await sweep({});
    expect(left("web1")).toHaveLength(4);
    expect(notes).toEqual([]);
  });

  test("looks again once an hour, until it is stopped", async () => {
    const one = retention({ keepDays: 2 });
    one.start();
    await one.idle();
    segment("web1", 3 * DAY);
    segment("web1", 0);
    await clock.advance(hours(1) - 1);
    await one.idle();
    expect(left("web1")).toHaveLength(4);
    await clock.advance(1);
    await one.idle();
    expect(left("web1")).toHaveLength(2);
    await one.stop();
    segment("web1", 3 * DAY);
    await clock.advance(hours(2));
    expect(left("web1")).toHaveLength(4);
  });

  test("touches nothing but segments, and follows no link out of the folder", async () => {
    const elsewhere = join(state, "elsewhere");
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "20200101T000000Z.raw"), "x");
    writeFileSync(join(elsewhere, "20200102T000000Z.raw"), "x");
    segment("web1", 0);
    symlinkSync(elsewhere, join(state, "console/linked"));
    writeFileSync(join(logFolder(state, "web1"), "notes.raw"), "mine");
    await sweep({ keepDays: 1, keepBytes: 1 });
    expect(readdirSync(elsewhere)).toHaveLength(2);
    expect(existsSync(join(logFolder(state, "web1"), "notes.raw"))).toBe(true);
  });

  test("a log goes on at its offset where all but its newest segment were removed", async () => {
    const kit = logKit({ state, clock, segmentBytes: 100 });
    const log = kit.open();
    for (let n = 0; n < 5; n++) {
      log.append(Buffer.alloc(90, "x"));
      await clock.advance(2000);
    }
    await log.close();
    clock.stepWall(40 * 365 * DAY);
    await sweep({ keepDays: 1 });
    expect(notes).toHaveLength(4);
    expect(kit.open().offset).toBe(450);
  });
});
