import fs from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import {
  freshHabit,
  type Habit,
  learnBoot,
  learnHour,
  learnSilence,
} from "../../../src/core/habit/habit.ts";
import { habitPath, readHabit, writeHabit } from "../../../src/core/habit/habit-file.ts";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import { Bench } from "./watchdog-doubles.ts";

let bench: Bench;
afterEach(() => bench.end());

/** Some days of silences of 20 minutes at most, at any hour; boots that take nine minutes. */
function known(now: number, days = 9): Habit {
  let habit = freshHabit();
  for (let hour = 24 * days; hour > 0; hour--) {
    const at = now - hours(hour);
    habit = learnSilence(learnHour(habit, at, 100), at, minutes(20));
  }
  for (let boot = 0; boot < 3; boot++) habit = learnBoot(habit, { at: now, login: minutes(9) });
  return habit;
}

const byHabit = { silence: 0, byHabit: true } as const;

async function start(policy: object, days?: number): Promise<void> {
  bench = new Bench(["web1"], policy);
  writeHabit(habitPath(bench.dir, "web1"), known(bench.clock.now(), days));
  await bench.start();
}

describe("silence: habit", () => {
  it("asks after a silence that is unusual, calls a person where nobody answers, and cuts nothing", async () => {
    await start(byHabit);
    bench.console().answers = "none";
    await bench.pass(minutes(29));
    expect(bench.console().sent).toEqual([]);
    await bench.pass(minutes(2));
    expect(bench.console().sent[0]).toBe("\r");
    await bench.pass(hours(2));
    expect(bench.relay.orders).toEqual([]);
    expect(await bench.texts("watch.page")).toEqual([
      "nothing came for 30m, which is unusual about this hour, and nobody answers: silence alone is no reason to cut",
    ]);
  });

  it("a host that answers is left alone, and its silence is usual from then on", async () => {
    await start(byHabit);
    await bench.pass(minutes(32));
    expect(bench.console().sent.length).toBe(1);
    expect(bench.incidents.list([])).toEqual([]);
    expect(bench.watchdog.whyOf("web1")?.habit?.[0]).toMatch(/longest usual silence .*: 30m/);
    await bench.pass(minutes(42));
    expect(bench.console().sent.length).toBe(1);
  });

  it("leads to no cut where the host starts while it is asked, and shows no login prompt then", async () => {
    await start(byHabit);
    bench.console().answers = "none";
    await bench.pass(minutes(30) + seconds(10));
    expect(bench.console().sent).toEqual(["\r"]);
    bench.console().boots();
    await bench.pass(hours(1));
    expect(bench.relay.orders).toEqual([]);
  });

  it("does not count before seven days are known, and says so", async () => {
    await start(byHabit, 5);
    bench.console().answers = "none";
    await bench.pass(hours(5));
    expect(bench.console().sent).toEqual([]);
    expect(bench.watchdog.statusOf("web1")?.next).toMatch(/habit of this console is not known/);
  });

  it("evidence in an unusual silence counts as ever: the panic is cut", async () => {
    await start(byHabit);
    bench.console().answers = "none";
    await bench.pass(minutes(31));
    bench.console().panics();
    await bench.pass(minutes(2));
    expect(bench.relay.orders).toEqual(["cycle web1 2-cycle-1"]);
  });
});

describe("what is known of boots", () => {
  it("a host that takes nine minutes to boot is not given up after five", async () => {
    await start({ bootWithin: minutes(5) });
    bench.relay.afterwards = () => {
      bench.clock.after(seconds(8), () => bench.console().boots());
      bench.clock.after(minutes(9), () => bench.console().asksForLogin());
    };
    bench.console().panics();
    await bench.pass(minutes(12));
    expect(bench.relay.orders).toHaveLength(1);
    expect(bench.incidents.list([])[0]?.summary).toMatchObject({ state: "recovered" });
    expect(await bench.texts("watch.page")).toEqual([]);
    // And that boot, from our own act, is learnt.
    await bench.watchdog.stop();
    const { habit } = readHabit(habitPath(bench.dir, "web1"));
    expect(habit.boots).toHaveLength(4);
    expect(habit.boots.at(-1)).toMatchObject({ sign: seconds(8), login: minutes(9) });
  });
});

describe("a habit", () => {
  it("is learnt from calm: not the silence of a fault, nor what comes while a person is there", async () => {
    bench = await new Bench(["web1"], { silence: 0 }).start();
    bench.console().prints("cron\r\n");
    await bench.pass(hours(2));
    bench.console().types("x");
    bench.console().prints("cron\r\n");
    await bench.pass(hours(1));
    bench.console().panics();
    await bench.pass(minutes(20));
    await bench.watchdog.stop();
    const path = habitPath(bench.dir, "web1");
    const silences = readHabit(path).habit.silences.flat();
    expect(silences).toEqual([]);
  });

  it("that cannot be read is put aside and told; the watch goes on", async () => {
    bench = new Bench(["web1"]);
    const path = habitPath(bench.dir, "web1");
    writeHabit(path, freshHabit());
    fs.writeFileSync(path, "{");
    await bench.start();
    expect((await bench.texts("watch.habit")).join()).toMatch(/put aside as/);
    bench.console().panics();
    await bench.pass(minutes(2));
    expect(bench.relay.orders).toHaveLength(1);
  });
});
