/**
 * Texts in the form of Slack's incoming webhooks, which Mattermost, Rocket.Chat and others take too. "&", "<" and ">"
 * are escaped as Slack wants it; what a host printed stands between rows of backticks, where nothing is a mention, a link
 * or a format, and holds none itself.
 */

/** A text in which nothing is obeyed. "@channel" means something to Mattermost outside code: it is parted. */
export const slackPlain = (text: string): string =>
  escaped(text)
    .replace(/@(?=\w)/g, "@ ")
    .replace(/[`*_~]/g, "'")
    .replace(/[[\]]/g, (bracket) => (bracket === "[" ? "(" : ")"));

/** Lines as code. */
export const slackCode = (lines: readonly string[]): string =>
  `\`\`\`\n${lines.map((line) => escaped(line).replaceAll("`", "'")).join("\n")}\n\`\`\``;

const escaped = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
