import type { Millis } from "../../lib/clock.ts";

/** What the log shows after an act that was not made: it tells whether the host was dead. */
export type Hindsight =
  /** Nothing more came. */
  | { readonly is: "nothing" }
  /** The host started again, by itself or by somebody's hand. */
  | { readonly is: "boot"; readonly at: Millis }
  /** A prompt, or another sign of a host that is well, with no boot before it: a cut would have been wrong. */
  | { readonly is: "lived"; readonly at: Millis; readonly line: string }
  /** More text, from which nothing can be told. */
  | { readonly is: "text"; readonly at: Millis };

/** An act that would have been made. */
export interface StoryAct {
  readonly at: Millis;
  readonly rung: string;
  /** "cycle permitted: 21 interlocks asked, none objected" */
  readonly permit: string;
  readonly after: Hindsight;
}

/** One line of what was done. */
export interface StoryLine {
  readonly at: Millis;
  readonly type: string;
  readonly text: string;
}

/** One suspicion, from the evidence to its end. Times are Unix ms, offsets places in the log. */
export interface Story {
  readonly began: Millis;
  readonly class: string;
  readonly means: string;
  /** undefined: nothing but silence. */
  readonly evidence?: { readonly rule: string; readonly line: string; readonly offset?: number };
  readonly lines: readonly StoryLine[];
  /** Acts that would have been made, pages included in `pages` alone. */
  readonly acts: readonly StoryAct[];
  readonly pages: readonly StoryLine[];
  /** An incident was opened. */
  readonly incident: boolean;
  /** undefined: it stood when the log ended. */
  readonly ended?: Millis;
}

/** What one log came to. */
export interface LogSummary {
  readonly from: Millis;
  readonly until: Millis;
  readonly bytes: number;
  readonly suspicions: number;
  readonly incidents: number;
  readonly pages: number;
  readonly acts: number;
  /** Acts by what the log shows after them. */
  readonly after: Readonly<Record<Hindsight["is"], number>>;
}

/** Adds a story to what was counted. */
export function counted(summary: LogSummary, { acts, pages, incident }: Story): LogSummary {
  const after = { ...summary.after };
  for (const act of acts) after[act.after.is]++;
  return {
    ...summary,
    after,
    suspicions: summary.suspicions + 1,
    incidents: summary.incidents + (incident ? 1 : 0),
    pages: summary.pages + pages.length,
    acts: summary.acts + acts.length,
  };
}

/** Two logs together. */
export function together(one: LogSummary, other: LogSummary): LogSummary {
  return {
    from: Math.min(one.from, other.from),
    until: Math.max(one.until, other.until),
    bytes: one.bytes + other.bytes,
    suspicions: one.suspicions + other.suspicions,
    incidents: one.incidents + other.incidents,
    pages: one.pages + other.pages,
    acts: one.acts + other.acts,
    after: {
      nothing: one.after.nothing + other.after.nothing,
      boot: one.after.boot + other.after.boot,
      lived: one.after.lived + other.after.lived,
      text: one.after.text + other.after.text,
    },
  };
}

/** Nothing was found yet. */
export const nothingFound = (from: Millis): LogSummary => ({
  ...{ from, until: from, bytes: 0, suspicions: 0, incidents: 0, pages: 0, acts: 0 },
  after: { nothing: 0, boot: 0, lived: 0, text: 0 },
});
