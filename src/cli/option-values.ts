import type { Millis } from "../lib/clock.ts";
import { parseDuration } from "../lib/durations.ts";
import { OobError } from "../lib/errors.ts";
import type { CommandOption } from "./command.ts";

/** Reads a whole number of 0 or more. */
export function countOption(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw unreadable("number", text, 'Give a whole number, as "200"');
  return Number(text);
}

/** Reads a duration: "90s", "2h", "1h30m". */
export function durationOption(text: string): Millis {
  const read = parseDuration(text);
  if (read === undefined || read === 0)
    throw unreadable("duration", text, 'Give it as "90s", "5m", "2h" or "1h30m"');
  return read;
}

/** Makes a reader for one of some words. */
export function choiceOption<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw unreadable("option", text, `Give one of: ${words.join(", ")}`);
    return found;
  };
}

function unreadable(what: string, text: string, hint: string): OobError {
  return new OobError("USAGE", `Cannot read the ${what} "${text}"`, { hint });
}

/** Why somebody does it: goes into the audit trail. */
export const REASON: CommandOption = {
  flags: "--reason <text>",
  summary: "why, for the audit trail",
};

/** For whoever looks for it: what streams is one object a line with --json, too. */
export const JSONL: CommandOption = { flags: "--jsonl", summary: "print JSON, one object a line" };

/** Options of commands that ask before they act. */
export const CONFIRMING: readonly CommandOption[] = [
  { flags: "-y, --yes", summary: "answer the question about one host" },
  {
    flags: "--confirm <answer>",
    summary: "answer it for precious or several hosts: the name, or how many",
  },
];
