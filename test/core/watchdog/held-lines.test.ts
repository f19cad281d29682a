import { expect, test } from "vitest";
import { bareHost } from "../../../src/config/bare-config.ts";
import type { WatchMode } from "../../../src/config/site-config.ts";
import { freshState, type Phase, type WatchState } from "../../../src/core/policy/state.ts";
import { HeldLines } from "../../../src/core/watchdog/held-lines.ts";
import type { WatchedHost } from "../../../src/core/watchdog/watchdog-parts.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { hours, minutes } from "../../../src/lib/durations.ts";
import { ScriptedConsole } from "./watchdog-doubles.ts";

function start(mode: WatchMode) {
  let holders = 0;
  const scripted = new ScriptedConsole("web1", new ManualClock());
  const demand = {
    hold: () => {
      holders += 1;
      return () => {
        holders -= 1;
      };
    },
  };
  const entry = bareHost("web1", { driver: "modem", options: { number: "1" } });
  const host: WatchedHost = {
    entry: { ...entry, watch: { ...entry.watch, mode } },
    console: Object.assign(scripted, { demand }),
  };
  const lines = new HeldLines();
  const state = (is: Phase["is"], held?: string): WatchState =>
    ({ ...freshState(0, true), held, phase: { is, case: { began: 0 } } }) as unknown as WatchState;
  return {
    stop: () => lines.stop(),
    seen: (is: Phase["is"], now = 0, held?: string): number => {
      lines.look([{ host, state: state(is, held) }], now);
      return holders;
    },
    holders: () => holders,
  };
}

test("the line is kept while a host is suspected, and let go when that is settled", () => {
  const { seen } = start("act");
  expect(seen("calm")).toBe(0);
  expect(seen("suspect")).toBe(1);
  expect(seen("acting")).toBe(1);
  expect(seen("watching")).toBe(1);
  expect(seen("waiting")).toBe(0);
  expect(seen("suspect")).toBe(1);
  expect(seen("calm")).toBe(0);
});

test("a watchdog that may not act calls nobody", () => {
  for (const mode of ["observe", "off"] as const) expect(start(mode).seen("suspect")).toBe(0);
});

test("no line is paid for while hands are off, nor all night for a suspicion that nothing settles", () => {
  const { seen } = start("act");
  expect(seen("suspect")).toBe(1);
  expect(seen("suspect", minutes(1), "hold by jana")).toBe(0);
  expect(seen("suspect", minutes(2))).toBe(1);
  expect(seen("suspect", hours(2))).toBe(0);
  expect(seen("acting", hours(2))).toBe(1);
});

test("stop() lets all lines go", () => {
  const { seen, stop, holders } = start("ask");
  seen("suspect");
  stop();
  expect(holders()).toBe(0);
});
