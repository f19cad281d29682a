import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { addressText } from "../network/connect-socket.ts";
import {
  durationOf,
  flagOf,
  numberOf,
  type OptionFault,
  type OptionSpecs,
  type OptionValues,
  secretOf,
  textOf,
} from "../options.ts";
import { MAX_REQUEST_TIME, type PowerContext } from "../power.ts";
import { HttpClient } from "./http-client.ts";

/** Options of a device that is reached by HTTP. */
export const HTTP_OPTIONS: OptionSpecs = {
  host: { kind: "text", required: true, summary: "name or address of the device" },
  port: { kind: "integer", min: 1, max: 65535, summary: "TCP port; without it 80, with tls 443" },
  tls: { kind: "boolean", default: false, summary: "HTTPS" },
  pin: {
    kind: "text",
    summary: "fingerprint of its certificate, sha256:…, where nobody signed it",
  },
  user: { kind: "text", summary: "user at the device" },
  password: { kind: "secret", summary: "its password" },
  insecure: {
    kind: "boolean",
    default: false,
    summary: "allow a password in clear text, without tls",
  },
  serial: { kind: "text", summary: "serial number or MAC address that it must have" },
  timeout: {
    ...{ kind: "duration", default: "5s", min: 100, max: MAX_REQUEST_TIME },
    summary: "how long one request may take",
  },
};

/** What is wrong with these options. `clear`: the device knows no other login than one in clear text. */
export function httpFaults(options: OptionValues, clear: boolean): readonly OptionFault[] {
  const pin = textOf(options, "pin");
  const tls = flagOf(options, "tls");
  const faults: OptionFault[] = [];
  if (pin !== "" && !tls)
    faults.push({
      option: "pin",
      message: "there is no certificate without TLS",
      hint: "tls: true",
    });
  if (pin !== "" && pinOf(pin) === undefined)
    faults.push({ option: "pin", message: 'expected "sha256:" and 64 hexadecimal digits' });
  if (clear && secretOf(options, "password") && !tls && !flagOf(options, "insecure"))
    faults.push({
      option: "password",
      message: "the password would go over the network in clear text",
      hint: "Use tls: true where the device has it, or say insecure: true",
    });
  return faults;
}

/** Digits of a fingerprint, with colons between them or without, in any case. */
export function pinOf(pin: string): string | undefined {
  const [, digits = ""] = /^sha256:(.*)$/.exec(pin.toLowerCase()) ?? [];
  const plain = digits.replaceAll(":", "");
  return /^[0-9a-f]{64}$/.test(plain) ? plain : undefined;
}

/** What a family is like. */
interface HttpManners {
  /** It knows no other login than one in clear text. */
  readonly clear?: boolean;
  /** Its user where the entry names none. */
  readonly user?: string;
  /** It wants the login elsewhere than HTTP has it: no request carries it by itself. */
  readonly ownLogin?: boolean;
}

/** The client for an entry; family and host make its label. */
export async function openHttp(
  family: string,
  options: OptionValues,
  { clock, secret }: Pick<PowerContext, "clock" | "secret">,
  { clear = false, user = "", ownLogin = false }: HttpManners = {},
): Promise<HttpClient> {
  const port = numberOf(options, "port", 0);
  const host = printable(textOf(options, "host"), 100);
  const label = `${family} ${port === 0 ? host : addressText({ host, port })}`;
  const [fault] = httpFaults(options, clear);
  if (fault)
    throw new OobError("CONFIG_INVALID", `Cannot use ${label}: ${fault.message}`, {
      ...(fault.hint !== undefined && { hint: fault.hint }),
    });
  const tls = flagOf(options, "tls");
  const ref = secretOf(options, "password");
  const pin = pinOf(textOf(options, "pin"));
  return new HttpClient(
    {
      ...{ label, host: textOf(options, "host"), tls },
      port: port || (tls ? 443 : 80),
      timeout: durationOf(options, "timeout", seconds(5)),
      insecure: flagOf(options, "insecure"),
      ...(pin !== undefined && { pin }),
      ...(ref && {
        login: { user: textOf(options, "user") || user, password: await secret(ref) },
      }),
      ownLogin,
    },
    clock,
  );
}
