import type { Millis } from "../lib/clock.ts";

/** A value map with three outcomes: listed on, listed off, everything else unknown. */
export interface StateMap {
  readonly on: readonly (number | string)[];
  readonly off: readonly (number | string)[];
  /** On, but the device says that it is on its way off, or the other way round. State stays what it is now. */
  readonly pendingOn?: readonly (number | string)[];
  readonly pendingOff?: readonly (number | string)[];
  /** The row is a ghost: no such outlet. */
  readonly absent?: readonly (number | string)[];
}

/** A numeric column and how to make SI units of it. */
export interface Meter {
  /** Column OID without the instance. */
  readonly oid: string;
  readonly scale?: number;
  /** Column with the number of decimal digits, same index (Raritan). */
  readonly digits?: string;
  /** Appended to the outlet's instance: sensor type and the like. */
  readonly suffix?: string;
  /** Values that mean "not metered". */
  readonly absent?: readonly number[];
}

/** One write: object, value, and nothing implied. */
export interface Write {
  /** Column OID without the instance. */
  readonly oid: string;
  readonly value: number;
}

/** One family of PDUs reached over SNMP: data, interpreted by core/snmp. */
export interface SnmpProfile {
  readonly summary: string;
  readonly sources: readonly string[];
  readonly match: {
    /** Prefixes; a hint only. */
    readonly sysObjectID: readonly string[];
    /** Column that answers GETNEXT on this family: this decides. */
    readonly probe: string;
    /** Where several families answer, the higher one wins. */
    readonly rank: number;
  };
  /** Names of the index components, outermost first: ["outlet"], ["tower", "infeed", "outlet"]. */
  readonly index: readonly string[];
  readonly count?: string;
  /** Columns, without the instance. */
  readonly name?: string;
  readonly label?: string;
  readonly read: StateMap & { readonly oid: string };
  readonly pending?: { readonly oid: string; readonly pending: readonly number[] };
  /** Column that says that an outlet can be switched. */
  readonly switchable?: { readonly oid: string; readonly yes: readonly (number | string)[] };
  /** Column and values that say that an outlet is locked. */
  readonly locked?: { readonly oid: string; readonly values: readonly number[] };
  /** Absent: read-only family. */
  readonly write?: { readonly on: Write; readonly off: Write; readonly cycle?: Write };
  /** Per-outlet delays of the device's own, in units of `unitMs`, added to the deadline of a verification. */
  readonly delays?: {
    readonly on?: string;
    readonly off?: string;
    readonly cycle?: string;
    readonly unitMs: number;
  };
  readonly model?: string;
  readonly serial?: string;
  readonly firmware?: string;
  readonly outletAmps?: Meter;
  readonly outletWatts?: Meter;
  /** Summed over rows. */
  readonly totalWatts?: readonly Meter[];
  readonly phaseAmps?: readonly (Meter & { readonly phase: string })[];
  readonly settle: Millis;
}

/** Declares an SNMP profile. */
export const defineSnmpPdu = (profile: SnmpProfile): SnmpProfile => profile;
