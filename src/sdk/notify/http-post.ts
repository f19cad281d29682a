import { seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { HttpClient } from "../http/http-client.ts";
import { pinOf } from "../http/http-options.ts";
import {
  durationOf,
  flagOf,
  type OptionFault,
  type OptionSpecs,
  type OptionValues,
  textOf,
} from "../options.ts";
import type { NotifyContext } from "./alert.ts";

/** Options of a channel that posts to a web service. */
export const POST_OPTIONS: OptionSpecs = {
  pin: {
    kind: "text",
    summary: "fingerprint of its certificate, sha256:…, where nobody known signed it",
  },
  insecure: { kind: "boolean", default: false, summary: "allow http: what is sent can be read" },
  timeout: {
    ...{ kind: "duration", default: "15s", min: 100, max: seconds(60) },
    summary: "how long one try may take",
  },
};

/** What is wrong with the options of POST_OPTIONS, and with a URL where one stands in the configuration. */
export function postFaults(options: OptionValues, url?: string): readonly OptionFault[] {
  const faults: OptionFault[] = [];
  const pin = textOf(options, "pin");
  if (pin !== "" && pinOf(pin) === undefined)
    faults.push({ option: "pin", message: 'expected "sha256:" and 64 hexadecimal digits' });
  const wrong = url === undefined ? undefined : wrongUrl(url, flagOf(options, "insecure"));
  if (wrong !== undefined) faults.push({ option: "url", ...wrong });
  return faults;
}

function wrongUrl(text: string, insecure: boolean): Omit<OptionFault, "option"> | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === "")
    return { message: 'expected a URL that begins with "https://"' };
  if (url.username !== "" || url.password !== "")
    return {
      message: "a password stands in this URL",
      hint: "Leave it out; a URL that is secret itself is given as secret-url: secret:NAME",
    };
  if (url.protocol === "http:" && !insecure)
    return {
      message: "what is sent over http can be read and changed on its way",
      hint: "Use https, or say insecure: true",
    };
  return undefined;
}

/** What is posted, and where. */
interface Post {
  readonly url: string;
  /** Named in errors: the URL itself may be secret. */
  readonly label: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Posts JSON once; any answer of 2xx is taken. Redirects are not followed, and no answer is quoted. */
export async function postJson(
  { url: text, label, headers = {}, body }: Post,
  options: OptionValues,
  { clock }: Pick<NotifyContext, "clock">,
): Promise<string> {
  const wrong = wrongUrl(text, flagOf(options, "insecure"));
  if (wrong !== undefined)
    throw new OobError("CONFIG_INVALID", `Cannot post to ${label}: ${wrong.message}`, {
      ...(wrong.hint !== undefined && { hint: wrong.hint }),
    });
  const url = new URL(text);
  const tls = url.protocol === "https:";
  const pin = pinOf(textOf(options, "pin"));
  const client = new HttpClient(
    {
      ...{ label, tls, insecure: false, timeout: durationOf(options, "timeout", seconds(15)) },
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port) || (tls ? 443 : 80),
      ...(pin !== undefined && { pin }),
    },
    clock,
  );
  const { status } = await client
    .exchange({
      method: "POST",
      path: url.pathname + url.search,
      headers: {
        host: url.host,
        "content-type": "application/json",
        "user-agent": "oob",
        ...headers,
      },
      body,
      doing: "post to",
      acts: true,
    })
    .catch((thrown: unknown) => {
      const hint = thrown instanceof OobError ? thrown.hint : undefined;
      throw new OobError("NOTIFY_FAILED", messageOf(thrown), {
        cause: thrown,
        ...(hint !== undefined && { hint }),
      });
    });
  if (status >= 200 && status < 300) return `HTTP ${status}`;
  throw new OobError("NOTIFY_FAILED", `Cannot post to ${label}: it answers HTTP ${status}`, {
    hint: hintOf(status),
  });
}

function hintOf(status: number): string {
  if (status >= 300 && status < 400) return "Redirects are not followed: give the last address";
  if (status === 401 || status === 403) return "Is the secret the right one, and still valid?";
  if (status === 404 || status === 410) return "Is the address right, or was the hook removed?";
  if (status === 429) return "It takes no more for now; tried again later";
  return status >= 500 ? "It is in trouble itself; tried again later" : "See its own log";
}
