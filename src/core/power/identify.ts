/**
 * Shows people which machine it is: a device lights its lamp. Nothing moves, so nothing that guards outlets stands in
 * between, and no order that moves them waits for it. Each device is read first all the same: whoever stands before a
 * lit lamp pulls that machine, so it has to be the one that was bound. That it is lit cannot be read.
 */
import type { HostEntry } from "../../config/site-config.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { Audit } from "../audit/audit.ts";
import type { PowerBank } from "./power-bank.ts";
import type { Feed } from "./power-feed.ts";
import { readBound } from "./power-first.ts";
import type { Ended, Say } from "./power-moves.ts";
import { outletId } from "./power-outlets.ts";
import { asOobError, inWords } from "./verb-words.ts";

/** What identifying needs of the power engine. */
export interface IdentifyParts {
  readonly bank: PowerBank;
  readonly audit: Audit;
  readonly say: Say;
}

/** How it ended, and what was asked of whom. */
interface Identified extends Ended {
  readonly text: string;
}

/** Those of a host's devices that can, read just now. Throws where none can, or none could be asked. */
async function findLamps(
  { bank, say }: Pick<IdentifyParts, "bank" | "say">,
  host: HostEntry,
): Promise<readonly Feed[]> {
  const cannot = `Cannot ${inWords("identify", host.name)}`;
  if (host.outlets.length === 0)
    throw new OobError("OUTLET_UNKNOWN", `${cannot}: no outlet is configured for it`);
  const lamps = new Map<string, Feed>();
  const failed: unknown[] = [];
  const look = async (entry: HostEntry["outlets"][number]) => {
    try {
      const [feed] = await bank.feeds({ ...host, outlets: [entry] });
      if (!feed) return;
      await readBound(bank, feed);
      const { pdu, instance } = feed.outlet;
      const commands = await bank.queue(pdu).run((device) => Promise.resolve(device.commands));
      if (commands.includes("identify")) lamps.set(`${pdu} ${instance}`, feed);
    } catch (error) {
      failed.push(error);
      say(`${outletId(entry)} was not asked: ${messageOf(error)}`);
    }
  };
  await Promise.all(host.outlets.map(look));
  if (lamps.size > 0) return [...lamps.values()];
  if (failed.length > 0) throw failed[0];
  const names = host.outlets.map(outletId).join(", ");
  throw new OobError("PDU_REFUSED", `${cannot}: ${names} has no command "identify"`, {
    hint: "ipmi and redfish have it, and exec where the entry declares one",
  });
}

/** Asks each device once, between an intent and an outcome in the audit trail. Throws where nothing was sent. */
export async function identify(
  { bank, audit, say }: IdentifyParts,
  host: HostEntry,
  { id, by, reason }: { readonly id: string; readonly by: string; readonly reason: string },
  dryRun: boolean,
): Promise<Identified> {
  const lamps = await findLamps({ bank, say }, host);
  const outlets = lamps.map(({ outlet }) => outlet);
  const names = outlets.map((outlet) => outlet.id).join(", ");
  if (dryRun) {
    const text = `would ask ${names} to ${inWords("identify", host.name)}; nothing was sent`;
    return { result: "done", text };
  }
  const act = { id, verb: "identify" };
  // Not a "power.intent": those are acts that move outlets, are counted, and are taken up after a crash.
  await audit.commit({
    ...{ type: "power.identify", host: host.name, by },
    text: `identify ${names}: ${reason}`,
    data: { ...act, outlets, reason },
  });
  const errors = await Promise.all(lamps.map((lamp) => ask(bank, lamp)));
  if (lamps.length > 1)
    for (const [n, { id: one }] of outlets.entries())
      say(errors[n]?.message ?? `${one} took "identify"`);
  const lost = errors.find((error) => error?.code === "POWER_UNKNOWN");
  const error = lost ?? errors.find((one) => one !== undefined);
  const result = lost ? "unknown" : error ? "failed" : "done";
  const text = error?.message ?? `${names} took "identify"; whether it shows cannot be read`;
  // It was sent, whatever becomes of the record.
  audit.note({
    ...{ type: "power.outcome", host: host.name, by },
    text: `identify ${result}: ${text}`,
    data: { ...act, result },
  });
  return { result, text, ...(error && { error }) };
}

/** Sends it once. Gives what came instead of a yes. */
async function ask(bank: PowerBank, lamp: Feed): Promise<OobError | undefined> {
  const { id, pdu, instance } = lamp.outlet;
  try {
    await bank.queue(pdu).run((device, late) => device.command(instance, "identify", late));
    return undefined;
  } catch (thrown) {
    const known = asOobError(thrown);
    if (known.code !== "PDU_SILENT" && known.code !== "INTERNAL") return known;
    const text = `Cannot tell whether ${id} did "identify": ${known.message}`;
    return new OobError("POWER_UNKNOWN", text, { cause: thrown });
  }
}
