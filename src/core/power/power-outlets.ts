import type { OutletEntry } from "../../config/site-config.ts";
import { OobError } from "../../lib/errors.ts";
import type { OutletReading, PduReading, PowerState } from "../../sdk/power.ts";
import type { OutletStatus } from "../site/site.ts";

/** An outlet as it was found when it was first looked for. What goes on the wire, and how to know it again. */
export interface BoundOutlet {
  /** "pdu-a/3", as the configuration says. */
  readonly id: string;
  readonly pdu: string;
  readonly instance: string;
  readonly name?: string;
  readonly serial?: string;
}

/** "pdu-a/3" */
export const outletId = (entry: OutletEntry): string => `${entry.pdu}/${entry.reference}`;

const PREFIX = /^(instance|label|name):(.+)$/;

/**
 * The one outlet that a reference means: its instance, its label or its name; "label:3" where it has to be said which.
 * Throws OUTLET_UNKNOWN where there is none, or more than one.
 */
export function findOutlet(reading: PduReading, entry: OutletEntry): OutletReading {
  const [, kind, word] = PREFIX.exec(entry.reference) ?? [];
  const wanted = word ?? entry.reference;
  const found = reading.outlets.filter(({ instance, label, name }) => {
    if (kind === "instance") return instance === wanted;
    if (kind === "label") return label === wanted;
    if (kind === "name") return name === wanted;
    return instance === wanted || label === wanted || name === wanted;
  });
  const [only] = found;
  if (only && found.length === 1) return only;
  const what = `Cannot use outlet "${entry.reference}" of ${entry.pdu}`;
  if (only) {
    const names = found
      .map(({ instance, label, name }) => `instance:${instance} label:${label} name:${name ?? ""}`)
      .join("; ");
    throw new OobError("OUTLET_UNKNOWN", `${what}: it may mean ${names}`, {
      hint: `Say which: "${entry.pdu}/instance:${only.instance}"`,
    });
  }
  const known = reading.outlets.map(({ label }) => label).slice(0, 64);
  const has = known.length > 0 ? `it has ${known.join(", ")}` : "it lists no outlets";
  throw new OobError("OUTLET_UNKNOWN", `${what}: the device has no such outlet; ${has}`, {
    hint: `oob pdu outlets ${entry.pdu}`,
  });
}

/** Keeps what tells the outlet from another one later. */
export function bindOutlet(reading: PduReading, entry: OutletEntry): BoundOutlet {
  const { instance, name } = findOutlet(reading, entry);
  return {
    id: outletId(entry),
    pdu: entry.pdu,
    instance,
    ...(name !== undefined && { name }),
    ...(reading.serial !== undefined && { serial: reading.serial }),
  };
}

/** Throws when the device or the outlet is not the one that was bound: a swapped PDU, a renamed outlet. */
export function checkSame(
  outlet: BoundOutlet,
  now: { readonly name?: string; readonly serial?: string },
): void {
  if (outlet.serial !== undefined && now.serial !== undefined && outlet.serial !== now.serial)
    throw new OobError(
      "PDU_REFUSED",
      `Cannot use outlet ${outlet.id}: the PDU has serial number "${now.serial}", it had "${outlet.serial}"`,
      { hint: "Was the PDU exchanged? Look at its outlets, then ask again" },
    );
  if (outlet.name !== undefined && now.name !== undefined && outlet.name !== now.name)
    throw new OobError(
      "OUTLET_UNKNOWN",
      `Cannot use outlet ${outlet.id}: it is named "${now.name}" now, it was "${outlet.name}"`,
      { hint: "Was it renamed, or does another host hang on it? Look at it, then ask again" },
    );
}

/** What some units say who were never given a serial number. */
const NO_SERIAL = /^(?:[0.\-\s]*|none|unknown|n\/a|not set)$/i;

/** What an outlet really is, whatever the configuration calls its PDU. */
export function deviceOutlet({ serial = "", pdu, instance }: BoundOutlet): string {
  return `${NO_SERIAL.test(serial) ? pdu : serial} ${instance}`;
}

/** Power of a host with several feeds: on if any is on; off only if every one reads off and none is about to change. */
export function combined(outlets: readonly OutletStatus[]): PowerState {
  if (outlets.some(({ state }) => state === "on")) return "on";
  const off = outlets.every(({ state, pending }) => state === "off" && !pending);
  return off && outlets.length > 0 ? "off" : "unknown";
}
