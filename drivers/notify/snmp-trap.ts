import {
  type Alert,
  alertLines,
  defineNotify,
  durationOf,
  flagOf,
  type NotifyContext,
  numberOf,
  type OptionFault,
  type OptionValues,
  printable,
  SNMP_AUTH_PROTOCOLS,
  SNMP_PRIV_PROTOCOLS,
  type SnmpLogin,
  seconds,
  secretOf,
  textOf,
} from "oob/sdk";

/** netSnmpPlaypen of NET-SNMP-MIB, for private use: oob has no number of its own. "62": "oob" on a telephone. */
const BASE = "1.3.6.1.4.1.8072.9999.9999.62";
const MAX_TEXT = 900;
const LEVELS = { info: 1, warning: 2, critical: 3 } as const;
const PHASES = { open: 1, acknowledged: 2, resolved: 3 } as const;

export default defineNotify({
  summary: "SNMP notification, version 2c or 3: an inform, which is answered, or a trap",
  sources: [
    "RFC 3416 4.2.6 and 4.2.7 (SNMPv2-Trap, InformRequest)",
    "RFC 3414 (user-based security): a trap is under the sender's engine, an inform under the receiver's",
    "tried on snmptrapd 5.9.3",
  ],
  options: {
    host: { kind: "text", required: true, summary: "name or address of the receiver" },
    port: { kind: "integer", default: 162, min: 1, max: 65535, summary: "its UDP port" },
    type: {
      kind: "choice",
      choices: ["inform", "trap"],
      default: "inform",
      summary: "inform: answered, so it is known that it came; trap: is not",
    },
    version: { kind: "choice", choices: ["2c", "3"], default: "3", summary: "SNMP version" },
    community: { kind: "secret", summary: "community of version 2c" },
    user: { kind: "text", summary: "user of version 3" },
    auth: { kind: "secret", summary: "authentication password of version 3" },
    priv: { kind: "secret", summary: "privacy password of version 3" },
    "auth-protocol": {
      kind: "choice",
      choices: SNMP_AUTH_PROTOCOLS,
      default: "sha",
      summary: "authentication protocol of version 3",
    },
    "priv-protocol": {
      kind: "choice",
      choices: SNMP_PRIV_PROTOCOLS,
      default: "aes",
      summary: "privacy protocol of version 3",
    },
    "engine-id": {
      kind: "text",
      summary: "of version 3 traps: 10 to 64 hexadecimal digits that the receiver knows",
    },
    insecure: { kind: "boolean", default: false, summary: "allow clear text: version 2c" },
    timeout: {
      ...{ kind: "duration", default: "5s", min: 100, max: seconds(20) },
      summary: "how long the answer to an inform is waited for; asked three times",
    },
  },
  check: faultsOf,
  isBlind: (options) => textOf(options, "type") === "trap",
  async send(alert, options, context) {
    const confirmed = textOf(options, "type") !== "trap";
    const engine = textOf(options, "engine-id");
    await context.snmp({
      host: textOf(options, "host"),
      port: numberOf(options, "port", 162),
      login: await loginOf(options, context),
      confirmed,
      timeout: durationOf(options, "timeout", seconds(5)),
      ...(engine !== "" && { engine }),
      oid: `${BASE}.0.${PHASES[alert.phase]}`,
      objects: objectsOf(alert),
    });
    return confirmed ? "the receiver answered" : "sent, and a trap has no answer";
  },
});

/** Without the link: a trap may be read on its way, and lies in the receiver's log. */
function objectsOf({ link: _link, ...alert }: Alert) {
  const { site, host, incident, severity, title, thread, key } = alert;
  const text = printable(alertLines(alert).join(" | "), MAX_TEXT);
  return [site, host ?? "", incident ?? 0, LEVELS[severity], title, text, thread, key].map(
    (value, n) => ({ oid: `${BASE}.1.${n + 1}.0`, value }),
  );
}

function faultsOf(options: OptionValues): readonly OptionFault[] {
  const engine = textOf(options, "engine-id");
  const isTrap = textOf(options, "type") === "trap";
  if (textOf(options, "version") === "2c") {
    if (!secretOf(options, "community"))
      return [{ option: "community", message: "version 2c needs a community" }];
    if (flagOf(options, "insecure")) return [];
    const message = "version 2c is clear text: what a console showed can be read on its way";
    return [{ option: "version", message, hint: "Use version 3, or say insecure: true" }];
  }
  if (textOf(options, "user") === "")
    return [{ option: "user", message: "version 3 needs a user" }];
  if (!secretOf(options, "auth")) {
    const message = "without authentication anybody could send in this name";
    return [{ option: "auth", message, hint: "Give auth: secret:NAME, and priv:" }];
  }
  if (isTrap && !/^(?:[0-9a-f]{2}){5,32}$/i.test(engine)) {
    const message = "a trap of version 3 needs the engine-id that the receiver knows us by";
    const hint =
      'As in snmptrapd.conf: createUser -e 0x80001f88046f6f62 …, engine-id: "80001f88046f6f62"';
    return [{ option: "engine-id", message, hint }];
  }
  return [];
}

async function loginOf(options: OptionValues, { secret }: NotifyContext): Promise<SnmpLogin> {
  const [community, auth, priv] = await Promise.all(
    ["community", "auth", "priv"].map(async (name) => {
      const ref = secretOf(options, name);
      return ref && (await secret(ref));
    }),
  );
  if (textOf(options, "version") === "2c") return { version: "2c", community: community ?? "" };
  const authBy = SNMP_AUTH_PROTOCOLS.find((one) => one === textOf(options, "auth-protocol"));
  const privBy = SNMP_PRIV_PROTOCOLS.find((one) => one === textOf(options, "priv-protocol"));
  return {
    version: "3",
    user: textOf(options, "user"),
    ...(auth !== undefined && { auth: { protocol: authBy ?? "sha", secret: auth } }),
    ...(priv !== undefined && { priv: { protocol: privBy ?? "aes", secret: priv } }),
  };
}
