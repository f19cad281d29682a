import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { chooseHosts } from "../chosen-hosts.ts";
import { defineCommand } from "../command.ts";
import { JSON_VERSION } from "../json-views.ts";
import { durationOption } from "../option-values.ts";
import { localMinute, utc } from "../times.ts";

export default defineCommand<{ for?: Millis; reason?: string }>({
  usage: "<hosts...>",
  about: "Until it ends, neither the watchdog nor a runbook acts on the hosts. It shows in status.",
  options: [
    { flags: "--for <duration>", summary: "how long: 90s, 30m, 2h", parse: durationOption },
    { flags: "--reason <text>", summary: "why; others will read it" },
  ],
  examples: [
    "oob hold web1 --for 2h --reason 'RAID rebuild'",
    "oob hold 'db[1-2]' --for 30m --reason 'firmware'",
  ],
  async run(call) {
    const { out, args, options, context } = call;
    const { for: forMs, reason = "" } = options;
    if (forMs === undefined || reason === "")
      throw new OobError("USAGE", "Cannot hold: --for and --reason are needed", {
        hint: "oob hold web1 --for 2h --reason 'RAID rebuild'",
      });
    const { site, hosts } = await chooseHosts(call, args);
    await out.waiting("the hold", site.hold(hosts, forMs, reason));
    const end = context.clock.now() + forMs;
    for (const host of hosts) {
      if (options.json) out.json({ v: JSON_VERSION, host, until: utc(end), reason });
      else
        out.line(`${host}  held until ${localMinute(end)} (${formatDuration(forMs)}): ${reason}`);
    }
    return undefined;
  },
});
