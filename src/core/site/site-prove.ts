import { randomUUID } from "node:crypto";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { OutletReading, PduReading } from "../../sdk/power.ts";
import { findOutlet } from "../power/power-outlets.ts";
import { EventQueue } from "../session/event-queue.ts";
import { demandSecond } from "./demand-second.ts";
import type { PowerEvent, ProveRequest } from "./site.ts";
import type { SiteCore } from "./site-core.ts";

/** Has the map of a PDU proven, step by step. Once begun it is finished, also if nobody listens. */
export function proveMap(
  core: SiteCore,
  request: ProveRequest,
  by: string,
): AsyncIterable<PowerEvent> {
  const events = new EventQueue<PowerEvent>();
  const say = (text: string, more: Partial<PowerEvent> = {}) =>
    events.push({ at: core.clock.now(), host: request.pdu, text, ...more });
  const { outlet: reference, called, fromOn, reason, dryRun = false } = request;
  const pdu = core.pduName(request.pdu);
  const feeds = (outlet: OutletReading, reading: PduReading) => hostOn(core, pdu, outlet, reading);
  const order = { id: randomUUID(), by, reason };
  // A map that is wrong switches any outlet of its PDU.
  if (!dryRun)
    for (const host of core.config.hosts.values())
      if (host.outlets.some((entry) => entry.pdu === pdu))
        demandSecond(host, `prove the map of ${pdu}`, request.second);
  core.power
    .prove(core.proofs, { pdu, reference, called, fromOn, feeds, dryRun }, order, say)
    .then(({ result, text, error }) => say(text, { result, ...(error && { error: plain(error) }) }))
    .catch((thrown: unknown) => say(messageOf(thrown), { result: "refused", error: plain(thrown) }))
    .finally(() => events.end());
  return events;
}

/** The host that hangs on this outlet by the configuration. */
function hostOn(
  { config }: SiteCore,
  pdu: string,
  { instance }: OutletReading,
  reading: PduReading,
): string | undefined {
  const isIt = (reference: string): boolean => {
    try {
      return findOutlet(reading, { pdu, reference }).instance === instance;
    } catch {
      // What names no outlet of this PDU, or several, feeds none that could be told.
      return false;
    }
  };
  const host = [...config.hosts.values()].find(({ outlets }) =>
    outlets.some((entry) => entry.pdu === pdu && isIt(entry.reference)),
  );
  return host?.name;
}

function plain(thrown: unknown) {
  const { code, hint } = thrown instanceof OobError ? thrown : { code: "INTERNAL" };
  return { code, message: messageOf(thrown), ...(hint !== undefined && { hint }) };
}
