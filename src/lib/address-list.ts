import { isIPv4, isIPv6 } from "node:net";
import { OobError } from "./errors.ts";
import { expandBrackets } from "./host-list.ts";

/** More addresses than this from one command line is a slip of the finger: a /20 is the largest network. */
export const MAX_ADDRESSES = 4096;
const LEAST_PREFIX = 20;
const MAX_WORD = 1000;

/** A place on the network where something may answer. */
export interface NetAddress {
  readonly host: string;
  readonly port?: number;
  /** It was named by itself; false: one of a range, where most have nothing. */
  readonly single: boolean;
}

/**
 * The addresses that words of a command line mean, in order, each once: names and addresses, "pdu1:1161",
 * "10.0.0.0/28" (without its first and last address), "10.0.0.1-20", "10.0.0.[1-20,30]", "pdu[01-12].mgmt". Commas
 * separate.
 */
export function expandAddresses(words: readonly string[]): NetAddress[] {
  const found = new Map<string, NetAddress>();
  for (const part of words.flatMap(split)) {
    const hosts = hostsOf(part);
    for (const { host, port } of hosts) {
      const key = `${host} ${port ?? ""}`;
      const single = hosts.length === 1 || (found.get(key)?.single ?? false);
      found.set(key, { host, ...(port !== undefined && { port }), single });
    }
    if (found.size > MAX_ADDRESSES) throw wrong(part, `it means more than ${MAX_ADDRESSES}`);
  }
  return [...found.values()];
}

interface Place {
  readonly host: string;
  readonly port?: number;
}

function split(word: string): string[] {
  if (word.length > MAX_WORD) throw wrong(`${word.slice(0, 40)}…`, "it is too long");
  const parts = word.trim().split(/\s*,\s*(?![^[\]]*\])/);
  if (parts.includes("")) throw wrong(word, "a part of it is empty");
  return parts;
}

function hostsOf(part: string): Place[] {
  const bare = /^\[([0-9a-fA-F:.]+)\](?::(\d{1,5}))?$/.exec(part);
  if (bare?.[1] !== undefined && isIPv6(bare[1])) return [placeOf(part, bare[1], bare[2])];
  if (isIPv6(part)) return [{ host: part }];
  const network = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(part);
  if (network) return networkOf(part, network[1] ?? "", Number(network[2]));
  const range = /^((?:\d{1,3}\.){3})(\d{1,3}-\d{1,3})(:\d{1,5})?$/.exec(part);
  const pattern = range ? `${range[1]}[${range[2]}]${range[3] ?? ""}` : part;
  return expandBrackets(pattern).map((name) => {
    const [, host = "", port] = /^([^:]+)(?::(\d{1,5}))?$/.exec(name) ?? [];
    return placeOf(part, host, port);
  });
}

function placeOf(part: string, host: string, port: string | undefined): Place {
  const named = /^[A-Za-z0-9_]([A-Za-z0-9._-]{0,252})$/.test(host);
  const numbers = /^[\d.]+$/.test(host);
  if (!isIPv6(host) && (!named || (numbers && !isIPv4(host))))
    throw wrong(part, "it is no name and no address");
  if (port === undefined) return { host };
  if (Number(port) < 1 || Number(port) > 65_535) throw wrong(part, "its port is none");
  return { host, port: Number(port) };
}

/** All hosts of a network; the first and the last address of one with more than two are none. */
function networkOf(part: string, address: string, prefix: number): Place[] {
  if (!isIPv4(address) || prefix > 32) throw wrong(part, "it is no network");
  if (prefix < LEAST_PREFIX)
    throw wrong(
      part,
      `it has more than ${MAX_ADDRESSES} addresses; the largest is /${LEAST_PREFIX}`,
    );
  const size = 2 ** (32 - prefix);
  const whole = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const first = whole - (whole % size);
  const edge = size > 2 ? 1 : 0;
  return Array.from({ length: size - 2 * edge }, (_, i) => {
    const at = first + edge + i;
    return { host: [24, 16, 8, 0].map((bits) => Math.floor(at / 2 ** bits) % 256).join(".") };
  });
}

function wrong(part: string, why: string): OobError {
  return new OobError("USAGE", `Cannot read the address "${part}": ${why}`, {
    hint: "Forms: pdu1  10.0.0.5  pdu1:1161  10.0.0.0/28  10.0.0.1-20  'pdu[01-12]'",
  });
}
