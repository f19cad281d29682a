import type { RunEvent, Site } from "../../core/site/site.ts";
import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { nameHint } from "../../lib/nearest.ts";
import { chooseHosts } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { EXIT } from "../exit-codes.ts";
import { until } from "../interrupt.ts";
import { timedView } from "../json-views.ts";
import { CONFIRMING, REASON } from "../option-values.ts";
import { Outcomes } from "../outcome.ts";
import type { Output } from "../output.ts";
import { timeOfDay } from "../times.ts";

interface RunOptions {
  readonly set?: Readonly<Record<string, string>>;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly confirm?: string;
  readonly reason?: string;
}

export default defineCommand<RunOptions>({
  usage: "<runbook> <hosts...>",
  about: "A runbook that takes hosts down (risk: disrupt) asks first, as power does.",
  options: [
    { flags: "--set <name=value>", summary: "a setting of the runbook; repeat it", parse: setting },
    { flags: "-n, --dry-run", summary: "say what it would do" },
    ...CONFIRMING,
    { flags: "--force", summary: "override the guards that a person may override" },
    REASON,
  ],
  examples: ["oob run single-user web1 --dry-run", "oob run daily-check 'web*' --set restart=true"],
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
    return follow(call, site.run({ runbook, hosts, set, dryRun, force, reason }), hosts);
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
  { out, options, interrupt }: Call<RunOptions>,
  events: AsyncIterable<RunEvent>,
  hosts: readonly string[],
): Promise<number> {
  const outcomes = new Outcomes(hosts);
  const lastStep = new Map<string, string>();
  for await (const event of until(events, interrupt.signal)) {
    outcomes.add(event);
    lastStep.set(event.host, event.step ?? event.text);
    if (options.json) out.json(timedView(event));
    else print(out, event);
  }
  if (interrupt.signal.aborted) {
    const steps = hosts.map((host) => `${host} after "${lastStep.get(host) ?? "nothing"}"`);
    out.talk(`stopped: ${steps.join(", ")}`);
    return EXIT.interrupted;
  }
  return outcomes.exitCode;
}

function print(out: Output, { at, host, step, text, tookMs, result, error }: RunEvent): void {
  const took = tookMs === undefined ? "" : `  (${formatDuration(tookMs)})`;
  const head = `${timeOfDay(at)} ${host}  ${step === undefined ? "" : `${step}: `}`;
  out.line(
    `${head}${text}${took}`,
    result === undefined ? "" : { text: `  ${result}`, style: result === "done" ? "green" : "red" },
  );
  if (error === undefined) return;
  if (error.message !== text) out.talk({ text: "oob: ", style: "red" }, error.message);
  if (error.hint !== undefined) out.talk(`     ${error.hint}`);
}

function setting(text: string, before: unknown): Record<string, string> {
  const equals = text.indexOf("=");
  if (equals < 1)
    throw new OobError("USAGE", `Cannot read the setting "${text}": it has no "="`, {
      hint: "Give it as --set name=value",
    });
  const known = typeof before === "object" && before !== null ? before : {};
  return { ...known, [text.slice(0, equals)]: text.slice(equals + 1) };
}
