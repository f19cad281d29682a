/**
 * What ipmitool(1) prints about a chassis and its BMC (ipmitool 1.8.19: lib/ipmi_chassis.c, ipmi_raw.c, ipmi_fru.c), as
 * data. What is not exactly one of the words that we know is unknown.
 */
import { printable } from "../lib/printable.ts";

/** Longest text of ipmitool that is looked at. */
export const MAX_IPMITOOL_TEXT = 64 * 1024;
const MAX_FACT = 64;

/** A chassis as the BMC sees it. */
export interface ChassisStatus {
  readonly state: "on" | "off" | "unknown";
  /** What is wrong with its power, and, while it is off, why that may be. */
  readonly notes: readonly string[];
}

// IPMI 2.0, 28.2 Get Chassis Status, as ipmi_chassis_status() words it.
const FAULTS: readonly (readonly [name: string, bad: string, note: string])[] = [
  ["Power Overload", "true", "power overload"],
  ["Power Interlock", "active", "power interlock active"],
  ["Main Power Fault", "true", "main power fault"],
  ["Power Control Fault", "true", "power control fault"],
];
const WHILE_OFF: readonly (readonly [name: string, note: string])[] = [
  ["Last Power Event", "last power event"],
  ["Power Restore Policy", "restore policy"],
];

/** What `chassis status` says; undefined where its answer is not in the text. */
export function chassisStatus(text: string): ChassisStatus | undefined {
  const facts = factsIn(text);
  const said = facts.get("System Power");
  if (said === undefined) return undefined;
  const state = said === "on" || said === "off" ? said : "unknown";
  const notes = FAULTS.filter(([name, bad]) => facts.get(name) === bad).map(([, , note]) => note);
  if (state === "unknown") notes.push(`system power "${said}"`);
  if (state === "off")
    for (const [name, note] of WHILE_OFF) {
      const fact = facts.get(name);
      if (fact !== undefined && fact !== "") notes.push(`${note} ${fact}`);
    }
  return { state, notes };
}

/** Manufacturer and firmware out of `mc info`. */
export function controllerFacts(text: string): {
  readonly model?: string;
  readonly firmware?: string;
} {
  const facts = factsIn(text);
  const known = (name: string): string | undefined => {
    const fact = facts.get(name) ?? "";
    return fact === "" || /^unknown/i.test(fact) ? undefined : fact;
  };
  const model = [known("Manufacturer Name"), known("Product Name")].filter(Boolean).join(" ");
  const firmware = known("Firmware Revision");
  return { ...(model !== "" && { model }), ...(firmware !== undefined && { firmware }) };
}

/**
 * The system's GUID out of the raw answer to Get System GUID (IPMI 2.0, 22.14), as 32 digits in the order of the wire:
 * `mc guid` orders them otherwise from version to version. Undefined where there is none, or one that nobody has set.
 */
export function systemGuid(text: string): string | undefined {
  const bounded = text.slice(0, MAX_IPMITOOL_TEXT);
  const [, bytes] = /^((?: [0-9a-f]{2}){16})[ \t]{0,2}\r?$/m.exec(bounded) ?? [];
  const digits = bytes?.replaceAll(" ", "");
  return digits === undefined || /^(?:0+|f+)$/.test(digits) ? undefined : digits;
}

/** A serial number out of `fru print 0`: the product's, else the chassis', else the board's. */
export function fruSerial(text: string): string | undefined {
  const facts = factsIn(text);
  for (const name of ["Product Serial", "Chassis Serial", "Board Serial"]) {
    const serial = facts.get(name) ?? "";
    // Factories leave blanks, dots, zeros and words behind.
    if (/[1-9a-z]/i.test(serial) && !/^(?:to be filled|default|none|n\/?a$)/i.test(serial))
      return serial;
  }
  return undefined;
}

/** Lines "name : value", by name. Of a name that stands there twice with different values, nothing is believed. */
function factsIn(text: string): ReadonlyMap<string, string> {
  const facts = new Map<string, string>();
  const seen = new Set<string>();
  for (const line of text.slice(0, MAX_IPMITOOL_TEXT).split("\n")) {
    const at = line.indexOf(":");
    if (at < 0) continue;
    const name = line.slice(0, at).trim();
    const value = printable(line.slice(at + 1).trim(), MAX_FACT);
    if (seen.has(name) && facts.get(name) !== value) facts.delete(name);
    else if (!seen.has(name)) facts.set(name, value);
    seen.add(name);
  }
  return facts;
}
