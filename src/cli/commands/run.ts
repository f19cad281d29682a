import type { RunEvent, Site } from "../../core/site/site.ts";
import { OobError } from "../../lib/errors.ts";
import { nameHint } from "../../lib/nearest.ts";
import { chooseHosts } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { EXIT } from "../exit-codes.ts";
import { until } from "../interrupt.ts";
import { timedView } from "../json-views.ts";
import { CONFIRMING, countOption, REASON } from "../option-values.ts";
import { Outcomes } from "../outcome.ts";
import { RunProgress } from "../run/run-progress.ts";
import { setting } from "../run/setting.ts";

const MOST = 10_000;

interface RunOptions {
  readonly set?: Readonly<Record<string, string>>;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly confirm?: string;
  readonly reason?: string;
  readonly parallel?: number;
  readonly keepGoing?: boolean;
  readonly verbose?: boolean;
}

export default defineCommand<RunOptions>({
  usage: "<runbook> <hosts...>",
  about: [
    "A runbook that takes hosts down (risk: disrupt) asks first, as power does.",
    "At a time: 16 hosts where it only reads, 4 where it changes something, 1 where it takes hosts",
    "down. Where a change failed on one host, none is begun on the hosts that are left.",
  ].join("\n"),
  options: [
    { flags: "--set <name=value>", summary: "a setting of the runbook; repeat it", parse: setting },
    { flags: "-n, --dry-run", summary: "say what it would do" },
    { flags: "-p, --parallel <n>", summary: "how many hosts at a time", parse: atATime },
    { flags: "--keep-going", summary: "go on with the others where a change failed on one" },
    { flags: "-v, --verbose", summary: "every step of several hosts on a terminal, too" },
    ...CONFIRMING,
    { flags: "--force", summary: "override the guards that a person may override" },
    REASON,
  ],
  examples: [
    "oob run single-user web1 --dry-run",
    "oob run deleted-libs 'web*' --set restart=true",
  ],
  async run(call) {
    const { args, options } = call;
    const [runbook = "", ...words] = args;
    const { site, hosts } = await chooseHosts(call, words);
    const risk = await riskOf(site, runbook);
    const { set = {}, dryRun = false, force = false, reason = "" } = options;
    if (risk === "disrupt" && !dryRun) {
      const rows = await site.status(hosts, { power: false });
      await confirm(call, {
        verb: `Run ${runbook} on`,
        hosts,
        precious: rows.filter((row) => row.precious).map((row) => row.host),
        facts: "It takes the host down",
      });
    }
    const { parallel, keepGoing } = options;
    const many = { ...(parallel !== undefined && { parallel }), ...(keepGoing && { keepGoing }) };
    const request = { runbook, hosts, set, dryRun, force, reason, ...many };
    return follow(call, site.run(request), hosts);
  },
});

async function riskOf(site: Site, name: string): Promise<string> {
  const runbooks = await site.runbooks();
  const found = runbooks.find((runbook) => runbook.name === name);
  if (found !== undefined) return found.risk;
  const names = runbooks.map((runbook) => runbook.name);
  throw new OobError("USAGE", `Cannot run "${name}": there is no runbook of this name`, {
    hint: `${nameHint(name, names) ?? ""}  See: oob runbook list`.trim(),
  });
}

async function follow(
  { out, options, interrupt, context }: Call<RunOptions>,
  events: AsyncIterable<RunEvent>,
  hosts: readonly string[],
): Promise<number> {
  const outcomes = new Outcomes(hosts);
  const lastStep = new Map<string, string>();
  const progress = new RunProgress(out, context.clock, hosts, options.verbose ?? false);
  for await (const event of until(events, interrupt.signal)) {
    outcomes.add(event);
    if (event.result === undefined) lastStep.set(event.host, event.step ?? event.text);
    else lastStep.delete(event.host);
    if (options.json) out.json(timedView(event));
    else progress.add(event);
  }
  if (!options.json) progress.end();
  if (!interrupt.signal.aborted) return outcomes.exitCode;
  const steps = [...lastStep].map(([host, step]) => `${host} after "${step}"`);
  out.talk(`stopped: ${steps.join(", ") || "nothing was under way"}`);
  return EXIT.interrupted;
}

function atATime(text: string): number {
  const count = countOption(text);
  if (count >= 1 && count <= MOST) return count;
  throw new OobError("USAGE", `Cannot run on ${count} hosts at a time`, {
    hint: `Give a number from 1 to ${MOST}`,
  });
}
