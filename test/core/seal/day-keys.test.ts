import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { DayKeys } from "../../../src/core/seal/day-keys.ts";
import { newKey } from "../../../src/core/seal/ed25519.ts";
import { keyName, readKeyList } from "../../../src/core/seal/key-list.ts";
import { keyFiles } from "../../../src/core/seal/seal-files.ts";
import { ManualClock, systemClock } from "../../../src/lib/clock.ts";
import { hours, seconds } from "../../../src/lib/durations.ts";
import { NOON } from "../log/log-kit.ts";

function keyKit() {
  const folder = join(mkdtempSync(join(tmpdir(), "oob-keys-")), "seal");
  const clock = new ManualClock(NOON);
  const files = keyFiles(folder);
  return {
    files,
    clock,
    keys: new DayKeys(folder, clock),
    other: () => new DayKeys(folder, clock),
    list: (expected?: string) => readKeyList(readFileSync(files.list, "latin1"), expected),
  };
}

/** Runs it once in each turn of the loop. */
function everyTurn(run: () => void) {
  const next = () => {
    run();
    again = setImmediate(next);
  };
  let again = setImmediate(next);
  return { stop: () => clearImmediate(again) };
}

const textOrNone = (path: string) => (existsSync(path) ? readFileSync(path, "latin1") : undefined);

const filesNow = ({ list, today, fresh }: ReturnType<typeof keyFiles>) => ({
  list: textOrNone(list),
  today: textOrNone(today),
  fresh: textOrNone(fresh),
});

