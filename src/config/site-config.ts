import type { Millis } from "../lib/clock.ts";
import type { Severity } from "../sdk/notify/alert.ts";
import type { OptionValues, SecretRef } from "../sdk/options.ts";
import type { AnchorEntry } from "./anchor-entry.ts";
import type { ScheduleTime } from "./schedule-time.ts";

/** A device entry after reading: driver name and its options, checked against what the driver declares. */
export interface DeviceEntry {
  readonly driver: string;
  readonly options: OptionValues;
  /** The Link to go through. */
  readonly via?: DeviceEntry;
  /** A host's console that is opened only while somebody wants it, and closed when it was unused for so long. */
  readonly onDemand?: { readonly hangupAfter: Millis };
  /** A PDU's: what holds for its outlets whoever switches them. */
  readonly rules?: OutletRules;
}

/** How the outlets of a PDU may be switched. */
export interface OutletRules {
  /** Between two acts on one outlet. */
  readonly minInterval: Millis;
  /** Between two outlets. */
  readonly stagger: Millis;
  /** Outlets that feed this box, or the way to the PDU: label, name or instance, as in a host's entry. */
  readonly lifeline: readonly string[];
  /** Of a phase, or of all outlets where the PDU tells no phases. */
  readonly limitAmps?: number;
}

/** An outlet of a host: "pdu-a/3". `reference` is what stands after the slash: label, name or instance. */
export interface OutletEntry {
  readonly pdu: string;
  readonly reference: string;
}

/** How far the watchdog may go by itself. `observe` shows what it would have done. */
export type WatchMode = "off" | "observe" | "ask" | "act";

/** Rungs of the ladder, gentlest first. */
export type Rung = "nudge" | "sysrq" | "soft" | "single-user" | "cycle" | "page";

/** What the watchdog may do to one host, and how patient it is. */
export interface WatchPolicy {
  readonly mode: WatchMode;
  readonly ladder: readonly Rung[];
  /** Evidence and silence have to stand this long, with a failed probe, before anything disruptive. */
  readonly confirmFor: Millis;
  /** Silence counts as evidence after this long; 0: never. */
  readonly silence: Millis;
  /** Silence counts by what was learnt of the console. It calls a person, and is never a reason to cut. */
  readonly byHabit?: boolean;
  /** A person who typed within this time keeps the watchdog's hands off. */
  readonly handsOff: Millis;
  /** How long a recovery may take until login shows. */
  readonly bootWithin: Millis;
  readonly budget: { readonly cycles: number; readonly per: Millis };
  /** The watchdog does not cut again within this time of a cut, whoever made that. */
  readonly coolDown?: Millis;
  /** Seen off, and switched off by nobody: it is switched on again. */
  readonly alwaysOn?: boolean;
  /** What dies with a cut is taken before it, in no more than this; 0 or not said: it is not. */
  readonly collect?: Millis;
  /** SysRq over BREAK is known to work on this console. */
  readonly sysrq: boolean;
  /** Address that answers ping while the host is up. Where it does, nothing is cut. */
  readonly ping?: string;
  /** "Sun 02:00-05:00 backup" */
  readonly quiet: readonly string[];
}

/** What closes the shell that somebody leaves. `proof`: text of the prompt that proves it, where it is no getty's. */
export type OnDetach =
  | { readonly is: "nothing" }
  | {
      readonly is: "logout";
      readonly type: string;
      readonly within: Millis;
      readonly proof?: string;
    }
  | { readonly is: "drop-dtr"; readonly within: Millis; readonly proof?: string };

/** A host after reading, defaults filled in. */
export interface HostEntry {
  readonly name: string;
  readonly console: DeviceEntry;
  readonly outlets: readonly OutletEntry[];
  readonly os: string;
  /** What it calls itself, where that is not `name`; "any": nobody asks. */
  readonly hostname?: string;
  readonly watch: WatchPolicy;
  readonly login?: { readonly user: string; readonly secret: string };
  /** Who may change the entries of its GRUB, where that asks. */
  readonly grub?: { readonly user: string; readonly secret: string };
  readonly precious: boolean;
  /** Two people have to want what takes it down: how long the word of the first one stands. */
  readonly twoPerson?: Millis;
  readonly offFor: Millis;
  readonly encoding: "utf-8" | "cp437" | "latin1";
  /** Longest time a BREAK lasts on this console. */
  readonly breakMs: Millis;
  /** What is done when the last person who wrote has gone; nothing where it is absent. */
  readonly onDetach?: OnDetach;
  /** Hosts that must be healthy themselves before this one may be cut for being silent. */
  readonly needs: readonly string[];
  /** Channels that its alerts go to; undefined: all that want them. */
  readonly notify?: readonly string[];
  /** Hosts that are switched on before it, and off after it, where one order has both. */
  readonly after?: readonly string[];
  /** What is typed at its console to shut it down in order, where its os does not tell. */
  readonly shutdown?: string;
  /** Given as a URL, and no host of the daemon that runs: a command may open it beside that one. */
  readonly unserved?: boolean;
}

/** A runbook that the daemon runs by itself on a host. */
export interface ScheduleEntry {
  readonly host: string;
  readonly runbook: string;
  readonly times: readonly ScheduleTime[];
  readonly set: Readonly<Record<string, string>>;
  /** It may be one that takes the host down. */
  readonly allowDisrupt: boolean;
}

