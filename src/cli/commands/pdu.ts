import { OobError } from "../../lib/errors.ts";
import { isUrl } from "../../lib/host-list.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { REASON } from "../option-values.ts";
import { type CaptureOptions, recordPdu } from "../pdu/pdu-capture.ts";
import { LOGIN_OPTIONS } from "../pdu/pdu-login.ts";
import { type MapOptions, mapPdu } from "../pdu/pdu-map.ts";
import { printReading, readingView, shownName } from "../pdu/pdu-reading.ts";
import { scanForPdus } from "../pdu/pdu-scan.ts";
import { chooseVerb } from "../verbs.ts";

export default defineCommand<CaptureOptions & MapOptions>({
  usage: "<verb> [pdus...]",
  about: `outlets PDU        every outlet as it reads now. PDU is a name of the configuration or a URL
scan ADDRESS...    who answers SNMP there: names, 10.0.0.0/28, 10.0.0.1-20, 'pdu[01-12]'
capture PDU -o F   a recording of a PDU for us, without secrets, names and addresses
map PDU            its outlets, and which index each has; with --prove, whether that is right

scan and capture change nothing. How to log in is said by the options below; for capture a PDU's
entry in the configuration, or its URL, says it, too.`,
  options: [
    { flags: "-o, --output <file>", summary: "where capture writes its recording" },
    { flags: "--force", summary: "replace the file" },
    ...LOGIN_OPTIONS,
    {
      flags: "--prove <outlet>",
      summary: "map: switch this outlet, into which nothing is plugged, and see",
    },
    { flags: "--from-on", summary: "map: also one that is on: a wrong map cuts another" },
    { flags: "--confirm <name>", summary: "map: answer the question: the outlet's name" },
    REASON,
  ],
  examples: ["oob pdu outlets pdu-a", "oob pdu scan 10.0.0.0/28 --community snmp-read"],
  run(call) {
    const [word = "", ...words] = call.args;
    switch (chooseVerb("pdu", word, ["outlets", "scan", "capture", "map"])) {
      case "outlets":
        return showOutlets(call, words);
      case "scan":
        return scanForPdus(call, words);
      case "capture":
        return recordPdu(call, words);
      case "map":
        return mapPdu(call, words);
    }
  },
});

async function showOutlets({ out, options, site }: Call, words: readonly string[]) {
  const [pdu, ...more] = words;
  if (pdu === undefined)
    throw new OobError("USAGE", "Cannot read outlets: no PDU is named", {
      hint: "oob pdu outlets pdu-a",
    });
  if (more.length > 0)
    throw new OobError("USAGE", `Cannot read "${more.join(" ")}": one PDU at a time`);
  const opened = await site(isUrl(pdu) ? [pdu] : []);
  const reading = await out.waiting(`the answer of ${shownName(pdu)}`, opened.outlets(pdu));
  if (options.json) out.json(readingView(reading));
  else printReading(out, reading);
  return reading.outlets.some((outlet) => outlet.state === "unknown") ? EXIT.unknown : undefined;
}
