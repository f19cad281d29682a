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
import type {
  OutletCommand,
  OutletReading,
  Pdu,
  PduReading,
  UnprovenMap,
} from "../../sdk/power.ts";
import type { SnmpProfile, SnmpTarget, Write } from "../../sdk/snmp-profile.ts";
import { cellIs, listItem, listItems } from "./cell.ts";
import { KnownDevice } from "./known-device.ts";
import { claimOf, type Proofs, writeOf } from "./map-claim.ts";
import { placesIn } from "./outlet-places.ts";
import { inTurn } from "./reading-turns.ts";
import { readEnergy } from "./snmp-energy.ts";
import { addressOf } from "./snmp-errors.ts";
import { type Family, findFamily } from "./snmp-family.ts";
import { type Facts, identityIn, identityOids } from "./snmp-identity.ts";
import { type Look, objectsAt, outletAt, outletObjects, type Seen } from "./snmp-outlets.ts";
import { SnmpSession } from "./snmp-session.ts";
import { type Layout, needsWhole, readTables } from "./snmp-tables.ts";
import { totalsOf } from "./snmp-totals.ts";
import type { OpenWire } from "./snmp-wire.ts";
import { SteadyColumns } from "./steady-columns.ts";

interface Parts {
  readonly clock: Clock;
  readonly proofs: Proofs;
}

class SnmpPdu implements Pdu {
  readonly label: string;
  readonly cyclesAlone: boolean;
  readonly #session: SnmpSession;
  readonly #family: Family;
  readonly #clock: Clock;
  readonly #device: KnownDevice;
  readonly #steady: SteadyColumns;
  readonly #proofs: Proofs;
  /** Whether the map is proven, by the table that an outlet stands in; forgotten where the device is asked who it is. */
  readonly #proven = new Map<string, boolean>();
  /** The last whole reading: outlets that there are, and where their objects stand. */
  #known: { readonly rows: ReadonlySet<string>; readonly tables: Layout } | undefined;

  constructor(target: SnmpTarget, session: SnmpSession, family: Family, parts: Parts) {
    this.#proofs = parts.proofs;
    this.#clock = parts.clock;
    this.label = addressOf(target);
    this.cyclesAlone = family.profile.cyclesAlone === true;
    this.#session = session;
    this.#device = new KnownDevice(target, session);
    this.#family = family;
    this.#steady = new SteadyColumns(parts.clock);
  }

