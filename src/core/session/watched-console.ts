import type { Millis } from "../../lib/clock.ts";
import type { ModemLines } from "../../sdk/link.ts";
import type { Evidence } from "../../sdk/rule.ts";
import type { ScreenText } from "../../sdk/runbook.ts";
import type { Opinion } from "../detect/opinion.ts";
import type { PortState } from "../port/console-port.ts";
import type { LineDemand } from "../port/line-demand.ts";

/** Who holds the seat. `person` false: a runbook or the watchdog. Times are monotonic. */
export interface SeatHolder {
  readonly who: string;
  readonly person: boolean;
  readonly since: Millis;
  readonly lastTypedAt: Millis | undefined;
}

/** The seat, lent to automation until a person wants it. */
export interface BorrowedSeat {
  write(bytes: Uint8Array): Promise<void>;
  sendBreak(ms: Millis): Promise<void>;
  /**
   * BREAK and what belongs to it. A BREAK arms SysRq for some seconds, in which the next key is a command: nobody types
   * between the two, not even a person who takes the seat meanwhile.
   */
  breakThen(ms: Millis, next: "break" | Uint8Array): Promise<void>;
  /** Aborted when a person took the seat, or the console went down for good. */
  readonly signal: AbortSignal;
  release(): void;
}

/** What a follower of a console is told. Bytes are raw, valid during the call only. */
export interface ConsoleFollower {
  bytes?(chunk: Uint8Array, offset: number, at: Millis): void;
  evidence?(evidence: readonly Evidence[]): void;
  state?(state: PortState): void;
  gap?(bytes: number, why: string): void;
  seat?(holder: SeatHolder | undefined): void;
  /** What a person typed, as it went to the host. */
  typed?(bytes: Uint8Array): void;
}

/** What the watchdog and the runbooks see of a console, and may touch. Session implements it. */
export interface WatchedConsole {
  readonly host: string;
  readonly opinion: Opinion;
  readonly portState: PortState;
  /** Of a console that is open only while somebody wants it. */
  readonly demand?: Pick<LineDemand, "hold"> | undefined;
  readonly offset: number;
  readonly carriesBreak: boolean;
  /** Monotonic; undefined: nothing came since the process began. */
  readonly lastByteAt: Millis | undefined;
  /** Bytes were seen at some time, now or in the log: this wire is known to carry something. */
  readonly everAlive: boolean;
  readonly seat: SeatHolder | undefined;
  /** Monotonic time at which a person last typed, also if the seat is free now. */
  readonly lastTypedAt: Millis | undefined;
  /** The same for everybody but this one person. */
  typedByOthers(than: string): Millis | undefined;
  /** People at the console, writers and readers. */
  readonly people: readonly string[];
  /** Returns the way to stop following. */
  follow(follower: ConsoleFollower): () => void;
  /** Throws SEAT_TAKEN when somebody holds it who does not lend it: `lends` is asked for each person who writes. */
  borrow(who: string, reason: string, lends?: (person: string) => boolean): BorrowedSeat;
  readLines(): Promise<ModemLines | undefined>;
  screen(): Promise<ScreenText>;
  /** Last lines of the stream, cleaned for people. */
  lastLines(count: number): Promise<readonly string[]>;
  tail(bytes: number): Promise<{ readonly bytes: Uint8Array; readonly offset: number }>;
  mark(kind: string, text: string): void;
  sync(sealed?: boolean): Promise<void>;
}
