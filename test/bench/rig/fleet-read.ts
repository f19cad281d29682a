/*
 * Reads every outlet of many PDUs as the daemon does: a process of its own, so that its memory is its own.
 *
 *   fleet-read PORT…      prints {"coldMs", "warmMs", "rssMiB", "outlets"}
 */

import { setFlagsFromString } from "node:v8";
import type { HostEntry } from "../../../src/config/site-config.ts";
import { Power } from "../../../src/core/power/power.ts";
import { Registry } from "../../../src/core/registry/registry.ts";
import { openSnmpPdu } from "../../../src/core/snmp/snmp-pdu.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { SnmpProfile, SnmpTarget } from "../../../src/sdk/snmp-profile.ts";

// As "oob serve" does.
setFlagsFromString("--optimize-for-size");
const WARM = 5;
const OUTLETS = 24;
const ports = process.argv.slice(2).map(Number);
const profiles = await new Registry([]).profiles<SnmpProfile>("snmp");
const targetOf = (port: number): SnmpTarget => ({
  ...{ host: "127.0.0.1", port, timeout: 2000, tries: 3 },
  login: { version: "2c", community: "private" },
});
const none = { writable: true, commit: () => Promise.reject(new Error("nothing is switched")) };
const power = new Power({
  pdus: new Map(ports.map((port) => [String(port), { driver: "snmp", options: {} }])),
  open: (name) => openSnmpPdu(targetOf(Number(name)), profiles, systemClock),
  audit: none as never,
  clock: systemClock,
});

/** A host with every outlet of a PDU, so that `oob power status` is what is measured. */
const hostOn = (port: number): HostEntry => {
  const outlets = Array.from({ length: OUTLETS }, (_, n) => ({
    pdu: String(port),
    reference: String(n + 1),
  }));
  return { name: `h${port}`, outlets } as unknown as HostEntry;
};
const hosts = ports.map(hostOn);

async function readAll(): Promise<{ readonly ms: number; readonly outlets: number }> {
  const begun = performance.now();
  const all = await Promise.all(hosts.map((host) => power.readHost(host)));
  const known = all.flatMap(({ outlets }) => outlets).filter(({ state }) => state === "on");
  return { ms: performance.now() - begun, outlets: known.length };
}

const cold = await readAll();
const warm: number[] = [];
for (let n = 0; n < WARM; n++) warm.push((await readAll()).ms);
warm.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    coldMs: cold.ms,
    warmMs: warm[WARM >> 1],
    rssMiB: process.resourceUsage().maxRSS / 1024,
    outlets: cold.outlets,
  }),
);
process.exit(0);
