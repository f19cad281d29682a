import type { SnmpProfile } from "../../sdk/snmp-profile.ts";
import { cellText } from "./cell.ts";
import type { Found } from "./snmp-wire.ts";

/** What a device says of itself. */
export type Facts = Partial<Record<"model" | "serial" | "firmware", string>>;

/** Who a device says it is, and the object that holds its serial number. */
export interface Identity {
  readonly facts: Facts;
  readonly serialOid: string | undefined;
}

/** OIDs below which model, serial number and firmware stand: first rows of columns, or scalars. */
export function identityOids(profile: SnmpProfile): string[] {
  return wanted(profile).map(({ oid }) => oid);
}

/** What was found below them. */
export function identityIn(profile: SnmpProfile, found: readonly (Found | undefined)[]): Identity {
  const facts: Record<string, string> = {};
  let serialOid: string | undefined;
  for (const [i, { fact }] of wanted(profile).entries()) {
    const text = cellText(found[i]?.cell);
    if (text !== undefined && text !== "") facts[fact] = text;
    if (fact === "serial") serialOid = found[i]?.oid;
  }
  return { facts, serialOid };
}

function wanted({ model, serial, firmware }: SnmpProfile) {
  return Object.entries({ model, serial, firmware }).flatMap(([fact, oid]) =>
    oid === undefined ? [] : [{ fact, oid: oid.replace(/\.0$/, "") }],
  );
}
