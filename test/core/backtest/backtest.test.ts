import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { logFolder } from "../../../src/core/log/log-folder.ts";
import { latin1 } from "../../../src/lib/bytes.ts";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import { logKit } from "../log/log-kit.ts";
import { Bench, BOOT, LOGIN, OOPS, PANIC, type Played } from "./backtest-kit.ts";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

const cuts = ({ stories }: Played) => stories.flatMap(({ acts }) => acts);
const stamp = (at: number) => {
  const date = new Date(at);
  const [, day = ""] =
    /^(.{10} [\d:]{8})/.exec(
      `${date.toDateString().slice(0, 10)} ${date.toTimeString().slice(0, 8)}`,
    ) ?? [];
  return `${day} ${date.getFullYear()}`;
};
const mark = (at: number) => `[-- MARK -- ${stamp(at)}]\r\n`;
const NOON = new Date(2026, 2, 2, 12).getTime();

describe("playLog(): a raw log", () => {
  test("a panic that ends it: what would be done, when, and why", async () => {
    const path = bench.log(`${BOOT}${LOGIN}${PANIC}`);
    const { stories, summary } = await bench.play(path);
    expect(stories).toHaveLength(1);
    const [story] = stories;
    expect(story).toMatchObject({ class: "panic", incident: true, pages: [] });
    expect(story?.evidence?.line).toMatch(/^Kernel panic - not syncing: Fatal exception/);
    const place = readFileSync(path, "latin1").indexOf("[  812.100000]");
    expect(story?.evidence?.offset).toBe(place);
    expect(story?.acts).toMatchObject([{ rung: "cycle", after: { is: "nothing" } }]);
    const [cut] = story?.acts ?? [];
    const waited = (cut?.at ?? 0) - (story?.began ?? 0);
    expect([waited >= seconds(55), waited <= seconds(120)]).toEqual([true, true]);
    expect(cut?.permit).toMatch(/^cycle permitted: \d+ interlocks asked, none objected$/);
    expect(summary).toMatchObject({ suspicions: 1, incidents: 1, acts: 1, pages: 0 });
    expect(summary.bytes).toBe(readFileSync(path).length);
  });

  test("what a kernel's own clock tells between two lines goes by", async () => {
    const idle = "[ 8000.000000] usb 1-1: new device\r\n";
    const { summary } = await bench.play(bench.log(`${BOOT}[    1.000000] up\r\n${idle}`));
    expect(summary.until - summary.from).toBeGreaterThanOrEqual(seconds(7999));
    expect(summary.until - summary.from).toBeLessThan(seconds(8002));
  });

  test("a clock that jumps further than a month is not believed", async () => {
    const wild = "[    1.000000] up\r\n[99999999.000000] wild\r\n";
    const { summary } = await bench.play(bench.log(wild));
    expect(summary.until - summary.from).toBeLessThan(seconds(5));
  });

  test("a log that ends at its prompt raises no suspicion, however short the silence", async () => {
    const { stories } = await bench.play(bench.log(`${BOOT}${LOGIN}`), { silence: minutes(1) });
    expect(stories).toEqual([]);
  });

  test("a panic that a person reads is no suspicion that lasts: a prompt follows", async () => {
    const cat = `web1:~# cat old.log\r\n${PANIC}web1:~# `;
    const played = await bench.play(bench.log(`${BOOT}${LOGIN}\r\n${cat}`));
    expect(cuts(played)).toEqual([]);
    expect(played.summary.incidents).toBe(0);
  });

  test("mode observe says what it would have done and does nothing", async () => {
    const played = await bench.play(bench.log(`${BOOT}${LOGIN}${PANIC}`), { mode: "observe" });
    expect(cuts(played)).toEqual([]);
    expect(played.stories[0]?.lines.map(({ text }) => text).join("\n")).toMatch(
      /would have probed/,
    );
  });

  test("a host without an outlet is not cut: the interlock that objects is told", async () => {
    const played = await bench.play(bench.log(`${BOOT}${LOGIN}${PANIC}`), {}, { outlets: [] });
    expect(cuts(played)).toEqual([]);
    const text = played.stories[0]?.lines.map((line) => `${line.type} ${line.text}`).join("\n");
    expect(text).toMatch(/watch\.veto cycle: no outlet of this host is configured/);
  });

  test("an interrupt ends it with INTERRUPTED", async () => {
    const stop = new AbortController();
    stop.abort();
    const played = bench.play(bench.log(`${BOOT}${LOGIN}`), {}, {}, stop.signal);
    await expect(played).rejects.toMatchObject({ code: "INTERRUPTED" });
  });

  test("an empty log is played in no time", async () => {
    expect((await bench.play(bench.log(""))).summary).toMatchObject({ bytes: 0, suspicions: 0 });
  });
});

