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
  /** Appended to the outlet's instance: sensor type and the like. Of a total: only rows that end so are summed. */
  readonly suffix?: string;
  /** Values that mean "not metered". */
  readonly absent?: readonly number[];
}

/** Currents of phases or infeeds, one row each. */
export interface LineAmps extends Meter {
  /** Column with their names, same index; without it the row's instance is the name. */
  readonly names?: string;
  /** Only rows in which this column has one of these values: tables that mix phases and banks. */
  readonly where?: { readonly oid: string; readonly is: readonly number[] };
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
    /**
     * Columns of the outlet table, one row an outlet; one that answers GETNEXT decides. The state column stands first:
     * a family whose state answers is preferred to one of which only names do.
     */
    readonly probe: readonly string[];
    /** Where several families answer, the higher one wins. */
    readonly rank: number;
  };
  /** Names of the index components, outermost first: ["outlet"], ["tower", "infeed", "outlet"]. */
  readonly index: readonly string[];
  /** Columns, without the instance. */
  readonly name?: string;
  readonly label?: string;
  /** Column with the number of the chained unit; where there are several, the label is "unit:label". */
  readonly unit?: string;
  readonly read: StateMap & {
    readonly oid: string;
    /** Column with the same values, read where the first has none. */
    readonly otherwise?: { readonly oid: string; readonly suffix: string };
  };
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
  readonly write?: { readonly on: Write; readonly off: Write; readonly cycle?: Write };
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
