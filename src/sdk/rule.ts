/** How a host seems, in the words of docs/guides/detection.md. */
export type HostState = "healthy" | "warning" | "busy" | "crash" | "stuck";

/** What a state calls for: `hold` keeps others from acting, `confirm` acts only after a probe failed, `recover` acts once settled. */
export type Action = "none" | "notify" | "hold" | "confirm" | "recover";

/** A symptom: what a line or a screen says about the host. Data with examples and a source. */
export interface Rule {
  /** "linux/panic": folder and file name. Filled in by the registry. */
  readonly id?: string;
  /** One sentence for people: "the kernel panicked and halted". */
  readonly means: string;
  readonly sources: readonly string[];
  readonly state: HostState;
  /** Class of the taxonomy: "panic", "login-prompt", "boot" … */
  readonly class: string;
  readonly action: Action;
  /** `line`: one cleaned line, also unfinished. `screen`: the visible rows of the screen, joined by LF. */
  readonly view: "line" | "screen";
  /** Bounded pattern, no unbounded gaps. Runs over at most 4 KiB. */
  readonly pattern: RegExp;
  /** The line must not match this as well: words in documentation, settings that name the symptom. */
  readonly unless?: RegExp;
  /** Lower-case literals; a line without any of them is never tried. Keeps busy consoles cheap. */
  readonly hints: readonly string[];
  /** Counts only behind evidence of one of these classes that still stands: words that healthy hosts print as well. */
  readonly after?: readonly string[];
  /** Classes of stuck states that this line takes back: the kernel found what it waited for. */
  readonly ends?: readonly string[];
  /** The kernel puts its time stamp before it: without one it is a quotation, on a host whose kernel prints stamps. */
  readonly stamped?: boolean;
  /** What the line looks like when the match is a prompt: it stands open at the end of the output. */
  readonly prompt?: boolean;
  readonly matches: readonly string[];
  readonly rejects: readonly string[];
}

/** What was seen: the rule, its meaning and where in the raw stream the proof stands. */
export interface Evidence {
  readonly rule: string;
  readonly means: string;
  readonly state: HostState;
  readonly class: string;
  readonly action: Action;
  /** Offset in the console's byte stream at which the proof begins. */
  readonly at: number;
  /** Bytes consumed when it was raised. */
  readonly offset: number;
  /** The line that proves it, cleaned for people. */
  readonly line: string;
}

/** Declares a rule. */
export const defineRule = (rule: Rule): Rule => rule;
