import type { Clock } from "../../lib/clock.ts";
import type { BootLoader } from "../../sdk/boot-loader.ts";
import type { Leftovers } from "../../sdk/shell/host-store.ts";
import type { BorrowedSeat, WatchedConsole } from "../session/watched-console.ts";
import type { Credentials } from "./log-in.ts";

/** What a RunbookConsole is made of. */
export interface RunbookConsoleParts {
  readonly console: WatchedConsole;
  readonly seat: BorrowedSeat;
  readonly clock: Clock;
  /** Ends every wait: the run was cancelled or a person took the seat. */
  readonly signal: AbortSignal;
  readonly credentials: Credentials | undefined;
  /** ` in step "boot loader"` for messages; "" before the first. */
  readonly where: () => string;
  /** Throws where nothing may be typed: a rehearsal. */
  readonly mayType: () => void;
  readonly leftovers: Leftovers;
  /** Those that its host may have. */
  readonly loaders: ReadonlyMap<string, BootLoader>;
  /** How far a fetch is. */
  readonly progress: (what: string, bytes: number, whole: number) => void;
}
