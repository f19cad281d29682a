import { chooseHosts, hostsInWords } from "../chosen-hosts.ts";
import { defineCommand } from "../command.ts";
import { HOST_COLUMNS, hostRow, summary } from "../host-table.ts";
import { JSON_VERSION, statusView } from "../json-views.ts";
import { channelTrouble } from "../notify/channel-rows.ts";

export default defineCommand<{ power: boolean }>({
  usage: "[hosts...]",
  about: "The outlets are read now; --no-power leaves them alone and shows what is known.",
  options: [{ flags: "--no-power", summary: "do not read the outlets" }],
  examples: ["oob status", "oob status 'web*' --json"],
  async run(call) {
    const { out, options, args, context } = call;
    const { site, hosts } = await chooseHosts(call, args, { all: true });
    const reading = site.status(hosts, { power: options.power });
    const rows = await out.waiting(`consoles and outlets of ${hostsInWords(hosts)}`, reading);
    if (options.json) {
      out.json({ v: JSON_VERSION, via: site.via, hosts: rows.map(statusView) });
      return undefined;
    }
    const now = context.clock.now();
    out.table(
      HOST_COLUMNS,
      rows.map((row) => hostRow(row, now)),
    );
    // Who may not see them, or asks a daemon of before, sees the hosts all the same.
    const trouble = channelTrouble(await site.channels().catch(() => []), now);
    if (trouble !== undefined) out.talk({ text: trouble, style: "red" });
    out.talk(`${summary(rows)}${site.via === "daemon" ? "" : " · no daemon: read directly"}`);
    return undefined;
  },
});