describe("playLog(): a log of conserver", () => {
  test("time goes by its marks, which are no bytes of the host, and offsets are those of the file", async () => {
    const text = [
      mark(NOON),
      `${BOOT}${LOGIN}`,
      mark(NOON + hours(1)),
      PANIC,
      mark(NOON + hours(2)),
      mark(NOON + hours(3)),
      `${BOOT}${LOGIN}`,
      mark(NOON + hours(4)),
    ].join("");
    const { stories, summary } = await bench.play(bench.log(text));
    expect(summary.until - summary.from).toBe(hours(4));
    expect(stories).toHaveLength(1);
    const [story] = stories;
    expect(story?.began).toBeGreaterThanOrEqual(NOON + hours(1));
    expect(story?.began).toBeLessThan(NOON + hours(1) + seconds(5));
    expect(story?.evidence?.offset).toBe(text.indexOf("[  812.100000]"));
    expect(story?.acts).toMatchObject([{ rung: "cycle", after: { is: "boot" } }]);
    const [cut] = story?.acts ?? [];
    expect(cut?.after.is === "boot" && cut.after.at - NOON).toBeGreaterThanOrEqual(hours(3));
    expect(summary.after).toEqual({ boot: 1, nothing: 0, lived: 0, text: 0 });
  });

  test("a host that goes on without a boot makes the cut a wrong one, and it is said so", async () => {
    const text = [
      mark(NOON),
      BOOT,
      LOGIN,
      mark(NOON + hours(1)),
      OOPS,
      mark(NOON + hours(2)),
      LOGIN,
    ];
    const { summary, stories } = await bench.play(bench.log(text.join("")));
    expect(summary.after).toEqual({ boot: 0, nothing: 0, lived: 1, text: 0 });
    expect(stories[0]?.acts[0]?.after).toMatchObject({ is: "lived", line: expect.any(String) });
  });

  test("a person at the console keeps its hands off, until idle", async () => {
    const came = `[-- jana@desk attached -- ${stamp(NOON + hours(1))}]\r\n`;
    const text = [mark(NOON), BOOT, LOGIN, came, PANIC, mark(NOON + hours(1) + minutes(10))];
    const played = await bench.play(bench.log(text.join("")));
    expect(played.stories[0]?.pages[0]?.text).toMatch(/jana@desk has the seat/);
    // A seat in which nobody types is free after half an hour.
    expect(cuts(played).every(({ at }) => at > NOON + hours(1) + minutes(30))).toBe(true);
  });

  test("the budget of cuts counts over the whole log: the third waits until it is there again", async () => {
    const death = (at: number) => `${mark(at)}${BOOT}${LOGIN}${mark(at + minutes(10))}${PANIC}`;
    const times = [0, 1, 2, 9].map((hour) => NOON + hours(hour));
    const played = await bench.play(
      bench.log(`${times.map(death).join("")}${mark(NOON + hours(10))}`),
    );
    expect(cuts(played).map(({ at }) => Math.floor((at - NOON) / hours(1)))).toEqual([0, 1, 6, 9]);
    expect(played.summary.pages).toBeGreaterThanOrEqual(1);
  });

  test("a stamp years ahead is the host's own text", async () => {
    const text = `${mark(NOON)}${BOOT}${mark(NOON + hours(24 * 3000))}${LOGIN}${mark(NOON + hours(1))}`;
    const { summary } = await bench.play(bench.log(text));
    expect(summary.until - summary.from).toBe(hours(1));
  });
});

test("playLog(): silence counts between two stamps of ConMan", async () => {
  const line = (at: number, text: string) => {
    const date = new Date(at);
    const two = (n: number) => String(n).padStart(2, "0");
    const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    return `${day} ${date.toTimeString().slice(0, 8)} ${text}\r\n`;
  };
  const text = [
    line(NOON, "Debian GNU/Linux 12 web1 ttyS0"),
    line(NOON, "web1 login: "),
    line(NOON + hours(1), "web1 login: "),
  ].join("");
  const { stories } = await bench.play(bench.log(text), { silence: minutes(10) });
  expect(stories.map((story) => story.class)).toEqual(["silence"]);
  expect(stories[0]?.evidence).toBeUndefined();
  // Nobody answers in a log: a person would have been asked.
  expect(stories[0]?.acts).toEqual([]);
  expect(stories[0]?.pages.map((page) => page.text).join()).toMatch(/asking to cycle its outlets/);
});

