/** What an honest log goes through and is not called broken for; and what it is called broken for although it looks so. */
import {
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LogCare } from "../../../src/core/log/log-care.ts";
import { type Disk, systemDisk } from "../../../src/core/log/log-disk.ts";
import { listSegments } from "../../../src/core/log/log-folder.ts";
import { logRetention } from "../../../src/core/log/log-retention.ts";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import { type SealKit, sealKit } from "./seal-kit.ts";

const bytesOf = (text: string) => Buffer.from(text, "latin1");
const DAY = hours(24);

/** Refuses to write to files with such an ending. */
function refusing(): Disk & { ending: string } {
  const disk = {
    ...systemDisk,
    ending: "none",
    write(fd: number, bytes: Uint8Array, from: number) {
      if (readlinkSync(`/proc/self/fd/${fd}`).endsWith(disk.ending))
        throw Object.assign(new Error("i/o error"), { code: "EIO" });
      return systemDisk.write(fd, bytes, from);
    },
  };
  return disk;
}

/** Segments an hour apart, one for each text. */
async function written(kit: SealKit, texts: readonly string[]): Promise<string[]> {
  const log = kit.open();
  for (const text of texts) {
    log.append(bytesOf(text));
    await log.sync(true);
    await kit.clock.advance(hours(1));
  }
  await log.close();
  const stems = listSegments(kit.folder);
  for (const stem of stems) utimesSync(join(kit.folder, `${stem}.raw`), 1e9, 1e9);
  return stems;
}

async function sweep(kit: SealKit): Promise<void> {
  const keep = { keepDays: 2, keepBytes: undefined };
  const audit = { note: (event: object) => ({ ...event, seq: 1, at: 0 }) as never };
  const works = logRetention({ state: kit.state, clock: kit.clock, keep, audit });
  const one = new LogCare({ works, clock: kit.clock, audit });
  one.start();
  await one.idle();
  await one.stop();
}

