import { chooseHost } from "../chosen-hosts.ts";
import { defineCommand } from "../command.ts";
import { whyJson } from "../why/why-json.ts";
import { whyPage } from "../why/why-page.ts";

export default defineCommand<{ power: boolean }>({
  usage: "<host>",
  about: [
    "Evidence, probes and their answers, what every interlock says, what comes next and when.",
    "Nothing is typed and nothing switched; the outlets are read for the interlocks.",
  ].join("\n"),
  options: [{ flags: "--no-power", summary: "ask no interlocks: the outlets are not read" }],
  examples: ["oob why web1", "oob why web1 --json"],
  async run(call) {
    const { out, options, args } = call;
    const { site, host } = await chooseHost(call, args[0] ?? "");
    const asking = site.why(host, { interlocks: options.power });
    const view = await out.waiting(`what is known of ${host}, and its outlets`, asking);
    if (options.json) out.json(whyJson(view));
    else for (const line of whyPage(view)) out.line(...line);
    return undefined;
  },
});
