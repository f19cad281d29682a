import type { HostEntry } from "../../config/site-config.ts";
import type { Recovery } from "../power/power-recovery.ts";

/**
 * Hosts whose watch does not begin before what a crash cut short is settled, each with when that is: those that were
 * being switched, and all others on the same PDUs. A silent PDU keeps no other host unwatched.
 */
export function waitingHosts(
  recoveries: readonly Recovery[],
  hosts: Iterable<HostEntry>,
): ReadonlyMap<string, Promise<unknown>> {
  const waiting = new Map<string, Promise<unknown>>();
  for (const { name, outlets } of hosts) {
    const pdus = new Set(outlets.map(({ pdu }) => pdu));
    const mine = recoveries.filter(
      (one) => one.host === name || one.pdus.some((pdu) => pdus.has(pdu)),
    );
    if (mine.length > 0) waiting.set(name, Promise.all(mine.map(({ done }) => done)));
  }
  return waiting;
}
