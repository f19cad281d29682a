import type { BootLoader } from "../../sdk/boot-loader.ts";
import type { FirmwareMap } from "../../sdk/firmware/firmware-map.ts";
import type { ConsoleDriver } from "../../sdk/link.ts";
import type { MenuProfile } from "../../sdk/menu-profile.ts";
import type { NotifyDriver } from "../../sdk/notify/alert.ts";
import type { PowerDriver } from "../../sdk/power.ts";
import type { Rule } from "../../sdk/rule.ts";
import type { Runbook } from "../../sdk/runbook.ts";
import type { SerialPduProfile } from "../../sdk/serial-pdu-profile.ts";
import type { SnmpProfile } from "../../sdk/snmp-profile.ts";

/** What a driver file may declare, by kind. */
export interface Declared {
  readonly console: ConsoleDriver;
  readonly power: PowerDriver;
  readonly snmp: SnmpProfile;
  readonly serial: SerialPduProfile;
  readonly menu: MenuProfile;
  readonly boot: BootLoader;
  readonly firmware: FirmwareMap;
  readonly notify: NotifyDriver;
  readonly rule: Rule;
  readonly runbook: Runbook;
}

export type DriverKind = keyof Declared;

type Fields = Readonly<
  Record<string, "string" | "object" | "array" | "function" | "regexp" | "number">
>;

const COMMON: Fields = { summary: "string", sources: "array" };

/** Fields without which a declaration is not of its kind. */
const SHAPES: Readonly<Record<DriverKind, Fields>> = {
  console: { ...COMMON, options: "object", address: "string", identity: "array", open: "function" },
  power: { ...COMMON, options: "object", address: "string", open: "function" },
  snmp: { ...COMMON, match: "object", index: "array", read: "object", settle: "number" },
  serial: { ...COMMON, steps: "object", turn: "object", states: "object", settle: "number" },
  menu: { ...COMMON, steps: "object", enter: "string" },
  notify: { ...COMMON, options: "object", send: "function" },
  boot: { ...COMMON, shows: "regexp", announces: "regexp", bootWith: "function" },
  firmware: { ...COMMON, screen: "object", past: "array", shows: "object" },
  rule: {
    means: "string",
    sources: "array",
    pattern: "regexp",
    view: "string",
    state: "string",
    class: "string",
    action: "string",
    hints: "array",
    matches: "array",
    rejects: "array",
  },
  runbook: { ...COMMON, title: "string", risk: "string", options: "object", run: "function" },
};

export const DRIVER_KINDS = Object.keys(SHAPES) as readonly DriverKind[];

/** Kinds in the order in which a flat file is recognised: the one with more fields first. */
const BY_SHAPE: readonly DriverKind[] = [
  "runbook",
  "console",
  "power",
  "snmp",
  "serial",
  "menu",
  "boot",
  "firmware",
  "notify",
  "rule",
];

/** Which fields a declaration lacks to be of this kind; empty: it is one. */
export function lacking(kind: DriverKind, declared: unknown): string[] {
  if (typeof declared !== "object" || declared === null) return ["an object as default export"];
  const values = declared as Readonly<Record<string, unknown>>;
  return Object.entries(SHAPES[kind])
    .filter(([field, wanted]) => kindOf(values[field]) !== wanted)
    .map(([field, wanted]) => `${field} (${wanted})`);
}

/** The kind of a declaration, by its fields. */
export function shapeOf(declared: unknown): DriverKind | undefined {
  return BY_SHAPE.find((kind) => lacking(kind, declared).length === 0);
}

/** Whether a value has the shape of a kind. */
export function isDeclared<Kind extends DriverKind>(
  kind: Kind,
  declared: unknown,
): declared is Declared[Kind] {
  return lacking(kind, declared).length === 0;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  // Not instanceof: a user's file is evaluated in the same realm, but a wrapped one would fail it.
  if (Object.prototype.toString.call(value) === "[object RegExp]") return "regexp";
  return typeof value;
}
