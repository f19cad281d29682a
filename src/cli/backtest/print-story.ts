import type { LogSummary, PlayableLog, Story, StoryAct } from "../../daemon/offline.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration, hours } from "../../lib/durations.ts";
import type { Output } from "../output.ts";
import type { Piece } from "../piece.ts";
import { local, timeOfDay } from "../times.ts";

/** How times of a log are shown: by the clock, or since its beginning where they are assumed. */
export interface LogTimes {
  /** "2026-11-22 08:47:31" */
  moment(at: Millis): string;
  /** "08:47:31" */
  short(at: Millis): string;
}

/** `from`: the moment at which the log begins. */
export function timesOf({ format }: PlayableLog, from: () => Millis): LogTimes {
  if (format !== "raw")
    return { moment: (at) => local(at).replace(/\.\d{3} .*/, ""), short: timeOfDay };
  const since = (at: Millis) => `+${elapsed(at - from())}`;
  return { moment: since, short: since };
}

/** "100:02:03" */
function elapsed(ms: Millis): string {
  const whole = Math.max(0, Math.round(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** "1452.5 h" */
export const inHours = (ms: Millis): string => `${(ms / hours(1)).toFixed(1)} h`;

const inBytes = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

/** "1 page", "3 pages" */
export const many = (count: number, one: string, more = `${one}s`): string =>
  `${count} ${count === 1 ? one : more}`;

/** Prints one suspicion: why, what was done, and what the log shows afterwards. */
export function printStory(out: Output, story: Story, times: LogTimes): void {
  const { began, means, evidence, lines, acts, ended } = story;
  out.line({ text: `${times.moment(began)}  ${outcomeOf(story)}`, style: "bold" }, `  ${means}`);
  if (evidence) {
    const place = evidence.offset === undefined ? "" : `  at byte ${evidence.offset}`;
    out.line("    ", { text: evidence.line, style: "dim" });
    out.line("    ", { text: `rule ${evidence.rule}${place}`, style: "dim" });
  }
  for (const { at, type, text } of lines) {
    if (type === "watch.suspect" && at === began) continue;
    const word = type.replace(/^(?:watch|incident)\./, "");
    const rest = text.startsWith(`${word}: `) ? text.slice(word.length + 2) : text;
    out.line(`    ${times.short(at)}  ${word.padEnd(9)} `, looks(type, rest));
  }
  for (const act of acts) {
    out.line(
      `    ${times.short(act.at)}  `,
      { text: `WOULD ${act.rung}`, style: "red" },
      `  ${act.permit}`,
    );
    out.line("              ", afterwards(act, times));
  }
  if (ended === undefined) out.line("    it stands when the log ends");
  out.line("");
}

function outcomeOf({ acts, pages, lines, incident }: Story): string {
  if (acts.length > 0) return acts.map(({ rung }) => rung).join(", ");
  if (pages.length > 0) return "page";
  if (lines.some(({ type }) => type === "watch.observe")) return "observed";
  return incident ? "incident" : "withdrawn";
}

function looks(type: string, text: string): Piece {
  return type === "watch.page" || type === "watch.observe" ? { text, style: "yellow" } : text;
}

function afterwards({ at, after }: StoryAct, times: LogTimes): Piece {
  if (after.is === "nothing") return "nothing more came in this log";
  const later = formatDuration(after.at - at);
  const when = `at ${times.moment(after.at)}, ${later} later`;
  if (after.is === "boot") return { text: `the log shows the next boot ${when}`, style: "green" };
  if (after.is === "text")
    return `the log goes on ${when}: nothing in it tells whether the host lived`;
  return {
    text: `WRONG by this log: it shows "${after.line}" ${when}, with no boot before`,
    style: "red",
  };
}

/** Prints what one log, or all of them, came to. */
export function printSummary(out: Output, name: string, summary: LogSummary, played: Millis): void {
  const { bytes, suspicions, incidents, pages, acts, after } = summary;
  out.line(
    { text: name, style: "bold" },
    `  ${inHours(played)}, ${inBytes(bytes)}: ${many(suspicions, "suspicion")}, ` +
      `${many(incidents, "incident")}, ${many(pages, "page")}, ${many(acts, "would-be act")}`,
  );
  if (acts === 0) return;
  const parts = [
    [after.boot, "before a boot that the log shows later"],
    [after.nothing, "after which nothing more came"],
    [after.text, "after which text came that tells nothing"],
    [after.lived, "of a host that lived"],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  out.line(`    of the acts: ${told.join(", ")}`);
}
