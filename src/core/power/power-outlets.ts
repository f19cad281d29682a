import type { OutletEntry } from "../../config/site-config.ts";
import { OobError } from "../../lib/errors.ts";
import { isSerialNumber } from "../../lib/serial-number.ts";
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
  readonly mark?: string;
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
    ...(reading.mark !== undefined && { mark: reading.mark }),
  };
}

/** Throws when the device or the outlet is not the one that was bound: a swapped PDU, a renamed outlet. */
export function checkSame(
  outlet: BoundOutlet,
  now: { readonly name?: string; readonly serial?: string; readonly mark?: string },
): void {
  checkSameDevice(outlet, now);
  if (outlet.name !== undefined && now.name !== undefined && outlet.name !== now.name)
    throw new OobError(
      "OUTLET_UNKNOWN",
      `Cannot use outlet ${outlet.id}: it is named "${now.name}" now, it was "${outlet.name}"`,
      { hint: "Was it renamed, or does another host hang on it? Look at it, then ask again" },
    );
}

/** What a person is told who met another box than the one that was bound. */
export const EXCHANGED = "Was the PDU exchanged? Look at its outlets, then ask again";

/** Throws when another device answers than the one that an outlet was bound on. */
export function checkSameDevice(
  outlet: BoundOutlet,
  now: { readonly serial?: string; readonly mark?: string },
): void {
  const had = knownBy(outlet);
  const has = knownBy(now);
  if (had === undefined || has === undefined || !areOthers(had, has)) return;
  throw new OobError(
    "PDU_REFUSED",
    `Cannot use outlet ${outlet.id}: the PDU has serial number "${has}", it had "${had}"`,
    { hint: EXCHANGED },
  );
}

/** What tells a device from another: its serial number, else its mark. */
export const knownBy = ({ serial, mark }: { readonly serial?: string; readonly mark?: string }) =>
  isSerialNumber(serial) ? serial : (mark ?? serial);

/**
 * Whether two boxes are told apart by what they are known by. What a device does not give at one time proves nothing: one
 * that says "N/A" for a serial number, and was not asked for a mark or did not answer that, may be the one with the mark.
 */
export function areOthers(had: string, has: string): boolean {
  const isNoSerial = (box: string) => !isSerialNumber(box);
  const isMark = (box: string) => /^(?:mac|engine) /.test(box);
  if ((isNoSerial(had) && isMark(has)) || (isMark(had) && isNoSerial(has))) return false;
  return had !== has;
}

/** What an outlet really is, whatever the configuration calls its PDU. */
export function deviceOutlet({ serial, mark, pdu, instance }: BoundOutlet): string {
  return `${isSerialNumber(serial) ? serial : (mark ?? pdu)} ${instance}`;
}

/** Power of a host with several feeds: on if any is on; off only if every one reads off and none is about to change. */
export function combined(outlets: readonly OutletStatus[]): PowerState {
  if (outlets.some(({ state }) => state === "on")) return "on";
  const off = outlets.every(({ state, pending }) => state === "off" && !pending);
  return off && outlets.length > 0 ? "off" : "unknown";
}
