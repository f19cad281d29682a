import { OobError } from "../../lib/errors.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";
import { namesOf } from "../sessions.ts";

export default defineCommand({
  usage: "<to> <text...>",
  about:
    "To a host: everybody at its console reads it; to a session (see: oob who): that one person. The host itself sees nothing of it. Exit code 1 where nobody is there.",
  options: [],
  examples: [
    "oob message web1 'feed A goes off at 14:00'",
    "oob message web1/3 'are you still there?'",
  ],
  async run(call) {
    const [to = "", ...words] = call.args;
    const text = words.join(" ").trim();
    if (text === "") throw new OobError("USAGE", "Cannot send a message without a text");
    const site = await call.site();
    const told = await site.message(to, text);
    if (call.options.json) {
      const sessions = told.map(({ session, who }) => ({ session, who }));
      call.out.json({ v: JSON_VERSION, to, told: sessions });
    } else if (told.length > 0) call.out.line(`told ${namesOf(told)}`);
    else call.out.talk(`nobody is at the console of ${to}`);
    return told.length === 0 ? EXIT.failed : undefined;
  },
});
