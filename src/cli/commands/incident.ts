import type { Site } from "../../core/site/site.ts";
import { OobError } from "../../lib/errors.ts";
import { chooseHosts } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { type AnswerOptions, approveIncident, denyIncident } from "../incident/answer-ask.ts";
import { incidentView, JSON_VERSION } from "../json-views.ts";
import { CONFIRMING, REASON } from "../option-values.ts";
import { localMinute, utc } from "../times.ts";
import { chooseVerb } from "../verbs.ts";

interface IncidentOptions extends AnswerOptions {
  readonly answer?: boolean;
}

const VERBS = ["list", "show", "approve", "deny", "close", "link"] as const;

export default defineCommand<IncidentOptions>({
  usage: "<verb> [which...]",
  about: [
    "list [HOSTS]    show NUMBER    close NUMBER --reason TEXT",
    "approve NUMBER  yes to what the watchdog asks (mode ask): it proves all again, then acts",
    "deny NUMBER --reason TEXT  no: nothing more by itself, the incident stays open",
    "link NUMBER     a link to its page; with --answer, whoever has it can say yes or no",
  ].join("\n"),
  options: [
    ...CONFIRMING,
    { flags: "--no-wait", summary: "approve: do not wait for what comes of it" },
    { flags: "--answer", summary: "link: it answers what is asked now, once" },
    REASON,
  ],
  examples: ["oob incident list", "oob incident show 31"],
  async run(call) {
    const [word = "", ...which] = call.args;
    switch (chooseVerb("incident", word, VERBS)) {
      case "list":
        return list(call, which);
      case "show":
        return show(call, numberOf(which));
      case "approve":
        return approveIncident(call, numberOf(which));
      case "deny":
        return denyIncident(call, numberOf(which));
      case "close":
        return close(call, numberOf(which));
      case "link":
        return link(call, numberOf(which));
    }
  },
});

async function list(call: Call<IncidentOptions>, words: readonly string[]): Promise<undefined> {
  const { out, options } = call;
  const chosen: { site: Site; hosts: readonly string[] } =
    words.length === 0 ? { site: await call.site(), hosts: [] } : await chooseHosts(call, words);
  const found = await chosen.site.incidents(chosen.hosts);
  if (options.json) {
    out.json({ v: JSON_VERSION, incidents: found.map(incidentView) });
    return;
  }
  if (found.length === 0) {
    out.talk("no incidents");
    return;
  }
  out.table(
    [
      { title: "ID", align: "right" },
      { title: "OPENED" },
      { title: "HOST" },
      { title: "STATE" },
      { title: "ACTS" },
      { title: "WHAT", flexible: true },
    ],
    found.map((one) => [
      String(one.id),
      localMinute(one.openedAt),
      one.host,
      { text: one.state, style: one.state === "open" ? "yellow" : "plain" },
      one.acts.join(", ") || "-",
      one.means,
    ]),
  );
}

async function show({ out, options, site }: Call<IncidentOptions>, id: number): Promise<undefined> {
  const { summary, report, record } = await (await site()).incident(id);
  if (options.json) out.json({ v: JSON_VERSION, ...incidentView(summary), report, record });
  else for (const line of report.trimEnd().split("\n")) out.line(line);
}

async function close(
  { out, options, site }: Call<IncidentOptions>,
  id: number,
): Promise<undefined> {
  const { reason = "" } = options;
  if (reason === "")
    throw new OobError("USAGE", `Cannot close incident ${id}: --reason is needed`, {
      hint: `oob incident close ${id} --reason 'disk replaced'`,
    });
  await (await site()).closeIncident(id, reason);
  if (options.json) out.json({ v: JSON_VERSION, id, state: "closed", reason });
  else out.line(`incident ${id}  closed: ${reason}`);
}

/** One that answers is a power to act: it is the result, to be handed on, and what it may stands beside it. */
async function link(call: Call<IncidentOptions>, id: number): Promise<undefined> {
  const { out, options } = call;
  const may = options.answer === true ? "answer" : "view";
  const { url, until, ask } = await (await call.site()).incidentLink(id, may);
  if (options.json) {
    const asked = ask && { ask: { rung: ask.rung, until: utc(ask.until) } };
    out.json({ v: JSON_VERSION, id, url, may, until: utc(until), ...asked });
    return;
  }
  if (ask) out.talk(`whoever has it can answer, once, until ${localMinute(ask.until)}`);
  out.talk(`it shows incident ${id} until ${localMinute(until)}`);
  // In one piece, whatever the width of the terminal: it is copied from there.
  out.raw(`${url}\n`);
}

function numberOf(words: readonly string[]): number {
  const [word = ""] = words;
  if (words.length === 1 && /^\d{1,9}$/.test(word)) return Number(word);
  throw new OobError("USAGE", `Cannot find incident "${words.join(" ")}": a number is needed`, {
    hint: "See: oob incident list",
  });
}
