import type { Millis } from "../lib/clock.ts";
import type { OptionSpecs, OptionValues } from "./options.ts";
import type { PowerState } from "./power.ts";

/** What may happen: `read` types only what shows things, `type` changes things, `disrupt` takes the host down. */
export type Risk = "read" | "type" | "disrupt";

/** The visible screen, rows without trailing blanks, and the cursor (0-based). */
export interface ScreenText {
  readonly rows: readonly string[];
  readonly cursor: { readonly row: number; readonly column: number };
}

/** What `expect` found: the text before the match, and the groups of the match. */
export interface Expected {
  readonly which: number;
  readonly before: string;
  readonly match: readonly string[];
}

/** Outcome of a command that was run in the host's shell. */
export interface CommandResult {
  readonly status: number;
  readonly output: string;
}

/** A runbook's hands on the console. Every wait has a limit; reaching it throws EXPECT_TIMEOUT with the screen. */
export interface ConsoleHands {
  send(text: string): Promise<void>;
  /** Sends keys slowly: boot loaders and firmware lose fast ones. */
  type(text: string, pace?: Millis): Promise<void>;
  sendBreak(ms?: Millis): Promise<void>;
  /**
   * Waits for one of the patterns in the console's text (escape sequences taken out) from the last match on. A pattern
   * that ends in `$` is a prompt: it counts once the host has stayed there for a moment. `what` is for the message.
   */
  expect(patterns: RegExp | readonly RegExp[], within: Millis, what?: string): Promise<Expected>;
  /** Waits until nothing came for `quiet`. */
  settle(quiet: Millis, within: Millis): Promise<void>;
  screen(): Promise<ScreenText>;
  /** Waits until the screen satisfies `is`. */
  untilScreen(
    is: (screen: ScreenText) => boolean,
    within: Millis,
    what: string,
  ): Promise<ScreenText>;
  /**
   * Ends in a shell that answers. Logs in where a prompt asks for it; the secret is typed only where the host does not
   * show what is typed, and never logged. What the runbook leaves logged in is logged out when it ends.
   */
  login(within?: Millis): Promise<void>;
  /**
   * Runs one command line by `sh -c` in the shell, without input, framed by a marker that its own echo cannot match.
   * Kernel messages may stand in the output.
   */
  run(command: string, within?: Millis): Promise<CommandResult>;
}

/** Outcome of switching: what the outlets read afterwards. */
export interface SwitchOutcome {
  readonly power: PowerState;
  readonly verified: boolean;
}

/** A runbook's hands on the host's outlets. Verified by reading back; passes interlocks, journal and budget. */
export interface PowerHands {
  read(): Promise<PowerState>;
  on(): Promise<SwitchOutcome>;
  off(): Promise<SwitchOutcome>;
  cycle(): Promise<SwitchOutcome>;
}

/** All that a runbook may touch. */
export interface RunbookHands {
  readonly host: { readonly name: string; readonly os: string; readonly user: string };
  readonly console: ConsoleHands;
  readonly power: PowerHands;
  readonly boot: {
    /** Waits for a boot loader and boots with these kernel arguments; says which loader it was. */
    intercept(kernelArguments: string, within: Millis): Promise<string>;
  };
  readonly options: OptionValues;
  readonly dryRun: boolean;
  /** A line in the report and the audit trail. */
  readonly note: (text: string) => void;
  /** A named part of the work with its duration. */
  readonly step: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  /** The only way to change anything: listed and not run under --dry-run, audited otherwise. */
  readonly act: <T>(what: string, change: () => Promise<T>) => Promise<T | undefined>;
  /** Aborted when a person takes the seat or the run is cancelled. */
  readonly signal: AbortSignal;
}

/** What an administrator would have typed, done the same way every time. One file in scripts/, or a user's own. */
export interface Runbook {
  readonly title: string;
  readonly summary: string;
  readonly risk: Risk;
  readonly sources: readonly string[];
  readonly options: OptionSpecs;
  readonly timeout: Millis;
  /** What has to be there before anything is touched: a login with a readable secret, outlets that can be read. */
  readonly needs?: readonly ("login" | "power")[];
  /** Returns one line that says how it went. */
  run(hands: RunbookHands): Promise<string>;
}

/** Declares a runbook. */
export const defineRunbook = (runbook: Runbook): Runbook => runbook;
