import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listSegments } from "../../../src/core/log/log-folder.ts";
import { readLog } from "../../../src/core/log/log-reader.ts";
import type { LogQuery, LogRecord } from "../../../src/core/site/site.ts";
import { killFiles, type LogKit, logKit, NOON } from "./log-kit.ts";

const ALL: LogQuery = { host: "web1", follow: false, raw: false };

async function read(kit: LogKit, query: Partial<LogQuery> = {}): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  const options = { state: kit.state, clock: kit.clock, encoding: "utf-8" as const };
  for await (const record of readLog({ ...ALL, ...query }, options)) records.push(record);
  return records;
}

const texts = (records: readonly LogRecord[]) =>
  records.map((record) => (record.is === "raw" ? "" : record.text));

/** Ten lines, a second apart, with a mark in the middle, over several segments. */
async function tenLines(segmentBytes = 25): Promise<LogKit> {
  const kit = logKit({ segmentBytes });
  const log = kit.open();
  for (let n = 0; n < 10; n++) {
    log.append(Buffer.from(`line ${n}\r\n`));
    if (n === 4) log.mark("power", "pdu-a/3 off");
    await kit.clock.advance(1000);
  }
  await log.close();
  return kit;
}

describe("readLog()", () => {
  it("gives lines with their time and place, and marks between them, over segments", async () => {
    const kit = await tenLines();
    const records = await read(kit);
    expect(texts(records)).toEqual([
      "line 0",
      "line 1",
      "line 2",
      "line 3",
      "line 4",
      "pdu-a/3 off",
      "line 5",
      "line 6",
      "line 7",
      "line 8",
      "line 9",
    ]);
    expect(records[3]).toEqual({ is: "line", at: NOON + 3000, offset: 24, text: "line 3" });
    expect(records[5]).toMatchObject({ is: "mark", kind: "power", at: NOON + 4000, offset: 40 });
    expect(listSegments(join(kit.state, "console", "web1")).length).toBeGreaterThan(3);
  });

  it("finds a text as it stands, or a pattern, and either whatever the case", async () => {
    const kit = logKit();
    const log = kit.open();
    log.append(Buffer.from("a.c\nabc\nA.C\nABC\n\u00c4.c\n"));
    await log.close();
    const found = async (query: Partial<LogQuery>) => texts(await read(kit, query));
    expect(await found({ grep: "a.c" })).toEqual(["a.c", "abc"]);
    expect(await found({ grep: "a.c", fixed: true })).toEqual(["a.c"]);
    expect(await found({ grep: "a.c", ignoreCase: true })).toEqual(["a.c", "abc", "A.C", "ABC"]);
    expect(await found({ grep: "a.c", fixed: true, ignoreCase: true })).toEqual(["a.c", "A.C"]);
    expect(await found({ grep: "\u00e4.C", fixed: true, ignoreCase: true })).toEqual(["\u00c4.c"]);
    expect(await found({ grep: "\\E(", fixed: true, ignoreCase: true })).toEqual([]);
  });

  it("opens no segment that began after --until, and finds the last lines before it", async () => {
    const kit = await tenLines();
    const until = NOON + 4500;
    expect(texts(await read(kit, { until, last: 2 }))).toEqual(["line 4", "pdu-a/3 off"]);
    const folder = join(kit.state, "console", "web1");
    for (const stem of listSegments(folder).filter((one) => one > "20261122T120005Z"))
      rmSync(join(folder, `${stem}.raw`));
    mkdirSync(join(folder, "20261122T130000Z.raw"));
    expect(texts(await read(kit, { until, grep: "[34]" }))).toEqual(["line 3", "line 4"]);
  });

  it("finds what came before --until where the clock was years ahead for a while", async () => {
    const kit = logKit({ segmentBytes: 20 });
    const log = kit.open();
    const day = 24 * 3_600_000;
    log.append(Buffer.from("before\n"));
    kit.clock.stepWall(3650 * day);
    for (const text of ["ahead, new segment\n", "last ahead\n"]) log.append(Buffer.from(text));
    kit.clock.stepWall(-3649 * day);
    for (let n = 1; n < 5; n++) {
      log.append(Buffer.from(`put right ${n} ....\n`));
      await kit.clock.advance(1000);
    }
    await log.close();
    const found = await read(kit, { until: NOON + 2 * day, grep: "before|ahead|right" });
    expect(texts(found)).toEqual(
      expect.arrayContaining(["before", ...[1, 2, 3, 4].map((n) => `put right ${n} ....`)]),
    );
    expect(texts(found)).not.toContain("last ahead");
    const early = await read(kit, { until: NOON, grep: "before|right" });
    expect(texts(early)).toEqual(["before"]);
  });

  it("gives a line the time of its first byte, also when it came in pieces", async () => {
    const kit = logKit();
    const log = kit.open();
    log.append(Buffer.from("lo"));
    await kit.clock.advance(5000);
    log.append(Buffer.from("gin: \nnext"));
    log.flush();
    killFiles(log.folder);
    expect(await read(kit)).toEqual([
      { is: "line", at: NOON, offset: 0, text: "login: " },
      { is: "line", at: NOON + 5000, offset: 8, text: "next" },
    ]);
  });

  it("gives the last lines and marks only, whatever their number", async () => {
    for (const segmentBytes of [25, 1000]) {
      const kit = await tenLines(segmentBytes);
      expect(texts(await read(kit, { last: 2 }))).toEqual(["line 8", "line 9"]);
      expect(texts(await read(kit, { last: 6 }))).toHaveLength(6);
      expect(texts(await read(kit, { last: 7 }))).toContain("pdu-a/3 off");
      expect(texts(await read(kit, { last: 100 }))).toHaveLength(11);
      expect(await read(kit, { last: 0 })).toEqual([]);
      expect((await read(kit, { last: 1 }))[0]).toMatchObject({ at: NOON + 9000, offset: 72 });
    }
  });

  it("gives what came within a time", async () => {
    const kit = await tenLines();
    const within = { since: NOON + 3000, until: NOON + 5000 };
    expect(texts(await read(kit, within))).toEqual(["line 3", "line 4", "pdu-a/3 off", "line 5"]);
  });

  it("finds a pattern, with the lines around it", async () => {
    const kit = await tenLines();
    const found = await read(kit, { grep: "line [25]", context: 1 });
    expect(texts(found)).toEqual(["line 1", "line 2", "line 3", "pdu-a/3 off", "line 5", "line 6"]);
    expect(
      found.filter((one) => one.is === "line" && one.hit).map((one) => texts([one])[0]),
    ).toEqual(["line 2", "line 5"]);
    expect(texts(await read(kit, { grep: "line [25]", last: 1 }))).toEqual(["line 5"]);
  });

  it("refuses a pattern that is none, and is not kept busy by one that back-tracks", async () => {
    const kit = logKit();
    const log = kit.open();
    log.append(Buffer.from(`${"a".repeat(4000)}!\n`));
    await log.close();
    await expect(read(kit, { grep: "(?=x)" })).rejects.toMatchObject({ code: "USAGE" });
    const began = performance.now();
    expect(await read(kit, { grep: "^(a+)+$" })).toEqual([]);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it("shows a hole as a hole, and ends the line before it", async () => {
    const kit = logKit();
    const log = kit.open();
    log.append(Buffer.from("half a li"));
    await log.close();
    const stem = listSegments(log.folder)[0];
    appendFileSync(join(log.folder, `${stem}.raw`), "recovered\n");
    expect(texts(await read(kit))).toEqual(["half a lirecovered"]);
  });

  it("makes host text safe to print", async () => {
    const kit = logKit();
    const log = kit.open();
    log.append(Buffer.from("\x1b]0;evil\x07\x1b[31mred\u202e\x1b[m a\x00b\rA\n"));
    await log.close();
    const [line] = texts(await read(kit));
    expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
    expect(line?.startsWith("Aed")).toBe(true);
  });

  it("reads bytes without an index, and bytes that the index does not cover yet", async () => {
    const kit = logKit();
    const log = kit.open();
    log.append(Buffer.from("one\ntwo\n"));
    expect(texts(await read(kit))).toEqual(["one", "two"]);
    await log.close();
    rmSync(join(log.folder, `${listSegments(log.folder)[0]}.idx`));
    expect(texts(await read(kit))).toEqual(["one", "two"]);
  });

  it("gives the bytes themselves when asked for, whatever the segments", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 20 }),
        fc.integer({ min: 10, max: 200 }),
        async (chunks, segmentBytes) => {
          const kit = logKit({ segmentBytes });
          const log = kit.open();
          for (const chunk of chunks) {
            log.append(chunk);
            log.mark("note", "between");
          }
          await log.close();
          const raw = await read(kit, { raw: true });
          const bytes = Buffer.concat(raw.flatMap((one) => (one.is === "raw" ? [one.bytes] : [])));
          expect(bytes).toEqual(Buffer.concat(chunks));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("of a host without a log gives nothing", async () => {
    expect(await read(logKit())).toEqual([]);
  });

  it("shows marks at their places: after the line in whose middle they came, also while it follows", async () => {
    const kit = logKit();
    const log = kit.open();
    const print = (text: string) => log.append(Buffer.from(text));
    print("one\nlogin: ");
    log.mark("session", "jana came");
    print("root\ntwo\n");
    log.mark("session", "jana left");
    print("three\nlogin: ");
    const inOrder = ["one", "login: root", "jana came", "two", "jana left", "three", "login: "];
    const settle = async () => {
      await log.sync();
      return true;
    };
    const stop = new AbortController();
    const { state, clock } = kit;
    const options = { state, clock, encoding: "utf-8" as const, signal: stop.signal, settle };
    const records: LogRecord[] = [];
    const done = (async () => {
      for await (const one of readLog({ ...ALL, follow: true }, options)) records.push(one);
    })();
    const grown = async (count: number) => {
      for (let n = 0; records.length < count && n < 20_000; n++) await clock.advance(25);
      expect(records).toHaveLength(count);
    };
    await grown(7);
    // Nothing of this is in the index when the next look begins, but for what `settle` brings there.
    print("four\n");
    log.mark("note", "between");
    print("five\n");
    await grown(10);
    stop.abort();
    await done;
    expect(texts(records)).toEqual([...inOrder, "four", "between", "five"]);
    await log.close();
    const all = ["login: four", "between", "five"];
    expect(texts(await read(kit))).toEqual([...inOrder.slice(0, -1), ...all]);
  });

  it("follows: lines as they end, over a new segment, a mark that is indexed late, an open prompt after a second", async () => {
    const kit = logKit({ segmentBytes: 30 });
    const log = kit.open();
    log.append(Buffer.from("old\n"));
    log.flush();
    const records: LogRecord[] = [];
    const stop = new AbortController();
    const options = {
      state: kit.state,
      clock: kit.clock,
      encoding: "utf-8" as const,
      signal: stop.signal,
    };
    const done = (async () => {
      for await (const one of readLog({ ...ALL, follow: true }, options)) records.push(one);
    })();
    // Files are really read here, and that takes turns of the loop that the manual clock knows nothing of.
    const grown = async (count: number) => {
      for (let n = 0; records.length < count && n < 20_000; n++) await kit.clock.advance(25);
      expect(records).toHaveLength(count);
    };
    await grown(1);
    log.append(Buffer.from("half "));
    log.append(Buffer.from("whole\n"));
    log.mark("note", "late");
    await grown(3);
    log.append(Buffer.from("in the next segment\n"));
    log.append(Buffer.from("login: "));
    await grown(5);
    stop.abort();
    await done;
    expect(texts(records)).toEqual(["old", "half whole", "late", "in the next segment", "login: "]);
    expect(records.map((one) => (one.is === "raw" ? 0 : one.offset))).toEqual([0, 4, 15, 15, 35]);
    await log.close();
  });
});
