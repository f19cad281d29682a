import { createHmac } from "node:crypto";
import {
  alertJson,
  defineNotify,
  type NotifyContext,
  OobError,
  type OptionFault,
  type OptionValues,
  POST_OPTIONS,
  postFaults,
  postJson,
  secretOf,
  textOf,
} from "oob/sdk";

export default defineNotify({
  summary: "POST of JSON to a web service of yours, signed",
  sources: [
    "Standard Webhooks 1.0.0 (webhook-id, webhook-timestamp, webhook-signature)",
    "RFC 2104 (HMAC)",
  ],
  options: {
    url: { kind: "text", summary: "where it is posted to" },
    "secret-url": { kind: "secret", summary: "the same, where the address itself is secret" },
    secret: {
      kind: "secret",
      summary: "key of the signature, HMAC-SHA256; without it nothing is signed",
    },
    ...POST_OPTIONS,
  },
  check: faultsOf,
  async send(alert, options, context) {
    const url = await urlOf(options, context);
    const body = JSON.stringify(alertJson(alert));
    const at = Math.floor(context.clock.now() / 1000);
    const ref = secretOf(options, "secret");
    const key = ref && keyOf(await context.secret(ref));
    const signature = key && sign(key, `${alert.key}.${at}.${body}`);
    const headers = {
      "webhook-id": alert.key,
      "webhook-timestamp": String(at),
      "idempotency-key": alert.key,
      ...(signature !== undefined && { "webhook-signature": `v1,${signature}` }),
    };
    const label = `webhook ${new URL(url).host}`;
    return postJson({ url, label, headers, body }, options, context);
  },
});

function faultsOf(options: OptionValues): readonly OptionFault[] {
  const url = textOf(options, "url");
  const secret = secretOf(options, "secret-url");
  if ((url === "") === (secret === undefined))
    return [{ option: "url", message: 'either "url" or "secret-url" is needed' }];
  return postFaults(options, secret === undefined ? url : undefined);
}

async function urlOf(options: OptionValues, { secret }: NotifyContext): Promise<string> {
  const ref = secretOf(options, "secret-url");
  const url = ref ? (await secret(ref)).trim() : textOf(options, "url");
  if (URL.canParse(url)) return url;
  // It is not shown: it may be the secret of something else.
  throw new OobError("CONFIG_INVALID", `Cannot post: the secret "${ref?.secret}" holds no URL`);
}

/** Standard Webhooks: a key that begins with "whsec_" is base64; any other is taken as it is. */
function keyOf(secret: string): Buffer {
  return secret.startsWith("whsec_")
    ? Buffer.from(secret.slice("whsec_".length), "base64")
    : Buffer.from(secret, "utf8");
}

const sign = (key: Buffer, text: string): string =>
  createHmac("sha256", key).update(text, "utf8").digest("base64");