describe("verifyLog()", () => {
  it("believes a checkpoint whose key was made while it verifies", async () => {
    const kit = sealKit({ segmentBytes: 10 });
    const log = kit.open();
    log.append(bytesOf("yesterday"));
    await log.sync(true);
    const list = join(kit.state, "seal", "keys");
    const before = readFileSync(list);
    await kit.clock.advance(DAY);
    log.append(bytesOf("today"));
    await log.close();
    const after = readFileSync(list);
    writeFileSync(list, before);
    const verdict = kit.verify({
      // Asked before each segment: midnight is while the first is read.
      signal: { throwIfAborted: () => writeFileSync(list, after) } as AbortSignal,
    });
    expect(await verdict).toMatchObject({ result: "consistent", problems: [], segments: 2 });
  });

  it("finds a chain that goes on where the segments of a quiet console end by age", async () => {
    const kit = sealKit({ segmentAge: DAY });
    const log = kit.open();
    for (const text of ["monday", "tuesday", "friday"]) {
      log.append(bytesOf(text));
      await kit.clock.advance(2 * DAY);
      await kit.sync.settle();
    }
    await kit.clock.advance(minutes(2));
    await kit.sync.settle();
    // Nothing more came: the last one ended, and the one behind it is under a checkpoint too.
    const verdict = await kit.verify();
    expect(verdict).toMatchObject({ result: "consistent", problems: [], segments: 4, bytes: 19 });
    expect(verdict.signedTo?.entries).toBe(verdict.entries);
    await log.close();
  });

  it("does not call a log broken whose segment ended before its seal was tried again", async () => {
    const disk = refusing();
    const kit = sealKit({ disk, segmentBytes: 20 });
    const log = kit.open();
    log.append(bytesOf("before "));
    await log.sync();
    disk.ending = ".tl";
    log.append(bytesOf("meanwhile "));
    await log.sync();
    disk.ending = "none";
    await kit.clock.advance(seconds(2));
    log.append(bytesOf("in the next segment"));
    await log.close();
    expect(listSegments(kit.folder)).toHaveLength(2);
    expect(await kit.verify()).toMatchObject({ result: "consistent", problems: [], bytes: 36 });
  });

  it("does not call a log broken that goes on behind a segment without a byte which was kept", async () => {
    const disk = refusing();
    const kit = sealKit({ disk, segmentBytes: 10 });
    const log = kit.open();
    log.append(bytesOf("first one"));
    await log.sync();
    await kit.clock.advance(hours(1));
    disk.ending = ".raw";
    log.append(bytesOf("second"));
    for (let n = 0; n < 3; n++) await log.sync().catch(() => undefined);
    disk.ending = "none";
    await log.sync();
    for (const text of ["third one", "fourth one"]) {
      await kit.clock.advance(hours(1));
      log.append(bytesOf(text));
      await log.sync(true);
    }
    await log.close();
    const stems = listSegments(kit.folder);
    expect(stems.some((stem) => readFileSync(join(kit.folder, `${stem}.raw`)).length === 0)).toBe(
      true,
    );
    expect(await kit.verify()).toMatchObject({ result: "consistent", problems: [] });
    for (const stem of stems) utimesSync(join(kit.folder, `${stem}.raw`), 1e9, 1e9);
    await kit.clock.advance(9 * DAY);
    await sweep(kit);
    expect(await kit.verify()).toMatchObject({ result: "consistent", problems: [] });
  });

  it("does not call a log broken whose file broke in the middle of a chunk", async () => {
    let left = 12;
    const write: Disk["write"] = (fd, bytes, from) => {
      const isRaw = readlinkSync(`/proc/self/fd/${fd}`).endsWith(".raw");
      if (isRaw && left === 0) throw Object.assign(new Error("i/o error"), { code: "EIO" });
      const wrote = systemDisk.write(fd, isRaw ? bytes.subarray(0, from + left) : bytes, from);
      if (isRaw) left -= wrote;
      return wrote;
    };
    const kit = sealKit({ disk: { ...systemDisk, write } });
    const log = kit.open();
    for (const text of ["before ", "in the middle"]) log.append(bytesOf(text));
    await log.sync().catch(() => undefined);
    // Broken again while what was held is written.
    left = 3;
    await log.sync().catch(() => undefined);
    left = 100;
    await log.sync();
    await log.close();
    expect(listSegments(kit.folder).length).toBeGreaterThan(1);
    expect(await kit.verify()).toMatchObject({ result: "consistent", problems: [], bytes: 20 });
  });

  it("begins anew where old segments are removed while it reads", async () => {
    const kit = sealKit({ segmentBytes: 10 });
    const stems = await written(kit, ["first one", "second one", "third one"]);
    let asked = 0;
    const throwIfAborted = () => {
      if (++asked !== 2) return;
      for (const stem of stems.slice(0, 2))
        for (const end of ["raw", "tl", "cp", "idx"]) rmSync(join(kit.folder, `${stem}.${end}`));
    };
    const verdict = await kit.verify({ signal: { throwIfAborted } as AbortSignal });
    expect(verdict).toMatchObject({ result: "consistent", problems: [], segments: 1 });
  });

  it("finds that seals of the oldest segments were taken away", async () => {
    const kit = sealKit({ segmentBytes: 10 });
    const [first] = await written(kit, ["first one", "second one", "third one"]);
    const anchor = kit.checkpoints().at(-1) ?? "";
    for (const ending of ["tl", "cp"]) rmSync(join(kit.folder, `${first}.${ending}`));
    writeFileSync(join(kit.folder, `${first}.raw`), "other one");
    expect(await kit.verify({ anchor })).toMatchObject({
      result: "broken",
      problems: [{ segment: first, what: "it has no timeline, and the log was sealed before" }],
    });
  });
});

describe("logRetention()", () => {
  it("leaves a log that is not broken wherever it is cut short, and nothing behind at the next start", async () => {
    const kit = sealKit({ segmentBytes: 10 });
    const stems = await written(kit, ["first one", "second one", "third one"]);
    await kit.clock.advance(9 * DAY);
    for (const [n, ending] of ["raw", "tl", "cp"].entries()) {
      rmSync(join(kit.folder, `${stems[0]}.${ending}`));
      expect({ n, ...(await kit.verify()) }).toMatchObject({ n, result: "consistent" });
    }
    await sweep(kit);
    const left = readdirSync(kit.folder).filter((name) => /^\d/.test(name));
    expect(left.sort()).toEqual(["cp", "idx", "raw", "tl"].map((end) => `${stems[2]}.${end}`));
  });
});
