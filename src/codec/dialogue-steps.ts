/** What a dialogue with a device is made of: data, in profiles of console servers and of serial PDUs. */
import type { Millis } from "../lib/clock.ts";
import type { ErrorCode } from "../lib/errors.ts";

/** How it ends badly. `why` and `hint` are templates: "{who|somebody} is on it". */
export interface DialogueFailure {
  readonly code: ErrorCode;
  readonly why: string;
  readonly hint?: string;
}

/** What is done where a pattern matched: one or more of these; none of them: the named groups are kept, and it stays. */
export interface DialogueMove {
  /** Template of what is typed: "{user}\r". Values are filled in as it is sent. */
  readonly send?: string;
  /** The next step. */
  readonly go?: string;
  /** It is over, and went well. */
  readonly done?: true;
  /** What matched is not the device's: it is given out with what follows. */
  readonly keep?: true;
  readonly fail?: DialogueFailure;
}

interface Condition {
  /** Counts only where there are these values, given or captured. */
  readonly only?: string | readonly string[];
  /** Counts only where the device asked with this very prompt before. */
  readonly asked?: true;
  /** Of all matches in the line, the one in which each of these groups is the value of that name: { name: "port" }. */
  readonly where?: Readonly<Record<string, string>>;
  /** What the rest of the line is, behind the match. Patterns that users may copy look around at nothing. */
  readonly behind?: RegExp;
}

/** A pattern without memory and without unbounded gaps, and what follows. The first that matches counts. */
export type DialogueCase = DialogueMove &
  Condition &
  ({ readonly line: RegExp } | { readonly prompt: RegExp });

/** What may come now. */
export interface DialogueStep {
  readonly expect: readonly DialogueCase[];
  /** How long it may take; else as long as the caller is patient. */
  readonly within?: Millis;
  /** So long without a byte is as good as the end of that time. */
  readonly silence?: Millis;
  /** What is done when nothing of it came in time. Absent: it fails. */
  readonly otherwise?: DialogueMove;
}

/** Steps by name. */
export type DialogueSteps = Readonly<Record<string, DialogueStep>>;

/** What happened. */
export type DialogueEvent =
  | { readonly is: "step"; readonly name: string }
  | { readonly is: "captured"; readonly values: Readonly<Record<string, string>> }
  | { readonly is: "done" }
  | { readonly is: "data"; readonly bytes: Uint8Array }
  | {
      readonly is: "failed";
      readonly code: ErrorCode;
      readonly why: string;
      readonly hint?: string;
      readonly step: string;
    };

/** What a dialogue is given besides its steps. */
export interface DialogueValues {
  /** user, password, port …: what templates name. */
  readonly values: ReadonlyMap<string, string>;
  /** Names of those that must not be shown. */
  readonly secret?: ReadonlySet<string>;
}

/** A template with its values. `missing`: the first that there is none of, and no word to stand for it. */
export function fillTemplate(
  template: string,
  value: (name: string) => string | undefined,
): { readonly text: string; readonly missing?: string } {
  let missing: string | undefined;
  const text = template.replace(
    /\{([a-z]+)(?:\|([^{}]*))?\}/g,
    (_, name: string, otherwise?: string) => {
      const found = value(name) ?? otherwise;
      if (found === undefined) missing ??= name;
      return found ?? "?";
    },
  );
  return missing === undefined ? { text } : { text, missing };
}

/** How a pattern makes another of its kind: one that is matched in linear time makes such a one. */
type Maker = new (pattern: RegExp, flags: string) => RegExp;

const global = new WeakMap<RegExp, RegExp>();

/** The same pattern, to be matched again and again in a whole text: in the rest of one, "^" would be where that begins. */
export function everywhere(pattern: RegExp): RegExp {
  const known =
    global.get(pattern) ?? new (pattern.constructor as Maker)(pattern, `${pattern.flags}g`);
  global.set(pattern, known);
  known.lastIndex = 0;
  return known;
}
