import type { EscapeAction, EscapeProfile } from "../../codec/escape-profile.ts";
import type { HostStatus, SeatView } from "../../core/site/site.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { cutToWidth, displayWidth } from "../display-width.ts";
import { textOf } from "../piece.ts";
import { localMinute, timeOfDay } from "../times.ts";

/** A reading of outlets that is older is shown with its age. */
const FRESH: Millis = seconds(3);

/** Who came or typed within this time is active. */
const BUSY: Millis = seconds(2);

interface View {
  readonly escape: EscapeProfile;
  readonly columns: number;
  readonly replayLines: number;
  readonly now: Millis;
}

/** What stands at the top of an attached console: who and what, who else, how to leave. Printable text. */
export function header(status: HostStatus, seat: SeatView, view: View): string[] {
  const { host, os, console, health, watch } = status;
  const mode = watch.mode === "off" ? "watchdog off" : `watchdog: ${health.state}`;
  const consoleText = console.is === "up" ? console.label : `console ${console.is}`;
  const parts = [host, os, consoleText, powerText(status, view.now), mode];
  const first = parts.filter((part) => part !== "").join("  ");
  const lines = [
    first,
    ...seatLines(seat, view.escape),
    ...leftLines(seat, view.now),
    ...(console.is !== "up" && console.why !== undefined
      ? twoLines(`console: ${console.why}`, view.columns)
      : []),
    ...(status.hold === undefined
      ? []
      : [`held by ${status.hold.by} until ${timeOfDay(status.hold.until)}: ${status.hold.reason}`]),
  ];
  const shown = lines.map((line) => cutToWidth(textOf(line), view.columns));
  return [...shown, rule(`replay: screen + last ${view.replayLines} lines`, view.columns)];
}

/** Why a console is down is what the person came for: its end is not cut off. */
function twoLines(text: string, columns: number): string[] {
  const at = displayWidth(text) > columns ? text.lastIndexOf(" ", columns) : -1;
  return at <= 0 ? [text] : [text.slice(0, at), `    ${text.slice(at + 1)}`];
}

/** The header in one line, for where it has scrolled away: what can be typed here, and how to leave. */
export function headerAgain(host: string, seat: SeatView, view: View): string {
  const mode = seat.mine === "write" ? "read-write" : "read-only";
  const writer =
    seat.mine === "read" && seat.writer !== undefined ? [`${seat.writer.who} writes`] : [];
  const text = [`${host} ${mode}`, ...writer, ...keyHints(view.escape, ["leave", "help"])];
  return rule(textOf(text.join("   ")), view.columns);
}

/** Outlets as last read, and how long ago: a state without its age is a guess. */
function powerText({ feeds, outlets, power }: HostStatus, now: Millis): string {
  if (feeds.length === 0) return "no outlet configured";
  if (outlets.length === 0) return `power ${feeds.join("+")} not read yet`;
  const names = outlets.map((outlet) => outlet.id).join("+");
  const age = now - Math.min(...outlets.map((outlet) => outlet.readAt));
  const read = age < FRESH ? "" : ` (read ${formatDuration(age)} ago)`;
  return `power ${names} ${power}${read}`;
}

/** Who writes, and how to leave: "read-write   also here: jana (reading, since 09:02:11)   leave: ^] .   help: ^] ?" */
function seatLines(seat: SeatView, profile: EscapeProfile): string[] {
  const { writer, lastWriter } = seat;
  const others = seat.others.map(
    ({ who, since, mode }) =>
      `${who} (${mode === "write" ? "writing" : "reading"}, since ${timeOfDay(since)})`,
  );
  const also = others.length === 0 ? [] : [`also here: ${others.join(", ")}`];
  if (seat.mine === "read" && writer !== undefined) {
    const idle = idleText(writer.idle);
    return [
      `${writer.who} is writing since ${timeOfDay(writer.since)} (${idle}). You are reading.`,
      keyHints(profile, ["join", "force", "leave", "help"]).join("   "),
    ];
  }
  const free = lastWriter === undefined ? "" : ` (free since ${timeOfDay(lastWriter.until)})`;
  const mode = seat.mine === "write" ? "read-write" : "read-only";
  return [[`${mode}${free}`, ...also, ...keyHints(profile, ["leave", "help"])].join("   ")];
}

/** Who was here last and how they went; a shell that is open is nobody's who comes now. */
function leftLines({ mine, writer, lastWriter, openShell }: SeatView, now: Millis): string[] {
  if (mine === "read" && writer !== undefined) return [];
  const lines: string[] = [];
  if (lastWriter !== undefined) {
    const { who, until, how } = lastWriter;
    const ago = formatDuration(now - until);
    lines.push(`last here: ${who}, ${ago} ago (${localMinute(until)}): ${how}`);
  }
  if (openShell !== undefined) {
    const { root, since, by } = openShell;
    const when = since === undefined ? "" : ` since ${timeOfDay(since)}`;
    const whose = by === undefined ? "" : `, left by ${by}`;
    lines.push(`a ${root ? "root " : ""}shell is open${when}${whose}`);
  }
  return lines;
}

/** "leave: ^] ." for each action that the escape key knows. */
export function keyHints(profile: EscapeProfile, actions: readonly EscapeAction[]): string[] {
  const hints = actions.flatMap((action) => {
    const key = profile.keys.find((one) => one.action === action);
    return key === undefined ? [] : [`${action}: ${profile.name} ${key.keys}`];
  });
  return hints.length === 0 ? ["no escape key: closing the terminal leaves"] : hints;
}

/** How somebody who reads may write. */
export const waysToWrite = (profile: EscapeProfile): string =>
  keyHints(profile, ["write", "join", "force", "leave"]).join(" · ");

function idleText(idle: Millis): string {
  return idle < BUSY ? "active now" : `idle ${formatDuration(idle)}`;
}

/** Everybody at the console, one a line. */
export function whoLines(seat: SeatView): string[] {
  const { writer, lastWriter } = seat;
  const mine = seat.mine === "write" ? "you: writing" : "you: reading";
  const holder =
    writer === undefined
      ? `nobody holds the seat${lastWriter ? `; ${lastWriter.who} had it until ${timeOfDay(lastWriter.until)}` : ""}`
      : `${writer.who} writes since ${timeOfDay(writer.since)}, ${idleText(writer.idle)}`;
  return [
    mine,
    holder,
    ...seat.others.map(({ who, mode, since }) => `${who}: ${mode}, since ${timeOfDay(since)}`),
  ];
}

function rule(text: string, columns: number): string {
  const right = 9;
  const left = columns - right - displayWidth(text) - 2;
  return left < 1 ? text : `${"─".repeat(left)} ${text} ${"─".repeat(right)}`;
}

/** Speed of the line as a console's label shows it ("… 115200 8n1", "… telnet 9600"); undefined where it shows none. */
export function lineSpeed(label: string): number | undefined {
  const [, serial] = /(?:^|\s)(\d{2,7}) [5-8][neoms][12]\b/i.exec(label) ?? [];
  const [, behind] = /\s(?:telnet|tcp) (\d{2,7})(?:\s|$)/.exec(label) ?? [];
  const baud = serial ?? behind;
  return baud === undefined ? undefined : Number(baud);
}
