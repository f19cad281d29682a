/**
 * Which device answers: by its serial number, or where it gives none by a mark. Whoever switches an outlet reads both in
 * the same request as its state, so that a box that took the address of another one is noticed before anything is sent.
 */
import { OobError } from "../../lib/errors.ts";
import { isSerialNumber } from "../../lib/serial-number.ts";
import type { SnmpTarget } from "../../sdk/snmp-profile.ts";
import { cellText } from "./cell.ts";
import { addressOf } from "./snmp-errors.ts";
import type { Facts, Identity } from "./snmp-identity.ts";
import { findMark, isMark, type Mark, markIn } from "./snmp-mark.ts";
import type { Look } from "./snmp-outlets.ts";
import type { SnmpSession } from "./snmp-session.ts";

/** What a reading tells of the device. */
export interface Known extends Facts {
  readonly mark?: string;
}

export class KnownDevice {
  readonly #target: SnmpTarget;
  readonly #session: SnmpSession;
  #identity: Identity = { facts: {}, serialOid: undefined };
  #mark: Mark | undefined;
  /** It was asked for a mark and has none. */
  #markless = false;

  constructor(target: SnmpTarget, session: SnmpSession) {
    this.#target = target;
    this.#session = session;
  }

  get facts(): Facts {
    return this.#identity.facts;
  }

  /** Object of the mark, where it has to be read. */
  get markOids(): readonly string[] {
    return this.#mark === undefined ? [] : [this.#mark.oid];
  }

  /** Objects that go along with the state of an outlet. */
  get oids(): readonly string[] {
    const { serialOid } = this.#identity;
    return [...(serialOid === undefined ? [] : [serialOid]), ...this.markOids];
  }

  /** It was asked who it is; `look` has what was read besides. Throws where it is not the configured one. */
  async met(identity: Identity, look: Look = () => undefined): Promise<Known> {
    this.#identity = identity;
    const { serial } = identity.facts;
    if (isSerialNumber(serial)) this.#mark = undefined;
    else if (!this.#markless) this.#mark = this.#markAt(look) ?? (await this.#ask());
    const known = { ...identity.facts, ...(this.#mark && { mark: this.#mark.text }) };
    this.#check(known);
    return known;
  }

  /** What was read with an outlet. Throws where the device is not the configured one, or no longer says which it is. */
  seen(look: Look): Pick<Known, "serial" | "mark"> {
    const { serialOid } = this.#identity;
    const serial = serialOid === undefined ? undefined : cellText(look(serialOid));
    if (serialOid !== undefined && serial === undefined) throw this.#nameless("its serial number");
    const mark = this.#mark && markIn(this.#mark.oid, look(this.#mark.oid));
    if (this.#mark && mark === undefined) throw this.#nameless(this.#mark.text);
    const seen = { ...(serial !== undefined && { serial }), ...(mark !== undefined && { mark }) };
    this.#check(seen);
    return seen;
  }

  /** The mark as it was just read, where it stands where it did. */
  #markAt(look: Look): Mark | undefined {
    const oid = this.#mark?.oid;
    const text = oid === undefined ? undefined : markIn(oid, look(oid));
    return oid === undefined || text === undefined ? undefined : { oid, text };
  }

  async #ask(): Promise<Mark | undefined> {
    const mark = await findMark(this.#session);
    this.#markless = mark === undefined;
    return mark;
  }

  #check({ serial, mark }: Pick<Known, "serial" | "mark">): void {
    const wanted = this.#target.serial;
    if (wanted === undefined || wanted === serial || isMark(wanted, mark)) return;
    const is = serial ?? mark ?? "";
    const text = `Cannot use ${addressOf(this.#target)}: its serial number is "${is}", not "${wanted}"`;
    const hint =
      "Another device answers at this address; check it, then correct serial: of the PDU";
    throw new OobError("PDU_REFUSED", text, { hint });
  }

  #nameless(what: string): OobError {
    const text = `Cannot use ${addressOf(this.#target)}: it no longer gives ${what}`;
    return new OobError("PDU_REFUSED", text, {
      hint: "Another device may have taken the address, or it is starting; ask again",
    });
  }
}
