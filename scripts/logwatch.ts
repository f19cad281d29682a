import { createHash } from "node:crypto";
import {
  isTrouble,
  type LogSummary,
  logSummaryScript,
  readLogSummary,
} from "oob/codec/log-summary";
import {
  captured,
  changesSince,
  countsText,
  defineRunbook,
  enterHost,
  keptKeys,
  minutes,
  OobError,
  type RunbookHands,
  textOf,
} from "oob/sdk";

/** A section is the same as yesterday's where only its numbers differ. */
const sectionKey = ({ title, text }: LogSummary["sections"][number]): string =>
  `${title} ${createHash("sha256").update(text.replace(/\d+/g, "#")).digest("hex").slice(0, 16)}`;

function tellSections(
  { report }: RunbookHands,
  { sections }: LogSummary,
  fresh: ReadonlySet<string>,
) {
  const changed = sections.filter((section) => fresh.has(sectionKey(section)));
  report.news(
    "Sections that changed",
    changed.map(({ title, text }) => ({ section: title, lines: text.split("\n").length })),
  );
  for (const { title, text } of changed) report.text(title, text);
  for (const section of sections)
    if (!changed.includes(section)) report.text(`${section.title} (as before)`, section.text);
}

function tellMessages(
  { report }: RunbookHands,
  { messages }: LogSummary,
  fresh: ReadonlySet<string>,
) {
  const rows = messages.map(({ count, text }) => ({ count, message: text }));
  const first = (one: { readonly message: string }) => (isTrouble(one.message) ? 0 : 1);
  report.news(
    "Messages of a new kind",
    rows.filter(({ message }) => fresh.has(message)).sort((a, b) => first(a) - first(b)),
  );
  report.table("Messages by kind, digits taken out", rows);
}

/** What cannot be believed is no summary. */
function checked({ host }: RunbookHands, summary: LogSummary): LogSummary {
  const { by, cut, sections } = summary;
  const fail = (why: string) =>
    new OobError("RUNBOOK_FAILED", `Cannot read the logs of ${host.name}: ${why}`);
  if (by === undefined) throw fail("it has neither a journal nor logs in /var/log");
  if (cut) throw fail("its answer is not whole");
  if (by === "logwatch" && sections.length === 0) throw fail("logwatch printed no sections");
  return summary;
}

/** A day's logs in a page: logwatch where it is, else our own count; what is new stands on top. */
export default defineRunbook({
  title: "A day's logs in a page",
  summary:
    "logwatch of yesterday, else the last day's messages counted by kind on the host; only what changed is news",
  risk: "read",
  sources: ["logwatch(8)", "journalctl(1)", "RFC 3164, 4.1", "rsyslog.conf(5)"],
  needs: ["login"],
  options: {
    by: {
      kind: "choice",
      choices: ["auto", "own"],
      default: "auto",
      summary: "auto: logwatch where the host has it; own: our own count",
    },
  },
  timeout: minutes(40),
  async run(hands) {
    const { options, memory } = hands;
    await enterHost(hands);
    const way = textOf(options, "by") === "own" ? "own" : "auto";
    const summary = checked(
      hands,
      readLogSummary(await captured(hands, "logs of a day", logSummaryScript(way))),
    );
    const { by, sections, messages, lines, kinds } = summary;
    const packed = by === "logwatch";
    const keys = packed ? sections.map(sectionKey) : messages.map(({ text }) => text);
    const { fresh, first } = changesSince(await memory.recall(), keys);
    if (packed) tellSections(hands, summary, fresh);
    else tellMessages(hands, summary, fresh);
    await memory.remember(keptKeys(keys));
    const trouble = packed
      ? sections.filter(
          (section) => (first || fresh.has(sectionKey(section))) && isTrouble(section.text),
        )
      : messages.filter(({ text }) => (first || fresh.has(text)) && isTrouble(text));
    const counts = countsText({ new: fresh.size, "of trouble": trouble.length });
    const what = packed
      ? `${sections.length} sections of logwatch`
      : `${lines} lines of ${kinds} kinds, by ${by}`;
    return {
      verdict: trouble.length > 0 ? "look" : "ok",
      text: `${what}${counts === "" ? "" : `: ${counts}`}`,
    };
  },
});
