import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BGZF_BLOCK } from "../../../src/codec/bgzf.ts";
import { listSegments, logFolder } from "../../../src/core/log/log-folder.ts";
import { endedSegments, packLogs } from "../../../src/core/log/log-packer.ts";
import { readLog } from "../../../src/core/log/log-reader.ts";
import { readTail } from "../../../src/core/log/log-tail.ts";
import { packSegment } from "../../../src/core/log/pack-segment.ts";
import { isPacked, RawFile, rawEnd, rawFacts } from "../../../src/core/log/raw-file.ts";
import type { LogQuery } from "../../../src/core/site/site.ts";
import { hours } from "../../../src/lib/durations.ts";
import { sealKit } from "../seal/seal-kit.ts";
import { NOON, newState } from "./log-kit.ts";

const STEM = "20261122T120000Z";
const now = async () => {};

let state: string;
let folder: string;
beforeEach(() => {
  state = newState();
  folder = logFolder(state, "web1");
  mkdirSync(folder, { recursive: true });
});
afterEach(() => rmSync(state, { recursive: true }));

const pathOf = (ending: string) => join(folder, STEM + ending);

/** Words as a host prints them, with a place of each byte that can be told. */
const words = (length: number) =>
  Buffer.from(
    Array.from({ length: Math.ceil(length / 20) }, (_, n) => `line ${n} of a host\r\n`).join(""),
  ).subarray(0, length);

async function readAll(step: number, from = 0): Promise<Buffer> {
  const file = await RawFile.open(folder, STEM);
  const parts: Buffer[] = [];
  try {
    for (let at = from; ; ) {
      const into = Buffer.alloc(step);
      const got = await file.read(into, at);
      if (got === 0) return Buffer.concat(parts);
      parts.push(into.subarray(0, got));
      at += got;
    }
  } finally {
    await file.close();
  }
}

/** Every log of the site, compressed as far as it ends; what was written by then counts as old. */
const packAll = (root = state) => packLogs(root, Date.now() + hours(9000), now);

