import type { Audit } from "../audit/audit.ts";
import type { SiteEvent } from "../site/site.ts";

/** Who caused or ended it, as the trail has it. */
interface Said {
  readonly host: string;
  readonly by: string;
}

/** PDUs of which another outlet moved than the one that was asked, as the audit trail tells. */
export class MapDoubts {
  readonly #audit: Audit;
  /** By PDU: why. */
  #doubts = new Map<string, string>();
  /** How often this process changed them: a trail that was read before says nothing newer. */
  #changes = 0;

  constructor(audit: Audit) {
    this.#audit = audit;
  }

  of(pdu: string): string | undefined {
    return this.#doubts.get(pdu);
  }

  /** Nothing is switched at this PDU from now on before a person says so. */
  async add(pdu: string, text: string, { host, by }: Said): Promise<void> {
    this.#changes++;
    this.#doubts.set(pdu, text);
    await this.#audit.commit({ type: "power.alarm", host, by, text, data: { doubts: pdu } });
  }

  /** A person says that a PDU may be switched all the same. */
  async end(pdu: string, { host, by }: Said): Promise<void> {
    const text = `${pdu} may be switched again, by --force`;
    await this.#audit.commit({ type: "power.trusted", host, by, text, data: { trusts: pdu } });
    this.#changes++;
    this.#doubts.delete(pdu);
  }

  /** The trail is read again: `take` each of its records, then `end`. */
  reading() {
    const doubts = new Map<string, string>();
    const before = this.#changes;
    return {
      take: ({ type, text, data }: SiteEvent) => {
        if (type === "power.alarm" && typeof data?.doubts === "string")
          doubts.set(data.doubts, text);
        if (type === "power.trusted" && typeof data?.trusts === "string")
          doubts.delete(data.trusts);
      },
      end: () => {
        if (before === this.#changes) this.#doubts = doubts;
      },
    };
  }
}
