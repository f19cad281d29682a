import { slackCode, slackPlain } from "oob/codec/slack-text";
import {
  type Alert,
  alertHead,
  alertLines,
  defineNotify,
  OobError,
  POST_OPTIONS,
  postFaults,
  postJson,
  secretOf,
} from "oob/sdk";

/** Slack cuts a text at 40,000 characters, and others far earlier (Mattermost 16,383, Discord 2,000). */
const MAX_CODE = 1700;

export default defineNotify({
  summary: "A message in the form of Slack's incoming webhooks: Slack, Mattermost, Rocket.Chat",
  sources: [
    "Slack: Sending messages using incoming webhooks; Formatting text for app surfaces (escaping)",
    "Mattermost: Incoming webhooks (mentions in a text are obeyed outside code)",
  ],
  options: {
    url: {
      kind: "secret",
      required: true,
      summary: "the webhook's address: whoever has it can post",
    },
    ...POST_OPTIONS,
  },
  check: (options) => postFaults(options),
  async send(alert, options, context) {
    const ref = secretOf(options, "url");
    const url = ref ? (await context.secret(ref)).trim() : "";
    if (!ref || !URL.canParse(url))
      throw new OobError("CONFIG_INVALID", `Cannot post: the secret "${ref?.secret}" holds no URL`);
    const body = JSON.stringify({ text: textOf(alert), link_names: 0, unfurl_links: false });
    return postJson({ url, label: `webhook ${new URL(url).host}`, body }, options, context);
  },
});

/** The thread stands in each message: an incoming webhook cannot answer one of its own. */
function textOf({ link, ...alert }: Alert): string {
  const thread = alert.incident === undefined ? "" : ` (incident ${alert.incident})`;
  const lines: string[] = [];
  let length = 0;
  for (const line of alertLines(alert)) {
    length += line.length + 1;
    if (length > MAX_CODE) break;
    lines.push(line);
  }
  // Outside the code, where it can be touched. It holds no letter that means something there.
  const below = link === undefined ? "" : `\n<${link}>`;
  return `${slackPlain(alertHead(alert) + thread)}\n${slackCode(lines)}${below}`;
}
