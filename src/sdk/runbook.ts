import type { Millis } from "../lib/clock.ts";
import type { FirmwareMap } from "./firmware/firmware-map.ts";
import type { OptionSpecs, OptionValues, SecretRef } from "./options.ts";
import type { PowerState } from "./power.ts";
import type { ReportRow, ReportSection, Verdict } from "./run-report.ts";
import type { ScreenMenu, ScreenShape, ScreenText } from "./screen-menu.ts";

export type { ScreenInk, ScreenMenu, ScreenShape, ScreenText } from "./screen-menu.ts";

/** What may happen: `read` types only what shows things, `type` changes things, `disrupt` takes the host down. */
export type Risk = "read" | "type" | "disrupt";

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

/** What a command printed, as the host has it: proven by length and SHA-256. */
export interface Captured {
  readonly status: number;
  /** As UTF-8; what is none is replaced. Hostile, as all text of a host. */
  readonly text: string;
  readonly bytes: Uint8Array;
  /** Of `bytes`, in hexadecimal. */
  readonly sha256: string;
  /** Bytes that came over the line for it. */
  readonly wire: number;
  /** Commands and pieces that had to be asked for again. */
  readonly resent: number;
  readonly tookMs: Millis;
}

/** How something is captured. */
export interface CaptureOptions {
  /** For the command and for its output together (10m). */
  readonly within?: Millis;
  /** What is captured, for messages: "package list". */
  readonly what?: string;
}

/** How a file is put. */
export interface PutOptions {
  /** 0o644. Without it a file that exists keeps mode and owner, and a new one is its owner's alone. */
  readonly mode?: number;
  readonly within?: Millis;
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
  /** What stands on the console. With a shape: as a terminal of that size shows it, and in which colours. */
  screen(shape?: ScreenShape): Promise<ScreenText>;
  /**
   * What is done when the run ends, however it ends: to leave a set-up without saving. Not where a person took the seat.
   * Text that it returns is told. Returns the way to call it off.
   */
  lastly(work: () => Promise<string | undefined>): () => void;
  /** Waits until the screen, in this shape if one is given, satisfies `is`. */
  untilScreen(
    is: (screen: ScreenText) => boolean,
    within: Millis,
    what: string,
    shape?: ScreenShape,
  ): Promise<ScreenText>;
  /**
   * Ends in a shell that answers. Logs in where a prompt asks for it; the secret is typed only where the host does not
   * show what is typed, and never logged. What the runbook leaves logged in is logged out when it ends.
   */
  login(within?: Millis): Promise<void>;
  /**
   * Runs one command line by `sh -c` in the shell, without input, framed by a marker that its own echo cannot match.
   * It is run once, whatever the line does to it. Where the host can store its output in memory, that is proven by a
   * digest and fetched again where it came damaged; elsewhere kernel messages may stand in it.
   */
  run(command: string, within?: Millis): Promise<CommandResult>;
  /**
   * Runs a script of any length by `sh`, without input, once; fetches what it printed (both outputs), packed and in
   * pieces, each proven and asked for again where it came damaged. Leaves no file behind. Throws TRANSFER_FAILED.
   */
  capture(script: string, options?: CaptureOptions): Promise<Captured>;
  /**
   * Makes a file of the host be this, all at once and proven: under a temporary name, then renamed. It changes the host:
   * call it inside act(). Refuses a path that is a folder or a symbolic link.
   */
  put(path: string, content: Uint8Array | string, options?: PutOptions): Promise<void>;
  /** Takes away what commands left on the host, as the end of the run does: for a shell that is about to be left. */
  tidy(): Promise<void>;
  /**
   * Brings the highlight of a menu onto the entry that matches, by reading the screen after every key. Does not press
   * Enter. Returns the screen with the entry highlighted; throws RUNBOOK_FAILED with the entries seen.
   */
  choose(entry: RegExp, menu: ScreenMenu, within: Millis): Promise<ScreenText>;
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
  /** `readOff` is called whenever an outlet was read off: what starts after it is another start. */
  cycle(readOff?: () => void): Promise<SwitchOutcome>;
}

