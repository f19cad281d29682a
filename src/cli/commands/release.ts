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
    const had = await out.waiting("the release", site.release(hosts));
    for (const host of hosts) {
      const released = had.includes(host);
      if (options.json) out.json({ v: JSON_VERSION, host, released });
      else if (released) out.line(`${host}  released: watchdog and runbooks may act again`);
      else out.line(`${host}  had no hold: nothing to release`);
    }
    return undefined;
  },
});
