import type { Clock, Millis } from "../lib/clock.ts";
import type { MenuProfile } from "./menu-profile.ts";
import type { CallBook } from "./modem/calls.ts";
import type { OptionFault, OptionSpecs, OptionValues, SecretRef } from "./options.ts";

/** Levels of the modem lines that we read. */
export interface ModemLines {
  readonly cts: boolean;
  readonly dsr: boolean;
  readonly dcd: boolean;
}

/** What a medium tells besides bytes. Order against the bytes is kept by `offset`-free delivery: it came about now. */
export type LinkNotice =
  | { readonly is: "lines"; readonly lines: ModemLines }
  | { readonly is: "break" }
  | { readonly is: "note"; readonly text: string };

/** Takes a console's bytes without a promise and a copy for each piece. */
export interface LinkIntake {
  /** A piece, valid during the call only; false: no more before they are asked for. */
  take(chunk: Uint8Array): boolean;
  /** The other side hung up, or what broke the Link. Called once, last. */
  ended(failure?: unknown): void;
}

/** An open way to a console: bytes in, bytes out, and what the medium can do. */
export interface Link {
  /** What people see: "ts1:7003 telnet", "/dev/ttyUSB0 115200 8n1". */
  readonly label: string;
  /**
   * Bytes as they come; ends on hang-up, throws LINK_LOST. Nothing is read from the medium while nobody asks for the
   * next chunk, so a consumer sets the pace. A chunk belongs to the consumer.
   */
  readonly bytes: AsyncIterable<Uint8Array>;
  /**
   * The same for thousands of consoles, instead of `bytes`; what is returned asks for more. Absent: this medium only
   * has `bytes`.
   */
  readonly pull?: (intake: LinkIntake) => () => void;
  /** Longest time that bytes may wait in this medium before its sender is held up or they are lost. */
  readonly readWithin?: Millis;
  /** Resolves when the medium has taken the bytes; rejects with LINK_LOST. */
  write(bytes: Uint8Array): Promise<void>;
  /** Absent: this medium has no BREAK. */
  readonly sendBreak?: (ms: Millis) => Promise<void>;
  readonly setLines?: (lines: { dtr?: boolean; rts?: boolean }) => Promise<void>;
  readonly readLines?: () => Promise<ModemLines>;
  /** Another speed of the line, where this end sets it; what waits in it may be lost. */
  readonly setBaud?: (baud: number) => Promise<void>;
  /** Called with what the medium tells besides bytes. One listener. */
  onNotice?: (listen: (notice: LinkNotice) => void) => void;
  close(): Promise<void>;
}

/** What a console driver is given when it opens a Link. */
export interface OpenContext {
  readonly clock: Clock;
  /** Fetches a secret's value; throws SECRET_MISSING. */
  readonly secret: (ref: SecretRef) => Promise<string>;
  /** Gives up the opening. */
  readonly signal: AbortSignal;
  /** The Link to go through, where the entry says `via:`. */
  readonly through?: Link;
  /** Tells people what is going on while it opens ("dialling +32…"). */
  readonly progress: (text: string) => void;
  /** true when the port was ours a moment ago and nothing that waits in it may be thrown away. */
  readonly reopening: boolean;
  /** Where a driver that dials writes its calls down; absent where nobody keeps them. */
  readonly calls?: CallBook;
  /** A profile by name, the tree's or the user's. Throws DRIVER_UNKNOWN or DRIVER_INVALID. */
  readonly profile?: (kind: "menu", name: string) => Promise<MenuProfile>;
}

/** A way to a console. One file in drivers/console/, or a user's own file. */
export interface ConsoleDriver {
  readonly summary: string;
  readonly sources: readonly string[];
  readonly options: OptionSpecs;
  /**
   * How a URL "name:…" fills the options: a path ("serial:/dev/ttyS0"), host and port, or a command line. "none": no URL
   * can say it.
   */
  readonly address: "path" | "host-port" | "command" | "none";
  /** Option names that make two entries the same device, for the lock: ["path"], ["host", "port"]. */
  readonly identity: readonly string[];
  /**
   * true: a device of this machine whose bytes are lost where nobody reads them. Beside a daemon a process of its own
   * holds it and writes its log, so that the daemon may be killed. Such a driver is given no secrets.
   */
  readonly keep?: boolean;
  /** true: it can go through another device (`via:`), which it is given as `context.through`. */
  readonly through?: true;
  /** true: each attempt to open starts a program of this machine. Many of them take turns. */
  readonly spawns?: true;
  /** true: what it goes through may serve many of its entries at once, where that takes many callers (a TCP port). */
  readonly sharesWay?: true;
  /** What would make `open` refuse these options, found without touching a device. */
  check?(options: OptionValues): readonly OptionFault[];
  open(options: OptionValues, context: OpenContext): Promise<Link>;
  /** What the device on the way says of itself, line by line, short of opening the console (a modem does not dial). */
  ask?(options: OptionValues, context: OpenContext): Promise<readonly string[]>;
}

/** Declares a console driver. */
export const defineConsole = (driver: ConsoleDriver): ConsoleDriver => driver;
