import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lastDue, nextDue, parseScheduleTime } from "../../src/config/schedule-time.ts";

const zone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = "Europe/Berlin";
});
afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const times = (...texts: string[]) =>
  texts.map((text) => {
    const read = parseScheduleTime(text);
    if (!read) throw new Error(`"${text}" was not read`);
    return read;
  });
const next = (now: string, ...texts: string[]) =>
  new Date(nextDue(times(...texts), Date.parse(now))).toISOString();
const last = (now: string, ...texts: string[]) =>
  new Date(lastDue(times(...texts), Date.parse(now))).toISOString();

describe("parseScheduleTime()", () => {
  test.each([
    ["06:30", [0, 1, 2, 3, 4, 5, 6]],
    ["Sun 03:00", [0]],
    ["sunday 3:00", [0]],
    ["Mon-Fri 06:30", [1, 2, 3, 4, 5]],
    ["Fri-Mon 22:15", [0, 1, 5, 6]],
    ["Mon,Thu 22:15", [1, 4]],
  ])("%s", (text, days) => expect(parseScheduleTime(text)?.days).toEqual(days));

  test.each([
    "",
    "6",
    "24:00",
    "06:60",
    "Son 03:00",
    "Sun- 03:00",
    "Mon-Tue-Wed 01:00",
    "06:30 Sun",
  ])('refuses "%s"', (text) => expect(parseScheduleTime(text)).toBeUndefined());
});

describe("nextDue() and lastDue() go by the clock on the wall", () => {
  test("today, tomorrow, next week", () => {
    expect(next("2026-11-23T05:00:00Z", "06:30")).toBe("2026-11-23T05:30:00.000Z");
    expect(next("2026-11-23T05:30:00Z", "06:30")).toBe("2026-11-24T05:30:00.000Z");
    expect(next("2026-11-22T02:00:00Z", "Sun 03:00")).toBe("2026-11-29T02:00:00.000Z");
    expect(next("2026-11-23T05:00:00Z", "18:00", "06:30")).toBe("2026-11-23T05:30:00.000Z");
    expect(last("2026-11-23T05:30:00Z", "06:30")).toBe("2026-11-23T05:30:00.000Z");
    expect(last("2026-11-22T01:59:00Z", "Sun 03:00")).toBe("2026-11-15T02:00:00.000Z");
  });

  test("summer time begins: 02:30 is left out, and comes an hour later, once", () => {
    expect(next("2026-03-28T23:00:00Z", "02:30")).toBe("2026-03-29T01:30:00.000Z");
    expect(next("2026-03-29T01:30:00Z", "02:30")).toBe("2026-03-30T00:30:00.000Z");
    expect(next("2026-03-28T12:00:00Z", "06:30")).toBe("2026-03-29T04:30:00.000Z");
  });

  test("summer time ends: 02:30 comes twice, and is the first, once", () => {
    expect(next("2026-10-24T23:00:00Z", "02:30")).toBe("2026-10-25T00:30:00.000Z");
    expect(next("2026-10-25T00:30:00Z", "02:30")).toBe("2026-10-26T01:30:00.000Z");
    expect(last("2026-10-25T01:45:00Z", "02:30")).toBe("2026-10-25T00:30:00.000Z");
  });

  test("every minute of a year has one that was and one that will be, a day apart", () => {
    const at = times("02:30");
    let before = 0;
    for (let now = Date.UTC(2026, 0, 1); now < Date.UTC(2027, 0, 1); now += 3_600_000) {
      const [was, will] = [lastDue(at, now), nextDue(at, now)];
      expect(was).toBeLessThanOrEqual(now);
      expect(will).toBeGreaterThan(now);
      expect(will - was).toBeLessThanOrEqual(26 * 3_600_000);
      expect(was).toBeGreaterThanOrEqual(before);
      before = was;
    }
  });
});
