import { chooseHosts } from "../chosen-hosts.ts";
import { defineCommand } from "../command.ts";
import { padToWidth } from "../display-width.ts";
import { until } from "../interrupt.ts";
import { timedView } from "../json-views.ts";
import { local, parseTime } from "../times.ts";

// Events stream, so columns cannot be measured; longer ones only push their line to the right.
const HOST_CELLS = 8;
const TYPE_CELLS = 14;

export default defineCommand<{ follow?: boolean; since?: string; type?: string }>({
  usage: "[hosts...]",
  options: [
    { flags: "-f, --follow", summary: "go on with what happens" },
    { flags: "--since <time>", summary: "2h (ago), today, 08:47, 2026-11-22, ISO 8601" },
    { flags: "--type <type>", summary: "only these: power.outcome, session.attach, watch.suspect" },
  ],
  examples: ["oob events --since today", "oob events web1 -f --type power.outcome"],
  async run(call) {
    const { out, args, options, context, interrupt } = call;
    const { since, type } = options;
    const from = since === undefined ? undefined : parseTime(since, context.clock.now());
    const site = args.length === 0 ? await call.site() : (await chooseHosts(call, args)).site;
    // No host named: also what belongs to no host.
    const hosts = args.length === 0 ? [] : (await chooseHosts(call, args)).hosts;
    const events = site.events({
      hosts,
      ...(from === undefined ? {} : { since: from }),
      ...(type === undefined ? {} : { type }),
      follow: options.follow ?? false,
    });
    for await (const event of until(events, interrupt.signal, out.closed)) {
      if (options.json) out.json(timedView(event));
      else
        out.line(
          local(event.at),
          { text: `  ${padToWidth(event.host ?? "-", HOST_CELLS)}`, style: "bold" },
          `  ${event.type.padEnd(TYPE_CELLS)}  `,
          { text: event.by, style: "dim" },
          `  ${event.text}`,
        );
    }
    return undefined;
  },
});
