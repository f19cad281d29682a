import type { DailyHost, DailyPage } from "../../core/site/site.ts";
import { formatDuration } from "../../lib/durations.ts";
import type { Piece } from "../piece.ts";
import { localMinute } from "../times.ts";
import { sectionLines } from "./report-text.ts";
import { VERDICT_STYLES } from "./verdict-styles.ts";

type Line = readonly Piece[];

/** What each verdict asks of whoever reads the page. */
export const VERDICT_MEANS = {
  act: "something has to be done",
  look: "somebody should look",
  ok: "nothing to do",
} as const;

/** The fleet on one page, for a terminal. */
export function dailyLines(page: DailyPage, width: number | undefined): Line[] {
  const { verdict, site, at, hosts } = page;
  const widest = Math.max(4, ...hosts.map(({ host }) => host.length));
  const news = hosts.filter((host) => host.news.length > 0);
  const quiet = hosts.filter(({ verdict }) => verdict === "ok");
  return [
    [
      { text: verdict.toUpperCase(), style: VERDICT_STYLES[verdict] ?? "plain" },
      `  ${site}, ${localMinute(at)}: ${VERDICT_MEANS[verdict]}`,
    ],
    ...hosts.filter((host) => host.verdict !== "ok").map((host) => hostLine(host, widest, page)),
    ...news.flatMap((host) =>
      host.news.flatMap((section): Line[] => sectionLines(newsOf(host, section), width)),
    ),
    [""],
    [totalsOf(page)],
    ...(quiet.length === 0 ? [] : [[{ text: `ok: ${names(quiet)}`, style: "dim" } as const]]),
  ];
}

/** News with its host in front. */
export function newsOf({ host }: DailyHost, section: DailyHost["news"][number]) {
  const { part, title } = section;
  const own = part === undefined || part === title ? title : `${part}: ${title}`;
  return { is: section.is, title: `${host}: ${own}`, rows: section.rows, ...leftOf(section) };
}

const leftOf = ({ left }: DailyHost["news"][number]) => (left === undefined ? {} : { left });

/** "12 hosts: 1 without a report, 2 to act on, 3 to look at, 6 ok" */
export function totalsOf({ hosts, totals, runbook }: DailyPage): string {
  const { missing, act, look, ok } = totals;
  const parts = [
    ...(missing > 0 ? [`${missing} without a report`] : []),
    ...(act > 0 ? [`${act} to act on`] : []),
    ...(look > 0 ? [`${look} to look at`] : []),
    `${ok} ok`,
  ];
  return `${hosts.length} ${hosts.length === 1 ? "host" : "hosts"} by ${runbook}: ${parts.join(", ")}`;
}

function hostLine(host: DailyHost, widest: number, { at: now }: DailyPage): Line {
  const { verdict, text, at } = host;
  const word = verdict === "missing" ? "NO REPORT" : verdict;
  const age = at === undefined ? "" : `  (${formatDuration(Math.max(0, now - at))} ago)`;
  return [
    `  ${host.host.padEnd(widest)}  `,
    { text: word.padEnd("NO REPORT".length), style: VERDICT_STYLES[verdict] ?? "plain" },
    `  ${text}`,
    { text: verdict === "missing" ? "" : age, style: "dim" },
  ];
}

const NAMED = 40;
const names = (hosts: readonly DailyHost[]): string => {
  const more = hosts.length > NAMED ? ` and ${hosts.length - NAMED} more` : "";
  return `${hosts
    .slice(0, NAMED)
    .map(({ host }) => host)
    .join(", ")}${more}`;
};
