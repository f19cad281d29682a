import type { Millis } from "../lib/clock.ts";

/** A value map with three outcomes: listed on, listed off, everything else unknown. */
export interface StateMap {
  readonly on: readonly (number | string)[];
  readonly off: readonly (number | string)[];
  /** A command is under way. What the relay does meanwhile is not said, so the state is unknown. */
  readonly pending?: readonly (number | string)[];
  /** The row is a ghost: no such outlet. */
  readonly absent?: readonly (number | string)[];
  /** What the values that are neither on nor off mean, for people. */
  readonly notes?: Readonly<Record<string, string>>;
}

/** A numeric column and how to make SI units of it. Negative readings mean "not metered" in every family. */
export interface Meter {
  /** Column OID without the instance, or a scalar with its .0. */
  readonly oid: string;
  readonly scale?: number;
  /** Column with the number of decimal digits, same index (Raritan). */
  readonly digits?: string;
  /** Column with a factor, same index: 10 multiplies by ten, -10 divides by ten, 0 and 1 do nothing (Rittal). */
  readonly factor?: string;
  /** Of a total in a dictionary: the variables whose names match; the first group is the line's name. */
  readonly variable?: RegExp;
  /** Appended to the outlet's instance: sensor type and the like. Of a total: only rows that end so are summed. */
  readonly suffix?: string;
  /** Values that mean "not metered". */
  readonly absent?: readonly number[];
  /** Of a total: only rows in which this column has one of these values: tables that mix phases and banks. */
  readonly where?: { readonly oid: string; readonly is: readonly number[] };
}

/** Currents of phases or infeeds, one row each. */
export interface LineAmps extends Meter {
  /** Column with their names, same index; without it the row's instance is the name. */
  readonly names?: string;
}

/** A column or scalar with a rated current; a text that says its unit ("32A") needs no scale. */
export interface Rating {
  readonly oid: string;
  /** To amperes. */
  readonly scale?: number;
  /** Its rows are those of `lineAmps`; else each holds for all lines of a unit. */
  readonly perLine?: true;
}

/** One write: object, value, and nothing implied. */
export interface Write {
  /** Column OID without the instance. */
  readonly oid: string;
  readonly value: number;
  /** Type of the object where it is no INTEGER. */
  readonly type?: "gauge";
}

/** What is written to switch an outlet. */
export interface Writes {
  readonly on: Write;
  readonly off: Write;
  readonly cycle?: Write;
  /** Written just before each of them, or the device takes the command and ignores it. */
  readonly unlock?: Write;
  /** No outlet may show one of these values: the command would carry out what somebody else has left there. */
  readonly unlessAny?: { readonly oid: string; readonly values: readonly number[] };
}

/**
 * One family of PDUs reached over SNMP: data, interpreted by core/snmp.
 *
 * An outlet's object is COLUMN.INSTANCE. Where a family has it elsewhere, the column says so:
 * - `{n}` or `{n+1}` in it stands for the outlet's number, and nothing is appended (`scalars`, lists);
 * - `{0}` in it stands for the first number of the instance, and the rest is appended (`units`);
 * - `#.Status` at its end stands for the row of the outlet's variable of that name (`dictionary`);
 * - `*` in it stands for the number that differs from model to model (`match.arc`).
 */
