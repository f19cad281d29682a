import { expect, test } from "vitest";
import { HostClock } from "../../../src/core/detect/host-clock.ts";

/** A host that booted at 0 and printed for 20 s. */
function booted(): HostClock {
  const clock = new HostClock();
  for (const second of [0, 3, 9, 20]) clock.note(second, second * 1000, true);
  return clock;
}

test("HostClock knows stamps of another clock, ahead and behind, once both clocks went on together", () => {
  const clock = booted();
  expect(clock.strays(3600, 3_600_000)).toBeUndefined();
  expect(clock.strays(3604, 3_600_000)).toBeUndefined();
  expect(clock.strays(9988, 3_600_000)).toBe("ahead");
  expect(clock.strays(88, 3_600_000)).toBe("behind");
});

test("HostClock follows a clock that drifts, and no stamp of another one moves it", () => {
  const clock = booted();
  for (let hour = 1; hour <= 100; hour++) clock.note(hour * 3610, hour * 3_600_000, true);
  expect(clock.strays(361_000, 360_000_000)).toBeUndefined();
  clock.note(5, 360_000_000, false);
  expect(clock.strays(361_010, 360_010_000)).toBeUndefined();
});

test("HostClock believes nothing where no time passes, or the clocks never went together", () => {
  const file = new HostClock();
  for (const second of [0, 3, 9, 20, 900]) file.note(second, 0, true);
  expect(file.strays(12, 0)).toBeUndefined();
  const other = new HostClock();
  for (const second of [0, 300, 900]) other.note(second, second * 10, true);
  expect(other.strays(9988, 20_000)).toBeUndefined();
});

test("HostClock follows the host's own clock where it jumps, once that has gone on in step", () => {
  const clock = booted();
  clock.note(346, 24_000, true);
  expect(clock.strays(348, 26_000)).toBe("ahead");
  for (const second of [350, 353, 359]) clock.note(second, second * 1000 - 322_000, true);
  expect(clock.strays(420, 98_000)).toBeUndefined();
  expect(clock.strays(9988, 98_000)).toBe("ahead");
});

test("HostClock is moved by no line alone, nor by those that a program shows", () => {
  const clock = booted();
  clock.note(9988, 1_000_000, true);
  clock.note(9988.5, 1_000_500, true);
  expect(clock.strays(9989, 1_001_000)).toBe("ahead");
  expect(clock.strays(1001, 1_001_000)).toBeUndefined();
  for (let second = 0; second < 60; second++)
    clock.note(7000 + second, 1_010_000 + second * 1000, false);
  expect(clock.strays(7060, 1_070_000)).toBe("ahead");
  clock.note(1070, 1_070_000, true);
  expect(clock.strays(9990, 1_071_000)).toBe("ahead");
});

test("HostClock begins anew after a boot", () => {
  const clock = booted();
  clock.forget();
  clock.note(0, 9_000_000, true);
  expect(clock.strays(2, 9_002_000)).toBeUndefined();
});
