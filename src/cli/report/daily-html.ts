import type { DailyHost, DailyPage } from "../../core/site/site.ts";
import { formatDuration } from "../../lib/durations.ts";
import { localMinute } from "../times.ts";
import { newsOf, totalsOf, VERDICT_MEANS } from "./daily-text.ts";
import { newsHtml, pageHtml, safe, verdictHtml } from "./page-html.ts";

/** The fleet's page: verdict, hosts that need somebody, what is new, totals. */
export function dailyHtml(page: DailyPage): string {
  const { site, at, verdict, hosts } = page;
  const wanted = hosts.filter((host) => host.verdict !== "ok");
  const quiet = hosts.filter((host) => host.verdict === "ok").map(({ host }) => host);
  return pageHtml(`${verdict}: ${site}`, [
    `<h1>${verdictHtml(verdict)} ${safe(site)}</h1>`,
    `<p>${VERDICT_MEANS[verdict]} <span class="dim">· ${safe(localMinute(at))}</span></p>`,
    ...(wanted.length === 0 ? [] : [hostsHtml(wanted, at)]),
    ...hosts.flatMap((host) => host.news.map((section) => newsHtml(newsOf(host, section)))),
    "<h2>Totals</h2>",
    `<p>${safe(totalsOf(page))}</p>`,
    ...(quiet.length === 0 ? [] : [`<p class="dim">ok: ${safe(quiet.join(", "))}</p>`]),
  ]);
}

function hostsHtml(hosts: readonly DailyHost[], now: number): string {
  const rows = hosts.map(({ host, verdict, text, at }) => {
    const word = verdict === "missing" ? "no report" : verdict;
    const age = at === undefined ? "never" : `${formatDuration(Math.max(0, now - at))} ago`;
    const cells = [safe(host), verdictHtml(verdict, word), safe(text), safe(age)];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  const heads = ["Host", "Verdict", "What", "Last report"];
  const head = heads.map((one) => `<th>${one}</th>`).join("");
  return `<div class="scroll"><table><tr>${head}</tr>\n${rows.join("\n")}</table></div>`;
}
