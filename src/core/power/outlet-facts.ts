/** What a reading of a whole PDU tells of one outlet, beside its own state, by the rules of that PDU. */
import type { OutletRules } from "../../config/site-config.ts";
import { messageOf } from "../../lib/errors.ts";
import type { OutletReading, PduReading } from "../../sdk/power.ts";
import type { OutletStatus } from "../site/site.ts";
import { findOutlet } from "./power-outlets.ts";

/** Instances of the outlets that must never be off. Throws OUTLET_UNKNOWN where one of them cannot be found. */
export function lifelinesIn(
  reading: PduReading,
  pdu: string,
  { lifeline }: OutletRules,
): ReadonlySet<string> {
  return new Set(lifeline.map((reference) => findOutlet(reading, { pdu, reference }).instance));
}

/** Why this outlet must never be off, said behind its name. Where a lifeline cannot be found, it may be any. */
export function whyLifeline(
  reading: PduReading,
  { instance }: OutletReading,
  pdu: string,
  rules: OutletRules,
): string | undefined {
  try {
    return lifelinesIn(reading, pdu, rules).has(instance)
      ? `is a lifeline: it feeds this box, or the way to ${pdu}`
      : undefined;
  } catch (thrown) {
    return `may be a lifeline: "lifeline:" of ${pdu} names an outlet that is not there (${messageOf(thrown)})`;
  }
}

/** What the PDU draws against what it may: the line with the least left, or all outlets where it tells no lines. */
export function loadOf(
  reading: PduReading,
  { limitAmps }: OutletRules,
  drew: number | undefined,
): OutletStatus["load"] {
  const lines = (reading.totals?.amps ?? []).flatMap(({ phase, amps }) => {
    const limit = least([limitAmps, ratedFor(reading, phase)]);
    return limit === undefined ? [] : [{ amps, limit }];
  });
  const [tightest = sumOfOutlets(reading, limitAmps)] = lines.sort(
    (a, b) => a.limit - a.amps - (b.limit - b.amps),
  );
  return tightest && { ...tightest, ...(drew !== undefined && { drew }) };
}

/** A rating is that of a line, so that the sum of all outlets is held against what people have configured alone. */
function sumOfOutlets({ outlets, totals }: PduReading, limit: number | undefined) {
  const amps = outlets.flatMap((outlet) => (outlet.amps === undefined ? [] : [outlet.amps]));
  if (limit === undefined || amps.length === 0 || totals?.amps !== undefined) return undefined;
  return { amps: amps.reduce((sum, one) => sum + one, 0), limit };
}

/** What the device is rated for at this line; what it says of no line in particular holds for each. */
function ratedFor({ totals }: PduReading, line: string): number | undefined {
  const rated = totals?.rated ?? [];
  const own = rated.filter(({ phase }) => phase === line);
  return least((own.length > 0 ? own : rated).map(({ amps }) => amps));
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}
