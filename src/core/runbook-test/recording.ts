/**
 * What a host answered, as text that a person can write:
 *
 *   host: web1                       what is known of it; then an empty line
 *   os: linux
 *
 *   $ df -P /                        a command of run() or capture(); lines of it follow each other
 *   /dev/sda1 100 97 3 97% /         what it printed
 *   [0]                              its status; 0 where it is not said
 *   > reboot                         something that is typed by send(); what the console says then
 *   web1 login:
 *   $ *                              answers any other command
 *
 * A printed line that begins with "$ ", "> ", "[" or "\" gets a "\" in front. A command that is asked for again gets the
 * next answer of the same command, and the last one for ever. Everything else is refused, and told.
 *
 * The log of a console (oob log --raw) is taken, too: what runbooks ran there is found by the frames around it.
 */
import { TerminalFilter } from "../../codec/terminal-filter.ts";
import { utf8 } from "../../lib/bytes.ts";
import { OobError } from "../../lib/errors.ts";

/** One answer. */
export interface Answer {
  readonly output: string;
  readonly status: number;
}

/** A host as it was recorded. */
export interface Recording {
  readonly host: string;
  readonly os: string;
  readonly user: string;
  readonly power: "on" | "off" | "unknown";
  /** Answers by command, in their order. "*": for any other. */
  readonly commands: ReadonlyMap<string, readonly Answer[]>;
  /** What the console says after something was typed. */
  readonly typed: ReadonlyMap<string, readonly string[]>;
}

const MAX_TEXT = 16 * 1024 * 1024;
const KEYS = ["host", "os", "user", "power"];

/** Reads a recording. Throws USAGE with the line that is wrong. */
export function parseRecording(text: string, file: string): Recording {
  if (text.length > MAX_TEXT) throw wrong(file, 1, "it is larger than 16 MiB");
  return /^(?:#[^\n]*\n|\s*\n)*(?:host|os|user|power): /.test(text)
    ? parseWritten(text, file)
    : fromLog(text, file);
}

const wrong = (file: string, line: number, why: string): OobError =>
  new OobError("USAGE", `Cannot read the recording "${file}:${line}": ${why}`, {
    hint: "See docs/guides/runbooks.md, Testing without hardware",
  });

function parseWritten(text: string, file: string): Recording {
  const lines = text.replaceAll("\r\n", "\n").replace(/\n$/, "").split("\n");
  const { head, end } = readHead(lines, file);
  const book = new Book();
  for (let at = end; at < lines.length; ) at = readOne(lines, at, file, book);
  const { host = "recorded", os = "linux", user = "root", power = "unknown" } = head;
  if (power !== "on" && power !== "off" && power !== "unknown")
    throw wrong(file, 1, `power is on, off or unknown, not "${power}"`);
  const { commands, typed } = book;
  return { host, os, user, power, commands, typed };
}

/** "key: value" up to the first empty line. */
function readHead(lines: readonly string[], file: string) {
  const head: Record<string, string> = {};
  for (const [at, line] of lines.entries()) {
    if (line.startsWith("#")) continue;
    if (line.trim() === "") {
      if (Object.keys(head).length > 0) return { head, end: at + 1 };
      continue;
    }
    const [, key = "", value = ""] = /^([a-z]+): *(.*)$/.exec(line) ?? [];
    if (!KEYS.includes(key))
      throw wrong(file, at + 1, `expected one of ${KEYS.join(", ")}, or an empty line`);
    head[key] = value;
  }
  return { head, end: lines.length };
}

const isCommand = (line: string | undefined): boolean => line?.startsWith("$ ") === true;
const isTyped = (line: string | undefined): boolean =>
  line === ">" || line?.startsWith("> ") === true;

class Book {
  readonly commands = new Map<string, Answer[]>();
  readonly typed = new Map<string, string[]>();

  add(command: string, answer: Answer): void {
    this.commands.set(command, [...(this.commands.get(command) ?? []), answer]);
  }

  say(typed: string, text: string): void {
    this.typed.set(typed, [...(this.typed.get(typed) ?? []), text]);
  }
}

/** Reads the command, or what is typed, that begins at a line. Gives the line behind its answer. */
function readOne(lines: readonly string[], from: number, file: string, book: Book): number {
  const first = lines[from] ?? "";
  if (first.trim() === "" || first.startsWith("#")) return from + 1;
  if (!isCommand(first) && !isTyped(first))
    throw wrong(file, from + 1, 'expected "$ command" or "> what is typed"');
  let at = from + 1;
  while (isCommand(first) && isCommand(lines[at])) at++;
  const asked = lines.slice(from, at).map((line) => line.slice(2));
  const begin = at;
  while (at < lines.length && !isCommand(lines[at]) && !isTyped(lines[at])) at++;
  const said = lines.slice(begin, at);
  // An empty line in front of the next one is for the eye.
  while (said.at(-1)?.trim() === "") said.pop();
  const status = /^\[(\d{1,3})\]$/.exec(said.at(-1) ?? "")?.[1];
  if (status !== undefined) said.pop();
  const output = said.map((line) => `${line.replace(/^\\(?=[$>[\\])/, "")}\n`).join("");
  if (isTyped(first)) book.say(asked.join(""), output);
  else book.add(commandKey(asked.join("\n")), { output, status: Number(status ?? 0) });
  return at;
}

/** Blanks at the ends of a script mean nothing. */
export const commandKey = (command: string): string => command.trim();

// `+ command`, what it printed, and "=status bytes packed digest =proof": how commands stand in a console's log.
const STORED = /^\+ ([^\n]*)\n([\s\S]*?)\n=(\d{1,3}) (\d+) (\d+) [^\n=]* =[^\n]*$/gm;
// The typed line, whose marker is split, and its output between the whole markers.
const FRAMED =
  /ob''-([0-9a-f]{12}); : \| sh -c '((?:[^']|'\\'')*)'; echo oe''-\1 \$\?\n(?:[\s\S]*?\n)?ob-\1\n([\s\S]*?)oe-\1 (\d{1,3})\n/g;

/** Commands that runbooks ran at a console, out of its log. Output that went packed is not in it. */
function fromLog(text: string, file: string): Recording {
  const filtered = new TerminalFilter("strict").filter(utf8(text));
  const plain = Buffer.from(filtered).toString("utf8").replace(/\r/g, "");
  const book = new Book();
  for (const [, command = "", output = "", status, bytes] of plain.matchAll(STORED))
    if (utf8(output).length === Number(bytes))
      book.add(commandKey(command), { output, status: Number(status) });
  for (const [, , command = "", output = "", status] of plain.matchAll(FRAMED))
    if (!/^sh \/\S+\/k /.test(command))
      book.add(commandKey(command.replaceAll(`'\\''`, "'")), { output, status: Number(status) });
  if (book.commands.size === 0)
    throw wrong(
      file,
      1,
      "it begins with no head (host: web1), and no runbook's commands stand in it",
    );
  const { commands, typed } = book;
  return { host: "recorded", os: "linux", user: "root", power: "unknown", commands, typed };
}