describe("DayKeys", () => {
  it("signs with one key all day, and with the next one the day after, signed by the one before", async () => {
    const { keys, clock, list, other } = keyKit();
    expect([keys.today().number, other().today().number]).toEqual([1, 1]);
    await clock.advance(hours(11));
    expect(keys.today().number).toBe(1);
    await clock.advance(hours(2));
    expect([other().today().number, keys.today().number]).toEqual([2, 2]);
    const found = list();
    expect(found.problems).toEqual([]);
    expect(found.signed(2, "text", keys.today().sign("text"))).toBe(true);
    expect(found.signed(1, "text", keys.today().sign("text"))).toBe(false);
  });

  it("overwrites the old key's file before it is unlinked, and keeps no other copy", async () => {
    const { keys, clock, files } = keyKit();
    keys.today();
    const old = readFileSync(files.today, "latin1");
    // A second name for the same file, to see what was done to it.
    const witness = `${files.today}.witness`;
    const { linkSync } = await import("node:fs");
    linkSync(files.today, witness);
    await clock.advance(hours(24));
    keys.today();
    expect(readFileSync(witness)).toEqual(Buffer.alloc(old.length));
    expect(readFileSync(files.today, "latin1")).not.toBe(old);
    expect(existsSync(files.fresh)).toBe(false);
    expect(statSync(files.today).mode & 0o777).toBe(0o600);
  });

  it("goes on wherever a change was cut short", async () => {
    const { keys, clock, files, list, other } = keyKit();
    keys.today();
    const first = readFileSync(files.today, "latin1");
    await clock.advance(hours(24));
    // A new key was written and not yet told.
    writeFileSync(files.fresh, newKey().pem);
    expect(other().today().number).toBe(2);
    // The new key was told, and the old one not yet erased.
    renameSync(files.today, files.fresh);
    writeFileSync(files.today, first);
    expect(other().today().number).toBe(2);
    expect(readFileSync(files.today, "latin1")).not.toBe(first);
    // The old one was erased, and the new one not yet in its place.
    renameSync(files.today, files.fresh);
    expect(other().today().number).toBe(2);
    // A line of the list never came to its end.
    await clock.advance(hours(24));
    appendFileSync(files.list, "oob-key-v1 0123");
    expect(other().today().number).toBe(3);
    expect(list().problems).toEqual([]);
    // Nor did this one, and the day is the same.
    appendFileSync(files.list, "\0\0\0");
    expect(other().today().number).toBe(3);
    expect(list().problems).toEqual([]);
  });

  it("begins no new keys by itself where the key or the list is gone", async () => {
    const { keys, files, other } = keyKit();
    keys.today();
    renameSync(files.today, `${files.today}.away`);
    expect(() => other().today()).toThrow(/is not the key of the last line/);
    renameSync(`${files.today}.away`, files.today);
    renameSync(files.list, `${files.list}.away`);
    expect(() => other().today()).toThrow(/is gone/);
    renameSync(`${files.list}.away`, files.list);
    expect(other().today().number).toBe(1);
  });

  it("a list that begins with another key than the one kept elsewhere is found out", () => {
    const { keys, list } = keyKit();
    const { key } = keys.first();
    expect(list(keyName({ key })).problems).toEqual([]);
    expect(list(keyName({ key: newKey().public })).problems[0]).toMatch(
      /^the list of keys begins with/,
    );
  });

  it("lets others go on during a change, which serves all who ask meanwhile", async () => {
    const { keys, clock, files, list } = keyKit();
    keys.today();
    await clock.advance(hours(24));
    let turns = 0;
    const meanwhile = everyTurn(() => turns++);
    const asked = Array.from({ length: 50 }, () => keys.todayMeanwhile());
    const numbers = (await Promise.all(asked)).map(({ number }) => number);
    meanwhile.stop();
    expect(new Set(numbers)).toEqual(new Set([2]));
    expect(readFileSync(files.list, "latin1").split("\n")).toHaveLength(3);
    expect(list().problems).toEqual([]);
    // The loop went round between eight waits for the disk.
    expect(turns).toBeGreaterThanOrEqual(6);
  });

  it("wherever such a change is cut short: the old key goes last, and the next process ends it", async () => {
    const { keys, clock, files, other } = keyKit();
    keys.today();
    const old = readFileSync(files.today, "latin1");
    await clock.advance(hours(24));
    const states = new Map<string, ReturnType<typeof filesNow>>();
    const look = everyTurn(() => {
      const state = filesNow(files);
      states.set(JSON.stringify(state), state);
    });
    await keys.todayMeanwhile();
    look.stop();
    expect(states.size).toBeGreaterThanOrEqual(4);
    for (const { list = "", today = "", fresh = "" } of states.values()) {
      const told = list.split("\n").length - 1;
      if (today !== old) expect(told).toBe(2);
      if (told === 2 && today === old) expect(fresh).toMatch(/PRIVATE KEY/);
      for (const [path, text] of [
        [files.list, list],
        [files.today, today],
        [files.fresh, fresh],
      ] as const) {
        rmSync(path, { force: true });
        if (text !== "") writeFileSync(path, text, { mode: 0o600 });
      }
      expect((await other().todayMeanwhile()).number).toBe(2);
      const left = filesNow(files);
      expect(readKeyList(left.list, undefined).problems).toEqual([]);
      expect([left.today === old, left.fresh]).toEqual([false, undefined]);
    }
  });

  it("makes one key where two processes find a new day", async () => {
    const { keys, clock, files } = keyKit();
    keys.today();
    await clock.advance(hours(24));
    const now = { ...systemClock, now: () => clock.now() };
    const two = [1, 2].map(() => new DayKeys(dirname(files.list), now).todayMeanwhile());
    expect((await Promise.all(two)).map(({ number }) => number)).toEqual([2, 2]);
    expect(readFileSync(files.list, "latin1").split("\n")).toHaveLength(3);
    expect(existsSync(files.lock)).toBe(false);
  });

  it("does not try a change again at once that failed after a while", async () => {
    const { files } = keyKit();
    let now = 0;
    const slow = { ...systemClock, monotonic: () => (now += 100) };
    const keys = new DayKeys(dirname(files.list), slow);
    // In the way of the new key.
    mkdirSync(files.fresh, { recursive: true });
    await expect(keys.todayMeanwhile()).rejects.toThrow(/EISDIR/);
    rmdirSync(files.fresh);
    await expect(keys.todayMeanwhile()).rejects.toThrow(/EISDIR/);
    now += seconds(11);
    expect((await keys.todayMeanwhile()).number).toBe(1);
  });

  it("whatever character of the list is another, it proves nothing", async () => {
    const { keys, clock, files } = keyKit();
    for (let day = 0; day < 3; day++) {
      keys.today();
      await clock.advance(hours(24));
    }
    const text = readFileSync(files.list, "latin1");
    for (let at = 0; at < text.length; at += 7) {
      const other = String.fromCharCode(text.charCodeAt(at) ^ 1);
      const changed = text.slice(0, at) + other + text.slice(at + 1);
      expect(readKeyList(changed, undefined).problems, `at ${at}`).not.toEqual([]);
    }
  });
});

it("says to make room where the disk is full, and never to move the keys away then", () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, fsync"), {
    code: "ENOSPC",
  });
  const clock = new ManualClock(NOON);
  clock.now = () => {
    throw full;
  };
  const keys = new DayKeys(join(mkdtempSync(join(tmpdir(), "oob-keys-")), "seal"), clock);
  expect(() => keys.today()).toThrow(
    expect.objectContaining({
      code: "LOG_UNWRITABLE",
      hint: expect.stringMatching(/^Make room on/),
    }),
  );
});
