import type { HostStatus, PowerVerb, Site } from "../../core/site/site.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { Caller } from "./caller.ts";
import { attachCaller } from "./caller-attach.ts";

const HELP = [
  "status [HOST]              what the watchdog thinks, and the outlets",
  "attach HOST                stand at its console; leave with ^] and a dot",
  "spy HOST                   watch its console",
  "log HOST                   the last 20 lines of its console",
  "power HOST                 read its outlets",
  "power HOST on|off|cycle    switch them; asks for the name once more",
  "quit                       hang up",
];
const LOG_LINES = 20;

interface PromptOptions {
  readonly caller: Caller;
  /** As far as this person may reach. */
  readonly site: Site;
  readonly clock: Clock;
  readonly who: string;
  /** "+3225550142": shown to others at a console. */
  readonly from: string;
  /** A caller who types nothing for so long is hung up on. */
  readonly idle: Millis;
}

type Command = (options: PromptOptions, words: readonly string[]) => Promise<void>;

/** The few things that can be asked for over a telephone line. Resolves with why it ended; never throws. */
export async function promptCaller(options: PromptOptions): Promise<string> {
  const { caller, idle } = options;
  try {
    const hosts = await options.site.hosts();
    await caller.print("", `${hosts.length} hosts; help lists what can be done`);
    for (;;) {
      const line = await caller.ask("oob> ", { within: idle });
      if (line === undefined) return "nothing was typed";
      const [word = "", ...words] = line.trim().split(/\s+/);
      if (word === "quit" || word === "exit" || word === "logout") return "quit";
      if (word !== "") await run(options, word, words);
    }
  } catch (thrown) {
    return messageOf(thrown);
  }
}

async function run(options: PromptOptions, word: string, words: readonly string[]): Promise<void> {
  const { caller } = options;
  const command = COMMANDS.get(word);
  if (!command) {
    await caller.print(`Cannot "${word}" here; these can be done:`, ...HELP);
    return;
  }
  try {
    await command(options, words);
  } catch (thrown) {
    if (caller.over.aborted) throw thrown;
    await caller.print(messageOf(thrown));
    if (thrown instanceof OobError && thrown.hint !== undefined) await caller.print(thrown.hint);
  }
}

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["help", ({ caller }) => caller.print(...HELP)],
  ["status", status],
  ["attach", (options, words) => attach(options, words, "write")],
  ["spy", (options, words) => attach(options, words, "read")],
  ["log", log],
  ["power", power],
]);

async function status({ caller, site }: PromptOptions, words: readonly string[]): Promise<void> {
  const hosts = words.length > 0 ? words : await site.hosts();
  const rows = await site.status(hosts, { power: true });
  await caller.print(...rows.map(statusLine));
}

const statusLine = ({ host, console, power, health, writer, lastLine }: HostStatus): string =>
  [
    host.padEnd(12),
    console.is.padEnd(8),
    (power ?? "-").padEnd(8),
    health.state.padEnd(8),
    writer === undefined ? "" : `(${writer} writes)`,
    lastLine,
  ]
    .join(" ")
    .slice(0, 79);

async function attach(
  { caller, site, clock, from, idle }: PromptOptions,
  words: readonly string[],
  mode: "write" | "read",
): Promise<void> {
  await attachCaller({ caller, site, clock, host: one(words, "attach"), mode, from, idle });
}

async function log({ caller, site }: PromptOptions, words: readonly string[]): Promise<void> {
  const query = { host: one(words, "log"), last: LOG_LINES, follow: false, raw: false };
  for await (const record of site.log(query)) {
    if (record.is === "raw") continue;
    const time = new Date(record.at).toISOString().slice(11, 19);
    await caller.print(`${time} ${record.is === "mark" ? `-- ${record.text}` : record.text}`);
  }
}

const SWITCHING: ReadonlySet<string> = new Set<PowerVerb>(["on", "off", "cycle"]);
const isSwitching = (word: string): word is PowerVerb => SWITCHING.has(word);

async function power(options: PromptOptions, words: readonly string[]): Promise<void> {
  const { caller, site, idle, who } = options;
  // "power web1 off" and "power off web1": both are in people's fingers.
  const verb = words.find(isSwitching);
  const host = one(
    words.filter((word) => word !== verb && word !== "status"),
    "power",
  );
  if (verb === undefined) {
    for (const row of await site.powerStatus([host])) {
      await caller.print(`${row.host}: ${row.power}`);
      await caller.print(...row.outlets.map(({ id, state }) => `  ${id} ${state}`));
    }
    return;
  }
  const answer = await caller.ask(`${verb} ${host}: type its name once more: `, { within: idle });
  if (answer !== host) {
    await caller.print("nothing was done");
    return;
  }
  const request = {
    verb,
    hosts: [host],
    dryRun: false,
    force: false,
    confirm: answer,
    reason: `${who}, by telephone`,
  };
  for await (const event of site.power(request)) await caller.print(event.text);
}

function one(words: readonly string[], verb: string): string {
  const [host, ...more] = words;
  if (host !== undefined && more.length === 0) return host;
  throw new OobError("USAGE", `Cannot ${verb} without the name of one host`);
}
