import { getCiphers } from "node:crypto";
import {
  definePower,
  durationOf,
  flagOf,
  numberOf,
  OobError,
  type OptionValues,
  type PowerContext,
  SNMP_AUTH_PROTOCOLS,
  SNMP_PRIV_PROTOCOLS,
  type SnmpLogin,
  seconds,
  secretOf,
  textOf,
} from "oob/sdk";

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
    profile: { kind: "text", summary: "family of the PDU, instead of asking it" },
    serial: { kind: "text", summary: "serial number that the PDU must have" },
    timeout: { kind: "duration", default: "2s", summary: "how long one request waits" },
    tries: {
      kind: "integer",
      default: 3,
      min: 1,
      max: 10,
      summary: "how often a read is sent before the PDU counts as silent",
    },
  },
  async open(options, context) {
    const profile = textOf(options, "profile");
    const serial = textOf(options, "serial");
    return context.snmp({
      host: textOf(options, "host"),
      port: numberOf(options, "port", 161),
      login: await login(options, context),
      timeout: durationOf(options, "timeout", seconds(2)),
      tries: numberOf(options, "tries", 3),
      ...(profile !== "" && { profile }),
      ...(serial !== "" && { serial }),
    });
  },
});

async function login(options: OptionValues, context: PowerContext): Promise<SnmpLogin> {
  const byCommunity = secretOf(options, "community") && !secretOf(options, "auth");
  const version = textOf(options, "version") || (byCommunity ? "2c" : "3");
  return version === "1" || version === "2c"
    ? communityLogin(version, options, context)
    : userLogin(options, context);
}

/** Reserved for secrets that stand in a URL: a community there is consent to clear text. */
const FROM_URL = /^url-/;

async function communityLogin(
  version: "1" | "2c",
  options: OptionValues,
  context: PowerContext,
): Promise<SnmpLogin> {
  const host = textOf(options, "host");
  const given = secretOf(options, "community");
  if (given === undefined)
    throw new OobError("CONFIG_INVALID", `Cannot use ${host}: no community is given`, {
      hint: "community: secret:NAME in the configuration, or snmp://COMMUNITY@HOST?version=2c",
    });
  if (!FROM_URL.test(given.secret) && !flagOf(options, "insecure"))
    throw new OobError(
      "CONFIG_INVALID",
      `Cannot use ${host} with SNMP version ${version}: it is clear text, and anybody on the network can switch with it`,
      { hint: "Use version 3 with auth and priv, or say insecure: true" },
    );
  const community = await context.secret(given);
  const write = secretOf(options, "write-community");
  return write
    ? { version, community, writeCommunity: await context.secret(write) }
    : { version, community };
}

async function userLogin(options: OptionValues, context: PowerContext): Promise<SnmpLogin> {
  const host = textOf(options, "host");
  const user = textOf(options, "user");
  const auth = secretOf(options, "auth");
  const priv = secretOf(options, "priv");
  if (user === "")
    throw new OobError("CONFIG_INVALID", `Cannot use ${host}: SNMP version 3 needs a user`, {
      hint: "Give user:, auth: and priv:, or a community; in a URL with a user say version=3",
    });
  if (priv && !auth)
    throw new OobError("CONFIG_INVALID", `Cannot use ${host}: priv without auth does not exist`);
  if (priv && textOf(options, "priv-protocol") === "des" && !getCiphers().includes("des-cbc"))
    throw new OobError(
      "CONFIG_INVALID",
      `Cannot use ${host}: this Node.js comes with an OpenSSL that has no DES`,
      { hint: "Use priv-protocol: aes, or start oob with NODE_OPTIONS=--openssl-legacy-provider" },
    );
  if (!auth && !flagOf(options, "insecure"))
    throw new OobError(
      "CONFIG_INVALID",
      `Cannot use ${host}: user "${user}" has no auth, so anybody on the network can switch in its name`,
      { hint: "Give auth: secret:NAME (and priv:), or say insecure: true" },
    );
  return {
    version: "3",
    user,
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
