import { readdirSync, readlinkSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Draw, LoadBook, type LoadReading } from "../../../src/core/load/load-book.ts";
import { ManualClock } from "../../../src/lib/clock.ts";

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 10, 22, 12);
let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "oob-load-"));
});
afterEach(() => rm(state, { recursive: true }));

const draws = (of: Record<string, Draw>) => new Map(Object.entries(of));

async function all(book: LoadBook, since = 0): Promise<LoadReading[]> {
  const found: LoadReading[] = [];
  for await (const reading of book.read("pdu-a", since)) found.push(reading);
  return found;
}

test("LoadBook gives back what was appended; what was not measured is absent, never 0", async () => {
  const clock = new ManualClock(NOON);
  const book = new LoadBook(state, 14, { clock });
  const first = draws({
    "3": { state: "on", amps: 1.31, watts: 284 },
    "name:db 1": { state: "off" },
  });
  const second = draws({ "3": { state: "on", watts: 0 }, "4": { state: "unknown", amps: 0.2 } });
  await book.append("pdu-a", first);
  await clock.advance(60_000);
  await book.append("pdu-a", second);
  expect(await all(book)).toEqual([
    { at: NOON, draws: first },
    { at: NOON + 60_000, draws: second },
  ]);
  expect(await all(book, NOON + 1)).toHaveLength(1);
});

test("LoadBook leaves out a line that a kill has cut short, and no other", async () => {
  const clock = new ManualClock(NOON);
  const one = draws({ "1": { state: "on", watts: 5 } });
  await new LoadBook(state, 14, { clock }).append("pdu-a", one);
  const file = join(state, "load", "pdu-a", "2026-11-22.jsonl");
  const whole = await readFile(file, "utf8");
  for (let cut = 1; cut < whole.length; cut++) {
    await writeFile(file, `${whole}${whole.slice(0, cut)}`);
    const book = new LoadBook(state, 14, { clock });
    await book.append("pdu-a", one);
    expect(await all(book)).toHaveLength(2);
  }
  await appendFile(
    file,
    '\n{"at":"x","outlets":{}}\n[]\nnull\n{"at":1,"outlets":{"1":["maybe",1]}}',
  );
  expect((await all(new LoadBook(state, 14, { clock }), NOON)).length).toBe(2);
});

test("LoadBook removes days that are too old, of PDUs that are gone too, and nothing else", async () => {
  const clock = new ManualClock(NOON);
  const book = new LoadBook(state, 2, { clock });
  for (let day = 0; day < 5; day++) {
    await book.append("pdu-a", draws({ "1": { state: "on", watts: day } }));
    await clock.advance(DAY);
  }
  const folder = join(state, "load", "pdu-a");
  expect((await readdir(folder)).sort()).toEqual([
    "2026-11-24.jsonl",
    "2026-11-25.jsonl",
    "2026-11-26.jsonl",
  ]);
  const gone = join(state, "load", "pdu-gone");
  await mkdir(gone);
  await writeFile(join(gone, "2020-01-01.jsonl"), "x");
  await writeFile(join(folder, "notes.txt"), "x");
  await book.pruneAll();
  expect((await readdir(join(state, "load"))).sort()).toEqual(["pdu-a"]);
  expect(await readdir(folder)).toContain("notes.txt");
});

test("LoadBook refuses what goes beyond the bound of a day", async () => {
  const clock = new ManualClock(NOON);
  const book = new LoadBook(state, 14, { clock, maxBytes: 120 });
  const one = draws({ "1": { state: "on", watts: 5 } });
  await book.append("pdu-a", one);
  await book.append("pdu-a", one);
  await expect(book.append("pdu-a", one)).rejects.toMatchObject({ code: "LOG_UNWRITABLE" });
  await clock.advance(DAY);
  await book.append("pdu-a", one);
  expect(await all(book)).toHaveLength(3);
});

/** Files below `folder` that this process has open. */
function openFiles(folder: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      return file.startsWith(folder) ? [file] : [];
    } catch {
      return [];
    }
  });
}

test("read() has no file open when it has ended, nor when it was broken off", async () => {
  const clock = new ManualClock(NOON);
  const book = new LoadBook(state, 14, { clock });
  for (let day = 0; day < 3; day++) {
    for (let n = 0; n < 50; n++) await book.append("pdu-a", draws({ "1": { state: "on" } }));
    await clock.advance(DAY);
  }
  for (let round = 0; round < 20; round++) {
    expect(await all(book)).toHaveLength(150);
    expect(openFiles(state)).toEqual([]);
    for await (const _ of book.read("pdu-a", 0)) break;
    expect(openFiles(state)).toEqual([]);
  }
});
