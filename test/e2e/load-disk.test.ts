/** The history of loads on a disk that is full for a while. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LoadBook } from "../../src/core/load/load-book.ts";
import { ManualClock } from "../../src/lib/clock.ts";

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write("load-disk: skipped, mounting a small disk needs root\n");
let state = "";

beforeAll(() => {
  if (!isRoot) return;
  state = mkdtempSync(join(tmpdir(), "oob-load-disk-"));
  execFileSync("/bin/mount", ["-t", "tmpfs", "-o", "size=64k,mode=0750", "oob-test", state]);
});

afterAll(() => {
  if (state === "") return;
  execFileSync("/bin/umount", [state]);
  rmdirSync(state);
});

test.runIf(isRoot)(
  "LoadBook refuses while the disk is full, and goes on with whole lines",
  async () => {
    const clock = new ManualClock(Date.UTC(2026, 10, 22));
    const book = new LoadBook(state, 14, { clock });
    const draws = new Map(
      Array.from({ length: 24 }, (_, i) => [String(i), { state: "on", watts: 100 + i }] as const),
    );
    const append = async () => {
      await clock.advance(60_000);
      return book.append("pdu-a", draws).then(
        () => "kept",
        (thrown: unknown) => (thrown as NodeJS.ErrnoException).code,
      );
    };
    const filler = join(state, "filler");
    const results: unknown[] = [];
    for (let i = 0; i < 10; i++) results.push(await append());
    try {
      writeFileSync(filler, Buffer.alloc(65_536));
    } catch {
      // As much as the disk holds.
    }
    for (let i = 0; i < 20; i++) results.push(await append());
    expect(results).toContain("ENOSPC");
    rmSync(filler);
    for (let i = 0; i < 10; i++) results.push(await append());
    const kept = results.filter((one) => one === "kept").length;
    expect(results.slice(-10)).toEqual(Array.from({ length: 10 }, () => "kept"));
    const found: number[] = [];
    for await (const reading of book.read("pdu-a", 0)) found.push(reading.draws.size);
    expect(found.every((size) => size === 24)).toBe(true);
    // A short write without an error counts as kept, and its line is lost.
    expect(found.length).toBeGreaterThanOrEqual(kept - 1);
    expect(found.length).toBeLessThanOrEqual(kept);
  },
);