describe("packSegment()", () => {
  it("keeps every byte, in less room, with the time of the last; zcat and zgrep read it", async () => {
    const bytes = words(3 * BGZF_BLOCK + 17);
    writeFileSync(pathOf(".raw"), bytes);
    utimesSync(pathOf(".raw"), 1_700_000_000, 1_700_000_000);
    const { from, to } = await packSegment(folder, STEM, now);
    expect(readdirSync(folder)).toEqual([`${STEM}.raw.gz`]);
    expect([from, to]).toEqual([bytes.length, statSync(pathOf(".raw.gz")).size]);
    expect(to).toBeLessThan(from / 4);
    expect(statSync(pathOf(".raw.gz")).mode & 0o777).toBe(0o640);
    expect(rawFacts(folder, STEM)).toEqual({ size: bytes.length, mtimeMs: 1_700_000_000_000 });
    const [cat, grep] = ["zcat", "zgrep"];
    expect(execFileSync(cat, [pathOf(".raw.gz")]).equals(bytes)).toBe(true);
    expect(String(execFileSync(grep, ["-c", "line 9[0-9] ", pathOf(".raw.gz")]))).toBe("10\n");
  });

  it("gives the same bytes from any place, in pieces of any size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.nat(300), fc.constantFrom(BGZF_BLOCK - 1, BGZF_BLOCK, 2 * BGZF_BLOCK)),
        fc.integer({ min: 1, max: 100_000 }),
        fc.nat(140_000),
        async (length, step, from) => {
          const bytes = words(length);
          rmSync(pathOf(".raw.gz"), { force: true });
          writeFileSync(pathOf(".raw"), bytes);
          await packSegment(folder, STEM, now);
          const wanted = bytes.subarray(Math.min(from, length));
          expect((await readAll(Math.max(step, length / 50), from)).equals(wanted)).toBe(true);
          expect(
            rawEnd(folder, STEM, step).equals(bytes.subarray(-Math.min(step, length) || length)),
          ).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("leaves one whole copy wherever it is cut short, and begins anew over what is left", async () => {
    const bytes = words(4 * BGZF_BLOCK);
    for (let cut = 0; cut < 11; cut++) {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      writeFileSync(pathOf(".raw"), bytes);
      let steps = 0;
      const rest = async () => {
        if (steps++ === cut) throw new Error("stopped");
      };
      await packSegment(folder, STEM, rest).catch(() => undefined);
      expect((await readAll(1 << 16)).equals(bytes)).toBe(true);
      expect(listSegments(folder)).toEqual([STEM]);
      // What kill -9 leaves: half of a new file, and a whole one beside the bytes.
      writeFileSync(pathOf(".raw.gz.new"), bytes.subarray(0, 99));
      writeFileSync(pathOf(".raw"), bytes);
      await packSegment(folder, STEM, now);
      expect(readdirSync(folder)).toEqual([`${STEM}.raw.gz`]);
      expect((await readAll(1 << 16)).equals(bytes)).toBe(true);
    }
  });

  it("keeps the bytes as they are where they change meanwhile", async () => {
    writeFileSync(pathOf(".raw"), words(2 * BGZF_BLOCK));
    let changed = false;
    const change = async () => {
      if (!changed) writeFileSync(pathOf(".raw"), "late", { flag: "a" });
      changed = true;
    };
    await expect(packSegment(folder, STEM, change)).rejects.toThrow("not what stands there");
    expect(readdirSync(folder)).toEqual([`${STEM}.raw`]);
  });

  it("loses one block of 64 KiB to damage, and says so in its place", async () => {
    const bytes = words(3 * BGZF_BLOCK);
    writeFileSync(pathOf(".raw"), bytes);
    await packSegment(folder, STEM, now);
    const packed = readFileSync(pathOf(".raw.gz"));
    const second = packed.readUInt16LE(16) + 1;
    packed.fill(0x55, second + 200, second + 260);
    writeFileSync(pathOf(".raw.gz"), packed);
    const query: LogQuery = { host: "web1", follow: false, raw: false };
    const clock = { now: () => NOON } as Parameters<typeof readLog>[1]["clock"];
    let text = "";
    for await (const record of readLog(query, { state, clock, encoding: "utf-8" }))
      if (record.is !== "raw") text += `${record.text}\n`;
    expect(text).toContain(
      `${BGZF_BLOCK} bytes cannot be read: their compressed file is damaged\n`,
    );
    expect(text.match(/line \d+ of a host/g)?.length).toBeGreaterThan(6000);
    expect(rawEnd(folder, STEM, 2 * BGZF_BLOCK)).toEqual(bytes.subarray(2 * BGZF_BLOCK));
  });

  it("reads what is whole of a file that was cut off", async () => {
    const bytes = words(3 * BGZF_BLOCK);
    writeFileSync(pathOf(".raw"), bytes);
    await packSegment(folder, STEM, now);
    truncateSync(pathOf(".raw.gz"), statSync(pathOf(".raw.gz")).size - 40);
    expect((await readAll(1 << 16)).equals(bytes.subarray(0, 2 * BGZF_BLOCK))).toBe(true);
  });
});

describe("packLogs()", () => {
  /** A sealed log of several segments. */
  async function written() {
    const kit = sealKit({ state, segmentBytes: 100 });
    const log = kit.open();
    for (let n = 0; n < 5; n++) {
      log.append(words(90));
      log.mark("note", `after ${n}`);
      await kit.clock.advance(2000);
      await log.sync(true);
    }
    return { kit, log };
  }
  const show = async (clock: Parameters<typeof readLog>[1]["clock"], more: Partial<LogQuery>) => {
    const query: LogQuery = { host: "web1", follow: false, raw: false, ...more };
    const shown: string[] = [];
    for await (const one of readLog(query, { state, clock, encoding: "utf-8" }))
      shown.push(one.is === "raw" ? String(one.bytes) : `${one.at} ${one.offset} ${one.text}`);
    return shown;
  };

  it("changes nothing that anybody reads: lines, bytes, tail, verify, and where the log goes on", async () => {
    const { kit, log } = await written();
    const look = async () => ({
      all: await show(kit.clock, {}),
      last: await show(kit.clock, { last: 8 }),
      since: await show(kit.clock, { since: NOON + 5000 }),
      found: await show(kit.clock, { grep: "line 3 " }),
      raw: (await show(kit.clock, { raw: true })).join(""),
      tail: String(readTail(folder, 250)),
      verdict: await kit.verify(),
    });
    const before = await look();
    expect(before.verdict.result).toBe("consistent");
    await packAll();
    const stems = listSegments(folder);
    expect(stems.map((stem) => isPacked(folder, stem))).toEqual([true, true, true, true, false]);
    expect(await look()).toEqual(before);
    await log.close();
    const again = kit.open();
    expect(again.offset).toBe(450);
    again.append(words(90));
    await again.close();
    expect(await kit.verify()).toMatchObject({ result: "consistent", problems: [], bytes: 540 });
  });

  it("finds a byte that was changed before it was compressed, and a compressed file that was damaged", async () => {
    const { kit, log } = await written();
    await log.close();
    const [first = "", second = ""] = listSegments(folder);
    writeFileSync(join(folder, `${first}.raw`), words(90).fill("x", 3, 4));
    await packAll();
    expect(await kit.verify()).toMatchObject({
      result: "broken",
      problems: [{ segment: first, what: "bytes are not as they came" }],
    });
    const path = join(folder, `${second}.raw.gz`);
    writeFileSync(path, readFileSync(path).fill(0, 30, 40));
    const { problems } = await kit.verify();
    expect(problems).toContainEqual(
      expect.objectContaining({ segment: second, what: "bytes that were logged are gone" }),
    );
  });

  it("leaves alone the newest, what ended a moment ago, and what may be written on after a power loss", async () => {
    const { kit, log } = await written();
    await log.close();
    const stems = listSegments(folder);
    await packLogs(state, Date.now(), now);
    expect(stems.some((stem) => isPacked(folder, stem))).toBe(false);
    writeFileSync(join(folder, `${stems[4]}.cp`), "");
    expect(endedSegments(folder)).toEqual(stems.slice(0, 3));
    for (const stem of stems) rmSync(join(folder, `${stem}.tl`));
    expect(endedSegments(folder)).toEqual(stems.slice(0, 4));
    expect(kit.folder).toBe(folder);
  });

  it("a log goes on where the newest segment that is left was compressed", async () => {
    const { kit, log } = await written();
    await log.close();
    await packAll();
    const stems = listSegments(folder);
    for (const ending of ["raw", "idx", "tl", "cp"]) rmSync(join(folder, `${stems[4]}.${ending}`));
    const again = kit.open();
    expect(again.offset).toBe(360);
    again.append(words(10));
    await again.close();
    expect(existsSync(join(folder, `${stems[3]}.raw`))).toBe(false);
    expect(await kit.verify()).toMatchObject({ result: "consistent", problems: [], bytes: 370 });
  });

  it("a log goes on where the index of a compressed segment before it is lost", async () => {
    const { kit, log } = await written();
    await log.close();
    await packAll();
    const stems = listSegments(folder);
    rmSync(join(folder, `${stems[3]}.idx`));
    for (const ending of ["raw", "idx", "tl", "cp"]) rmSync(join(folder, `${stems[4]}.${ending}`));
    const again = kit.open();
    again.append(words(10));
    await again.close();
    expect(String(readTail(folder, 100))).toBe(String(Buffer.concat([words(90), words(10)])));
  });

  it("goes on behind a segment that cannot be compressed, and says which trouble there was", async () => {
    const { log } = await written();
    await log.close();
    const [first = "", second = ""] = listSegments(folder);
    mkdirSync(join(folder, `${first}.raw.gz.new`));
    await expect(packAll()).rejects.toThrow();
    expect(isPacked(folder, first)).toBe(false);
    expect(isPacked(folder, second)).toBe(true);
  });
});
