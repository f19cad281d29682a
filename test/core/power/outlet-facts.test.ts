import { describe, expect, test } from "vitest";
import { loadOf, whyLifeline } from "../../../src/core/power/outlet-facts.ts";
import type { OutletReading, PduReading } from "../../../src/sdk/power.ts";

const outlet = (label: string, amps?: number): OutletReading => ({
  ...{ instance: label, label, name: `host${label}`, state: "on", pending: false },
  ...(amps !== undefined && { amps }),
});
const reading = (outlets: OutletReading[], phases: number[] = []): PduReading => ({
  family: "sim",
  outlets,
  ...(phases.length > 0 && {
    totals: { amps: phases.map((amps, n) => ({ phase: `L${n + 1}`, amps })) },
  }),
});
const rated = (whole: PduReading, ratings: NonNullable<PduReading["totals"]>["rated"]) => ({
  ...whole,
  totals: { ...whole.totals, ...(ratings && { rated: ratings }) },
});
const rules = { minInterval: 0, stagger: 0, lifeline: ["name:host2"], limitAmps: 16 };

describe("loadOf()", () => {
  test("counts the fullest phase, else all outlets, else nothing; and only against a limit", () => {
    expect(loadOf(reading([outlet("1", 2)], [4, 11, 7]), rules, 1.5)).toEqual({
      amps: 11,
      limit: 16,
      drew: 1.5,
    });
    expect(
      loadOf(reading([outlet("1", 2), outlet("2"), outlet("3", 3)]), rules, undefined),
    ).toEqual({ amps: 5, limit: 16 });
    expect(loadOf(reading([outlet("1")]), rules, 1)).toBeUndefined();
    const { limitAmps: _, ...unlimited } = rules;
    expect(loadOf(reading([outlet("1", 2)], [4]), unlimited, 1)).toBeUndefined();
  });
});

describe("loadOf() of a device that says what it is rated for", () => {
  const whole = reading([outlet("1", 2)], [4, 11, 7]);
  const { limitAmps: _, ...unlimited } = rules;

  test("takes the smaller of rating and configuration", () => {
    expect(loadOf(rated(whole, [{ amps: 12 }]), rules, 1)).toEqual({
      amps: 11,
      limit: 12,
      drew: 1,
    });
    expect(loadOf(rated(whole, [{ amps: 32 }]), rules, 1)).toEqual({
      amps: 11,
      limit: 16,
      drew: 1,
    });
    expect(loadOf(rated(whole, [{ amps: 32 }]), unlimited, undefined)).toEqual({
      amps: 11,
      limit: 32,
    });
  });

  test("takes the line with the least left, each by its own rating", () => {
    const each = [
      { phase: "L1", amps: 5 },
      { phase: "L2", amps: 32 },
      { phase: "L3", amps: 32 },
    ];
    expect(loadOf(rated(whole, each), unlimited, undefined)).toEqual({ amps: 4, limit: 5 });
    expect(loadOf(rated(whole, each), { ...rules, limitAmps: 11 }, undefined)).toEqual({
      amps: 11,
      limit: 11,
    });
  });

  test("takes the smallest of several units' ratings, which are those of no line", () => {
    const units = [{ amps: 32 }, { amps: 16 }];
    expect(loadOf(rated(whole, units), unlimited, undefined)).toEqual({ amps: 11, limit: 16 });
  });

  test("holds the sum of all outlets against no rating of a line", () => {
    const outlets = reading([outlet("1", 12), outlet("2", 12)]);
    expect(loadOf(rated(outlets, [{ amps: 16 }]), unlimited, undefined)).toBeUndefined();
  });
});

describe("whyLifeline()", () => {
  test("names the outlet that is one, and all where it cannot be found", () => {
    const all = reading([outlet("1"), outlet("2")]);
    expect(whyLifeline(all, outlet("2"), "p", rules)).toContain("is a lifeline: it feeds this box");
    expect(whyLifeline(all, outlet("1"), "p", rules)).toBeUndefined();
    const without = reading([outlet("1")]);
    expect(whyLifeline(without, outlet("1"), "p", rules)).toBe(
      'may be a lifeline: "lifeline:" of p names an outlet that is not there (Cannot use outlet "name:host2" of p: the device has no such outlet; it has 1)',
    );
  });
});
