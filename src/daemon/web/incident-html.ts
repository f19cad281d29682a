import type { Rung } from "../../config/site-config.ts";
import type { PageParts } from "../../core/incident/incident-page.ts";
import { clock } from "../../core/incident/page-lines.ts";
import type { IncidentSummary } from "../../core/site/site.ts";
import type { LinkedIncident } from "../../core/site/site-links.ts";
import type { WhyStep } from "../../core/site/watch-site.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { printable } from "../../lib/printable.ts";
import { type Html, html } from "./html.ts";
import { foldedHtml, linesHtml, pageHtml, rowsHtml, sectionHtml } from "./page-html.ts";

/** A page on which nothing can be typed is loaded anew, while its incident stands. */
const AGAIN_SECONDS = 30;

/** All that stands on the page of an incident. */
export interface IncidentPage {
  readonly site: string;
  readonly summary: IncidentSummary;
  readonly parts: PageParts;
  readonly link: Pick<LinkedIncident, "may" | "ask">;
  readonly now: Millis;
  /** What the watchdog does next, while it stands. */
  readonly next?: { readonly next: WhyStep; readonly foreseen: readonly WhyStep[] };
  /** The last probe: before anybody answers, they see what stands behind the question. */
  readonly proof?: { readonly at: Millis; readonly text: string };
  /** What the console printed around it, by title. */
  readonly slices: readonly { readonly title: string; readonly rows: readonly string[] }[];
}

const STATES: Readonly<Record<IncidentSummary["state"], string>> = {
  open: "open",
  recovered: "recovered",
  "given-up": "a person is needed",
  closed: "closed",
  observed: "observed only",
};

export const RUNG_VERBS: Readonly<Record<Rung, string>> = {
  cycle: "Cut the power of",
  sysrq: "Reboot, by SysRq,",
  soft: "Press the power button of",
  "single-user": "Boot into single-user mode",
  nudge: "Press Enter at",
  page: "Call a person for",
};

/** The page that a person reads on a telephone at 3 a.m. */
export function incidentHtml(page: IncidentPage): string {
  const { site, summary, parts, link, slices, now } = page;
  const { id, host, state } = summary;
  const stands = summary.closedAt === undefined;
  const body = html`<header><p>${site}, incident ${id}</p><h1>${host}</h1>
<p class="state ${state}">${STATES[state]}${stands ? "" : html`, ${clock(summary.closedAt ?? 0)} UTC`}</p></header>
<p class="means">${parts.means}</p>
${parts.line === undefined ? "" : html`<pre class="line">${parts.line}</pre>`}
${proofHtml(page)}
${answerHtml(page)}
<section><h2>Course</h2>${linesHtml(parts.course)}</section>
${nextHtml(page)}
${parts.sections.map(sectionHtml)}
${slices.map(({ title, rows }) => foldedHtml(title, rowsHtml(rows)))}
<p class="soft">As of ${new Date(now).toISOString().slice(0, 19).replace("T", " ")} UTC. In a terminal: <code>oob incident show ${id}</code></p>`;
  const again = stands && link.ask.is !== "asked" ? AGAIN_SECONDS : undefined;
  return pageHtml(`${host}: incident ${id}, ${STATES[state]}`, body, again);
}

const proofHtml = ({ proof }: IncidentPage): Html | undefined =>
  proof &&
  html`<p class="soft">Last probe, ${clock(proof.at)} UTC: ${printable(proof.text, 300)}</p>`;

function answerHtml({ link, summary, now }: IncidentPage): Html {
  const { ask, may } = link;
  if (may === "view") return html``;
  switch (ask.is) {
    case "asked":
      return formsHtml(summary.host, ask.rung, Math.max(0, ask.until - now));
    case "answered":
      return html`<div class="card"><h2 class="answered">Answered</h2><p>${clock(ask.at)} UTC: ${printable(ask.text)}</p></div>`;
    case "nothing":
      return html`<div class="card"><p>Nothing is asked any more. This link only shows what is known.</p></div>`;
  }
}

/** GET shows them; only a POST of one of them answers. The name is typed, not a button alone pressed in a pocket. */
function formsHtml(host: string, rung: Rung, left: Millis): Html {
  const verb = RUNG_VERBS[rung];
  return html`<div class="answers">
<form method="post" autocomplete="off"><h2>${verb} ${host}?</h2>
<p>It is proven again first: if ${host} answers, or an interlock objects, nothing is done.</p>
<input type="hidden" name="answer" value="yes"><input type="hidden" name="rung" value="${rung}">
<label for="confirm">Type its name: ${host}</label>
<input id="confirm" name="confirm" required maxlength="64" autocapitalize="none" autocorrect="off" spellcheck="false">
<button class="cut">Yes, ${verb.toLowerCase()} ${host}</button>
<p class="soft">Asked for ${formatDuration(left)} more.</p></form>
<form method="post" autocomplete="off"><h2>Or leave it alone</h2>
<p>Nothing more is done by itself, and the incident stays open.</p>
<input type="hidden" name="answer" value="no">
<label for="reason">Why not</label>
<input id="reason" name="reason" required maxlength="150">
<button>No</button></form></div>`;
}

function nextHtml({ next, now }: IncidentPage): Html {
  if (!next) return html``;
  const steps = [next.next, ...next.foreseen].map(({ text, at }) => {
    const when =
      at === undefined || at <= now ? "" : ` (${clock(at)}, in ${formatDuration(at - now)})`;
    return html`<li>${printable(text, 500)}${when}</li>`;
  });
  const [first, ...rest] = steps;
  const after =
    rest.length > 0
      ? html`<p class="soft">If it stays silent and answers nothing, and no interlock objects:</p><ul>${rest}</ul>`
      : "";
  return html`<section><h2>What the watchdog does</h2><ul>${first ? [first] : []}</ul>${after}</section>`;
}

/** One clear page that says what is wrong, and what to do. */
export function messageHtml(title: string, text: string, hint?: string): string {
  const more = hint === undefined ? "" : html`<p class="soft">${hint}</p>`;
  return pageHtml(title, html`<header><h1>${title}</h1></header><p>${text}</p>${more}`);
}
