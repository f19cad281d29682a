import {
  appendFileSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ENTRY_BYTES, readEntry } from "../../../src/codec/timeline.ts";
import type { ConsoleLog } from "../../../src/core/log/console-log.ts";
import { listSegments } from "../../../src/core/log/log-folder.ts";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import { killFiles } from "../log/log-kit.ts";
import { pickyDisk, type SealKit, sealKit } from "./seal-kit.ts";

const bytesOf = (text: string) => Buffer.from(text);

/** What the timeline of the newest segment holds. */
function entriesOf({ folder }: SealKit, stem = listSegments(folder).at(-1) ?? "") {
  const bytes = readFileSync(join(folder, `${stem}.tl`));
  const count = bytes.length / ENTRY_BYTES;
  return Array.from({ length: count }, (_, n) => readEntry(bytes, n * ENTRY_BYTES));
}

/** Why a log is not sealed, as it is told. */
function troublesOf(log: ConsoleLog): (string | undefined)[] {
  const told: (string | undefined)[] = [];
  const seal = (why: string | undefined) => told.push(why);
  log.listen({ gap: () => {}, notice: () => {}, seal });
  return told;
}

describe("a sealed log", () => {
  it("joins bytes of 100 ms into one entry and tells later ones apart", async () => {
    const kit = sealKit();
    const log = kit.open();
    log.append(bytesOf("a"));
    await kit.clock.advance(99);
    log.append(bytesOf("b"));
    await kit.clock.advance(1);
    log.append(bytesOf("c"));
    await log.close();
    const rx = entriesOf(kit).filter((entry) => entry?.kind === "rx");
    expect(rx.map((entry) => [entry?.offset, entry?.length, (entry?.at ?? 0) % 1000])).toEqual([
      [0, 2, 0],
      [2, 1, 100],
    ]);
    expect((await kit.verify()).problems).toEqual([]);
  });

  it("has a checkpoint a minute while something comes, one after the last, and then no more", async () => {
    const kit = sealKit();
    const log = kit.open();
    for (let n = 0; n < 60; n++) {
      log.append(bytesOf("x"));
      await kit.clock.advance(seconds(3));
      // A round that is still under way would sign at a later time of this clock than it began.
      await kit.sync.settle();
    }
    const [first, second] = kit.checkpoints().map((line) => Number(line.split(" ")[5]));
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(minutes(1));
    expect(kit.checkpoints().length).toBeLessThanOrEqual(4);
    await kit.clock.advance(minutes(1));
    await kit.clock.advance(seconds(2));
    await kit.sync.settle();
    const { signedTo, bytes } = await kit.verify();
    expect([signedTo?.offset, bytes]).toEqual([60, 60]);
    const count = kit.checkpoints().length;
    await kit.clock.advance(minutes(5));
    await kit.sync.settle();
    expect(kit.checkpoints()).toHaveLength(count);
    await log.close();
  });

  it("has a checkpoint before and after an act on power, and at rotation", async () => {
    const kit = sealKit({ segmentBytes: 10 });
    const log = kit.open();
    log.append(bytesOf("0123456"));
    await log.sync();
    log.append(bytesOf("7"));
    await log.sync();
    expect((await kit.verify()).signedTo?.offset).toBe(7);
    await log.sync(true);
    expect((await kit.verify()).signedTo?.offset).toBe(8);
    log.append(bytesOf("8"));
    log.mark("power", "cycle done");
    await log.sync();
    expect((await kit.verify()).signedTo?.offset).toBe(9);
    log.append(bytesOf("abcdef"));
    await log.sync();
    const [old, fresh] = listSegments(kit.folder);
    expect(existsSync(join(kit.folder, `${old}.cp`))).toBe(true);
    expect(entriesOf(kit, fresh)[0]?.number).toBe(entriesOf(kit, old).length);
    await log.close();
    expect(await kit.verify()).toMatchObject({ result: "consistent", segments: 2, bytes: 15 });
  });

  it("after kill -9, whatever of the seal was written, what no entry covers is adopted as recovered", async () => {
    const steps = fc.array(
      fc.record({
        bytes: fc.nat(400),
        mark: fc.boolean(),
        sync: fc.constantFrom("no", "flush", "sync", "sealed"),
        wait: fc.nat(150),
      }),
      { minLength: 1, maxLength: 12 },
    );
    const torn = fc.nat(2 * ENTRY_BYTES);
    await fc.assert(
      fc.asyncProperty(steps, torn, async (plan, cut) => {
        const kit = sealKit({ segmentBytes: 1500 });
        let log = kit.open();
        let sent = 0;
        for (const { bytes, mark, sync, wait } of plan) {
          log.append(Buffer.alloc(bytes, sent));
          sent += bytes;
          if (mark) log.mark("session", "jana is writing");
          if (sync === "flush") log.flush();
          else if (sync !== "no") await log.sync(sync === "sealed");
          await kit.clock.advance(wait);
        }
        await log.sync();
        log.append(bytesOf("seen by no entry"));
        sent += 16;
        killFiles(kit.folder);
        const signed = (await kit.verify()).signedTo?.entries ?? 0;
        const stem = listSegments(kit.folder).at(-1) ?? "";
        const timeline = join(kit.folder, `${stem}.tl`);
        const first = entriesOf(kit, stem)[0]?.number ?? 0;
        const least = Math.max(0, signed - first) * ENTRY_BYTES;
        truncateSync(timeline, Math.max(least, statSync(timeline).size - cut));
        log = kit.open();
        expect(log.offset).toBe(sent);
        log.append(bytesOf("and on"));
        await log.close();
        const verdict = await kit.verify({ anchor: kit.checkpoints().at(-1) });
        expect(verdict.problems).toEqual([]);
        expect(verdict).toMatchObject({ result: "verified", bytes: sent + 6, unsealedTail: 0 });
        expect(verdict.recovered).toBeGreaterThanOrEqual(16);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  it("goes on where the timeline cannot be written, says so, and adopts what came meanwhile", async () => {
    const disk = pickyDisk();
    const kit = sealKit({ disk });
    const log = kit.open();
    const told = troublesOf(log);
    log.append(bytesOf("before "));
    await log.sync();
    disk.refuses = true;
    log.append(bytesOf("meanwhile "));
    await log.sync();
    expect(told).toEqual(["the timeline cannot be written: no space left"]);
    expect(readFileSync(join(kit.folder, "current.raw"), "latin1")).toBe("before meanwhile ");
    disk.refuses = false;
    await kit.clock.advance(seconds(11));
    log.append(bytesOf("after"));
    await log.sync(true);
    expect(told).toEqual(["the timeline cannot be written: no space left", undefined]);
    await log.close();
    expect(await kit.verify()).toMatchObject({ result: "consistent", bytes: 22, recovered: 15 });
  });

  it("goes on where today's key is gone, and says so", async () => {
    const kit = sealKit();
    const log = kit.open();
    const told = troublesOf(log);
    log.append(bytesOf("one"));
    await log.sync();
    const key = join(kit.state, "seal", "day.key");
    const kept = readFileSync(key);
    rmSync(key);
    log.append(bytesOf("two"));
    await log.sync(true);
    expect(told[0]).toMatch(/^checkpoints cannot be written: Cannot sign checkpoints/);
    expect(await kit.verify()).toMatchObject({
      result: "consistent",
      bytes: 6,
      signedTo: { offset: 3 },
    });
    writeFileSync(key, kept, { mode: 0o600 });
    await log.sync(true);
    expect(told[1]).toBeUndefined();
    await log.close();
    expect((await kit.verify()).signedTo?.offset).toBe(6);
  });

  it("calls an old log unsealed, without an error, and seals what comes in a new segment", async () => {
    const kit = sealKit({ sealed: false });
    const old = kit.open();
    old.append(Buffer.alloc(2 << 20, "x"));
    await old.close();
    expect(await kit.verify()).toMatchObject({ result: "unsealed", problems: [], segments: 0 });
    await kit.clock.advance(hours(1));
    const sealed = sealKit({ state: kit.state, clock: kit.clock });
    const log = sealed.open();
    log.append(bytesOf("new"));
    await log.close();
    expect(await sealed.verify()).toMatchObject({ result: "consistent", problems: [], bytes: 3 });
    expect((await sealed.verify()).unsealedSegments).toHaveLength(1);
  });

  it("ends a segment whose checkpoint is not borne out, and does not hide it", async () => {
    const kit = sealKit();
    const first = kit.open();
    first.append(bytesOf("the truth"));
    await first.close();
    const [stem] = listSegments(kit.folder);
    truncateSync(join(kit.folder, `${stem}.tl`), ENTRY_BYTES);
    await kit.clock.advance(hours(1));
    const second = kit.open();
    const told = troublesOf(second);
    expect(told[0]).toMatch(/^segment .* cannot be sealed: what its last checkpoint covers/);
    second.append(bytesOf("more"));
    await second.close();
    expect(listSegments(kit.folder)).toHaveLength(2);
    const { result, problems } = await kit.verify();
    expect(result).toBe("broken");
    expect(problems.map(({ what }) => what).join("; ")).toMatch(
      /a checkpoint covers \d+ entries: they are not there/,
    );
  });

  it("takes away what a power loss left of a checkpoint, and adds none to a damaged one", async () => {
    const kit = sealKit();
    const log = kit.open();
    log.append(bytesOf("one"));
    await log.close();
    const path = join(kit.folder, `${listSegments(kit.folder)[0]}.cp`);
    appendFileSync(path, Buffer.alloc(100));
    appendFileSync(path.replace(/cp$/, "tl"), Buffer.alloc(2 * ENTRY_BYTES));
    const second = kit.open();
    second.append(bytesOf("two"));
    await second.close();
    expect(await kit.verify()).toMatchObject({ result: "consistent", problems: [], bytes: 6 });
    const text = readFileSync(path, "latin1");
    writeFileSync(path, `${text.slice(0, -2)}x\n`);
    const third = kit.open();
    expect(troublesOf(third)[0]).toMatch(/its last checkpoint is damaged$/);
    await third.close();
    expect((await kit.verify()).result).toBe("broken");
  });

  it("believes no checkpoint, and no anchor, whose signature is another", async () => {
    const kit = sealKit();
    const log = kit.open();
    log.append(bytesOf("one"));
    await log.close();
    const path = join(kit.folder, `${listSegments(kit.folder)[0]}.cp`);
    const text = readFileSync(path, "latin1");
    const other = text.replace(/([0-9a-f])\n/, (_, digit) => `${digit === "0" ? "1" : "0"}\n`);
    const [anchor = ""] = other.split("\n");
    expect((await kit.verify({ anchor })).problems[0]?.what).toMatch(/is not signed by key 1$/);
    writeFileSync(path, other);
    expect((await kit.verify()).problems[0]?.what).toMatch(/is not signed by key 1$/);
  });

  it("finds bytes and marks that were put behind the end of an older segment", async () => {
    const kit = sealKit({ segmentBytes: 10 });
    const log = kit.open();
    for (const text of ["0123456789", "0123456789"]) log.append(bytesOf(text));
    await log.close();
    const [stem] = listSegments(kit.folder);
    for (const end of ["raw", "idx"]) {
      const path = join(kit.folder, `${stem}.${end}`);
      const { size } = statSync(path);
      appendFileSync(path, Buffer.alloc(48, 0xfb));
      expect((await kit.verify()).result, end).toBe("broken");
      truncateSync(path, size);
    }
    expect((await kit.verify()).result).toBe("consistent");
  });

  it("since a time, leaves older segments out", async () => {
    const kit = sealKit({ segmentBytes: 10 });
    const log = kit.open();
    for (let n = 0; n < 5; n++) {
      log.append(bytesOf("0123456789"));
      await kit.clock.advance(minutes(10));
    }
    await log.close();
    const all = await kit.verify();
    expect(all.segments).toBe(5);
    const late = await kit.verify({ since: kit.clock.now() - minutes(15) });
    expect(late).toMatchObject({ result: "consistent", problems: [], segments: 2 });
  });
});
