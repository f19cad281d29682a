import type { HostStatus, Site, WhyView } from "../../core/site/site.ts";
import { anchorTrouble, anchorView } from "../anchor/anchor-rows.ts";
import { chooseHosts, hostsInWords } from "../chosen-hosts.ts";
import { defineCommand } from "../command.ts";
import { HOST_COLUMNS, hostRow, summary } from "../host-table.ts";
import { JSON_VERSION, statusView } from "../json-views.ts";
import { channelTrouble } from "../notify/channel-rows.ts";
import { whyJson } from "../why/why-json.ts";
import { whyInShort } from "../why/why-page.ts";

export default defineCommand<{ power: boolean; why?: boolean }>({
  usage: "[hosts...]",
  about: "The outlets are read now; --no-power leaves them alone and shows what is known.",
  options: [
    { flags: "--no-power", summary: "do not read the outlets" },
    { flags: "--why", summary: "under each host: why, what comes next, and its habit" },
  ],
  examples: ["oob status", "oob status 'web*' --json"],
  async run(call) {
    const { out, options, args, context } = call;
    const { site, hosts } = await chooseHosts(call, args, { all: true });
    const reading = site.status(hosts, { power: options.power });
    const rows = await out.waiting(`consoles and outlets of ${hostsInWords(hosts)}`, reading);
    const whys = options.why ? await whyOf(site, rows) : undefined;
    // Who may not see them, or asks a daemon of before, sees the hosts all the same.
    const anchors = await site.anchors().catch(() => []);
    if (options.json) {
      const hosts = rows.map((row, at) => ({
        ...statusView(row),
        ...(whys?.[at] && { judgement: whyJson(whys[at]) }),
      }));
      const kept = anchors.map((one) => anchorView(one));
      out.json({
        v: JSON_VERSION,
        via: site.via,
        hosts,
        ...(kept.length > 0 && { anchors: kept }),
      });
      return undefined;
    }
    const now = context.clock.now();
    out.table(
      HOST_COLUMNS,
      rows.map((row) => hostRow(row, now)),
    );
    for (const why of whys ?? []) for (const line of [[""], ...whyInShort(why)]) out.line(...line);
    const channels = await site.channels().catch(() => []);
    for (const trouble of [channelTrouble(channels, now), anchorTrouble(anchors, now)])
      if (trouble !== undefined) out.talk({ text: trouble, style: "red" });
    const clear = clearText(rows);
    if (clear !== "") out.talk({ text: `in clear text (insecure: true): ${clear}`, style: "red" });
    out.talk(`${summary(rows)}${site.via === "daemon" ? "" : " · no daemon: read directly"}`);
    return undefined;
  },
});

/** Without the interlocks: the outlets were just read. */
const whyOf = (site: Site, rows: readonly HostStatus[]): Promise<readonly WhyView[]> =>
  Promise.all(rows.map(({ host }) => site.why(host, { interlocks: false })));

/** PDUs and consoles that anybody on the way can read or speak for, each once. */
function clearText(rows: readonly HostStatus[]): string {
  const named = rows.flatMap(({ host, insecure = [] }) =>
    insecure.map((what) => (what === "console" ? `console of ${host}` : what)),
  );
  const all = [...new Set(named)];
  const more = all.length > MOST_NAMED ? `, and ${all.length - MOST_NAMED} more` : "";
  return `${all.slice(0, MOST_NAMED).join(", ")}${more}`;
}

const MOST_NAMED = 6;
