import { getCiphers } from "node:crypto";
import {
  definePower,
  durationOf,
  flagOf,
  formatDuration,
  MAX_REQUEST_TIME,
  type Millis,
  numberOf,
  OobError,
  type OptionFault,
  type OptionValues,
  type PowerContext,
  SNMP_AUTH_PROTOCOLS,
  SNMP_PRIV_PROTOCOLS,
  type SnmpLogin,
  seconds,
  secretOf,
  textOf,
} from "oob/sdk";

const TIMEOUT: Millis = seconds(2);
const TRIES = 3;

/** Options to a target; the agent itself is spoken to by core, which interprets the profiles. */
export default definePower({
  summary: "PDU with an SNMP agent, version 1, 2c or 3; the family is found by asking",
  sources: ["RFC 1157", "RFC 3416", "RFC 3414 (user-based security)", "RFC 7860 (SHA-2)"],
  address: "host-port",
  options: {
    host: { kind: "text", required: true, summary: "name or address of the PDU" },
    port: { kind: "integer", default: 161, min: 1, max: 65535, summary: "UDP port of the agent" },
    version: {
      kind: "choice",
      choices: ["1", "2c", "3"],
      summary: "SNMP version; without it 2c where a community is given, else 3",
    },
    user: {
      kind: "text",
      summary: "user of version 3",
    },
    community: { kind: "secret", summary: "community of version 1 or 2c" },
    "write-community": { kind: "secret", summary: "community for switching, where it is another" },
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
      summary: "privacy protocol of version 3 (aes256b: Blumenthal, aes256r: Reeder)",
    },
    insecure: {
      kind: "boolean",
      default: false,
      summary: "allow clear text: version 1 or 2c, or version 3 without authentication",
    },
    profile: { kind: "text", profile: "snmp", summary: "family of the PDU, instead of asking it" },
    serial: {
      kind: "text",
      summary: "serial number that the PDU must have; MAC address where it has none",
    },
    timeout: { kind: "duration", default: "2s", summary: "how long one request waits" },
    tries: {
      kind: "integer",
      default: 3,
      min: 1,
      max: 10,
      summary:
        "time-outs that pass before the PDU counts as silent; lost reads are repeated sooner",
    },
  },
  check: (options) => [...loginFaults(options), ...timeFaults(options)],
  async open(options, context) {
    const profile = textOf(options, "profile");
    const serial = textOf(options, "serial");
    return context.snmp({
      host: textOf(options, "host"),
      port: numberOf(options, "port", 161),
      login: await login(options, context),
      timeout: durationOf(options, "timeout", TIMEOUT),
      tries: numberOf(options, "tries", TRIES),
      ...(profile !== "" && { profile }),
      ...(serial !== "" && { serial }),
    });
  },
});

function timeFaults(options: OptionValues): readonly OptionFault[] {
  const whole = durationOf(options, "timeout", TIMEOUT) * numberOf(options, "tries", TRIES);
  if (whole <= MAX_REQUEST_TIME) return [];
  const message = `timeout times tries is ${formatDuration(whole)}, more than ${formatDuration(MAX_REQUEST_TIME)}`;
  return [{ option: "timeout", message }];
}

function versionOf(options: OptionValues): string {
  const byCommunity = secretOf(options, "community") && !secretOf(options, "auth");
  return textOf(options, "version") || (byCommunity ? "2c" : "3");
}

/** Reserved for secrets that stand in a URL: a community there is consent to clear text. */
const FROM_URL = /^url-/;

function loginFaults(options: OptionValues): readonly OptionFault[] {
  const version = versionOf(options);
  const fault = version === "3" ? userFault(options) : communityFault(version, options);
  return fault === undefined ? [] : [fault];
}

function communityFault(version: string, options: OptionValues): OptionFault | undefined {
  const given = secretOf(options, "community");
  if (given === undefined)
    return {
      option: "community",
      message: "no community is given",
      hint: "community: secret:NAME in the configuration, or snmp://COMMUNITY@HOST?version=2c",
    };
  if (FROM_URL.test(given.secret) || flagOf(options, "insecure")) return undefined;
  return {
    option: "community",
    message: `SNMP version ${version} is clear text, and anybody on the network can switch with it`,
    hint: "Use version 3 with auth and priv, or say insecure: true",
  };
}

function userFault(options: OptionValues): OptionFault | undefined {
  const user = textOf(options, "user");
  const auth = secretOf(options, "auth");
  const priv = secretOf(options, "priv");
  if (user === "")
    return {
      option: "user",
      message: "SNMP version 3 needs a user",
      hint: "Give user:, auth: and priv:, or a community; in a URL with a user say version=3",
    };
  if (priv && !auth) return { option: "priv", message: "priv without auth does not exist" };
  if (priv && textOf(options, "priv-protocol") === "des" && !getCiphers().includes("des-cbc"))
    return {
      option: "priv-protocol",
      message: "this Node.js comes with an OpenSSL that has no DES",
      hint: "Use priv-protocol: aes, or start oob with NODE_OPTIONS=--openssl-legacy-provider",
    };
  if (auth || flagOf(options, "insecure")) return undefined;
  return {
    option: "user",
    message: `user "${user}" has no auth, so anybody on the network can switch in its name`,
    hint: "Give auth: secret:NAME (and priv:), or say insecure: true",
  };
}

async function login(options: OptionValues, context: PowerContext): Promise<SnmpLogin> {
  const [fault] = loginFaults(options);
  if (fault)
    throw new OobError(
      "CONFIG_INVALID",
      `Cannot use ${textOf(options, "host")}: ${fault.message}`,
      fault.hint === undefined ? {} : { hint: fault.hint },
    );
  const version = versionOf(options);
  return version === "1" || version === "2c"
    ? communityLogin(version, options, context)
    : userLogin(options, context);
}

async function communityLogin(
  version: "1" | "2c",
  options: OptionValues,
  context: PowerContext,
): Promise<SnmpLogin> {
  const given = secretOf(options, "community");
  const write = secretOf(options, "write-community");
  return {
    version,
    community: given ? await context.secret(given) : "",
    ...(write && { writeCommunity: await context.secret(write) }),
  };
}

async function userLogin(options: OptionValues, context: PowerContext): Promise<SnmpLogin> {
  const auth = secretOf(options, "auth");
  const priv = secretOf(options, "priv");
  return {
    version: "3",
    user: textOf(options, "user"),
    ...(auth && {
      auth: {
        protocol: oneOf(SNMP_AUTH_PROTOCOLS, textOf(options, "auth-protocol"), "sha"),
        secret: await context.secret(auth),
      },
    }),
    ...(priv && {
      priv: {
        protocol: oneOf(SNMP_PRIV_PROTOCOLS, textOf(options, "priv-protocol"), "aes"),
        secret: await context.secret(priv),
      },
    }),
  };
}

function oneOf<Word extends string>(words: readonly Word[], given: string, otherwise: Word): Word {
  return words.find((word) => word === given) ?? otherwise;
}
