import type { Millis } from "../../lib/clock.ts";
import type { Action, Evidence, HostState } from "../../sdk/rule.ts";

/** What the detector thinks of a host now, as if the console stayed silent from here on. */
export interface Opinion {
  readonly state: HostState;
  readonly class: string;
  readonly action: Action;
  /** Offset where the proof of this opinion stands. */
  readonly since: number;
  /** Evidence behind it, newest last; empty before anything was seen. */
  readonly evidence: readonly Evidence[];
}

/**
 * Reads a console's bytes and holds an opinion. Pure: no I/O, no timers; results do not depend on how bytes are cut.
 */
export interface Detector {
  /** `at` is wall time, used for nothing but the host's own time stamps and rates. */
  see(chunk: Uint8Array, at: Millis): readonly Evidence[];
  /** Text that the seat typed: its echo is not evidence. */
  typed(bytes: Uint8Array): void;
  /** Bytes are missing here. */
  gap(): void;
  /** Power is cut by us: the boot that follows is no surprise. */
  expectBoot?(): void;
  readonly opinion: Opinion;
  /** Evidence in the line that no line end has closed yet. `opinion` counts it; `see` raises it when the line ends. */
  readonly pending: readonly Evidence[];
  /** Bytes consumed so far. */
  readonly offset: number;
}
