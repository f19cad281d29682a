import type { HostStatus, PowerRequest, PowerVerb, Site } from "../../core/site/site.ts";
import { needsConfirmation } from "../../lib/confirmation.ts";
import { formatDuration, minutes } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { chooseHosts, hostsInWords } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { CONFIRMING, durationOption, REASON } from "../option-values.ts";
import { type HistoryOptions, showHistory } from "../power/power-history.ts";
import { showPower } from "../power/power-status.ts";
import { followPower, type PowerOptions } from "../power/power-story.ts";
import { chooseVerb } from "../verbs.ts";

const VERBS = [
  "status",
  "history",
  "on",
  "off",
  "cycle",
  "reset",
  "soft",
  "nmi",
  "identify",
] as const;

export default defineCommand<PowerOptions & HistoryOptions>({
  usage: "<verb> [hosts...]",
  about: [
    "status  read the outlets now           cycle  off, wait, on, each read back",
    "on off  all outlets, each read back    reset  hard reset without power loss",
    "soft    ACPI button, shutdown typed    nmi    diagnostic interrupt",
    "history what the outlets have drawn    identify  light the lamp, move nothing",
    "",
    "status and history without hosts mean all of them. A state that cannot be read is unknown,",
    "never off: exit code 6.",
  ].join("\n"),
  options: [
    ...CONFIRMING,
    { flags: "-n, --dry-run", summary: "read real state, say what would be done, change nothing" },
    { flags: "--force", summary: "override the guards that a person may override" },
    { flags: "--graceful", summary: "off, cycle: shut down in order first, cut when seen down" },
    { flags: "--within <time>", summary: "how long that may take (5m)", parse: durationOption },
    { flags: "--then-hard", summary: "cut where it was not seen down in time, too" },
    { flags: "-q, --quiet", summary: "say nothing where all went well" },
    { flags: "--since <time>", summary: "of history: 2h (ago), today, 08:47, 2026-11-22 (1d)" },
    REASON,
  ],
  examples: ["oob power status web1", "oob power cycle db1 --reason 'does not answer'"],
  async run(call) {
    const [word = "", ...words] = call.args;
    const verb = chooseVerb("power", word, VERBS);
    if (verb === "history") return showHistory(call, words);
    return verb === "status" ? showPower(call, words) : switchPower(call, verb, words);
  },
});

/** How the question and the refusal begin. */
const QUESTIONS: Readonly<Record<PowerVerb, string>> = {
  on: "Switch on",
  off: "Switch off",
  cycle: "Cycle",
  reset: "Reset",
  soft: "Press the power button of",
  nmi: "Send an NMI to",
};

async function switchPower(
  call: Call<PowerOptions>,
  verb: PowerRequest["verb"],
  words: readonly string[],
): Promise<number> {
  const { options } = call;
  const graceful = gracefulOf(verb, options);
  const { site, hosts } = await chooseHosts(call, words);
  const { dryRun = false, force = false, reason = "" } = options;
  const answer =
    dryRun || verb === "identify" ? undefined : await answered(call, verb, site, hosts);
  return followPower(call, site, {
    ...{ verb, hosts, dryRun, force, reason },
    ...(answer !== undefined && { confirm: answer }),
    ...(graceful && { graceful }),
  });
}

/** Reads what is, and asks where that has to be; gives the answer. */
async function answered(
  call: Call<PowerOptions>,
  verb: PowerVerb,
  site: Site,
  hosts: readonly string[],
): Promise<string | undefined> {
  const { out, context } = call;
  const reading = site.status(hosts, { power: true });
  const rows = await out.waiting(`the outlets of ${hostsInWords(hosts)}`, reading);
  const precious = rows.filter((row) => row.precious).map((row) => row.host);
  if (!needsConfirmation(verb, hosts, precious)) return undefined;
  for (const row of rows) if (row.outlets.length > 1) out.talk(feeds(row));
  return confirm(call, {
    ...{ verb: QUESTIONS[verb], hosts, precious },
    facts: rows.length === 1 ? rows.map((row) => facts(row, context.clock.now())).join() : "",
  });
}

const GRACEFUL_WITHIN = minutes(5);

/** Throws where the flags do not go together: whoever asks for care must not get a hard cut. */
function gracefulOf(verb: PowerRequest["verb"], options: PowerOptions): PowerRequest["graceful"] {
  const { graceful = false, within, thenHard = false } = options;
  if (verb === "soft" && within !== undefined && !graceful && !thenHard)
    return { within, thenHard };
  if (graceful && verb !== "off" && verb !== "cycle")
    throw new OobError("USAGE", `Cannot take --graceful with "${verb}"`, {
      hint: "It goes with off and cycle",
    });
  if (!graceful && (thenHard || within !== undefined))
    throw new OobError("USAGE", "Cannot take --within or --then-hard without --graceful");
  return graceful ? { within: within ?? GRACEFUL_WITHIN, thenHard } : undefined;
}

function feeds({ host, outlets }: HostStatus): string {
  const each = outlets.map(({ id, state, amps }) =>
    amps === undefined ? `${id} (${state})` : `${id} (${state}, ${amps} A)`,
  );
  return `${host} hangs on ${outlets.length} feeds: ${each.join("  ")}`;
}

function facts({ lastByteAt, writer, watchers, power, hold }: HostStatus, now: number): string {
  const spoke =
    lastByteAt === undefined
      ? "console never spoke"
      : `console spoke ${formatDuration(Math.max(0, now - lastByteAt))} ago`;
  const who =
    writer === undefined
      ? watchers.length === 0
        ? "nobody attached"
        : `${watchers.join(", ")} watching`
      : `${writer} is writing`;
  const held = hold === undefined ? "" : `, held by ${hold.by} "${hold.reason}"`;
  return `power ${power}, ${spoke}, ${who}${held}`;
}