/** How what outlets draw is watched. */
export interface LoadPolicy {
  /** How often metered outlets are read; 0: never. */
  readonly every: Millis;
  readonly keepDays: number;
  /** PDUs that are read; undefined: those with a way of their own. */
  readonly pdus?: readonly string[];
  /** What an outlet is made for, by "pdu-a/3", or by "pdu-a" for all of them. */
  readonly ratings: ReadonlyMap<string, Rating>;
}

/** What an outlet is made for. */
export type Rating = { readonly amps: number } | { readonly watts: number };

/** Where SNMP traps arrive. */
export interface TrapPolicy {
  readonly address: string;
  readonly port: number;
  /** Of traps that come with another community than the PDU is read with. */
  readonly community?: SecretRef;
}

/** The page of an incident. */
export interface WebPolicy {
  /** On this machine alone. */
  readonly listen: { readonly address: string; readonly port: number } | { readonly path: string };
  /** What links begin with; ends in "/". */
  readonly url: string;
  /** false: whatever a channel is given, links only show. */
  readonly answer: boolean;
  /** How long a link shows its incident. */
  readonly viewFor: Millis;
  /** Headers in which the proxy says who asks, and from where; in small letters. */
  readonly userHeader?: string;
  readonly addressHeader?: string;
}

/** A modem that answers calls. */
export interface DialInEntry {
  readonly name: string;
  /** The way to the modem. */
  readonly modem: DeviceEntry;
  readonly init: readonly string[] | undefined;
  /** Numbers that are answered. */
  readonly callers: "any" | readonly string[];
  readonly people: readonly {
    readonly who: string;
    readonly passphrase: SecretRef;
    /** Called back there, and nowhere else. */
    readonly dialBack?: string | undefined;
  }[];
  /** A caller who types nothing for so long is hung up on. */
  readonly idle: Millis;
  readonly carrier: "auto" | "dcd" | "text";
  /** Silence around "+++". */
  readonly guard: Millis;
}

/** A way to tell people, and what is told there. */
export interface NotifyEntry {
  readonly device: DeviceEntry;
  /** Nothing below it is told there. */
  readonly severity: Severity;
  /** undefined: of every host, and what belongs to none. */
  readonly hosts?: readonly string[];
  /** "22:00-06:00": only what is critical goes out; the rest waits. */
  readonly quiet: readonly string[];
  /** Only what no other channel took within this time. */
  readonly fallback?: Millis;
  /** Messages in ten minutes; what is more becomes one. */
  readonly limit: number;
  /** Whether its alerts carry a link to the incident's page, and what that is good for; undefined: view. */
  readonly link?: "view" | "answer" | "none";
}

/** A user's grant. Without any grant, whoever can open the socket may do all. */
export interface Grant {
  readonly who: string;
  /** Verbs; those of roles are spelled out. */
  readonly may: readonly string[];
  readonly on: readonly string[];
  /** Verbs that this grant does not give, whatever `may` says. Another grant may. */
  readonly except?: readonly string[];
  /** What stands in the file in the place of `may`: verbs and names of roles. */
  readonly as?: readonly string[];
}

/** Everything that stands in the configuration. */
export interface SiteConfig {
  /** Path of the main file; undefined where hosts come from URLs alone. */
  readonly file: string | undefined;
  readonly site: string;
  /** Folder for logs, audit trail, incidents, locks. */
  readonly state: string;
  /** Folder with one 0600 file a secret. */
  readonly credentials: string;
  /** Folder of the daemon's sockets. */
  readonly runtime: string;
  /** Folders with users' drivers, rules and runbooks. */
  readonly drivers: readonly string[];
  readonly runbooks: readonly string[];
  readonly users: readonly string[];
  readonly grants: readonly Grant[];
  readonly requireReason: boolean;
  readonly escape: string;
  readonly filter: "safe" | "strict";
  readonly idleTimeout: Millis;
  readonly log: {
    readonly sync: Millis;
    readonly segmentBytes: number;
    /** A segment with bytes in it ends after this, also where nothing comes. */
    readonly segmentAge: Millis;
    /** Segments are compressed once they have ended. */
    readonly compress: boolean;
    /** undefined: nothing is removed for its age, or for how much there is of it. */
    readonly keepDays: number | undefined;
    readonly keepBytes: number | undefined;
    /** Where checkpoints are sent; absent: nowhere. */
    readonly anchors?: readonly AnchorEntry[];
  };
  readonly fleet: {
    /** More suspects than this within `within`: the fault is ours or the site's, not the hosts'. */
    readonly suspects: number;
    readonly within: Millis;
    readonly cycles: number;
    readonly per: Millis;
  };
  readonly load: LoadPolicy;
  /** undefined: traps are not listened for. */
  readonly traps?: TrapPolicy;
  /** undefined: there is no page. */
  readonly web?: WebPolicy;
  readonly pdus: ReadonlyMap<string, DeviceEntry>;
  readonly hosts: ReadonlyMap<string, HostEntry>;
  /** Groups of hosts, spelled out, by the name that is typed behind an "@". */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly schedule: readonly ScheduleEntry[];
  readonly dialIn: readonly DialInEntry[];
  /** Channels of alerts by name. */
  readonly notify: ReadonlyMap<string, NotifyEntry>;
  /** Values that came in a URL on the command line, by the made-up name of the secret. Never written anywhere. */
  readonly urlSecrets?: ReadonlyMap<string, string>;
}
