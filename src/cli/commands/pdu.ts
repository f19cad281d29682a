import { OobError } from "../../lib/errors.ts";
import { isUrl } from "../../lib/host-list.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printReading, readingView, shownName } from "../pdu-reading.ts";
import { chooseVerb } from "../verbs.ts";

export default defineCommand({
  usage: "<verb> <pdu>",
  about:
    "outlets PDU    every outlet as it reads now. PDU is a name of the configuration or a URL.",
  options: [],
  examples: ["oob pdu outlets pdu-a", "oob pdu outlets 'snmp://public@10.0.0.5?version=2c' --json"],
  async run({ out, args, options, site }) {
    const [word = "", pdu = "", ...more] = args;
    chooseVerb("pdu", word, ["outlets"]);
    if (more.length > 0)
      throw new OobError("USAGE", `Cannot read "${more.join(" ")}": one PDU at a time`);
    const opened = await site(isUrl(pdu) ? [pdu] : []);
    const reading = await out.waiting(`the answer of ${shownName(pdu)}`, opened.outlets(pdu));
    if (options.json) out.json(readingView(reading));
    else printReading(out, reading);
    return reading.outlets.some((outlet) => outlet.state === "unknown") ? EXIT.unknown : undefined;
  },
});
