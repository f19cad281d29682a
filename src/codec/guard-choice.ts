/** Whom to block, of those who failed to log in: by address and by network, never those who must not be, not too many. */
import type { AuthCount } from "./auth-lines.ts";
import { contains, type Network, networkAround, networkText } from "./ip-networks.ts";

/** Networks that many addresses of one attacker come from. */
const NET_PREFIX = { 4: 24, 6: 64 } as const;
/** Addresses that a network has to have before it is blocked as a whole. */
const MIN_ADDRESSES = 3;

/** How many failures are too many. */
export interface GuardLimits {
  readonly perAddress: number;
  readonly perNetwork: number;
  /** Most that may be blocked now. */
  readonly room: number;
}

/** Somebody who failed too often. */
export interface Offender {
  readonly network: Network;
  readonly failed: number;
  readonly addresses: number;
}

/** The choice, and why others were left out. */
export interface GuardChoice {
  readonly block: readonly Offender[];
  readonly already: readonly Offender[];
  /** On the never-block list, or in a network in which somebody is. */
  readonly never: readonly Offender[];
  /** There is no room for them now. */
  readonly held: readonly Offender[];
  /** They failed too often, and then got in: a person has to look. Nobody blocks them. */
  readonly gotIn: readonly Offender[];
}

/** Chooses among those who failed; those who got in are no reason to block the network around them. */
export function chooseBlocks(
  counts: readonly AuthCount[],
  { perAddress, perNetwork, room }: GuardLimits,
  never: readonly Network[],
  blocked: readonly Network[],
): GuardChoice {
  const gotIn = counts
    .filter(({ accepted, failed }) => accepted > 0 && failed >= perAddress)
    .map(({ from, failed }) => ({ network: from, failed, addresses: 1 }));
  const known = counts.filter(({ accepted }) => accepted > 0).map(({ from }) => from);
  const spared = [...never, ...known];
  const touches = (network: Network) =>
    spared.some((one) => contains(one, network) || contains(network, one));
  const wide = networksOf(counts.filter(({ accepted }) => accepted === 0)).filter(
    ({ failed, addresses, network }) =>
      failed >= perNetwork && addresses >= MIN_ADDRESSES && !touches(network),
  );
  const single = counts
    .filter(({ accepted, failed }) => accepted === 0 && failed >= perAddress)
    .filter(({ from }) => !wide.some(({ network }) => contains(network, from)))
    .map(({ from, failed }) => ({ network: from, failed, addresses: 1 }));
  const all = [...wide, ...single].sort((a, b) => b.failed - a.failed);
  const already = all.filter(({ network }) => blocked.some((one) => contains(one, network)));
  const rest = all.filter((one) => !already.includes(one));
  const open = rest.filter(({ network }) => !touches(network));
  return {
    block: open.slice(0, Math.max(0, room)),
    already,
    never: rest.filter(({ network }) => touches(network)),
    held: open.slice(Math.max(0, room)),
    gotIn,
  };
}

function networksOf(counts: readonly AuthCount[]): Offender[] {
  const networks = new Map<string, { network: Network; failed: number; addresses: number }>();
  for (const { from, failed } of counts) {
    if (failed === 0) continue;
    const network = networkAround(from, NET_PREFIX[from.version]);
    const key = networkText(network);
    const one = networks.get(key) ?? { network, failed: 0, addresses: 0 };
    one.failed += failed;
    one.addresses++;
    networks.set(key, one);
  }
  return [...networks.values()];
}
