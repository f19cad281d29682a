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

/** What the PDU draws against what it may: its fullest phase, or all outlets where it tells no phases. */
export function loadOf(
  reading: PduReading,
  { limitAmps: limit }: OutletRules,
  drew: number | undefined,
): OutletStatus["load"] {
  if (limit === undefined) return undefined;
  const phases = reading.totals?.amps?.map(({ amps }) => amps) ?? [];
  const outlets = reading.outlets.flatMap(({ amps }) => (amps === undefined ? [] : [amps]));
  if (phases.length === 0 && outlets.length === 0) return undefined;
  const amps = phases.length > 0 ? Math.max(...phases) : outlets.reduce((sum, one) => sum + one, 0);
  return { amps, limit, ...(drew !== undefined && { drew }) };
}
