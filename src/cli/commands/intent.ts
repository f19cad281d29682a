import type { IntentView, PowerEvent, RunEvent, Site } from "../../core/site/site.ts";
import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { type Call, defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { until } from "../interrupt.ts";
import { JSON_VERSION, timedView } from "../json-views.ts";
import { CONFIRMING, REASON } from "../option-values.ts";
import { Outcomes } from "../outcome.ts";
import { localMinute, timeOfDay, utc } from "../times.ts";
import { chooseVerb } from "../verbs.ts";

interface IntentOptions {
  readonly yes?: boolean;
  readonly confirm?: string;
  readonly reason?: string;
}

const VERBS = ["list", "approve", "withdraw"] as const;

export default defineCommand<IntentOptions>({
  usage: "<verb> [number]",
  about: [
    "What one person wants of hosts that are two-person, and a second one has to approve.",
    "list             who wants what, and until when",
    "approve NUMBER   as another person: it is done now, once, as it was asked for",
    "withdraw NUMBER  it is not done",
  ].join("\n"),
  options: [...CONFIRMING, REASON],
  examples: ["oob intent list", "oob intent approve 4711 --confirm db1"],
  async run(call) {
    const [word = "", ...which] = call.args;
    switch (chooseVerb("intent", word, VERBS)) {
      case "list":
        return list(call);
      case "approve":
        return approve(call, numberOf(which));
      case "withdraw":
        return withdraw(call, numberOf(which));
    }
  },
});

async function list({ out, options, site, context }: Call<IntentOptions>): Promise<undefined> {
  const found = await (await site()).intents();
  if (options.json) {
    out.json({ v: JSON_VERSION, intents: found.map(viewOf) });
    return;
  }
  if (found.length === 0) {
    out.talk("nobody waits for a second person");
    return;
  }
  const now = context.clock.now();
  out.table(
    [
      { title: "ID", align: "right" },
      { title: "ASKED" },
      { title: "BY" },
      { title: "LEFT", align: "right" },
      { title: "WANTS", flexible: true },
    ],
    found.map(({ id, at, by, until: end, command, reason }) => [
      String(id),
      localMinute(at),
      by,
      formatDuration(Math.max(0, end - now)),
      reason === "" ? command : `${command}  "${reason}"`,
    ]),
  );
}

/** Shows all of it, asks, and tells what is done. */
async function approve(call: Call<IntentOptions>, id: number): Promise<number> {
  const { out, options, interrupt } = call;
  const site = await call.site();
  const found = await findIntent(site, id);
  const { by, command, reason, hosts } = found;
  out.talk(`${by} wants: ${command}`);
  const confirmed = await confirm(call, {
    verb: `Approve intent ${id} on`,
    hosts,
    precious: hosts,
    facts: `${by} asked for it at ${localMinute(found.at)}${reason === "" ? "" : `: ${reason}`}`,
  });
  const outcomes = new Outcomes(hosts);
  for await (const event of until(site.approveIntent(id, confirmed), interrupt.signal)) {
    outcomes.add(event);
    if (options.json) out.json(timedView(event));
    else tell(call, event);
  }
  if (interrupt.signal.aborted) out.talk(`left in the middle; see: oob events ${hosts.join(" ")}`);
  return outcomes.exitCode;
}

function tell({ out }: Call<IntentOptions>, event: PowerEvent | RunEvent): void {
  const { at, host, text, result, error } = event;
  const end = result === undefined ? "" : `  ${result}`;
  out.line(`${timeOfDay(at)} ${host}  ${text}${end}`);
  if (error && error.message !== text) out.talk(error.message);
  if (error?.hint !== undefined) out.talk(`     ${error.hint}`);
}

async function withdraw(
  { out, options, site }: Call<IntentOptions>,
  id: number,
): Promise<undefined> {
  const gone = await (await site()).withdrawIntent(id, options.reason ?? "");
  if (options.json) out.json({ v: JSON_VERSION, ...viewOf(gone), withdrawn: true });
  else out.line(`intent ${id}  withdrawn, and not done: ${gone.command}`);
}

async function findIntent(site: Site, id: number): Promise<IntentView> {
  const found = (await site.intents()).find((one) => one.id === id);
  if (found) return found;
  throw new OobError("USAGE", `Cannot approve intent ${id}: there is none`, {
    hint: "It was done, withdrawn, or has expired, or the daemon was restarted. See: oob intent list",
  });
}

const viewOf = ({ at, until: end, ...intent }: IntentView): object => ({
  ...intent,
  at: utc(at),
  until: utc(end),
});

function numberOf(words: readonly string[]): number {
  const [word = ""] = words;
  if (words.length === 1 && /^\d{1,15}$/.test(word)) return Number(word);
  throw new OobError("USAGE", `Cannot find intent "${words.join(" ")}": a number is needed`, {
    hint: "See: oob intent list",
  });
}
