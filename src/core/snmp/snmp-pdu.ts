/**
 * A PDU behind SNMP, read through its family's profile.
 *
 * At first use the device is asked who it is; the family is kept for the session and never longer. A whole reading
 * walks the outlet table (instances are never computed: they have holes, start at 0, or count through chained units);
 * a single outlet is one GET that also brings the device's serial number and the outlet's name, so that whoever
 * switches notices a PDU that was swapped or renumbered since it was mapped.
 */
import type { Clock } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { OutletCommand, OutletReading, Pdu, PduReading } from "../../sdk/power.ts";
import type { SnmpProfile, SnmpTarget, Write } from "../../sdk/snmp-profile.ts";
import { type Cell, cellText } from "./cell.ts";
import { addressOf } from "./snmp-errors.ts";
import { type Family, findFamily } from "./snmp-family.ts";
import { type Look, outletAt, outletColumns, outletSensors } from "./snmp-outlets.ts";
import { SnmpSession } from "./snmp-session.ts";
import { totalColumns, totalsOf } from "./snmp-totals.ts";
import type { Column } from "./snmp-walk.ts";

/** Who a device says it is, and the object that holds its serial number. */
interface Identity {
  readonly family: Family;
  readonly serialOid: string | undefined;
}

class SnmpPdu implements Pdu {
  readonly label: string;
  readonly #target: SnmpTarget;
  readonly #session: SnmpSession;
  #identity: Identity;
  /** Number of chained units in the last whole reading; labels depend on it. */
  #units = 1;

  constructor(target: SnmpTarget, session: SnmpSession, identity: Identity) {
    this.label = addressOf(target);
    this.#target = target;
    this.#session = session;
    this.#identity = identity;
  }

