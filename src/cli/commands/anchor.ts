import { ANCHOR_COLUMNS, anchorRow, anchorView } from "../anchor/anchor-rows.ts";
import { type AnchorOptions, receive } from "../anchor/receive.ts";
import { type Call, defineCommand } from "../command.ts";
import { JSON_VERSION } from "../json-views.ts";
import { countOption } from "../option-values.ts";
import { chooseVerb } from "../verbs.ts";

export default defineCommand<AnchorOptions>({
  usage: "<verb>",
  about: `list     where checkpoints of this site's logs are sent, and whether they arrive
receive  on the other machine: keeps checkpoints that come on stdin, or by --listen or --serial.
         A log that goes backwards, or is signed by a key that does not follow, is an ALARM:
         printed, added to "alarms" in the folder, exit code 1. Until the input ends, or SIGTERM`,
  options: [
    { flags: "--into <folder>", summary: "receive: keep them here, one file a log" },
    {
      flags: "--listen <address>",
      summary: "receive: syslog over TLS, at an address such as 0.0.0.0:6514",
    },
    { flags: "--cert <file>", summary: "its certificate, PEM" },
    { flags: "--key <file>", summary: "and the key of that" },
    { flags: "--serial <port>", summary: "receive: from a serial line, 8n1" },
    { flags: "--baud <rate>", summary: "its speed; 9600", parse: countOption },
    {
      flags: "--first-key <keys>",
      summary: "receive: believe only sites with these first keys; else the first that comes",
    },
    {
      flags: "--on-alarm <command>",
      summary: "receive: run this, no shell, with the alarms on its stdin",
    },
  ],
  examples: [
    "oob anchor list",
    "oob anchor receive --into /srv/anchors --listen 0.0.0.0:6514 --cert cert.pem --key key.pem",
  ],
  ownSignals: true,
  async run(call) {
    const verb = chooseVerb("anchor", call.args[0] ?? "", ["list", "receive"]);
    return verb === "list" ? await list(call) : await receive(call);
  },
});

async function list(call: Call): Promise<undefined> {
  const { out, options, context } = call;
  const site = await call.site();
  const found = await site.anchors();
  if (options.json) out.json({ v: JSON_VERSION, anchors: found.map(anchorView) });
  else if (found.length === 0)
    out.talk("no anchor is configured: see log: { anchors: … } in the guide to evidence");
  else {
    const now = context.clock.now();
    out.table(
      ANCHOR_COLUMNS,
      found.map((one) => anchorRow(one, now)),
    );
    if (site.via === "direct") out.talk("no daemon runs: nothing is sent, this is how it was left");
  }
  return undefined;
}
