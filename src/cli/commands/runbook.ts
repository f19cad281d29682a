import type { RunbookSummary } from "../../core/site/site.ts";
import { OobError } from "../../lib/errors.ts";
import { nameHint } from "../../lib/nearest.ts";
import type { OptionSpec } from "../../sdk/options.ts";
import { chooseHosts } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { JSON_VERSION } from "../json-views.ts";
import { REASON } from "../option-values.ts";
import { setting } from "../run/setting.ts";
import { checkFiles, writeNew } from "../runbook/files.ts";
import { playRecordings } from "../runbook/play.ts";
import { scheduleTroubles, scheduleView } from "../runbook/schedule-view.ts";
import { shortTime, utc } from "../times.ts";
import { chooseVerb } from "../verbs.ts";

interface RunbookOptions {
  readonly reason?: string;
  readonly yaml?: boolean;
  readonly folder?: string;
  readonly recording?: string;
  readonly set?: Readonly<Record<string, string>>;
}

const VERBS = ["list", "show", "check", "test", "new", "clear"] as const;

export default defineCommand<RunbookOptions>({
  usage: "<verb> [which...]",
  about: [
    "list                runbooks that ship and yours, and when those of the schedule run next",
    "show RUNBOOK        what it does, and its settings",
    "check [FILE|NAME]   loads yours and says what is wrong with them, with line and column",
    "test NAME|FILE      plays --recording against it: good, slow, noisy, hostile and cut in the middle",
    "new NAME            writes a starting file; --yaml: a recipe",
    "clear HOSTS         you have looked: a runbook that stopped half-way there is no longer in the way",
  ].join("\n"),
  options: [
    {
      flags: "--recording <path>",
      summary: "test: what hosts answered, a file or a folder of them",
    },
    { flags: "--set <name=value>", summary: "test: a setting; repeat it", parse: setting },
    { flags: "--yaml", summary: "new: a recipe, without TypeScript" },
    { flags: "--folder <folder>", summary: "new: where; else the configuration's first" },
    REASON,
  ],
  examples: ["oob runbook list", "oob runbook clear web1 --reason 'fstab is whole again'"],
  async run(call) {
    const [word = "", ...which] = call.args;
    switch (chooseVerb("runbook", word, VERBS)) {
      case "list":
        return list(call);
      case "show":
        return show(call, which);
      case "check":
        return checkFiles(call, which);
      case "test":
        return playRecordings(call, which);
      case "new":
        return writeNew(call, which);
      case "clear":
        return clear(call, which);
    }
  },
});

async function list({ out, options, site }: Call): Promise<undefined> {
  const opened = await site();
  const runbooks = await opened.runbooks();
  const planned = await opened.schedule([]);
  if (options.json) {
    const views = runbooks.map(({ scheduled, ...rest }) => ({
      ...rest,
      ...(scheduled && { scheduled: { ...scheduled, next: utc(scheduled.next) } }),
    }));
    out.json({ v: JSON_VERSION, runbooks: views, schedule: planned.map(scheduleView) });
    return;
  }
  const isAny = runbooks.some(({ scheduled }) => scheduled !== undefined);
  out.table(
    [
      { title: "RUNBOOK" },
      { title: "RISK" },
      ...(isAny ? [{ title: "NEXT" }] : []),
      { title: "TITLE", flexible: true },
    ],
    runbooks.map(({ name, risk, title, scheduled }) => [
      name,
      { text: risk, style: risk === "disrupt" ? "yellow" : "plain" },
      ...(isAny ? [nextIn(scheduled)] : []),
      title,
    ]),
  );
  for (const { name, file, hides } of runbooks)
    if (hides) out.talk(`${name} is yours, not the one that ships: ${file}`);
  for (const line of scheduleTroubles(planned)) out.talk(...line);
  if (isAny && opened.via === "direct") out.talk("no daemon: nothing runs by itself (oob serve)");
}

const nextIn = (scheduled: RunbookSummary["scheduled"]): string => {
  if (scheduled === undefined) return "-";
  const { next, hosts } = scheduled;
  return `${shortTime(next)}, ${hosts} ${hosts === 1 ? "host" : "hosts"}`;
};

async function clear(call: Call<RunbookOptions>, words: readonly string[]): Promise<undefined> {
  const { out, options } = call;
  const { site, hosts } = await chooseHosts(call, words);
  const { reason = "" } = options;
  const cleared = await site.clearMarks(hosts, reason);
  for (const host of hosts) {
    const mark = cleared.find((one) => one.host === host);
    if (options.json)
      out.json({
        v: JSON_VERSION,
        host,
        ...(mark && { cleared: { ...mark, at: utc(mark.at) } }),
      });
    else if (mark) out.line(`${host}  cleared: ${mark.runbook} stopped half-way in "${mark.act}"`);
    else out.line(`${host}  nothing to clear`);
  }
}

async function show(
  { out, options, site }: Call,
  [name, ...more]: readonly string[],
): Promise<undefined> {
  if (name === undefined || more.length > 0)
    throw new OobError("USAGE", "Cannot show a runbook: one name is needed", {
      hint: "oob runbook show daily-check  (all of them: oob runbook list)",
    });
  const runbooks = await (await site()).runbooks();
  const found = runbooks.find((runbook) => runbook.name === name);
  if (found === undefined)
    throw new OobError("USAGE", `Cannot show runbook "${name}": there is none of this name`, {
      hint: nameHint(
        name,
        runbooks.map((runbook) => runbook.name),
      ),
    });
  if (options.json) {
    out.json({ v: JSON_VERSION, ...found });
    return;
  }
  out.line({ text: found.name, style: "bold" }, `  ${found.title}  (risk: ${found.risk})`);
  if (found.file !== undefined)
    out.line(`yours: ${found.file}${found.hides ? ", in front of the one that ships" : ""}`);
  if (found.summary !== found.title) for (const line of found.summary.split("\n")) out.line(line);
  const settings = Object.entries(found.options);
  if (settings.length === 0) return;
  out.line("");
  out.table(
    [
      { title: "--set" },
      { title: "KIND" },
      { title: "DEFAULT" },
      { title: "WHAT", flexible: true },
    ],
    settings.map(([setting, spec]) => [setting, kindOf(spec), defaultOf(spec), spec.summary]),
  );
}

function kindOf(spec: OptionSpec): string {
  return spec.choices === undefined ? spec.kind : spec.choices.join("|");
}

function defaultOf(spec: OptionSpec): string {
  return spec.default === undefined ? (spec.required ? "(needed)" : "-") : String(spec.default);
}
