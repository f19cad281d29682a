import type { ProbeLogin } from "../../daemon/offline.ts";
import { SNMP_AUTH_PROTOCOLS, SNMP_PRIV_PROTOCOLS } from "../../sdk/snmp-profile.ts";
import type { CommandOption } from "../command.ts";
import { choiceOption } from "../option-values.ts";

/** Options of those verbs that ask devices of which no configuration says how. */
export interface LoginOptions {
  readonly port?: string;
  readonly snmp?: string;
  readonly user?: string;
  readonly community?: string;
  readonly auth?: string;
  readonly priv?: string;
  readonly authProtocol?: string;
  readonly privProtocol?: string;
}

export const LOGIN_OPTIONS: readonly CommandOption[] = [
  { flags: "--port <number>", summary: "UDP port of the agents (161)" },
  {
    flags: "--snmp <version>",
    summary: "1, 2c or 3 (2c; 3 with --user)",
    parse: choiceOption(["1", "2c", "3"]),
  },
  { flags: "--community <secret>", summary: 'NAME of the secret, or env:VARIABLE ("public")' },
  { flags: "--user <name>", summary: "user of version 3" },
  { flags: "--auth <secret>", summary: "its authentication password: NAME, or env:VARIABLE" },
  { flags: "--priv <secret>", summary: "its privacy password: NAME, or env:VARIABLE" },
  {
    flags: "--auth-protocol <word>",
    summary: `${SNMP_AUTH_PROTOCOLS.join(" ")} (sha)`,
    parse: choiceOption(SNMP_AUTH_PROTOCOLS),
  },
  {
    flags: "--priv-protocol <word>",
    summary: `${SNMP_PRIV_PROTOCOLS.join(" ")} (aes)`,
    parse: choiceOption(SNMP_PRIV_PROTOCOLS),
  },
];

/** The options as the driver has them. */
export function loginOf(options: LoginOptions): ProbeLogin {
  const { port, snmp, user, community, auth, priv, authProtocol, privProtocol } = options;
  const given = {
    port,
    version: snmp ?? (user === undefined ? undefined : "3"),
    ...{ user, community, auth, priv },
    "auth-protocol": authProtocol,
    "priv-protocol": privProtocol,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** What was tried, without any secret: for those to whom nothing answered. */
export function triedLogin({ user, community }: LoginOptions): string {
  if (user !== undefined) return `user "${user}"`;
  return community === undefined ? 'community "public"' : `the community in "${community}"`;
}

/** The same login for another command line. */
export function loginWords(options: LoginOptions): string {
  const { snmp, user, community, auth, priv, authProtocol, privProtocol } = options;
  const flags = { snmp, community, user, auth, priv };
  const all = { ...flags, "auth-protocol": authProtocol, "priv-protocol": privProtocol };
  return Object.entries(all)
    .map(([flag, value]) => (value === undefined ? "" : ` --${flag} ${value}`))
    .join("");
}
