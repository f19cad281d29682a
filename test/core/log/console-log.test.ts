import { lstatSync, readFileSync, readlinkSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Disk, systemDisk } from "../../../src/core/log/log-disk.ts";
import { listSegments, logFolder } from "../../../src/core/log/log-folder.ts";
import { hours, minutes } from "../../../src/lib/durations.ts";
import { allBytes, allRecords, checkAgainst, killFiles, logKit } from "./log-kit.ts";

const bytesOf = (text: string) => Buffer.from(text);

/** A disk that can be full: it takes `room` bytes more, then ENOSPC. Short writes are its habit. */
function smallDisk() {
  const disk = {
    room: Number.POSITIVE_INFINITY,
    shortest: Number.POSITIVE_INFINITY,
    error: "ENOSPC",
    write(fd: number, bytes: Uint8Array, from: number) {
      const wanted = Math.min(bytes.length - from, disk.room, disk.shortest);
      if (wanted <= 0) throw Object.assign(new Error("no space left"), { code: disk.error });
      disk.room -= wanted;
      return systemDisk.write(fd, bytes.subarray(0, from + wanted), from);
    },
    datasync: systemDisk.datasync,
  };
  return disk;
}

describe("ConsoleLog", () => {
  it("has every byte on file when append() returns", () => {
    const kit = logKit();
    const log = kit.open();
    log.append(bytesOf("login: "));
    expect(allBytes(log.folder).toString()).toBe("login: ");
  });

  it("goes on where the stream ended, over a normal end", async () => {
    const kit = logKit();
    const first = kit.open();
    first.append(bytesOf("one\n"));
    await first.close();
    const second = kit.open();
    expect(second.offset).toBe(4);
    expect(second.append(bytesOf("two\n"))).toBe(4);
    await second.close();
    checkAgainst(bytesOf("one\ntwo\n"), second.folder);
    expect(listSegments(second.folder)).toEqual(["20261122T120000Z"]);
  });

  it("joins bytes of 100 ms into one record and tells later ones apart", async () => {
    const kit = logKit();
    const log = kit.open();
    log.append(bytesOf("a"));
    await kit.clock.advance(99);
    log.append(bytesOf("b"));
    await kit.clock.advance(1);
    log.append(bytesOf("c"));
    log.flush();
    const rx = allRecords(log.folder).filter(({ record }) => record.kind === "rx");
    expect(rx.map(({ record }) => [record.bytes, record.at % 1000])).toEqual([
      [2, 0],
      [1, 100],
    ]);
  });

  it("keeps marks in the index, at their place, and out of the bytes", async () => {
    const kit = logKit();
    const log = kit.open();
    log.append(bytesOf("before "));
    log.mark("power", "pdu-a/3 off, read back — é".repeat(100));
    log.append(bytesOf("after"));
    await log.close();
    expect(allBytes(log.folder).toString()).toBe("before after");
    const mark = allRecords(log.folder).find(({ record }) => record.kind === "mark")?.record;
    expect(mark).toMatchObject({ name: "power", offset: 7, position: 7 });
    expect(mark?.text.startsWith("pdu-a/3 off")).toBe(true);
    expect(Buffer.byteLength(mark?.text ?? "")).toBeLessThanOrEqual(2048);
    expect(mark?.text).not.toContain("\ufffd");
    checkAgainst(bytesOf("before after"), log.folder);
  });

  it("ends the segment of a quiet console by age; one without a byte, and a wall clock that is set, end none", async () => {
    const kit = logKit({ segmentAge: hours(2) });
    /** The disk of a test is a real one, and its time is not. */
    const pass = async (time: number) => {
      await kit.clock.advance(time);
      await kit.sync.settle();
    };
    const log = kit.open();
    await pass(hours(5));
    expect(listSegments(log.folder)).toHaveLength(1);
    log.append(bytesOf("once"));
    kit.clock.stepWall(hours(9000));
    await pass(hours(2) - 1);
    expect(listSegments(log.folder)).toHaveLength(1);
    await pass(1);
    const stems = listSegments(log.folder);
    expect(stems).toHaveLength(2);
    expect(readlinkSync(join(log.folder, "current.raw"))).toBe(`${stems[1]}.raw`);
    await pass(hours(9));
    expect(listSegments(log.folder)).toEqual(stems);
    log.append(bytesOf(" more"));
    await log.close();
    checkAgainst(bytesOf("once more"), log.folder);
  });

  it("counts the age of a segment over restarts, and tries again where it could not be ended", async () => {
    let full = false;
    const disk: Disk = {
      ...systemDisk,
      write(fd, bytes, from) {
        if (full) throw Object.assign(new Error("no room"), { code: "ENOSPC" });
        return systemDisk.write(fd, bytes, from);
      },
    };
    const kit = logKit({ segmentAge: hours(2), disk });
    const first = kit.open();
    first.append(bytesOf("a"));
    await kit.clock.advance(hours(1.5));
    await first.close();
    const log = kit.open();
    log.mark("up", "again");
    full = true;
    await kit.clock.advance(hours(1));
    await kit.sync.settle();
    expect(listSegments(log.folder)).toHaveLength(1);
    full = false;
    await kit.clock.advance(minutes(2));
    await kit.sync.settle();
    expect(listSegments(log.folder)).toHaveLength(2);
    await log.close();
  });

  it("marks a step of the wall clock, and names no segment older than the one before", async () => {
    const kit = logKit({ segmentBytes: 10 });
    const log = kit.open();
    log.append(bytesOf("12345678"));
    kit.clock.stepWall(-3_600_000);
    log.append(bytesOf("abcdefgh"));
    await log.close();
    const clock = allRecords(log.folder).find(({ record }) => record.name === "clock")?.record;
    expect(clock?.text).toBe("the wall clock was stepped by -3600.0 s");
    expect(listSegments(log.folder)).toEqual(["20261122T120000Z", "20261122T120001Z"]);
    checkAgainst(bytesOf("12345678abcdefgh"), log.folder);
  });

  it("begins a new segment by size and by age, points current.raw at it, and closes the old one", async () => {
    const kit = logKit({ segmentBytes: 8 });
    const log = kit.open();
    log.append(bytesOf("12345"));
    log.append(bytesOf("6789"));
    expect(listSegments(log.folder)).toHaveLength(2);
    await kit.clock.advance(25 * 3_600_000);
    log.append(bytesOf("x"));
    const stems = listSegments(log.folder);
    expect(stems).toHaveLength(3);
    expect(readlinkSync(join(log.folder, "current.raw"))).toBe(`${stems.at(-1)}.raw`);
    await log.sync();
    await log.close();
    checkAgainst(bytesOf("123456789x"), log.folder);
  });

  it("makes files for owner and group only", async () => {
    const kit = logKit();
    const log = kit.open();
    await log.close();
    expect(statSync(log.folder).mode & 0o777).toBe(0o750);
    expect(statSync(join(log.folder, "current.raw")).mode & 0o777).toBe(0o640);
    expect(lstatSync(join(log.folder, "current.raw")).isSymbolicLink()).toBe(true);
  });

  it("keeps a host's folder inside the state, whatever its name", () => {
    expect(logFolder("/s", "web1.example_a")).toBe("/s/console/web1.example_a");
    expect(logFolder("/s", "../../etc")).toBe("/s/console/%2E%2E%2F..%2Fetc");
    expect(logFolder("/s", "..")).toBe("/s/console/%2E%2E");
    expect(logFolder("/s", "serial:/dev/ttyS0")).toBe("/s/console/serial%3A%2Fdev%2FttyS0");
  });

  it("says what is wrong when the log cannot be opened", () => {
    const kit = logKit({ state: "/dev/null" });
    expect(() => kit.open()).toThrow(
      expect.objectContaining({
        code: "LOG_UNWRITABLE",
        hint: expect.stringContaining("/dev/null"),
      }),
    );
  });

  it("tail() gives the end of the stream over segments", async () => {
    const kit = logKit({ segmentBytes: 4 });
    const log = kit.open();
    for (const part of ["abcd", "efgh", "ij"]) log.append(bytesOf(part));
    const tail = log.tail(5);
    expect([Buffer.from(tail.bytes).toString(), tail.offset]).toEqual(["fghij", 5]);
    expect(log.tail(100).offset).toBe(0);
    await log.close();
  });

  it("syncs a group once per interval, and not at all while nothing is written", async () => {
    const synced: number[] = [];
    const disk = {
      write: systemDisk.write,
      datasync: async (fd: number) => void synced.push(fd),
    };
    const kit = logKit({ disk });
    const logs = ["a", "b", "c"].map((host) => kit.open(host));
    await kit.clock.advance(1000);
    synced.length = 0;
    for (const log of logs) for (let n = 0; n < 5; n++) log.append(bytesOf("x"));
    await kit.clock.advance(1000);
    expect(synced).toHaveLength(3);
    for (const log of logs) log.mark("note", "a mark is on the disk with the bytes before it");
    await kit.clock.advance(1000);
    expect(synced).toHaveLength(9);
    await kit.clock.advance(60_000);
    expect(synced).toHaveLength(9);
    for (const log of logs) await log.close();
  });
});

