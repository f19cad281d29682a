import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import type { SnmpTarget } from "../../sdk/snmp-profile.ts";
import type { OutletStatus } from "./site.ts";
import type { SiteCore } from "./site-core.ts";

/** A PDU whose outlets are being switched is left alone so long, and looked at again. */
const LOOK_AGAIN: Millis = seconds(2);
const LOOKS = 150;

/** PDUs that say that something happened to them: believed is what they read, and nothing else. */
export class PduNews {
  readonly #core: SiteCore;

  constructor(core: SiteCore) {
    this.#core = core;
  }

  /** Where and as whom a PDU is spoken to over SNMP; undefined where it is not. Opens nothing. */
  target(pdu: string): Promise<SnmpTarget | undefined> {
    const entry = this.#core.config.pdus.get(pdu);
    return entry === undefined ? Promise.resolve(undefined) : this.#core.devices.snmpTarget(entry);
  }

  /**
   * Reads a PDU again, once nothing of it is being switched, and writes down why, and which outlets read otherwise than
   * before. Never throws.
   */
  async reread(pdu: string, why: string): Promise<void> {
    const { power, audit, config, moving, clock } = this.#core;
    const hosts = [...config.hosts.values()].filter((host) =>
      host.outlets.some((outlet) => outlet.pdu === pdu),
    );
    for (let looks = 0; looks < LOOKS && hosts.some(({ name }) => moving.has(name)); looks++)
      await clock.sleep(LOOK_AGAIN);
    const changes: { readonly host: string; readonly text: string }[] = [];
    await Promise.all(
      hosts.map(async (host) => {
        const before = power.lastRead(host.name)?.outlets ?? [];
        const now = (await power.readHost(host)).outlets;
        for (const outlet of now.filter(({ id }) => id.startsWith(`${pdu}/`))) {
          const text = changeIn(
            before.find(({ id }) => id === outlet.id),
            outlet,
          );
          if (text !== undefined) changes.push({ host: host.name, text });
        }
      }),
    );
    const found =
      changes.length > 0
        ? changes.map(({ text }) => text).join(", ")
        : "no outlet of a host reads otherwise";
    audit.note({
      type: "pdu.trap",
      by: "oob",
      text: `${why}; read again: ${found}`,
      data: { pdu },
    });
    for (const { host, text } of changes)
      audit.note({ type: "power.seen", host, by: "oob", text: `${text}: seen after a trap` });
  }
}

function changeIn(before: OutletStatus | undefined, now: OutletStatus): string | undefined {
  const why = now.error === undefined ? "" : ` (${now.error})`;
  if (before === undefined) return `${now.id} reads ${now.state}${why}`;
  if (before.state === now.state) return undefined;
  return `${now.id} reads ${now.state}${why}, was ${before.state}`;
}