test("playLog(): a habit is learnt from the log, and an unusual silence calls a person, and cuts nothing", async () => {
  const line = (at: number) => `${mark(at)}syslogd[42]: -- restarted, all is well --\r\n`;
  let text = `${mark(NOON)}${BOOT}${LOGIN}\r\n`;
  for (let n = 1; n <= 30; n++) text += line(NOON + minutes(20) * n);
  text += line(NOON + hours(14));
  const { stories } = await bench.play(bench.log(text), { silence: 0, byHabit: true });
  expect(stories.map((story) => story.class)).toEqual(["unusual-silence"]);
  expect(stories[0]?.acts).toEqual([]);
  expect(stories[0]?.pages).toHaveLength(1);
  // Twenty minutes are its way: nothing before the four hours in which nothing came.
  expect(stories[0]?.began).toBeGreaterThan(NOON + hours(10) + minutes(50));
});

describe("playLog(): a log of ours", () => {
  /** Writes a log as a console does, and closes it. */
  async function written(
    write: (
      log: ReturnType<ReturnType<typeof logKit>["open"]>,
      pass: (ms: number) => Promise<void>,
    ) => Promise<void>,
  ) {
    const kit = logKit({ state: bench.folder });
    const log = kit.open("web1");
    await write(log, (ms) => kit.clock.advance(ms));
    await log.close();
    return logFolder(bench.folder, "web1");
  }

  test("with its own times: a panic, and the boot an hour later", async () => {
    const folder = await written(async (log, pass) => {
      log.mark("up", "ttyUSB0");
      log.append(latin1(`${BOOT}${LOGIN}`));
      await pass(hours(5));
      log.append(latin1(PANIC));
      await pass(hours(1));
      log.append(latin1(`${BOOT}${LOGIN}`));
      await pass(minutes(1));
    });
    const { stories, summary } = await bench.play(folder);
    expect(stories[0]?.acts).toMatchObject([{ rung: "cycle", after: { is: "boot" } }]);
    expect(summary.until - summary.from).toBeGreaterThanOrEqual(hours(6));
  });

  test("while the console is down nothing is cut, and after a restart of the daemon it was not seen", async () => {
    const down = await written(async (log, pass) => {
      log.mark("up", "ttyUSB0");
      log.append(latin1(`${BOOT}${LOGIN}`));
      await pass(minutes(1));
      log.append(latin1(PANIC));
      await pass(seconds(10));
      log.mark("down", "unplugged");
      await pass(hours(1));
      log.mark("up", "ttyUSB0");
      log.append(latin1(LOGIN));
    });
    const played = await bench.play(down);
    expect(cuts(played)).toEqual([]);
    expect(played.stories).toHaveLength(1);
  });

  test("time in which the daemon did not run counts for nothing", async () => {
    const folder = await written(async (log, pass) => {
      log.mark("up", "ttyUSB0");
      log.append(latin1(`${BOOT}${LOGIN}`));
      await pass(hours(3));
      log.mark("up", "ttyUSB0");
      log.append(latin1(LOGIN));
      await pass(minutes(1));
    });
    expect((await bench.play(folder, { silence: minutes(10) })).stories).toEqual([]);
  });

  test("a person who had the seat keeps its hands off; the watchdog of then is no person", async () => {
    const by = (who: string) =>
      written(async (log, pass) => {
        log.mark("up", "ttyUSB0");
        log.append(latin1(`${BOOT}${LOGIN}`));
        await pass(minutes(1));
        log.mark("session", `${who} came`);
        log.mark("session", `${who} writes`);
        log.append(latin1(PANIC));
        await pass(minutes(10));
        log.mark("session", `${who} left; the seat is free`);
      });
    const [kept] = (await bench.play(await by("jana"))).stories;
    expect((kept?.acts[0]?.at ?? 0) - (kept?.began ?? 0)).toBeGreaterThanOrEqual(minutes(10));
    bench.remove();
    bench = new Bench();
    const [cut] = (await bench.play(await by("watchdog"))).stories;
    expect((cut?.acts[0]?.at ?? 0) - (cut?.began ?? 0)).toBeLessThan(minutes(2));
  });

  test("a part of it alone is refused, with the folder to name", async () => {
    const folder = await written(async (log) => {
      log.append(latin1(LOGIN));
    });
    await expect(bench.play(`${folder}/20261122T120000Z.raw`)).rejects.toMatchObject({
      code: "USAGE",
      hint: `Name its folder: oob backtest ${folder}`,
    });
  });
});
