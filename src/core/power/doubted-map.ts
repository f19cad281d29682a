import type { HostEntry } from "../../config/site-config.ts";
import { OobError } from "../../lib/errors.ts";
import type { PowerVerb } from "../site/site.ts";
import type { Feed } from "./power-feed.ts";
import type { PowerLedger } from "./power-ledger.ts";
import { inWords } from "./verb-words.ts";

/** Verbs that move outlets. */
const MOVES: ReadonlySet<PowerVerb> = new Set(["on", "off", "cycle", "reset"]);

interface Asked {
  readonly host: string;
  readonly verb: PowerVerb;
  readonly by: string;
  /** A person overrides what a person may override. */
  readonly force?: boolean | undefined;
}

/** Whether another outlet of one of these PDUs moved than the one that was asked. */
export async function isInDoubt(
  outlets: HostEntry["outlets"],
  ledger: PowerLedger,
): Promise<boolean> {
  const doubts = await ledger.doubts();
  return outlets.some(({ pdu }) => doubts.of(pdu) !== undefined);
}

/**
 * Throws GUARD_REFUSED where another outlet of a PDU moved than the one that was asked. Resolves to what ends the doubt: a
 * person who asks with force says that the PDU may be switched.
 */
export async function checkMap(
  feeds: readonly Pick<Feed, "outlet">[],
  ledger: PowerLedger,
  { host, verb, by, force }: Asked,
): Promise<() => Promise<void>> {
  if (!MOVES.has(verb)) return () => Promise.resolve();
  const inDoubt: string[] = [];
  const doubts = await ledger.doubts();
  for (const pdu of new Set(feeds.map(({ outlet }) => outlet.pdu))) {
    const doubt = doubts.of(pdu);
    if (doubt === undefined) continue;
    inDoubt.push(pdu);
    if (force === true) continue;
    const text = `Cannot ${inWords(verb, host)}: the map of ${pdu} is in doubt: ${doubt}`;
    const hint = `Look at the outlets of ${pdu} itself; then a person may say --force, which ends the doubt`;
    throw new OobError("GUARD_REFUSED", text, { hint });
  }
  return async () => {
    for (const pdu of inDoubt) await doubts.end(pdu, { host, by });
  };
}
