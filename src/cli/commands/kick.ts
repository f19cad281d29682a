import { defineCommand } from "../command.ts";
import { JSON_VERSION } from "../json-views.ts";
import { REASON } from "../option-values.ts";

export default defineCommand<{ reason?: string }>({
  usage: "<session>",
  about:
    "Ends somebody's place at a console; they are told who did it and why, and so is the audit trail. They may come back. Needs the grant \"kick\", but for one's own sessions.",
  options: [REASON],
  examples: ["oob kick web1/3 --reason 'gone home with the seat'", "oob kick web1/3 --json"],
  async run(call) {
    const { out, args, options } = call;
    const site = await call.site();
    const { reason = "" } = options;
    const gone = await site.kick(args[0] ?? "", reason);
    if (options.json) out.json({ v: JSON_VERSION, session: gone.session, who: gone.who, reason });
    else out.line(`${gone.session ?? args[0] ?? ""}  ${gone.who} was sent away`);
    return undefined;
  },
});
