import type { Clock, Millis } from "../lib/clock.ts";
import type { Link } from "./link.ts";
import type { OptionFault, OptionSpecs, OptionValues, SecretRef } from "./options.ts";
import type { SnmpTarget } from "./snmp-profile.ts";

/**
 * Longest time that a driver may give one request. Who asks waits 20 s, and the device is left to others after 60 s: an
 * off that went out later would cut what an on has brought back since.
 */
export const MAX_REQUEST_TIME: Millis = 18_000;

/** Three values, never a boolean. What cannot be read is unknown. */
export type PowerState = "on" | "off" | "unknown";

/** One outlet as just read from its device. Fields that the device does not give are absent, never 0. */
export interface OutletReading {
  /** What goes on the wire: the SNMP index ("27", "1.2.5"), a plug number, a machine's name. */
  readonly instance: string;
  /** What is printed on the device. */
  readonly label: string;
  /** What a person called it. */
  readonly name?: string;
  readonly state: PowerState;
  /** The device says that a command is under way. */
  readonly pending: boolean;
  /** Why the state is unknown, or what the device says about it ("locked", "fuse blown"). */
  readonly note?: string;
  /** It comes from somebody's memory, and may be so old: younger than this after a change, it proves nothing. */
  readonly age?: Millis;
  /** Why the device would not switch it: "locked", "cannot be switched". */
  readonly refuses?: string;
  /** Delays of the device's own before it obeys. */
  readonly delays?: { readonly on?: Millis; readonly off?: Millis; readonly cycle?: Millis };
  readonly amps?: number;
  readonly watts?: number;
  /** Energy since the device began to count, or since somebody set it to 0. */
  readonly kwh?: number;
}

/** A device as just read. */
export interface PduReading {
  /** Profile or driver name: "apc-rpdu2", "qemu". */
  readonly family: string;
  readonly model?: string;
  readonly serial?: string;
  /** What tells the device from another where it has no serial number: "mac 00:c0:b7:5e:10:4a". */
  readonly mark?: string;
  readonly firmware?: string;
  readonly outlets: readonly OutletReading[];
  readonly totals?: {
    readonly watts?: number;
    readonly kwh?: number;
    readonly amps?: readonly { readonly phase: string; readonly amps: number }[];
    /** What the device is rated for: the line of that name, or without one each of them. */
    readonly rated?: readonly { readonly phase?: string; readonly amps: number }[];
    readonly banks?: readonly { readonly bank: string; readonly amps: number }[];
    /** Of a chain, or of a unit with several inlets: one each. */
    readonly units?: readonly {
      readonly unit: string;
      readonly watts?: number;
      readonly kwh?: number;
    }[];
  };
}

/** What an outlet is asked to do. `cycle` and `reset` are the device's own, used only where they can be trusted. */
export type OutletCommand = "on" | "off" | "cycle" | "reset" | "soft" | "nmi" | "identify";

/**
 * An open power device. It does what it is told, once, and reads what is; it never judges.
 * Only core/power/power.ts may say that an outlet is off, and it says so after reading it.
 */
export interface Pdu {
  readonly label: string;
  /**
   * Every outlet, fresh from the device. Throws PDU_SILENT, PDU_REFUSED, LOGIN_REFUSED, PDU_UNKNOWN. `yields` is aborted
   * when somebody waits for the device: a reading of several requests may then end after the one under way, by throwing.
   */
  read(yields?: AbortSignal): Promise<PduReading>;
  /** What changes too slowly to be read each time, added to a reading that was just made: energy, banks, units. */
  withEnergy?(reading: PduReading): Promise<PduReading>;
  /** One outlet, fresh, with serial number or mark where the same request gives it. Throws OUTLET_UNKNOWN too. */
  readOutlet(
    instance: string,
  ): Promise<OutletReading & { readonly serial?: string; readonly mark?: string }>;
  /**
   * Sends one command once. Resolves when the device took it (which proves nothing), throws PDU_REFUSED when it said
   * no, PDU_SILENT when no answer came: then it may or may not have happened. `late` is aborted when whoever asked has
   * been told that no answer came: what has not gone out by then must not go out. For drivers that ask first.
   */
  command(instance: string, command: OutletCommand, late?: AbortSignal): Promise<void>;
  /** Commands that this device knows for an outlet. */
  readonly commands: readonly OutletCommand[];
  /** Its own `cycle` brings the outlet back whatever becomes of us, and of its network. Absent: that is not certain. */
  readonly cyclesAlone?: boolean;
  /** What it could be told, where sources about its family contradict each other. Absent: nothing is in doubt. */
  readonly unproven?: UnprovenMap | undefined;
  /** Longest time in which the device may still show the old state after a command. */
  readonly settle: Millis;
  close(): Promise<void>;
}

/** For what a proof of a map holds: this very device, firmware, table and writes, and nothing else. */
export interface MapClaim {
  readonly family: string;
  /** Serial number, or where the device answers if it gives none. */
  readonly device: string;
  readonly model: string;
  readonly firmware: string;
  /** What the instances of the outlets begin with: one unit of a chain proves nothing about another. */
  readonly table: string;
  /** Objects and values for on and off. */
  readonly writes: string;
}

/** A map that nobody uses before a person has proven it on an outlet that feeds nothing. */
export interface UnprovenMap {
  /** What a proof by this outlet would hold for, fresh from the device. */
  claim(instance: string): Promise<MapClaim>;
  /** Sends on or off once, whether it is proven or not. For core/power/map-prover.ts alone. */
  command(instance: string, command: "on" | "off", late?: AbortSignal): Promise<void>;
}

/** What a power driver is given when it opens a device. */
export interface PowerContext {
  readonly clock: Clock;
  readonly secret: (ref: SecretRef) => Promise<string>;
  readonly signal: AbortSignal;
  /** Link to a serial PDU, where the entry says `via:`. */
  readonly through?: Link;
  /** Opens an SNMP agent as a Pdu: finds its family among the profiles and interprets it. */
  readonly snmp: (target: SnmpTarget) => Promise<Pdu>;
  /** SNMP profiles and serial-PDU dialogues by name, the tree's and the user's. */
  readonly profiles: <Profile>(kind: "snmp" | "serial") => Promise<ReadonlyMap<string, Profile>>;
}

/** A kind of power device. One file in drivers/power/, or a user's own. */
export interface PowerDriver {
  readonly summary: string;
  readonly sources: readonly string[];
  readonly options: OptionSpecs;
  readonly address: "path" | "host-port" | "command" | "none";
  /** true: it can go through another device (`via:`), which it is given as `context.through`. */
  readonly through?: true;
  /** What would make `open` refuse these options, found without touching a device. */
  check?(options: OptionValues): readonly OptionFault[];
  open(options: OptionValues, context: PowerContext): Promise<Pdu>;
}

/** Declares a power driver. */
export const definePower = (driver: PowerDriver): PowerDriver => driver;
