import { OobError } from "../../lib/errors.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";
import { CHANNEL_COLUMNS, channelRow, channelView, testLine } from "../notify/channel-rows.ts";
import { chooseVerb } from "../verbs.ts";

const VERBS = ["list", "test"] as const;

export default defineCommand({
  usage: "<verb> [channels...]",
  about: `list               the channels of alerts: whether they work, and what waits
test [CHANNEL...]  send a test through each, now, and tell what came of it; exit 1 where one failed`,
  options: [],
  examples: ["oob notify list", "oob notify test pager"],
  async run(call) {
    const [word = "", ...channels] = call.args;
    return chooseVerb("notify", word, VERBS) === "list"
      ? list(call, channels)
      : test(call, channels);
  },
});

async function list(call: Call, more: readonly string[]): Promise<undefined> {
  const { out, options, context } = call;
  if (more.length > 0)
    throw new OobError("USAGE", `Cannot list "${more.join(" ")}": all channels are listed`);
  const site = await call.site();
  const found = await site.channels();
  if (options.json) out.json({ v: JSON_VERSION, channels: found.map(channelView) });
  else if (found.length === 0)
    out.talk("no channel is configured: see notify: in the guide to alerts");
  else {
    const now = context.clock.now();
    out.table(
      CHANNEL_COLUMNS,
      found.map((one) => channelRow(one, now)),
    );
    for (const { channel, hint } of found)
      if (hint !== undefined) out.talk({ text: `${channel}: ${hint}`, style: "dim" });
    if (site.via === "direct") out.talk("no daemon runs: nothing is sent, this is how it was left");
  }
  return undefined;
}

async function test(call: Call, channels: readonly string[]): Promise<number> {
  const { out, options } = call;
  const site = await call.site();
  let failed = 0;
  let all = 0;
  for await (const one of site.testChannels(channels)) {
    all++;
    if (one.result === "failed") failed++;
    if (options.json) out.json({ v: JSON_VERSION, ...one, tookMs: Math.round(one.tookMs) });
    else {
      out.line(...testLine(one));
      if (one.error?.hint !== undefined) out.line({ text: `  ${one.error.hint}`, style: "dim" });
    }
  }
  if (all === 0)
    throw new OobError("USAGE", "Cannot test: no channel is configured", {
      hint: "Channels stand under notify: in the configuration",
    });
  return failed > 0 ? EXIT.failed : EXIT.done;
}