  get #profile(): SnmpProfile {
    return this.#family.profile;
  }

  get commands(): readonly OutletCommand[] {
    const { write } = this.#profile;
    if (write === undefined) return [...this.#proven.values()].includes(true) ? ["on", "off"] : [];
    return write.cycle ? ["on", "off", "cycle"] : ["on", "off"];
  }

  get settle() {
    return this.#profile.settle;
  }

  read(yields?: AbortSignal): Promise<PduReading> {
    return this.#session.until(yields, () => inTurn(this.#clock, () => this.#readAll()));
  }

  async #readAll(): Promise<PduReading> {
    const { profile, name, hasOutlets } = this.#family;
    const { markOids } = this.#device;
    const tables = await readTables(this.#session, profile, this.#steady, markOids);
    this.#proven.clear();
    const facts = await this.#device.met(tables.identity, tables.look);
    const outlets = tables.instances
      .map((instance) => outletAt(this.#profileOf(instance), instance, tables))
      .filter((outlet) => outlet !== undefined);
    const had = this.#known ? this.#known.rows.size > 0 : hasOutlets && !profile.dictionary;
    if (outlets.length === 0 && had)
      throw new OobError("PDU_REFUSED", `Cannot read ${this.label}: its outlet table is gone`, {
        hint: "Another device may have taken the address; ask again",
      });
    const { look: _, columns: __, identity: ___, ...layout } = tables;
    this.#known = { rows: new Set(outlets.map(({ instance }) => instance)), tables: layout };
    const totals = totalsOf(profile, tables);
    return { family: name, ...facts, outlets, ...(totals && { totals }) };
  }

  async withEnergy(reading: PduReading): Promise<PduReading> {
    return readEnergy(this.#session, this.#profile, this.#known?.tables, reading);
  }

  async readOutlet(
    instance: string,
  ): Promise<OutletReading & { readonly serial?: string; readonly mark?: string }> {
    await this.#mayBe(instance);
    const profile = this.#profile;
    const { place = placesIn(profile), units = 1, names, printed } = this.#known?.tables ?? {};
    const variables = this.#variables(instance);
    const cells = await this.#session.get([
      ...objectsAt(outletObjects(profile), place, instance),
      ...(names?.objects(variables) ?? []),
      ...this.#device.oids,
    ]);
    if (names?.stillHolds(variables, cells) === false) throw this.#renumbered(instance);
    const known =
      needsWhole(profile) ||
      profile.match.probe.some((column) => cells.get(place(column, instance) ?? "") !== undefined);
    const look: Look = (oid) => cells.get(oid);
    const seen: Seen = { look, place, units, ...(printed && { printed }) };
    const outlet = known ? outletAt(this.#profileOf(instance), instance, seen) : undefined;
    if (outlet === undefined) throw this.#noOutlet(instance);
    return { ...outlet, ...this.#device.seen(look) };
  }

  /** Throws where an instance is none, or none of those that a whole reading found. */
  async #mayBe(instance: string): Promise<void> {
    if (!/^\d{1,10}(\.\d{1,10}){0,31}$/.test(instance)) throw this.#noOutlet(instance);
    if (!needsWhole(this.#profile)) return;
    if (!this.#known) await this.#readAll();
    if (!this.#known?.rows.has(instance)) throw this.#noOutlet(instance);
  }

  command(instance: string, command: OutletCommand, late?: AbortSignal): Promise<void> {
    return this.#session.until(late, async () => {
      // Whatever a proof holds for is asked again: another device may have taken the address.
      if (this.#profile.unproven) await this.identify();
      return this.#send(this.#profileOf(instance), instance, command);
    });
  }

  get unproven(): UnprovenMap | undefined {
    const { unproven } = this.#profile;
    return (
      unproven && {
        claim: async (instance) =>
          claimOf(this.#family, await this.identify(), this.label, instance),
        command: (instance, command, late) => {
          const profile = { ...this.#profile, write: unproven };
          return this.#session.until(late, () => this.#send(profile, instance, command));
        },
      }
    );
  }

  /** The profile as it is for this outlet: its doubtful writes where they are proven. */
  #profileOf(instance: string): SnmpProfile {
    const { unproven } = this.#profile;
    if (unproven === undefined) return this.#profile;
    const claim = claimOf(this.#family, this.#device.facts, this.label, instance);
    const known = this.#proven.get(claim.table) ?? this.#proofs(claim);
    this.#proven.set(claim.table, known);
    return known ? { ...this.#profile, write: unproven } : this.#profile;
  }

  async #send(profile: SnmpProfile, instance: string, command: OutletCommand): Promise<void> {
    const write = writeOf(profile, command);
    if (write === undefined)
      throw this.#refused(instance, `${this.#family.name} has no command "${command}"`);
    await this.#mayBe(instance);
    const place = this.#known?.tables.place ?? placesIn(profile);
    if (profile.read.list) return this.#switchInList(write, instance);
    await this.#checkMarks(instance);
    await this.#checkNames(instance);
    const unlock = profile.write?.unlock;
    for (const one of unlock ? [unlock, write] : [write]) {
      const oid = place(one.oid, instance);
      if (oid === undefined) throw this.#noOutlet(instance);
      const { value, type = "integer" } = one;
      await this.#session.set({ oid, value, type }, instance);
    }
  }

  close(): Promise<void> {
    this.#session.close();
    return Promise.resolve();
  }

  /**
   * All outlets are written at once, so the list is read just before and changed in one place. Whoever switches
   * another outlet in between is overruled: such a device can have one master only.
   */
  async #switchInList({ oid, value }: Write, instance: string): Promise<void> {
    const cells = await this.#session.get([oid]);
    const items = listItems(cells.get(oid));
    const place = Number(instance) - 1;
    const { on, off } = this.#profile.read;
    const whole = items.length === this.#known?.tables.instances.length;
    if (!whole || !items.every((item) => /^ *-?\d{1,3} *$/.test(item)))
      throw this.#refused(instance, "the list of all states that it takes came garbled");
    if (!cellIs(listItem(cells.get(oid), place + 1), [...on, ...off]))
      throw this.#refused(instance, `its state reads "${items[place] ?? ""}"`);
    items[place] = String(value);
    await this.#session.set({ oid, value: items.join(","), type: "text" }, instance);
  }

  /** What somebody else has marked would be carried out too. */
  async #checkMarks(instance: string): Promise<void> {
    const marks = this.#profile.write?.unlessAny;
    if (marks === undefined) return;
    const rows = (await this.#session.walk([marks.oid])).rows.get(marks.oid) ?? new Map();
    const marked = [...rows].filter(([, cell]) => cellIs(cell, marks.values)).map(([row]) => row);
    if (marked.length === 0) return;
    const text = `what is marked at outlet "${marked.join(", ")}" would be carried out with it`;
    throw this.#refused(instance, text);
  }

  async #checkNames(instance: string): Promise<void> {
    const names = this.#known?.tables.names;
    if (this.#profile.dictionary === undefined) return;
    if (names === undefined) throw this.#renumbered(instance);
    const variables = this.#variables(instance);
    const cells = await this.#session.get(names.objects(variables));
    if (!names.stillHolds(variables, cells)) throw this.#renumbered(instance);
  }

  /** Rows of all variables that an outlet consists of, its own first. */
  #variables(instance: string): string[] {
    const names = this.#known?.tables.names;
    if (names === undefined) return [];
    const words = outletObjects(this.#profile).map(({ column }) => column.split("#")[1]);
    const rows = words.map((word) =>
      word === undefined ? undefined : names.sibling(instance, word),
    );
    return [...new Set([instance, ...rows.filter((row) => row !== undefined)])];
  }

  /** Asks the device who it is. */
  async identify(): Promise<Facts> {
    const found = await this.#session.firstBelow(identityOids(this.#profile));
    this.#proven.clear();
    return this.#device.met(identityIn(this.#profile, found));
  }

  #refused(instance: string, why: string): OobError {
    const text = `Cannot switch outlet "${instance}" of ${this.label}: ${why}`;
    return new OobError("PDU_REFUSED", text);
  }

  /** The device's variables are no longer what they were: the next reading finds them anew. */
  #renumbered(instance: string): OobError {
    this.#known = undefined;
    const text = `Cannot use outlet "${instance}" of ${this.label}: the device has renumbered its variables`;
    return new OobError("OUTLET_UNKNOWN", text, { hint: "Ask again" });
  }

  #noOutlet(instance: string): OobError {
    const text = `Cannot read outlet "${instance}" of ${this.label}: the device has no such outlet`;
    return new OobError("OUTLET_UNKNOWN", text);
  }
}

/** Opens an agent and finds its family; `open` is the library unless said otherwise. Throws PDU_SILENT, LOGIN_REFUSED, PDU_UNKNOWN. */
export async function openSnmpPdu(
  target: SnmpTarget,
  profiles: ReadonlyMap<string, SnmpProfile>,
  clock: Clock,
  open?: OpenWire,
  proofs: Proofs = () => false,
): Promise<Pdu> {
  const session = new SnmpSession(target, clock, open);
  try {
    const family = await inTurn(clock, () => findFamily(session, profiles, target));
    const pdu = new SnmpPdu(target, session, family, { clock, proofs });
    await pdu.identify();
    return pdu;
  } catch (error) {
    session.close();
    throw error;
  }
}
