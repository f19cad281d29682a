import type { LogSummary, PreparedLog, Story } from "../../daemon/offline.ts";
import type { Millis } from "../../lib/clock.ts";
import { hours, seconds } from "../../lib/durations.ts";
import { inHours, many, printStory, printSummary, timesOf } from "../backtest/print-story.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";
import { printError } from "../print-error.ts";
import { utc } from "../times.ts";

interface BacktestOptions {
  readonly policy?: string;
  readonly os?: string;
  readonly all?: boolean;
}

/** What all logs came to. */
interface Total {
  summary: LogSummary | undefined;
  played: Millis;
  failed: number;
}

export default defineCommand<BacktestOptions>({
  usage: "<log...>",
  about:
    "Plays console logs to the watchdog as if they came now, with a clock of its own, and prints what it would have done, when and why. A log is a file (raw bytes, of conserver, of ConMan), a console's folder in the state folder, or a host. Nothing answers a probe here: what the host did say is in the log. Touches no device. Exit code 0: all was played, whatever was found; 1: a log could not be played.",
  options: [
    {
      flags: "--policy <policy>",
      summary: "act, ask, observe, careful, off, or a YAML file with watch: as in an entry",
    },
    { flags: "--os <name>", summary: "operating system, where no entry of the host tells it" },
    { flags: "--all", summary: "show suspicions too that were withdrawn before an incident" },
    { flags: "--config <file>", summary: "configuration with hosts, rules and the state folder" },
  ],
  examples: [
    "oob backtest /var/log/conserver/*.log --policy act",
    "oob backtest web1 --policy ./careful.yaml --json",
  ],
  siteless: true,
  async run(call) {
    const { args, options, context, out } = call;
    const { BacktestBench, together } = await (
      await import("../../daemon/offline.ts")
    ).backtesting();
    const { config, policy, os } = options;
    const bench = await BacktestBench.open({ config, policy, os }, context.env);
    for (const trouble of bench.troubles)
      out.talk({ text: "left out: ", style: "yellow" }, trouble);
    const total: Total = { summary: undefined, played: 0, failed: 0 };
    const began = context.clock.monotonic();
    for (const named of args) {
      try {
        const summary = await playOne(call, await bench.prepare(named));
        total.summary = total.summary ? together(total.summary, summary) : summary;
        total.played += summary.until - summary.from;
      } catch (thrown) {
        call.interrupt.signal.throwIfAborted();
        printError(out, thrown);
        total.failed++;
      }
    }
    finish(call, total, context.clock.monotonic() - began);
    return total.failed > 0 ? EXIT.failed : EXIT.done;
  },
});

async function playOne(
  { out, options, interrupt }: Call<BacktestOptions>,
  { log, mode, policy, play }: PreparedLog,
): Promise<LogSummary> {
  let first: Millis | undefined;
  const from = () => first ?? 0;
  const times = timesOf(log, from);
  if (!options.json) {
    out.line({ text: log.path, style: "bold" }, `  ${log.format} log; times ${log.times}`);
    out.line(`    mode ${mode}, by ${policy}; assumed: no probe is answered, outlets read on`);
    out.line("");
  }
  const told = (story: Story, begins: Millis) => {
    first ??= begins;
    if (!(options.all || story.incident)) return;
    if (options.json) out.json({ type: "story", log: log.path, ...storyView(story) });
    else printStory(out, story, times);
  };
  const summary = await play(told, interrupt.signal);
  if (options.json)
    out.json({
      type: "log",
      v: JSON_VERSION,
      log: log.path,
      ...logView(log),
      mode,
      policy,
      ...summaryView(summary),
    });
  else printSummary(out, log.name, summary, summary.until - summary.from);
  return summary;
}

function finish(
  { args, out, options }: Call<BacktestOptions>,
  { summary, played, failed }: Total,
  took: Millis,
): void {
  const speed = Math.round(played / hours(1) / Math.max(took / seconds(1), 0.001));
  if (options.json) {
    const counts = summary ? summaryView(summary) : {};
    out.json({
      type: "summary",
      v: JSON_VERSION,
      ...counts,
      logs: args.length - failed,
      failed,
      hours: played / hours(1),
    });
    return;
  }
  if (args.length > 1 && summary)
    printSummary(out, `all ${many(args.length - failed, "log")}`, summary, played);
  // Of a short log the figure tells nothing.
  if (played >= hours(0.1))
    out.talk(
      `${inHours(played)} played in ${(took / seconds(1)).toFixed(1)} s, ${speed} hours a second`,
    );
}

const logView = ({ name, format, times }: PreparedLog["log"]) => ({ name, format, times });

function storyView({ began, ended, lines, pages, acts, ...story }: Story): object {
  const line = ({ at, type, text }: Story["lines"][number]) => ({ at: utc(at), type, text });
  return {
    v: JSON_VERSION,
    began: utc(began),
    ...(ended !== undefined && { ended: utc(ended) }),
    ...story,
    lines: lines.map(line),
    pages: pages.map(line),
    acts: acts.map(({ at, after, ...act }) => ({
      at: utc(at),
      ...act,
      after: after.is === "nothing" ? after : { ...after, at: utc(after.at) },
    })),
  };
}

const summaryView = ({ from, until, ...counts }: LogSummary): object => ({
  from: utc(from),
  until: utc(until),
  hours: (until - from) / hours(1),
  ...counts,
});
