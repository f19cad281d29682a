import { chooseHost } from "../chosen-hosts.ts";
import { defineCommand } from "../command.ts";
import { JSON_VERSION } from "../json-views.ts";

export default defineCommand({
  usage: "<host>",
  options: [],
  examples: ["oob screen web1", "oob screen web1 --json"],
  async run(call) {
    const { out, args, options } = call;
    const { site, host } = await chooseHost(call, args[0] ?? "");
    const shot = await out.waiting(`the screen of ${host}`, site.screen(host));
    if (options.json) {
      out.json({ v: JSON_VERSION, ...shot });
      return undefined;
    }
    const written = shot.rows.findLastIndex((line) => line !== "") + 1;
    for (const line of shot.rows.slice(0, written)) out.line(line);
    const { row, column, visible } = shot.cursor;
    const place = visible ? `row ${row + 1}, column ${column + 1}` : "hidden";
    out.talk(`${host}  ${shot.columns}x${shot.rows.length}, cursor ${place}`);
    return undefined;
  },
});