  get #profile(): SnmpProfile {
    return this.#identity.family.profile;
  }

  get commands(): readonly OutletCommand[] {
    const { write } = this.#profile;
    if (write === undefined) return [];
    return write.cycle ? ["on", "off", "cycle"] : ["on", "off"];
  }

  get settle() {
    return this.#profile.settle;
  }

  async read(): Promise<PduReading> {
    const profile = this.#profile;
    const facts = await this.identify();
    const columns = await this.#session.walk([
      ...new Set([...outletColumns(profile), ...profile.match.probe, ...totalColumns(profile)]),
    ]);
    const instances = instancesOf(profile, columns);
    if (instances.length === 0)
      throw new OobError("PDU_REFUSED", `Cannot read ${this.label}: its outlet table is gone`, {
        hint: "Another device may have taken the address; ask again",
      });
    const sensors = await this.#session.get(
      instances.flatMap((instance) => outletSensors(profile, instance)),
    );
    const look = lookIn(columns, sensors);
    this.#units = unitsIn(profile, columns);
    const outlets = instances
      .map((instance) => outletAt(profile, instance, look, this.#units))
      .filter((outlet) => outlet !== undefined);
    const totals = totalsOf(profile, columns, look);
    return { family: this.#identity.family.name, ...facts, outlets, ...(totals && { totals }) };
  }

  async readOutlet(instance: string): Promise<OutletReading & { readonly serial?: string }> {
    if (!/^\d{1,10}(\.\d{1,10}){0,31}$/.test(instance)) throw this.#noOutlet(instance);
    const profile = this.#profile;
    const { serialOid } = this.#identity;
    const cells = await this.#session.get([
      ...outletColumns(profile).map((column) => `${column}.${instance}`),
      ...outletSensors(profile, instance),
      ...(serialOid === undefined ? [] : [serialOid]),
    ]);
    const known = profile.match.probe.some(
      (column) => cells.get(`${column}.${instance}`) !== undefined,
    );
    const look: Look = (oid) => cells.get(oid);
    const outlet = known ? outletAt(profile, instance, look, this.#units) : undefined;
    if (outlet === undefined) throw this.#noOutlet(instance);
    const serial = serialOid === undefined ? undefined : cellText(cells.get(serialOid));
    this.#checkSerial(serial);
    return serial === undefined ? outlet : { ...outlet, serial };
  }

  async command(instance: string, command: OutletCommand): Promise<void> {
    const write = this.#write(command);
    if (write === undefined)
      throw new OobError(
        "PDU_REFUSED",
        `Cannot switch outlet "${instance}" of ${this.label}: ${this.#identity.family.name} has no command "${command}"`,
      );
    await this.#session.set(`${write.oid}.${instance}`, write.value, instance);
  }

  close(): Promise<void> {
    this.#session.close();
    return Promise.resolve();
  }

  #write(command: OutletCommand): Write | undefined {
    if (command === "on" || command === "off" || command === "cycle")
      return this.#profile.write?.[command];
    return undefined;
  }

  /** Model, serial number and firmware, and where the serial number stands: first rows below their columns, or scalars. */
  async identify(): Promise<Partial<Record<"model" | "serial" | "firmware", string>>> {
    const { model, serial, firmware } = this.#profile;
    const wanted = Object.entries({ model, serial, firmware }).flatMap(([fact, oid]) =>
      oid === undefined ? [] : [{ fact, oid: oid.replace(/\.0$/, "") }],
    );
    const answers = await this.#session.firstBelow(wanted.map(({ oid }) => oid));
    const facts: Record<string, string> = {};
    for (const [i, { fact }] of wanted.entries()) {
      const text = cellText(answers[i]?.cell);
      if (text !== undefined && text !== "") facts[fact] = text;
      if (fact === "serial") this.#identity = { ...this.#identity, serialOid: answers[i]?.oid };
    }
    this.#checkSerial(facts.serial);
    return facts;
  }

  #checkSerial(serial: string | undefined): void {
    const wanted = this.#target.serial;
    if (wanted === undefined || wanted === serial) return;
    const text = `Cannot use ${this.label}: its serial number is "${serial ?? ""}", not "${wanted}"`;
    const hint =
      "Another device answers at this address; check it, then correct serial: of the PDU";
    throw new OobError("PDU_REFUSED", text, { hint });
  }

  #noOutlet(instance: string): OobError {
    const text = `Cannot read outlet "${instance}" of ${this.label}: the device has no such outlet`;
    return new OobError("OUTLET_UNKNOWN", text);
  }
}

/** Opens an agent and finds its family. Throws PDU_SILENT, LOGIN_REFUSED, PDU_UNKNOWN. */
export async function openSnmpPdu(
  target: SnmpTarget,
  profiles: ReadonlyMap<string, SnmpProfile>,
  clock: Clock,
): Promise<Pdu> {
  const session = new SnmpSession(target, clock);
  try {
    const family = await findFamily(session, profiles, target);
    const pdu = new SnmpPdu(target, session, { family, serialOid: undefined });
    await pdu.identify();
    return pdu;
  } catch (error) {
    session.close();
    throw error;
  }
}

/** Rows of the first probe column that has any: states, else names. */
function instancesOf(profile: SnmpProfile, columns: ReadonlyMap<string, Column>): string[] {
  for (const probe of profile.match.probe) {
    const rows = columns.get(probe);
    if (rows && rows.size > 0) return [...rows.keys()];
  }
  return [];
}

function unitsIn(profile: SnmpProfile, columns: ReadonlyMap<string, Column>): number {
  const units = profile.unit === undefined ? undefined : columns.get(profile.unit);
  return new Set([...(units?.values() ?? [])].map((cell) => cellText(cell))).size;
}

/** Finds cells of walked columns by their full OID, and those that were read one by one. */
function lookIn(columns: ReadonlyMap<string, Column>, single: ReadonlyMap<string, Cell>): Look {
  const cells = new Map(single);
  for (const [column, rows] of columns)
    for (const [row, cell] of rows) cells.set(`${column}.${row}`, cell);
  return (oid) => cells.get(oid);
}
