import type { SiteConfig, WatchPolicy } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import type { PowerState } from "../../sdk/power.ts";
import type { Seen } from "../policy/state.ts";
import type { SeatHolder } from "../session/watched-console.ts";
import type { Hold, OutletStatus } from "../site/site.ts";

/** On whose behalf something is to be done. */
export type Asker = "watchdog" | "runbook" | "person";

/** What is to be done. `runbook`: a runbook that may take the host down. */
export type GuardedAct =
  | "on"
  | "off"
  | "cycle"
  | "reset"
  | "soft"
  | "nmi"
  | "sysrq"
  | "single-user"
  | "runbook";

/** One feed of the host as it was just read. */
export interface Feed {
  readonly id: string;
  readonly state: PowerState;
  readonly pending: boolean;
  readonly error?: string;
  readonly cause?: OutletStatus["cause"];
  /** The device has no such outlet, or several that fit. */
  readonly missing?: boolean;
  /** Other hosts of the configuration on the same outlet. */
  readonly sharedWith: readonly string[];
  /** Why it must never be off. */
  readonly lifeline?: string;
  /** What its PDU draws against what it may. */
  readonly load?: OutletStatus["load"];
}

/** All that the interlocks look at. Times are monotonic, but for `wall`. */
export interface Facts {
  readonly host: string;
  readonly asker: Asker;
  /** Who asks: a person's name, "watchdog", "runbook NAME". */
  readonly by: string;
  /** The person for whom a runbook asks; undefined: nobody, or the person is `by`. */
  readonly person: string | undefined;
  readonly act: GuardedAct;
  /** Other hosts that the same order names. */
  readonly together: readonly string[];
  /** Those of them that it moves in one with the host; all where it is not said. */
  readonly asOne?: readonly string[] | undefined;
  /** The same order has just shut the host down, or tried to. */
  readonly afterShutdown: boolean;
  readonly now: Millis;
  readonly wall: Millis;
  readonly policy: WatchPolicy;
  readonly fleet: SiteConfig["fleet"];
  readonly hold: Hold | undefined;
  readonly seat: SeatHolder | undefined;
  /** When a person typed last. The person who asks is never in their own way: then it is when others did. */
  readonly typedAt: Millis | undefined;
  readonly seen: Seen;
  readonly linkUp: boolean;
  readonly everAlive: boolean;
  readonly gapAt: Millis | undefined;
  /** When evidence or silence began to be counted; undefined where nothing is suspected. */
  readonly suspectSince: Millis | undefined;
  readonly probeFailedAt: Millis | undefined;
  /** When the case began: what was done in it already is its own. */
  readonly caseBegan?: Millis | undefined;
  /** Two people have to want it on this host, and who the second one is. */
  readonly twoPerson: boolean;
  readonly second: string | undefined;
  /** A person's own typing holds the text that matched. */
  readonly typedItself: boolean;
  /** undefined: this act does not touch outlets. */
  readonly feeds: readonly Feed[] | undefined;
  /** Ends of earlier cuts of this host, and of the whole site. */
  readonly cuts: readonly Millis[];
  readonly siteCuts: readonly Millis[];
  /** Hosts that began to be suspected within the fleet's window, this one included. */
  readonly suspects: number;
  readonly clockSteppedAt: Millis | undefined;
  readonly auditWritable: boolean;
  /** Why the silence may be that of the console server that the host shares with others. */
  readonly deafWay: string | undefined;
  /** Hosts that this one needs and that are not healthy. */
  readonly needsDown: readonly string[];
}

/** One reason not to act. Pure: facts in, objection out. */
export interface Interlock {
  readonly name: string;
  readonly askers: readonly Asker[];
  /** A person may override it knowingly (--force). */
  readonly forceable: boolean;
  /** Why not, or undefined. */
  readonly object: (facts: Facts) => string | undefined;
}

/** What one interlock said. */
export interface Verdict {
  readonly interlock: string;
  readonly passes: boolean;
  readonly text: string;
  readonly forceable: boolean;
}

export const everybody: readonly Asker[] = ["watchdog", "runbook", "person"];

/** Acts that take a running host down. */
export const takesDown = (act: GuardedAct): boolean => act !== "on";

/** Acts that move outlets. */
export const cutsPower = (act: GuardedAct): boolean =>
  act === "cycle" || act === "off" || act === "reset" || act === "single-user";

/** Acts that budgets allow: the watchdog's press of a power button takes a host down as a cut does. */
export const needsBudget = ({ act, asker }: Pick<Facts, "act" | "asker">): boolean =>
  cutsPower(act) || (act === "soft" && asker === "watchdog");