describe("ConsoleLog after kill -9", () => {
  it("whatever the chunks, rotations and places at which the index is torn: bytes and stream are equal", () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .uint8Array({ minLength: 1, maxLength: 40 })
          .map((bytes) => ({ is: "bytes", bytes }) as const),
      },
      { weight: 1, arbitrary: fc.constant({ is: "flush" } as const) },
      {
        weight: 1,
        arbitrary: fc.string({ maxLength: 100 }).map((text) => ({ is: "mark", text }) as const),
      },
      { weight: 2, arbitrary: fc.nat(3000).map((ms) => ({ is: "wait", ms }) as const) },
      { weight: 2, arbitrary: fc.nat().map((cut) => ({ is: "kill", cut }) as const) },
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 16, max: 400 }),
        (steps, segmentBytes) => {
          const kit = logKit({ segmentBytes });
          let log = kit.open();
          let stream = Buffer.alloc(0);
          for (const one of steps) {
            if (one.is === "bytes") {
              expect(log.append(one.bytes)).toBe(stream.length);
              stream = Buffer.concat([stream, one.bytes]);
            } else if (one.is === "mark") log.mark("note", one.text);
            else if (one.is === "flush") log.flush();
            else if (one.is === "wait") kit.clock.stepWall(one.ms);
            else {
              killFiles(log.folder);
              const index = join(log.folder, `${listSegments(log.folder).at(-1)}.idx`);
              truncateSync(index, one.cut % (statSync(index).size + 1));
              log = kit.open();
              expect(log.offset).toBe(stream.length);
            }
          }
          expect(Buffer.from(log.tail(1 << 20).bytes)).toEqual(stream);
          log.flush();
          killFiles(log.folder);
          expect(checkAgainst(stream, log.folder)).toEqual({ lost: 0 });
        },
      ),
      { numRuns: 150 },
    );
  });

  it("whatever part of the bytes never reached the disk: a gap says how many are missing", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 12 }),
        fc.nat(),
        (sizes, cut) => {
          const kit = logKit();
          const first = kit.open();
          const stream = Buffer.from(Array.from({ length: 600 }, (_, i) => i & 0xff));
          let sent = 0;
          for (const size of sizes) {
            first.append(stream.subarray(sent, sent + size));
            first.mark("note", `after ${size}`);
            sent += size;
          }
          first.flush();
          killFiles(first.folder);
          const raw = join(first.folder, `${listSegments(first.folder)[0]}.raw`);
          const left = cut % (sent + 1);
          truncateSync(raw, left);
          const second = kit.open();
          expect(second.offset).toBe(sent);
          second.append(stream.subarray(sent, sent + 10));
          second.flush();
          killFiles(second.folder);
          expect(checkAgainst(stream.subarray(0, sent + 10), second.folder)).toEqual({
            lost: sent - left,
          });
          const marks = allRecords(second.folder).filter(({ record }) => record.kind === "mark");
          expect(marks).toHaveLength(sizes.length);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("takes zeros at the end of the index, as file systems leave them, for nothing", () => {
    const kit = logKit();
    const log = kit.open();
    log.append(bytesOf("abc"));
    log.flush();
    killFiles(log.folder);
    const index = join(log.folder, `${listSegments(log.folder)[0]}.idx`);
    const size = statSync(index).size;
    truncateSync(index, size + 480);
    const again = kit.open();
    again.append(bytesOf("def"));
    again.flush();
    killFiles(again.folder);
    checkAgainst(bytesOf("abcdef"), again.folder);
  });
});

