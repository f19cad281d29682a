/**
 * Blocks addresses on a host for a time, and tells what is blocked: by a set of nft(8) that drops them and forgets them by
 * itself, or by a table of pf that the host's pf.conf has to name (pfctl(8)).
 */
import { contains, type Network, networkText, readNetwork } from "./ip-networks.ts";
import { SCRIPT_HEAD } from "./jail-list.ts";

/** What a host blocks with. */
export type Firewall = "pf" | "nft";

/** Name of our table, and where it says that it is ours. */
const TABLE = "oob_block";

const SETS = [
  ["a4", "ipv4_addr; flags timeout;", "ip saddr"],
  ["n4", "ipv4_addr; flags interval, timeout;", "ip saddr"],
  ["a6", "ipv6_addr; flags timeout;", "ip6 saddr"],
  ["n6", "ipv6_addr; flags interval, timeout;", "ip6 saddr"],
] as const;

const setOf = ({ version, prefix }: Network): string =>
  `${prefix === (version === 4 ? 32 : 128) ? "a" : "n"}${version}`;

/** Which firewall a host has, and what our table holds. Changes nothing. */
export const BLOCKED_SCRIPT = `${SCRIPT_HEAD}
if pfctl -s info >/dev/null 2>&1; then
echo fw pf; pfctl -s rules 2>/dev/null | grep -q '<${TABLE}>' && echo rule
pfctl -t ${TABLE} -T show 2>/dev/null | sed 's/^/has /'
elif command -v nft >/dev/null 2>&1 && nft list tables >/dev/null 2>&1; then
echo fw nft; echo rule
nft list table inet ${TABLE} 2>/dev/null | tr ',{}=' '\\n\\n\\n\\n' | awk '{ print "has " $1 }'
fi
echo end
`;

/** Blocks these, and lets go of what is older than its time. Addresses are written by us, from numbers. */
export function blockScript(
  firewall: Firewall,
  networks: readonly Network[],
  seconds: number,
): string {
  const time = Math.ceil(seconds);
  const words = networks.map(networkText);
  if (firewall === "pf")
    return `${SCRIPT_HEAD}\nset -e\npfctl -q -t ${TABLE} -T expire ${time}\n${words.length === 0 ? "" : `pfctl -q -t ${TABLE} -T add ${words.join(" ")}\n`}`;
  const sets = SETS.map(([name, type]) => `set ${name} { type ${type} }`).join("\n");
  const rules = SETS.map(([name, , field]) => `${field} @${name} drop`).join("\n");
  const adds = networks.map(
    (network) =>
      `add element inet ${TABLE} ${setOf(network)} { ${networkText(network)} timeout ${time}s }`,
  );
  return `${SCRIPT_HEAD}
set -e
nft list table inet ${TABLE} >/dev/null 2>&1 || nft -f - <<'END'
table inet ${TABLE} {
${sets}
chain input {
type filter hook input priority -10; policy accept;
${rules}
}
}
END
nft -f - <<'END'
${adds.join("\n")}
END
`;
}

/** How a person lets go of them. */
export const unblockHint = (firewall: Firewall, networks: readonly Network[]): string =>
  firewall === "pf"
    ? `pfctl -t ${TABLE} -T delete ${networks.map(networkText).join(" ")}`
    : `nft delete table inet ${TABLE} (all of them)`;

/** What a host said. */
export interface Blocked {
  readonly firewall: Firewall | undefined;
  /** A rule of the host's drops what the table holds. */
  readonly enforced: boolean;
  readonly networks: readonly Network[];
  readonly cut: boolean;
}

/** Most networks that are read. */
const MAX_BLOCKED = 20_000;

/** Reads what BLOCKED_SCRIPT printed. */
export function readBlocked(text: string): Blocked {
  const lines = text.split("\n", MAX_BLOCKED + 10).map((line) => line.trim());
  const firewall = lines.includes("fw pf") ? "pf" : lines.includes("fw nft") ? "nft" : undefined;
  const networks = lines
    .filter((line) => line.startsWith("has "))
    .map((line) => readNetwork(line.slice(4).trim()))
    .filter((network) => network !== undefined);
  return { firewall, enforced: lines.includes("rule"), networks, cut: !lines.includes("end") };
}

/** Whether a network is blocked already, by itself or by a wider one. */
export const isBlocked = (network: Network, blocked: readonly Network[]): boolean =>
  blocked.some((one) => contains(one, network));
