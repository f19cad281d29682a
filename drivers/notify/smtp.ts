import { isIP } from "node:net";
import { hostname } from "node:os";
import { mailText } from "oob/codec/mail";
import {
  alertMail,
  defineNotify,
  durationOf,
  flagOf,
  MAIL_OPTIONS,
  mailFaults,
  numberOf,
  type OptionFault,
  type OptionValues,
  recipientsOf,
  type SmtpServer,
  seconds,
  secretOf,
  sendBySmtp,
  textOf,
} from "oob/sdk";

const PORTS = { starttls: 587, implicit: 465, none: 25 } as const;

export default defineNotify({
  summary: "Mail by a mail server: SMTP with STARTTLS or TLS, and a login",
  sources: [
    "RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 4616 (PLAIN)",
    "RFC 5322 3.6.4 (In-Reply-To, References)",
    "tried on aiosmtpd 1.4.3 with STARTTLS and AUTH",
  ],
  options: {
    host: { kind: "text", required: true, summary: "name or address of the mail server" },
    port: { kind: "integer", min: 1, max: 65535, summary: "its TCP port; 587, 465 or 25 by tls" },
    tls: {
      kind: "choice",
      choices: ["starttls", "implicit", "none"],
      default: "starttls",
      summary: "TLS after STARTTLS, TLS at once, or none",
    },
    pin: {
      kind: "text",
      summary: "fingerprint of its certificate, sha256:…, where nobody known signed it",
    },
    user: { kind: "text", summary: "user to log in as" },
    password: { kind: "secret", summary: "its password" },
    insecure: {
      kind: "boolean",
      default: false,
      summary: "allow a password without TLS",
    },
    timeout: {
      ...{ kind: "duration", default: "45s", min: 1000, max: seconds(80) },
      summary: "how long one try may take",
    },
    ...MAIL_OPTIONS,
  },
  check: (options) => [...mailFaults(options), ...loginFaults(options)],
  // This machine's own mail server takes it into a queue, network or not.
  isBlind: (options) => /^(?:localhost|127\.|::1$)/i.test(textOf(options, "host")),
  async send(alert, options, { clock, secret }) {
    const mail = alertMail(alert, options);
    const ref = secretOf(options, "password");
    const user = textOf(options, "user");
    const tls = tlsOf(options);
    return sendBySmtp(
      {
        ...{ host: textOf(options, "host"), port: numberOf(options, "port", PORTS[tls]), tls },
        pin: textOf(options, "pin"),
        within: durationOf(options, "timeout", seconds(45)),
        name: ownName(),
        ...(ref && { login: { user, password: await secret(ref) } }),
      },
      { from: mail.from, to: recipientsOf(options), text: mailText(mail) },
      clock,
    );
  },
});

const tlsOf = (options: OptionValues): SmtpServer["tls"] => {
  const tls = textOf(options, "tls");
  return tls === "implicit" || tls === "none" ? tls : "starttls";
};

/** What EHLO may hold: a name of a domain, or an address in brackets (RFC 5321 4.1.3). */
function ownName(): string {
  const name = hostname();
  return /^[A-Za-z0-9.-]{1,250}$/.test(name) && isIP(name) === 0 ? name : "[127.0.0.1]";
}

function loginFaults(options: OptionValues): readonly OptionFault[] {
  const faults: OptionFault[] = [];
  const pin = textOf(options, "pin");
  const none = tlsOf(options) === "none";
  if (pin !== "" && !/^sha256:(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/i.test(pin))
    faults.push({ option: "pin", message: 'expected "sha256:" and 64 hexadecimal digits' });
  if (pin !== "" && none)
    faults.push({ option: "pin", message: "there is no certificate without TLS" });
  const password = secretOf(options, "password");
  if ((password === undefined) !== (textOf(options, "user") === ""))
    faults.push({ option: "user", message: '"user" and "password" belong together' });
  if (password && none && !flagOf(options, "insecure"))
    faults.push({
      option: "password",
      message: "the password would go over the network in clear text",
      hint: "Use tls: starttls or implicit, or say insecure: true",
    });
  return faults;
}
