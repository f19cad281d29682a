import { type ErrorCode, OobError } from "../../lib/errors.ts";
import type { OutletCommand, OutletReading } from "../../sdk/power.ts";
import type { PowerVerb } from "../site/site.ts";
import type { PowerBank } from "./power-bank.ts";
import type { Feed } from "./power-feed.ts";
import { combined } from "./power-outlets.ts";
import { inWords } from "./verb-words.ts";

/** What a device that was exchanged or renumbered answers; silence alone does not make it another one. */
const CHANGED: ReadonlySet<ErrorCode> = new Set(["PDU_REFUSED", "OUTLET_UNKNOWN", "PDU_UNKNOWN"]);

/**
 * Reads the outlets before a command. Throws where they cannot be read, are not the same, would not obey or must never
 * be off, and where a button of a machine without power is to be pressed.
 */
export async function readFirst(
  bank: PowerBank,
  feeds: readonly Feed[],
  host: string,
  verb: PowerVerb,
): Promise<void> {
  const cannot = `Cannot ${inWords(verb, host)}`;
  await Promise.all(feeds.map((feed) => readOne(bank, feed, cannot, verb)));
  await sparesLifelines(bank, feeds, cannot, verb);
  const presses = verb === "reset" || verb === "soft" || verb === "nmi";
  if (presses && combined(feeds.map(({ status }) => status)) === "off") {
    const names = feeds.map(({ outlet }) => outlet.id).join(", ");
    const hint = `oob power on ${host}`;
    throw new OobError("GUARD_REFUSED", `${cannot}: ${names} reads off`, { hint });
  }
}

/** Reads an outlet. Throws where it is not the one that was bound: the next order finds it anew. */
export async function readBound(bank: PowerBank, feed: Feed): Promise<OutletReading> {
  try {
    return await feed.read();
  } catch (error) {
    if (error instanceof OobError && CHANGED.has(error.code)) bank.forget(feed.outlet.pdu);
    throw error;
  }
}

async function readOne(
  bank: PowerBank,
  feed: Feed,
  cannot: string,
  verb: PowerVerb,
): Promise<void> {
  const { id, pdu } = feed.outlet;
  const reading = await readBound(bank, feed);
  if (reading.refuses !== undefined)
    throw new OobError("PDU_REFUSED", `${cannot}: outlet ${id} is ${reading.refuses}`);
  if (verb === "cycle" && (reading.state === "unknown" || reading.pending)) {
    const why = reading.note ?? "a command is under way";
    throw new OobError("POWER_UNKNOWN", `${cannot}: the state of ${id} is not known (${why})`, {
      hint: "A cycle begins only where the outlet can be read",
    });
  }
  const commands = await bank.queue(pdu).run((device) => Promise.resolve(device.commands));
  const needed: readonly OutletCommand[] = verb === "cycle" ? ["off", "on"] : [verb];
  const missing = needed.find((command) => !commands.includes(command));
  if (missing) throw new OobError("PDU_REFUSED", `${cannot}: ${pdu} has no command "${missing}"`);
}

/**
 * An outlet without which nobody could switch it on again is never switched off. Its own PDU may cycle it, where that
 * is known to bring it back by itself. Asked here too, where no guard, group or runbook stands in between.
 */
async function sparesLifelines(
  bank: PowerBank,
  feeds: readonly Feed[],
  cannot: string,
  verb: PowerVerb,
): Promise<void> {
  if (verb !== "off" && verb !== "cycle" && verb !== "soft") return;
  for (const feed of feeds) {
    const { id, pdu, instance } = feed.outlet;
    const lifelines = await bank.lifelines(pdu).catch((cause: unknown) => {
      if (!(cause instanceof OobError && cause.code === "OUTLET_UNKNOWN")) throw cause;
      // It may be this very one.
      const text = `${cannot}: "lifeline:" of ${pdu} names an outlet that is not there, and ${id} may be meant: ${cause.message}`;
      const hint = `Correct "lifeline:" under pdus: ${pdu}: in the configuration; until then nothing is switched off there`;
      throw new OobError("GUARD_REFUSED", text, { cause, hint });
    });
    if (!lifelines.has(instance)) continue;
    const alone = await bank.queue(pdu).run((device) => Promise.resolve(device.cyclesAlone));
    if (verb === "cycle" && alone === true && feeds.length === 1) {
      feed.cyclesAlone = true;
      continue;
    }
    const why =
      verb === "cycle" ? `, and ${pdu} is not known to cycle an outlet safely by itself` : "";
    throw new OobError("GUARD_REFUSED", `${cannot}: outlet ${id} is a lifeline${why}`, {
      hint: `It feeds this box or the way to ${pdu}: nobody could switch it on again from here`,
    });
  }
}