/** What a run is told about where it is. */
export interface HostIdentity {
  readonly uid: number;
  readonly hostname: string;
  /** As uname says: "Linux", "FreeBSD". */
  readonly system: string;
}

/** How an act is taken back by a person. */
export interface ActOptions {
  readonly undo?: string;
}

/** What becomes of a runbook that ran as a part of another one. */
export interface PartResult {
  readonly verdict: Verdict | "failed";
  readonly text: string;
  /** Its report, which stands in the report of the whole, too. */
  readonly sections: readonly ReportSection[];
}

/** Writes the report. What a host printed is made printable here; nobody else has to. */
export interface ReportHands {
  text(title: string, text: string): void;
  table(title: string, rows: readonly ReportRow[]): void;
  /** What is new since the last good run: stands on top. Call it with no rows, too: "nothing new" is news. */
  news(title: string, rows: readonly ReportRow[]): void;
}

/** JSON of this runbook at this host, as it was at the end of its last good run. */
export interface MemoryHands {
  /** undefined: there was no good run yet. */
  recall(): Promise<unknown>;
  /** Kept when the whole run ends well; never under --dry-run. */
  remember(value: unknown): Promise<void>;
}

/** All that a runbook may touch. */
export interface RunbookHands {
  readonly host: { readonly name: string; readonly os: string; readonly user: string };
  readonly console: ConsoleHands;
  readonly power: PowerHands;
  readonly boot: {
    /** Screens of firmware, by name. */
    readonly firmware: ReadonlyMap<string, FirmwareMap>;
    /**
     * Waits for a boot loader and boots with these kernel arguments; says which loader it was. `standing`: the host
     * waits in its loader already; `hidden`: its menu has to be asked for; `cold`: its power is being cycled meanwhile.
     */
    intercept(
      kernelArguments: string,
      within: Millis,
      wish?: {
        readonly entry?: readonly string[];
        readonly standing?: boolean;
        readonly hidden?: boolean;
        readonly cold?: boolean;
      },
    ): Promise<string>;
  };
  readonly options: OptionValues;
  readonly dryRun: boolean;
  /** Wall clock, Unix ms. */
  readonly now: () => Millis;
  /**
   * The value of a secret, or of the host's login where none is named. It is left out of report, audit and errors from
   * then on. Type it only where the host does not show what is typed.
   */
  readonly secret: (which?: SecretRef) => Promise<string>;
  /** A line in the report and the audit trail. */
  readonly note: (text: string) => void;
  /** A named part of the work with its duration. */
  readonly step: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  /**
   * The only way to change anything: listed and not run under --dry-run, audited otherwise. `undo` says in the report
   * how a person takes it back.
   */
  readonly act: <T>(
    what: string,
    change: () => Promise<T>,
    options?: ActOptions,
  ) => Promise<T | undefined>;
  /** Whether the last run of this runbook here, which did not come to its end, had finished this act. */
  readonly done: (what: string) => boolean;
  /**
   * Asks the shell who and where it is. Throws RUNBOOK_FAILED where the host names itself otherwise than the inventory:
   * a console that is wired to another machine.
   */
  readonly identify: () => Promise<HostIdentity>;
  readonly memory: MemoryHands;
  readonly report: ReportHands;
  /**
   * Runs another runbook with the same seat as a step of this one. What fails is returned, not thrown, unless the whole
   * run has ended (SEAT_TAKEN, INTERRUPTED, TIMED_OUT).
   */
  readonly part: (name: string, set?: Readonly<Record<string, string>>) => Promise<PartResult>;
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
  /** Beginnings of `os` that it is for: ["linux", "debian"]; it is refused elsewhere. Absent: for all. */
  readonly on?: readonly string[];
  /** Returns one line that says how it went, and for whoever reads reports what they have to do (else "ok"). */
  run(hands: RunbookHands): Promise<string | { readonly verdict: Verdict; readonly text: string }>;
}

/** Declares a runbook. */
export const defineRunbook = (runbook: Runbook): Runbook => runbook;
