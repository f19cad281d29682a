import type { Clock, Millis } from "../../lib/clock.ts";
import type { DayKeys } from "../seal/day-keys.ts";
import type { GroupSync } from "./group-sync.ts";
import type { Disk } from "./log-disk.ts";

/** What happens to a log that its console must know. */
export interface LogTroubles {
  /** Bytes are lost for good; counted once. */
  gap(bytes: number, why: string): void;
  /** The log stopped or started being written. */
  notice(text: string): void;
  /** Why the log is not sealed at the moment, or undefined: it is again. */
  seal?(why: string | undefined): void;
}

/** What a console's log is opened with. */
export interface ConsoleLogOptions {
  readonly state: string;
  readonly host: string;
  readonly clock: Clock;
  readonly sync: GroupSync;
  readonly segmentBytes: number;
  readonly segmentAge?: Millis;
  readonly disk?: Disk;
  /** Absent: the log is not sealed. */
  readonly keys?: DayKeys | undefined;
}
