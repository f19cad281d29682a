/** What is wanted, as it would be typed: all that decides what is done, so that who approves it reads all of it. */
import { quoteWord } from "../codec/shell-words.ts";
import type { Rung } from "../config/site-config.ts";
import type { PowerRequest, ProveRequest, RunRequest } from "../core/site/site.ts";
import { formatDuration } from "../lib/durations.ts";

export function powerCommand({ verb, hosts, force, graceful }: PowerRequest): string {
  const options = graceful
    ? [
        ...(verb === "soft" ? [] : ["--graceful"]),
        `--within ${word(formatDuration(graceful.within))}`,
        ...(graceful.thenHard ? ["--then-hard"] : []),
      ]
    : [];
  return line(["oob power", verb, ...hosts.map(word), ...flag("--force", force), ...options]);
}

export function runCommand(request: RunRequest): string {
  const { runbook, hosts, set, force, parallel, keepGoing } = request;
  const settings = Object.entries(set).map(([name, value]) => `--set ${word(`${name}=${value}`)}`);
  return line([
    ...["oob run", word(runbook), ...hosts.map(word), ...settings],
    ...flag("--force", force),
    ...(parallel === undefined ? [] : [`--parallel ${parallel}`]),
    ...flag("--keep-going", keepGoing),
  ]);
}

export const incidentCommand = (id: number, rung: Rung): string =>
  `oob incident approve ${id}  (${rung})`;

/** As `oob pdu map` asks for it. */
export const proveCommand = ({ pdu, outlet, called, fromOn }: ProveRequest): string =>
  line(["oob pdu map", ...[pdu, outlet, called].map(word), ...flag("--from-on", fromOn)]);

const flag = (name: string, given: boolean | undefined): readonly string[] => (given ? [name] : []);

const line = (words: readonly string[]): string => words.join(" ");

const word = (text: string): string =>
  /^[A-Za-z0-9_.,:=/@%+-]+$/.test(text) ? text : quoteWord(text);
