import { chooseHosts } from "../chosen-hosts.ts";
import { defineCommand } from "../command.ts";
import { JSON_VERSION } from "../json-views.ts";

export default defineCommand({
  usage: "<hosts...>",
  options: [],
  examples: ["oob release web1", "oob release 'db[1-2]'"],
  async run(call) {
    const { out, args, options } = call;
    const { site, hosts } = await chooseHosts(call, args);
    await out.waiting("the release", site.release(hosts));
    for (const host of hosts) {
      if (options.json) out.json({ v: JSON_VERSION, host, released: true });
      else out.line(`${host}  released: watchdog and runbooks may act again`);
    }
    return undefined;
  },
});
