/*
 * What went wrong between us and a device that speaks HTTP, in words. Paths and bodies are never quoted: a password may
 * stand in the one, and the other may repeat it.
 */
import type { IncomingHttpHeaders } from "node:http";
import { type ErrorCode, messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";

/** What an answer says by its status alone. */
interface Refused {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

const INTERFACE =
  "Is this the right driver, and is the interface switched on at the device? Older firmware may lack it";

/** The error for a status that is not 2xx. */
export function refusalOf(
  cannot: string,
  { status, headers }: Refused,
  { login, tls }: { readonly login?: unknown; readonly tls: boolean },
): OobError {
  const fail = (code: ErrorCode, why: string, hint: string) =>
    new OobError(code, `${cannot}: ${why} (HTTP ${status})`, { hint });
  if (status === 401)
    return login === undefined
      ? fail("LOGIN_REFUSED", "it wants a password", "Give user: and password: secret:NAME")
      : fail(
          "LOGIN_REFUSED",
          "it does not take the user or the password",
          "Check user: and the secret of password:",
        );
  if (status === 403)
    return fail("PDU_REFUSED", "it forbids it", "May this user do it, and from this address?");
  if (status === 404 || status === 405 || status === 501)
    return fail("PDU_UNKNOWN", "it has no such interface", INTERFACE);
  if (status >= 300 && status < 400)
    return fail("PDU_UNKNOWN", `it sends us elsewhere${elsewhere(headers)}`, moved(headers, tls));
  if (status >= 400 && status < 500)
    return fail("PDU_REFUSED", "it refuses", "See the device's own log");
  return fail("PDU_SILENT", "it failed", "The device is busy or in trouble; read it again");
}

const NETWORK = "Check that the device has power and network, and the address of its entry";
const DROPPED = ["it dropped the connection", "Does the port speak HTTP, or HTTPS (tls: true)?"];

const REASONS: Readonly<Record<string, readonly string[]>> = {
  ECONNREFUSED: ["connection refused", "Is its web server switched on, and on this port?"],
  ENOTFOUND: ["no such host", "Check the name, or use the address"],
  EAI_AGAIN: ["the name service does not answer", "Use the address instead of the name"],
  EHOSTUNREACH: ["no route to the host", NETWORK],
  ENETUNREACH: ["no route to its network", "Check this machine's own network"],
  ETIMEDOUT: ["no answer", NETWORK],
  ECONNRESET: DROPPED,
  EPIPE: DROPPED,
};

/** Why no answer came, and what to do about it. */
export function reasonOf(error: unknown): { readonly what: string; readonly hint: string } {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const [what = printable(messageOf(error), 200), hint = NETWORK] =
    REASONS[code] ?? wireFault(code);
  return { what, hint };
}

function wireFault(code: string): readonly string[] {
  if (code.startsWith("HPE_"))
    return ["its answer is no HTTP", "Is this the right port? HTTPS needs tls: true"];
  return /SSL|TLS|EPROTO/.test(code)
    ? ["it does not speak TLS as we do", "Is this the port of HTTPS?"]
    : [];
}

function targetOf({ location }: IncomingHttpHeaders): URL | undefined {
  return location !== undefined && URL.canParse(location) ? new URL(location) : undefined;
}

function elsewhere(headers: IncomingHttpHeaders): string {
  const url = targetOf(headers);
  return url ? `, to ${printable(`${url.protocol}//${url.host}`, 100)}` : "";
}

function moved(headers: IncomingHttpHeaders, tls: boolean): string {
  return !tls && targetOf(headers)?.protocol === "https:"
    ? "Say tls: true"
    : "Redirects are not followed: give the address of the device itself";
}