describe("ConsoleLog on a full disk", () => {
  const told: (string | number)[] = [];
  const troubles = {
    gap: (bytes: number) => void told.push(bytes),
    notice: (text: string) => void told.push(text),
  };

  it("keeps the newest in memory and writes them when room is back, after a short write too", async () => {
    const disk = smallDisk();
    const kit = logKit({ disk });
    const log = kit.open();
    told.length = 0;
    log.listen(troubles);
    log.append(bytesOf("first "));
    disk.room = 3;
    log.append(bytesOf("second "));
    log.mark("note", "in trouble");
    log.append(bytesOf("third "));
    expect(log.tail(100).bytes).toEqual(bytesOf("first second third "));
    await expect(log.sync()).rejects.toMatchObject({ code: "LOG_UNWRITABLE" });
    await kit.clock.advance(3000);
    expect(allBytes(log.folder).toString()).toBe("first sec");
    disk.room = Number.POSITIVE_INFINITY;
    await kit.clock.advance(1000);
    log.append(bytesOf("fourth"));
    await log.close();
    expect(checkAgainst(bytesOf("first second third fourth"), log.folder)).toEqual({ lost: 0 });
    expect(told).toEqual([
      "the log cannot be written (no space left); the newest bytes are kept in memory",
      "the log is written again",
    ]);
    const mark = allRecords(log.folder).find(({ record }) => record.name === "note")?.record;
    expect(mark?.offset).toBe(13);
  });

  it("counts what it had to drop to the byte, whenever room comes and goes", () => {
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc
          .integer({ min: 1, max: 400_000 })
          .map((size) => ({ is: "bytes", size }) as const),
      },
      { weight: 2, arbitrary: fc.nat(600_000).map((room) => ({ is: "room", room }) as const) },
      {
        weight: 1,
        arbitrary: fc.constant({ is: "room", room: Number.POSITIVE_INFINITY } as const),
      },
      { weight: 2, arbitrary: fc.constant({ is: "round" } as const) },
      { weight: 1, arbitrary: fc.constant({ is: "mark" } as const) },
    );
    const source = Buffer.from(
      Array.from({ length: 8 << 20 }, (_, i) => (i * 7 + (i >> 8)) & 0xff),
    );
    let everLost = 0;
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 100, max: 1 << 20 }),
        fc.nat(600_000),
        (steps, shortest, roomAtFirst) => {
          const small = smallDisk();
          small.shortest = shortest;
          const kit = logKit({ disk: small, segmentBytes: 1 << 20 });
          const log = kit.open();
          let gaps = 0;
          small.room = roomAtFirst;
          log.listen({
            gap: (bytes) => {
              gaps += bytes;
            },
            notice: () => undefined,
          });
          let sent = 0;
          for (const one of steps) {
            if (one.is === "bytes" && sent + one.size <= source.length) {
              log.append(source.subarray(sent, sent + one.size));
              sent += one.size;
            } else if (one.is === "room") small.room = one.room;
            else if (one.is === "round") log.flush();
            else if (one.is === "mark") log.mark("note", "here");
          }
          small.room = Number.POSITIVE_INFINITY;
          log.flush();
          expect(log.flush()).toBe(false);
          expect(log.offset).toBe(sent);
          killFiles(log.folder);
          expect(checkAgainst(source.subarray(0, sent), log.folder)).toEqual({ lost: gaps });
          everLost += gaps;
        },
      ),
      {
        numRuns: 60,
        // One that surely drops: more than a console may hold in memory, with no room at all.
        examples: [
          [Array.from({ length: 3 }, () => ({ is: "bytes", size: 900_000 }) as const), 4096, 0],
        ],
      },
    );
    expect(everLost).toBeGreaterThan(0);
  });

  it("takes new files where the old ones broke", async () => {
    const disk = smallDisk();
    const kit = logKit({ disk });
    const log = kit.open();
    log.append(bytesOf("good "));
    log.flush();
    disk.error = "EIO";
    disk.room = 0;
    log.append(bytesOf("held "));
    await kit.clock.advance(1000);
    disk.room = Number.POSITIVE_INFINITY;
    await kit.clock.advance(2000);
    log.append(bytesOf("on"));
    await log.close();
    expect(allBytes(log.folder).toString()).toBe("good held on");
    expect(listSegments(log.folder).length).toBeGreaterThan(1);
  });

  it("does not let a full disk fill the memory: one console keeps 1 MiB", () => {
    const disk = smallDisk();
    const kit = logKit({ disk });
    const log = kit.open();
    disk.room = 0;
    const chunk = Buffer.alloc(100_000, "x");
    for (let n = 0; n < 100; n++) log.append(chunk);
    expect(log.tail(100 << 20).bytes.length).toBe(1 << 20);
    killFiles(log.folder);
    expect(readFileSync(join(log.folder, "current.raw"))).toHaveLength(0);
  });
});
