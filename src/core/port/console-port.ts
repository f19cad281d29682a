import type { Millis } from "../../lib/clock.ts";
import type { ModemLines } from "../../sdk/link.ts";
import type { LineDemand } from "./line-demand.ts";

/** Where the way to a console stands. Times are Unix ms. */
export type PortState =
  | { readonly is: "closed" }
  /** Opened on demand, and nobody wants it. It proves nothing about the host. `why` it ended last; "": it was never up. */
  | { readonly is: "idle"; readonly why: string }
  | { readonly is: "opening"; readonly attempt: number; readonly progress: string }
  | { readonly is: "up"; readonly label: string; readonly since: Millis }
  | { readonly is: "down"; readonly why: string; readonly hint?: string; readonly retryAt: Millis };

/** What a port tells its one consumer, in the order in which it happened. */
export interface PortListener {
  /**
   * Bytes that already stand in the log at `offset` (position in the console's whole stream, over all segments).
   * The array belongs to the port: copy what must outlive the call.
   */
  bytes(chunk: Uint8Array, offset: number, at: Millis): void;
  state(state: PortState): void;
  lines?(lines: ModemLines): void;
  /** Bytes that never reached the log (full disk), counted. */
  gap(bytes: number, why: string): void;
  /** Something that people at the console should read: what the medium says, that the log cannot be written. */
  notice?(text: string): void;
  /** Why the log is not sealed at the moment; undefined: it is again. */
  seal?(why: string | undefined): void;
}

/**
 * One console's wire: the only reader of its Link, and the writer of its log. Logs first, tells afterwards.
 * Re-opens by itself. Lives in this process, or behind a socket in the process that holds the ports.
 */
export interface ConsolePort {
  readonly host: string;
  readonly state: PortState;
  /** Place in the console's stream at which the next byte will stand: all that came, lost bytes included. */
  readonly offset: number;
  /** Unix ms of the last byte in the log, also of an earlier process; undefined where there is none. */
  readonly loggedAt: Millis | undefined;
  start(listener: PortListener): void;
  /** true: read as soon as bytes come (somebody watches); false: in larger pieces, up to 100 ms late. */
  setEager(eager: boolean): void;
  /** The other side may be back: does not wait for the next attempt to open, where one is waited for. */
  retryNow(): void;
  /** Of a console that is open only while somebody wants it. */
  readonly demand?: LineDemand | undefined;
  write(bytes: Uint8Array): Promise<void>;
  /** Throws LINK_UNSUPPORTED where the medium has no BREAK. */
  sendBreak(ms: Millis): Promise<void>;
  readonly carriesBreak: boolean;
  readLines(): Promise<ModemLines | undefined>;
  /** Throws LINK_UNSUPPORTED where the medium has no DTR. */
  setLines(lines: { readonly dtr: boolean }): Promise<void>;
  /** Adds a mark to the log's index: a session began, power was cut. Never into the bytes. */
  mark(kind: string, text: string): void;
  /** Last bytes of the stream, at most `bytes`, with the offset of the first. */
  tail(bytes: number): Promise<{ readonly bytes: Uint8Array; readonly offset: number }>;
  /** Everything logged so far is on disk when it resolves; `sealed`: and under a checkpoint, where that works. */
  sync(sealed?: boolean): Promise<void>;
  stop(): Promise<void>;
}
