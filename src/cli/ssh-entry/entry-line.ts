import { splitWords } from "../../codec/shell-words.ts";
import { OobError } from "../../lib/errors.ts";
import { nameHint } from "../../lib/nearest.ts";

/** Longest command that is read: a host list and a reason are far shorter. */
const MAX_LINE = 4096;

/** What may come in by ssh: these commands and options, nothing else. Those that touch files of this machine are not. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  attach: ["-r", "--read-only", "-f", "--force", "-j", "--join", "-e", "--escape", "--replay"],
  spy: ["-e", "--escape", "--replay"],
  status: ["--no-power"],
  who: [],
  why: ["--no-power"],
  screen: [],
  log: ["-f", "--follow", "-n", "--lines", "--since", "--until", "--grep", "-C", "--context"],
  events: ["-f", "--follow", "--since", "--type"],
  audit: ["-f", "--follow", "--by", "--since", "--until", "--type"],
  power: ["-n", "--dry-run", "--graceful", "--within", "-q", "--quiet", "--since"],
  hold: ["--for"],
  release: [],
  incident: ["--no-wait"],
  intent: [],
  message: [],
  kick: [],
  send: ["--enter", "--break", "--sysrq", "--pace", "--expect", "--within"],
};
const SHARED = ["--reason", "--filter", "--json", "--yes", "--confirm", "--color", "--help", "-h"];
/** `oob log VERB` reads files of this machine by itself, as whom it runs. */
const NO_HOSTS = new Set(["verify", "anchor", "export", "search"]);

/**
 * The command line of oob that a person wants who came by ssh. No shell reads it, here or later; what is not on the
 * list is refused. Nothing: the hosts. One word that is no command: its console, "web1.oob" for "web1".
 */
export function entryLine(original: string | undefined): string[] {
  const words = original === undefined ? [] : readWords(original);
  const [first = "list", ...rest] = words;
  if (first === "list") return demandNone(rest, ["status"]);
  if (first === "help") return demandNone(rest, ["help"]);
  const allowed = Object.hasOwn(ALLOWED, first) ? ALLOWED[first] : undefined;
  if (allowed === undefined) {
    if (rest.length === 0 && /^[a-z0-9][a-z0-9._-]{0,66}$/.test(first))
      return ["attach", hostOf(first)];
    throw refused(first, `oob has no such command here`, nameHint(first, Object.keys(ALLOWED)));
  }
  for (const word of rest) demandOption(first, word, allowed);
  const positions = rest.filter((word) => !word.startsWith("-"));
  if (first === "log" && positions.some((word) => NO_HOSTS.has(word)))
    throw refused(`${first} ${positions[0] ?? ""}`, "it reads files of this machine");
  const isConsole = first === "attach" || first === "spy";
  return [first, ...rest.map((word) => (isConsole ? hostOf(word) : word))];
}

function readWords(line: string): string[] {
  if (line.length > MAX_LINE) throw refused("", `it is longer than ${MAX_LINE} characters`);
  // A line feed would be one command after another to a shell, and to whoever reads the trail.
  if (/\p{Cc}/u.test(line)) throw refused("", "it has control characters");
  return splitWords(line.trim());
}

/** Options by their whole name: what the parser of a command knows besides is not for those who come by ssh. */
function demandOption(command: string, word: string, allowed: readonly string[]): void {
  if (!word.startsWith("-") || word === "-") return;
  const [name = ""] = word.split("=");
  if ([...allowed, ...SHARED].includes(name)) return;
  throw refused(`${command} ${word}`, `that option is not for those who come by ssh`);
}

function demandNone(rest: readonly string[], line: string[]): string[] {
  if (rest.length > 0) throw refused(rest.join(" "), "nothing may follow");
  return line;
}

const hostOf = (word: string): string => (word.startsWith("-") ? word : word.replace(/\.oob$/, ""));

function refused(what: string, why: string, hint?: string): OobError {
  return new OobError("NOT_PERMITTED", `Cannot run "${what.slice(0, 100)}" by ssh: ${why}`, {
    hint: `${hint === undefined ? "" : `${hint}  `}Allowed: ${Object.keys(ALLOWED).join(", ")}, list, or the name of a host`,
  });
}
