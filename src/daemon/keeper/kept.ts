/*
 * What a daemon and the keeper of its ports say to each other, in the frames of ../frames.ts:
 *
 *   keeper  hello {v, pid} ─────────────────────────────────────────────────────────► daemon
 *   daemon  call {id, method, host, …} ─► keeper ─► answer {id, value | error}
 *   keeper  bytes, state, lines, gap, notice, seal {host, …}: of the consoles that are followed, as it happens
 */
import type { DeviceEntry } from "../../config/site-config.ts";
import type { PortState } from "../../core/port/console-port.ts";
import type { Millis } from "../../lib/clock.ts";

/** A daemon ends a keeper of another version and starts its own. */
export const KEEPER_VERSION = 4;
/** A call or an event with its bytes: a tail is the longest. */
export const MAX_KEEPER_FRAME = 4 << 20;
/** Bytes that a daemon is given again when it comes back: what it lacks beyond them is in the log. */
export const MAX_CATCH_UP = 256 << 10;

/** Where the keeper listens: beside the logs that it writes, so a site has one. */
export const keeperSocket = (state: string): string => `${state}/keeper.sock`;

/** What is the same for all consoles of a site. */
export interface KeptSite {
  readonly state: string;
  readonly drivers: readonly string[];
  readonly sync: Millis;
  readonly segmentBytes: number;
  readonly segmentAge: Millis;
}

/** What the keeper is asked. Bytes go beside the head. */
export type KeeperCall =
  /** Consoles that are not named are given up; so are all, where the site's facts changed. */
  | { readonly method: "begin"; readonly site: KeptSite; readonly hosts: readonly string[] }
  /** Opens a console, or finds it open. The value is PortFacts. */
  | { readonly method: "open"; readonly host: string; readonly entry: DeviceEntry }
  /** Sends everything from that offset on. */
  | { readonly method: "follow"; readonly host: string; readonly from: number }
  | { readonly method: "write" | "lines" | "retry" | "stop"; readonly host: string }
  | { readonly method: "sync"; readonly host: string; readonly sealed: boolean }
  | { readonly method: "break"; readonly host: string; readonly ms: Millis }
  | { readonly method: "dtr"; readonly host: string; readonly on: boolean }
  | { readonly method: "eager"; readonly host: string; readonly eager: boolean }
  | { readonly method: "mark"; readonly host: string; readonly kind: string; readonly text: string }
  /** The last bytes before `until`; the value is the offset of the first. */
  | {
      readonly method: "tail";
      readonly host: string;
      readonly bytes: number;
      readonly until: number;
    }
  /** Closes every port, and ends. */
  | { readonly method: "leave" };

/** A kept console at this moment. */
export interface PortFacts {
  readonly state: PortState;
  readonly offset: number;
  readonly loggedAt?: Millis;
  readonly carriesBreak: boolean;
}