export interface SnmpProfile {
  readonly summary: string;
  readonly sources: readonly string[];
  readonly match: {
    /** Prefixes; a hint only. */
    readonly sysObjectID: readonly string[];
    /**
     * Columns of the outlet table, one row an outlet; one that answers GETNEXT decides. The state column stands first:
     * a family whose state answers is preferred to one of which only names do.
     */
    readonly probe: readonly string[];
    /** Where several families answer, the higher one wins. */
    readonly rank: number;
    /** What `*` may stand for: these numbers, or what the device has below an OID. */
    readonly arc?: { readonly known: readonly number[] } | { readonly below: string };
  };
  /** Names of the index components, outermost first: ["outlet"], ["tower", "infeed", "outlet"]. */
  readonly index: readonly string[];
  /** Number that is printed beside the instance 0, where instances start there and no column has the label. */
  readonly firstIs?: number;
  /** Instances of a family that has a scalar an outlet instead of a table, in the order of the outlets' numbers. */
  readonly scalars?: readonly string[];
  /** Values of `{0}`: a table for each chained unit. */
  readonly units?: readonly number[];
  /** Variables with names instead of a table: an outlet is one whose name matches; the first group is its number. */
  readonly dictionary?: { readonly names: string; readonly outlet: RegExp };
  /** Only rows in which this column has one of these values are outlets. */
  readonly only?: { readonly oid: string; readonly values: readonly number[] };
  /**
   * The table is longer than the device: what lies behind `count` outlets (a scalar, or a column with a row a unit) is
   * no outlet; where the device gives no count, rows at the end without a name whose state is one of `states` or none.
   */
  readonly padding?: { readonly count: string; readonly states: readonly number[] };
  /** Columns, without the instance. */
  readonly name?: string;
  /** The name ends before this character; the rest of the value is something else. */
  readonly nameUntil?: string;
  readonly label?: string;
  /** Column with the number of the chained unit; where there are several, the label is "unit:label". */
  readonly unit?: string;
  readonly read: StateMap & {
    readonly oid: string;
    /** A scalar with the states of all outlets, commas between them; the instance is the place in it. */
    readonly list?: true;
    /** Column that is read where the first has none, or one of `when`; with the same values, or its own. */
    readonly otherwise?: {
      readonly oid: string;
      readonly suffix?: string;
      readonly when?: readonly number[];
      readonly map?: StateMap;
    };
  };
  /** Column of what the device senses: where it says otherwise than the state, the state is unknown. */
  readonly sensed?: StateMap & { readonly oid: string };
  /** Object that has to match before a state is believed: where the column means something else in other firmware. */
  readonly believedIf?: { readonly oid: string; readonly matches: RegExp; readonly note: string };
  /** Columns and values that are worth a note, `against` one state alone or any; with `doubt` the state is unknown. */
  readonly remarks?: readonly {
    readonly oid: string;
    readonly values: readonly number[];
    readonly against?: "on" | "off";
    readonly note: string;
    readonly doubt?: true;
  }[];
  readonly pending?: { readonly oid: string; readonly values: readonly number[] };
  /** Column that says that an outlet can be switched, by value or by a bit (BITS: 0 is the highest of the first octet). */
  readonly switchable?: {
    readonly oid: string;
    readonly yes?: readonly (number | string)[];
    readonly bit?: number;
  };
  /** Column and values that say that an outlet is locked. */
  readonly locked?: { readonly oid: string; readonly values: readonly number[] };
  /** Absent: read-only family. */
  readonly write?: Writes;
  /**
   * Its cycle runs in the device, which keeps for how long the outlet is off: two sources say so of command and time. Then
   * a lifeline may be cycled. Needs `write.cycle` and `delays.cycle`.
   */
  readonly cyclesAlone?: true;
  /** Why a family that could be written is not: where its sources contradict each other. */
  readonly readOnlyBecause?: string;
  /** What is written once a person has proven on the very device that it switches the outlet that it should. */
  readonly unproven?: { readonly on: Write; readonly off: Write };
  /** Per-outlet delays of the device's own, in units of `unitMs`, added to the deadline of a verification. */
  readonly delays?: {
    readonly on?: string;
    readonly off?: string;
    readonly cycle?: string;
    readonly unitMs: Millis;
  };
  /** Scalars with their .0, or columns of which the first row is taken. */
  readonly model?: string;
  readonly serial?: string;
  readonly firmware?: string;
  readonly outletAmps?: Meter;
  readonly outletWatts?: Meter;
  /** The first that is metered; its rows are summed. */
  readonly totalWatts?: readonly Meter[];
  readonly lineAmps?: LineAmps;
  /** Currents of banks (groups behind one breaker). Read with the energy, not each time. */
  readonly bankAmps?: LineAmps;
  /** Rated current of the inlets: what the maker gives, never a threshold that people set. */
  readonly ratedAmps?: Rating;
  readonly outletKwh?: Meter;
  /** The first that is metered; its rows are summed. */
  readonly totalKwh?: readonly Meter[];
  readonly settle: Millis;
}

/** How to log in to an SNMP agent. Values, not names of secrets: they live as long as the session. */
export type SnmpLogin =
  | {
      readonly version: "1" | "2c";
      readonly community: string;
      /** Where SETs need another one. */
      readonly writeCommunity?: string;
    }
  | {
      readonly version: "3";
      readonly user: string;
      readonly auth?: { readonly protocol: SnmpAuthProtocol; readonly secret: string };
      readonly priv?: { readonly protocol: SnmpPrivProtocol; readonly secret: string };
    };

/** Authentication protocols of SNMPv3 (RFC 3414, RFC 7860). */
export const SNMP_AUTH_PROTOCOLS = ["md5", "sha", "sha224", "sha256", "sha384", "sha512"] as const;
/** Privacy protocols of SNMPv3; aes256b and aes256r are the two ways of making a long key (Blumenthal, Reeder). */
export const SNMP_PRIV_PROTOCOLS = ["des", "aes", "aes256b", "aes256r"] as const;
export type SnmpAuthProtocol = (typeof SNMP_AUTH_PROTOCOLS)[number];
export type SnmpPrivProtocol = (typeof SNMP_PRIV_PROTOCOLS)[number];

/** A PDU with an SNMP agent, and how patient to be with it. */
export interface SnmpTarget {
  readonly host: string;
  readonly port: number;
  readonly login: SnmpLogin;
  /** How long one request waits for its answer. */
  readonly timeout: Millis;
  /** How often a read is sent before the device counts as silent. A SET is always sent once. */
  readonly tries: number;
  /** Name of the profile to use; undefined: the device is asked. */
  readonly profile?: string;
  /** Serial number that the device must have. */
  readonly serial?: string;
}

/** Declares an SNMP profile. */
export const defineSnmpPdu = (profile: SnmpProfile): SnmpProfile => profile;
