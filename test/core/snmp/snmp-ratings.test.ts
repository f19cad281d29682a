import { describe, expect, test } from "vitest";
import type { Cell } from "../../../src/core/snmp/cell.ts";
import { totalsOf } from "../../../src/core/snmp/snmp-totals.ts";
import { shippedProfiles } from "./shipped-profiles.ts";

const profiles = await shippedProfiles();
const text = (value: string): Cell => new TextEncoder().encode(value);

/** What a family makes of columns (rows by instance) and scalars that a device gave. */
function totals(name: string, columns: Readonly<Record<string, Readonly<Record<string, Cell>>>>) {
  const profile = profiles.get(name);
  if (!profile) throw new Error(`no profile ${name}`);
  const tables = new Map(
    Object.entries(columns).map(([oid, rows]) => [oid, new Map(Object.entries(rows))]),
  );
  const look = (oid: string): Cell => {
    const column = Object.keys(columns).find((one) => oid.startsWith(`${one}.`)) ?? "";
    return columns[column]?.[oid.slice(column.length + 1)];
  };
  return totalsOf(profile, { columns: tables, look });
}

const APC = "1.3.6.1.4.1.318.1.1.26";
const EATON = "1.3.6.1.4.1.534.6.6.7.3.3.1";
const SENTRY = "1.3.6.1.4.1.1718.3.2.2.1";
const PX2 = "1.3.6.1.4.1.13742.6";

describe("totalsOf() with ratings: each family in its own unit, beside currents in another", () => {
  test("apc-rpdu2: amperes, beside tenths", () => {
    const seen = totals("apc-rpdu2", {
      [`${APC}.6.3.1.5`]: { "1": 16 },
      [`${APC}.4.2.1.9`]: { "1": 24 },
    });
    expect(seen).toMatchObject({ amps: [{ phase: "1", amps: 1.6 }], rated: [{ amps: 24 }] });
  });

  test("apc-rpdu: amperes, a scalar", () => {
    const load = "1.3.6.1.4.1.318.1.1.12.2.3.1.1";
    const seen = totals("apc-rpdu", {
      [`${load}.2`]: { "1": 16 },
      [`${load}.5`]: { "1": 0 },
      "1.3.6.1.4.1.318.1.1.12.1.7": { "0": 24 },
    });
    expect(seen).toMatchObject({ amps: [{ amps: 1.6 }], rated: [{ amps: 24 }] });
  });

  test("eaton-g2g3: milliamperes, as the currents, line by line", () => {
    const seen = totals("eaton-g2g3", {
      [`${EATON}.4`]: { "0.1.1": 14108, "0.1.2": 900 },
      [`${EATON}.3`]: { "0.1.1": 16000, "0.1.2": 32000 },
    });
    expect(seen?.rated).toEqual([
      { phase: "0.1.1", amps: 16 },
      { phase: "0.1.2", amps: 32 },
    ]);
    expect(seen?.amps?.[0]).toEqual({ phase: "0.1.1", amps: 14.108 });
  });

  test("sentry3: amperes, beside hundredths, by the names of the infeeds", () => {
    const seen = totals("sentry3", {
      [`${SENTRY}.7`]: { "1.1": 309 },
      [`${SENTRY}.2`]: { "1.1": text("AA") },
      [`${SENTRY}.10`]: { "1.1": 30 },
    });
    expect(seen).toMatchObject({
      amps: [{ phase: "AA", amps: 3.09 }],
      rated: [{ phase: "AA", amps: 30 }],
    });
  });

  test.each<[string, number | undefined]>([
    ["32A", 32],
    ["12.5 A", 12.5],
    ["32", 32],
    ["", undefined],
    ["24A (32A)", undefined],
    ["32000", undefined],
    ["200-240V", undefined],
    ["-1", undefined],
    ["0", undefined],
  ])("raritan-px2: the text %j", (said, amps) => {
    const seen = totals("raritan-px2", {
      [`${PX2}.5.2.3.1.4`]: { "1.1.1": 4130 },
      [`${PX2}.3.3.4.1.7`]: { "1.1.1": 3 },
      [`${PX2}.3.3.3.1.7`]: { "1.1": text(said) },
    });
    expect(seen?.amps).toEqual([{ phase: "1.1", amps: 4.13 }]);
    expect(seen?.rated).toEqual(amps === undefined ? undefined : [{ phase: "1.1", amps }]);
  });
});
