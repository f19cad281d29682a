/**
 * Two PDUs that change addresses while nobody looks, or one that is exchanged between two orders, must not be taken for
 * each other. Whoever stays here compares with what was bound; this compares with the audit trail, across processes and
 * restarts. A person is refused once, and told; whatever acts by itself is refused until a person has asked again.
 */
import { OobError } from "../../lib/errors.ts";
import type { PowerVerb } from "../site/site.ts";
import type { Feed } from "./power-feed.ts";
import type { PowerLedger } from "./power-ledger.ts";
import { areOthers, EXCHANGED, knownBy } from "./power-outlets.ts";
import { inWords } from "./verb-words.ts";

/** Who asks, as the trail has it. */
interface Asked {
  readonly host: string;
  readonly verb: PowerVerb;
  readonly by: string;
}

export class KnownBoxes {
  readonly #ledger: PowerLedger;
  /** PDUs of which a person was told by what was bound. */
  readonly #told = new Set<string>();

  constructor(ledger: PowerLedger) {
    this.#ledger = ledger;
  }

  /** Throws PDU_REFUSED where a PDU is another box than when one of its outlets was last switched. */
  async check(feeds: readonly Feed[], { host, verb, by }: Asked): Promise<void> {
    const changed = await this.#changed(feeds);
    const untold = changed.filter(({ pdu }) => !(isPerson(by) && this.#told.delete(pdu)));
    if (untold.length === 0) return;
    if (isPerson(by))
      for (const { pdu, is, text } of untold) await this.#ledger.meet(pdu, is, { host, by, text });
    const texts = untold.map(({ text }) => text).join("; ");
    const names = untold.map(({ pdu }) => pdu).join(", ");
    throw new OobError("PDU_REFUSED", `Cannot ${inWords(verb, host)}: ${texts}`, {
      hint: `Was it exchanged, or did PDUs change places? See oob pdu outlets of ${names}; a person who asks again means this one`,
    });
  }

  async #changed(feeds: readonly Feed[]) {
    const changed = new Map<string, { pdu: string; is: string; text: string }>();
    for (const { outlet } of feeds) {
      const { pdu } = outlet;
      const is = knownBy(outlet);
      const was = await this.#ledger.boxOf(pdu);
      if (is === undefined || was === undefined || !areOthers(was, is)) continue;
      const text = `${pdu} has serial number "${is}", it had "${was}" when an outlet of it was last switched`;
      changed.set(pdu, { pdu, is, text });
    }
    return [...changed.values()];
  }

  /** An order was refused before anything was sent; it may have been for this. */
  refused(feeds: readonly Feed[], by: string, thrown: unknown): void {
    if (!isPerson(by) || !(thrown instanceof OobError) || thrown.hint !== EXCHANGED) return;
    for (const { outlet } of feeds) this.#told.add(outlet.pdu);
  }
}

const isPerson = (by: string): boolean => by !== "watchdog" && !by.startsWith("runbook ");
