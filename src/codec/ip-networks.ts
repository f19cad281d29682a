/** Addresses and networks of IPv4 and IPv6 as numbers: whether one covers another, and the network around an address. */

/** A network; an address is a network of full length. */
export interface Network {
  readonly version: 4 | 6;
  /** Bits below the prefix are zero. */
  readonly value: bigint;
  readonly prefix: number;
}

const WIDTH = { 4: 32, 6: 128 } as const;
const V4_IN_V6 = 0xffff_0000_0000n;

/** Reads "192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "::ffff:192.0.2.1" (which is an IPv4 address). */
export function readNetwork(text: string): Network | undefined {
  const [, address = "", length] = /^([0-9a-fA-F.:]{2,45})(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const four = address.includes(":") ? undefined : readFour(address);
  const value = four ?? readSix(address);
  if (value === undefined) return undefined;
  if (four === undefined && value >> 32n === V4_IN_V6 >> 32n && length === undefined)
    return { version: 4, value: value & 0xffff_ffffn, prefix: 32 };
  const version = four === undefined ? 6 : 4;
  const prefix = Number(length ?? WIDTH[version]);
  return prefix > WIDTH[version] ? undefined : cutTo(version, value, prefix);
}

function cutTo(version: 4 | 6, value: bigint, prefix: number): Network {
  const below = BigInt(WIDTH[version] - prefix);
  return { version, value: (value >> below) << below, prefix };
}

/** The network of this length around an address. */
export const networkAround = ({ version, value }: Network, prefix: number): Network =>
  cutTo(version, value, Math.min(prefix, WIDTH[version]));

/** Whether every address of `inner` is one of `outer`. */
export const contains = (outer: Network, inner: Network): boolean =>
  outer.version === inner.version &&
  outer.prefix <= inner.prefix &&
  networkAround(inner, outer.prefix).value === outer.value;

/** As people write it; the length is left out where it is full. */
export function networkText({ version, value, prefix }: Network): string {
  const address = version === 4 ? fourText(value) : sixText(value);
  return prefix === WIDTH[version] ? address : `${address}/${prefix}`;
}

/** Leading zeros mean octal to some: such an address is none. */
function readFour(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part)))
    return undefined;
  const numbers = parts.map(Number);
  if (numbers.some((number) => number > 255)) return undefined;
  return numbers.reduce((value, number) => value * 256n + BigInt(number), 0n);
}

function readSix(text: string): bigint | undefined {
  const [, front = "", tail] = /^(.*:)(\d{1,3}(?:\.\d{1,3}){3})$/.exec(text) ?? [];
  const four = tail === undefined ? undefined : readFour(tail);
  if (tail !== undefined && four === undefined) return undefined;
  const whole =
    four === undefined
      ? text
      : `${front}${(four >> 16n).toString(16)}:${(four & 0xffffn).toString(16)}`;
  const [head = "", rest, more] = whole.split("::");
  if (more !== undefined) return undefined;
  const groups = (part: string | undefined) => (part ? part.split(":") : []);
  const [left, right] = [groups(head), groups(rest)];
  const missing = 8 - left.length - right.length;
  if (rest === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...left, ...Array<string>(missing).fill("0"), ...right];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return all.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n);
}

const fourText = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join(".");

function sixText(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  ).join(":");
  // RFC 5952: the longest run of zeros, the first of equals, two groups at least.
  const runs = groups.match(/\b0(?::0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (longest === "") return groups;
  const at = new RegExp(`(?:^|:)${longest}(?::|$)`).exec(groups);
  return at ? `${groups.slice(0, at.index)}::${groups.slice(at.index + at[0].length)}` : groups;
}
