import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
  bootAllowance,
  freshHabit,
  type Habit,
  learnBoot,
  learnHour,
  learnSilence,
  longestSilence,
  unusualAfter,
  withoutFuture,
} from "../../../src/core/habit/habit.ts";
import { habitPath, readHabit, writeHabit } from "../../../src/core/habit/habit-file.ts";
import { HabitKeeper } from "../../../src/core/habit/habit-keeper.ts";
import { habitInWords } from "../../../src/core/habit/habit-words.ts";
import { Recurring } from "../../../src/core/habit/recurring.ts";
import { latin1 } from "../../../src/lib/bytes.ts";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";

const dir = fs.mkdtempSync(join(tmpdir(), "oob-habit-"));
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

/** Noon, local, some days on. */
const noon = (day = 0): number => new Date(2026, 10, 2 + day, 12).getTime();

function known(days: number, ms = minutes(20)): Habit {
  let habit = freshHabit();
  for (let day = 0; day < days; day++)
    habit = learnSilence(learnHour(habit, noon(day), 400), noon(day), ms);
  return habit;
}

describe("habit", () => {
  it("knows no unusual silence before seven days", () => {
    expect(longestSilence(known(6), noon(6))).toBeUndefined();
    expect(longestSilence(known(7), noon(7))).toBe(minutes(20));
    expect(unusualAfter(known(7), noon(7))).toBe(minutes(30));
    // A day counts once, however many of its hours were seen.
    let habit = freshHabit();
    for (let hour = 0; hour < 12; hour++) habit = learnHour(habit, noon() + hours(hour - 8), 1);
    expect(habit.days).toBe(1);
  });

  it("knows silences by the hour in which they began, and forgets what is older than four weeks", () => {
    const habit = learnSilence(known(7), noon() + hours(10), hours(6));
    expect(longestSilence(habit, noon(7))).toBe(minutes(20));
    expect(longestSilence(habit, noon(7) + hours(11))).toBe(hours(6));
    expect(longestSilence(habit, noon(7) + hours(5))).toBeUndefined();
    let later = learnSilence(known(7), noon(), hours(9));
    for (let week = 1; week <= 6; week++) later = learnSilence(later, noon(7 * week), minutes(5));
    expect(longestSilence(later, noon(42))).toBe(minutes(5));
  });

  it("takes no silence for unusual that is shorter than ten minutes", () => {
    expect(unusualAfter(known(7, seconds(20)), noon(7))).toBe(minutes(10));
  });

  it("waits longer for a host that boots slowly, once three boots are known", () => {
    let habit = freshHabit();
    for (const login of [minutes(9), minutes(8)]) habit = learnBoot(habit, { at: 0, login });
    expect(bootAllowance(habit)).toBeUndefined();
    habit = learnBoot(habit, { at: 0, login: minutes(6) });
    expect(bootAllowance(habit)).toBe(minutes(13.5));
    // A boot that somebody helped for a day is none.
    expect(learnBoot(habit, { at: 0, login: hours(24) })).toBe(habit);
  });

  it("stays small whatever it learns", () => {
    const step = fc.record({
      day: fc.nat(400),
      hour: fc.nat(23),
      n: fc.double({ min: 0, max: 1e12, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        let habit = freshHabit();
        for (const { day, hour, n } of steps) {
          const at = noon(day) + hours(hour);
          habit = learnBoot(learnSilence(learnHour(habit, at, n), at, n), { at, login: n });
        }
        const path = join(dir, "law.json");
        writeHabit(path, habit);
        expect(fs.statSync(path).size).toBeLessThan(16_384);
        expect(readHabit(path)).toEqual({ habit });
      }),
      { numRuns: 20 },
    );
  });
});

describe("readHabit()", () => {
  it.each([
    ["half of it", '{"v":1,"days":9'],
    ["another version", JSON.stringify({ ...freshHabit(), v: 2 })],
    ["a number that is none", JSON.stringify({ ...freshHabit(), days: "many" })],
    ["too few hours", JSON.stringify({ ...freshHabit(), bytes: [1, 2] })],
    [
      "a silence below zero",
      JSON.stringify({ ...freshHabit(), silences: Array(24).fill([{ week: 1, ms: -5 }]) }),
    ],
    [
      "text that a terminal obeys",
      JSON.stringify({ ...freshHabit(), lines: [{ text: "\u001b[2J", every: 1, times: 9 }] }),
    ],
    ["far too much", " ".repeat(70_000)],
  ])("puts aside what is broken and says so: %s", (_, text) => {
    const path = habitPath(dir, "web1");
    fs.mkdirSync(join(dir, "hosts", "web1"), { recursive: true });
    fs.writeFileSync(path, text);
    const { habit, problem } = readHabit(path);
    expect(habit).toEqual(freshHabit());
    expect(problem).toMatch(/cannot be read .*put aside as/);
    expect(fs.readFileSync(`${path}.broken`, "utf8")).toBe(text);
    expect(readHabit(path)).toEqual({ habit: freshHabit() });
  });

  it("keeps each host in a folder of its own, whatever its name is", () => {
    expect(habitPath("/s", "../../etc")).toBe("/s/hosts/%2E%2E%2F..%2Fetc/habit.json");
    expect(habitPath("/s", "..")).toBe("/s/hosts/%2E%2E/habit.json");
  });
});

describe("HabitKeeper", () => {
  let count = 0;
  const make = () => new HabitKeeper(join(dir, `keeper-${count++}`, "habit.json"), () => {});

  /** Plays a console: prints at these times, and is looked at every ten seconds. */
  class Player {
    readonly keeper = make();
    mono = 0;
    calm = true;
    readonly start: number;
    constructor(start = noon()) {
      this.start = start;
      this.keeper.look(true, this.now);
    }
    get now() {
      return { wall: this.start + this.mono, mono: this.mono };
    }
    pass(time: number): this {
      for (const end = this.mono + time; this.mono < end; ) {
        this.mono += seconds(10);
        this.keeper.look(this.calm, this.now);
      }
      return this;
    }
    prints(text = "line\n"): this {
      this.keeper.hears(latin1(text), this.now);
      return this;
    }
    get longest() {
      return Math.max(0, ...this.keeper.habit.silences.flat().map(({ ms }) => ms));
    }
  }

  it("learns a silence that ended by itself, once the host went on for ten minutes", () => {
    const player = new Player();
    player.prints().pass(minutes(50)).prints().pass(minutes(9));
    expect(player.longest).toBe(0);
    player.pass(minutes(2));
    expect(player.longest).toBe(minutes(50));
  });

  it("does not learn the silence of a fault, nor one that a person ended", () => {
    for (const what of ["disturbed", "spoilsBoot"] as const) {
      const player = new Player();
      player.prints().pass(hours(3)).prints().pass(minutes(2));
      if (what === "spoilsBoot") player.calm = false;
      else player.keeper.disturbed();
      player.pass(minutes(30));
      player.calm = true;
      player.pass(minutes(30)).prints().pass(minutes(20));
      expect(player.longest).toBe(0);
    }
  });

  it("learns whole calm hours alone", () => {
    const player = new Player(noon() - minutes(30));
    player.prints("x".repeat(100)).pass(minutes(31));
    expect(player.keeper.habit.bytes.every((one) => one === null)).toBe(true);
    player.prints("x".repeat(100)).pass(hours(1));
    expect(player.keeper.habit.bytes[12]).toBe(100);
    expect(player.keeper.habit.days).toBe(1);
    player.keeper.disturbed();
    player.pass(hours(1));
    expect(player.keeper.habit.bytes[13]).toBeNull();
  });

  it("learns how long a boot takes from our own act; not one in which somebody typed", () => {
    const { keeper } = new Player();
    const at = (mono: number) => ({ wall: noon() + mono, mono });
    keeper.acted(at(0));
    keeper.boots(at(seconds(20)));
    keeper.boots(at(seconds(60)));
    keeper.loggedIn(at(minutes(9)));
    expect(keeper.habit.boots).toEqual([
      { at: noon() + minutes(9), sign: seconds(20), login: minutes(9) },
    ]);
    keeper.boots(at(minutes(20)));
    keeper.spoilsBoot();
    keeper.loggedIn(at(minutes(50)));
    keeper.loggedIn(at(minutes(55)));
    expect(keeper.habit.boots).toHaveLength(1);
  });

  it("learns that a silent host answered", () => {
    const { keeper } = new Player();
    keeper.answered({ wall: noon(), mono: 0 }, { wall: noon() + hours(2), mono: hours(2) });
    expect(keeper.habit.silences[12]).toMatchObject([{ ms: hours(2) }]);
  });

  it("writes once an hour and at the end, nothing where nothing was learnt, and reads it again", () => {
    const path = join(dir, "kept", "habit.json");
    const told: string[] = [];
    const keeper = new HabitKeeper(path, (problem) => told.push(problem));
    keeper.save();
    expect(fs.existsSync(path)).toBe(false);
    keeper.answered({ wall: noon(), mono: 0 }, { wall: noon() + hours(2), mono: hours(2) });
    keeper.look(true, { wall: noon(), mono: 0 });
    expect(fs.existsSync(path)).toBe(false);
    keeper.look(true, { wall: noon() + hours(1), mono: hours(1) });
    expect(new HabitKeeper(path, (problem) => told.push(problem)).habit).toEqual(keeper.habit);
    expect(told).toEqual([]);
    fs.rmSync(path);
    fs.mkdirSync(path);
    keeper.answered({ wall: noon(), mono: 0 }, { wall: noon() + hours(3), mono: hours(3) });
    keeper.save();
    expect(told.join()).toMatch(/the habit cannot be kept/);
  });
});

describe("a clock that ran ahead", () => {
  it("misleads nobody once it is set right: what belongs to hours is learnt anew, boots and lines stay", () => {
    const ahead = noon() + hours(24 * 400);
    let habit: Habit = { ...freshHabit(), lines: [{ text: "cron[#]: run", every: 1, times: 9 }] };
    for (let hour = 0; hour < 24 * 9; hour++)
      habit = learnSilence(learnHour(habit, ahead + hours(hour), 9), ahead + hours(hour), hours(9));
    habit = learnBoot(habit, { at: ahead, login: minutes(2) });
    const right = withoutFuture(habit, noon());
    expect(unusualAfter(habit, noon())).toBeUndefined();
    expect(right).toMatchObject({ days: 0, lastDay: 0, lines: habit.lines, boots: habit.boots });
    expect(right.silences.flat()).toEqual([]);
    // Days count again; of a clock that is right, or a day off, nothing is forgotten.
    expect(learnHour(right, noon(), 1).days).toBe(1);
    for (const off of [0, -hours(24)]) {
      const sound = learnSilence(learnHour(freshHabit(), noon(), 1), noon(), hours(1));
      expect(withoutFuture(sound, noon() + off)).toBe(sound);
    }
  });

  it("is noticed by the keeper, told, and written", () => {
    const path = join(dir, "ahead", "habit.json");
    writeHabit(path, learnHour(freshHabit(), noon() + hours(24 * 400), 5));
    const told: string[] = [];
    const keeper = new HabitKeeper(path, (text) => told.push(text));
    keeper.look(true, { wall: noon(), mono: 0 });
    keeper.look(true, { wall: noon(), mono: seconds(10) });
    expect(told).toEqual([expect.stringMatching(/the clock ran ahead/)]);
    keeper.save();
    expect(readHabit(path).habit.days).toBe(0);
  });
});

describe("a line that comes again and again", () => {
  const MARK = "syslogd: -- MARK --";
  const beats = (times: number): Habit => ({
    ...freshHabit(),
    lines: [{ text: MARK, every: minutes(20), times }],
  });

  it("tells an unusual silence before seven days are known, once it came often enough", () => {
    expect(unusualAfter(beats(23), noon())).toBeUndefined();
    expect(unusualAfter(beats(24), noon())).toBe(hours(1));
    expect(habitInWords(beats(24), noon())[0]).toMatch(
      /0 of 7 days known; a line comes every 20m: silence is unusual after 1h/,
    );
  });

  it("and then does not is told once, though others come", () => {
    const path = join(dir, "beats", "habit.json");
    writeHabit(path, beats(30));
    const told: string[] = [];
    const keeper = new HabitKeeper(path, (text) => told.push(text));
    let mono = 0;
    const now = () => ({ wall: noon() + mono, mono });
    const letter = () => String.fromCharCode(97 + ((mono / minutes(5)) % 26));
    const other = () => `another job ${letter().repeat(9)}`;
    const pass = (time: number, line: () => string, every: number) => {
      for (const end = mono + time; mono < end; mono += minutes(1)) {
        keeper.look(true, now());
        if (mono % every === 0) keeper.hears(latin1(`${line()}\n`), now());
      }
    };
    // What was known before this process is not missed before it came once.
    pass(hours(3), other, minutes(5));
    expect(told).toEqual([]);
    pass(hours(1), () => MARK, minutes(20));
    pass(hours(3), other, minutes(5));
    expect(told).toEqual([
      expect.stringMatching(/^a line that came every 20m .* is missing for .*MARK/),
    ]);
    expect(habitInWords(keeper.habit, now().wall, keeper.going(now())).join()).toMatch(/MISSING/);
    // Back, and not as evenly as it was: it has to show that it is again.
    pass(hours(1), () => MARK, minutes(20));
    expect(habitInWords(keeper.habit, now().wall, keeper.going(now())).join()).not.toMatch(
      /MISSING/,
    );
  });

  it("a flood where some bytes are usual is told once an hour", () => {
    const path = join(dir, "flood", "habit.json");
    const hour = learnHour(freshHabit(), noon(), 400);
    writeHabit(path, { ...hour, bytes: hour.bytes.map(() => 400) });
    const told: string[] = [];
    const keeper = new HabitKeeper(path, (text) => told.push(text));
    for (let n = 0; n < 30; n++) {
      keeper.look(true, { wall: noon() + seconds(10 * n), mono: seconds(10 * n) });
      keeper.hears(new Uint8Array(10_000), { wall: noon(), mono: seconds(10 * n) });
    }
    expect(told).toEqual([
      expect.stringMatching(/^\d+ bytes came in this hour, where 400 are usual/),
    ]);
  });
});

describe("Recurring", () => {
  it("knows a line that comes evenly, its numbers masked, and no other", () => {
    const lines = new Recurring();
    for (let n = 0; n < 60; n++) {
      const at = minutes(n);
      lines.look();
      if (n % 20 === 0) lines.hears(latin1(`syslogd: -- MARK ${n} --\n`), at);
      if (n % 5 === 0) lines.hears(latin1(`cron[${n}]: run \u001b[2J\n`), at);
      lines.hears(latin1(`noise ${"abcdefghij"[n % 10]}${"klmnopqrst"[Math.floor(n / 6)]}\n`), at);
    }
    expect(lines.lines).toEqual([{ text: "cron[#]: run ^[[#J", every: minutes(5), times: 11 }]);
  });

  it("holds little of a console that floods", () => {
    const lines = new Recurring();
    for (let n = 0; n < 5000; n++) {
      if (n % 100 === 0) lines.look();
      lines.hears(latin1(`${String.fromCharCode(97 + (n % 26)).repeat(10 + (n % 40))} flood\n`), n);
    }
    expect(lines.lines.length).toBeLessThanOrEqual(8);
  });

  it("reads nothing of a console that printed 21 lines between two looks, until it prints less", () => {
    const lines = new Recurring();
    const ages = (printed: number) => {
      for (let n = 0; n < printed; n++) lines.hears(latin1("boot\n"), 0);
      lines.look();
      lines.hears(latin1("cron[7]: the hourly run\nhal"), minutes(1));
      return lines.ageOf("cron[#]: the hourly run", minutes(1));
    };
    expect(ages(21)).toBeUndefined();
    expect(ages(20)).toBeUndefined();
    expect(ages(19)).toBe(0);
  });

  it("reads lines whole again afterwards", () => {
    const lines = new Recurring();
    for (let n = 0; n < 22; n++) lines.hears(latin1("boot\n"), 0);
    lines.hears(latin1("the beginning of "), 0);
    lines.look();
    lines.look();
    lines.hears(latin1("another line\n"), 1);
    expect(lines.ageOf("another line", 1)).toBe(0);
  });
});

describe("habitInWords()", () => {
  it("says how much is known, and what is unusual", () => {
    expect(habitInWords(freshHabit(), noon())).toEqual(["nothing is learnt yet"]);
    expect(habitInWords(known(3), noon(3))[0]).toMatch(/^3 of 7 days known/);
    expect(habitInWords(known(9), noon(9))).toEqual([
      "longest usual silence about this hour: 20m (9 days known); unusual after 30m",
      "usually 400 bytes in this hour of the day",
      "no boot was seen whole yet",
    ]);
  });
});
