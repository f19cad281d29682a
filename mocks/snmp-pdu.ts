/**
 * A rack PDU with an SNMP agent and relays that really move: the PDU of `oob demo` and of the tests. It is built from
 * the same profile that the driver reads, and has the faults of real racks as switches.
 */
import type { Clock, Millis } from "../src/lib/clock.ts";
import { compareOids } from "./oid-order.ts";
import type { PduFaults } from "./pdu-faults.ts";
import { type MockAccess, type MockObject, MockSnmpAgent, type MockTree } from "./snmp-agent.ts";
import {
  ghostsOf,
  instancesOf,
  type MockFamily,
  placeOf,
  plainMeter,
  scalarOf,
  variablesOf,
  withArc,
} from "./snmp-family.ts";

export type { PduFaults } from "./pdu-faults.ts";

/** What a mock PDU is made of. */
export interface MockPduSetup {
  readonly family: MockFamily;
  readonly outlets: number;
  readonly clock: Clock;
  readonly access?: MockAccess;
  readonly names?: readonly string[];
  readonly serial?: string;
  /** Octets of its network interface's address; without them it has no interface table. */
  readonly mac?: readonly number[];
  readonly port?: number;
  /** Watts that a switched-on outlet draws. */
  readonly load?: number;
  /** A relay moved. */
  readonly onSwitch?: (instance: string, state: "on" | "off") => void;
}

interface Relay {
  readonly instance: string;
  readonly number: number;
  on: boolean;
  /** What the state column shows, where it lies. */
  shown: boolean | undefined;
  pending: boolean;
}

const STATUS = { genErr: 5, noAccess: 6, wrongValue: 10, noCreation: 11 } as const;
const CYCLE_MS: Millis = 5000;
/** A number that no family gives a meaning. */
const NOT_LISTED = 99;

/** The device: relays, and the tree that shows them. */
export class MockSnmpPdu implements MockTree {
  readonly faults: PduFaults = {};
  serial: string;
  mac: readonly number[] | undefined;
  /** Every SET that arrived, in order. */
  readonly sets: { readonly oid: string; readonly value: number | string }[] = [];
  readonly #setup: MockPduSetup;
  readonly #relays: Relay[];
  readonly #names: string[];
  #agent: MockSnmpAgent | undefined;
  /** Outlet that the next command is taken for, where the family wants it unlocked before. */
  #unlocked: Relay | undefined;
  /** Somebody else has marked this outlet. */
  marked: string | undefined;

  private constructor(setup: MockPduSetup) {
    this.#setup = setup;
    this.serial = setup.serial ?? "MOCK0001";
    this.mac = setup.mac;
    this.#relays = instancesOf(setup.family, setup.outlets).map((instance, i) => ({
      instance,
      number: i + 1,
      on: true,
      shown: undefined,
      pending: false,
    }));
    this.#names = this.#relays.map((_, i) => setup.names?.[i] ?? `Outlet ${i + 1}`);
  }

  /** Starts one on a UDP port of the loopback. */
  static async start(setup: MockPduSetup): Promise<MockSnmpPdu> {
    const pdu = new MockSnmpPdu(setup);
    const access = setup.access ?? { read: "public", write: "private" };
    pdu.#agent = await MockSnmpAgent.start(pdu, access, pdu.faults, setup.port ?? 0);
    return pdu;
  }

  get port(): number {
    return this.#agent?.port ?? 0;
  }

  get instances(): readonly string[] {
    return this.#relays.map(({ instance }) => instance);
  }

  /** Where the relay really is. */
  relay(instance: string): "on" | "off" | undefined {
    const relay = this.#relays.find((one) => one.instance === instance);
    return relay && (relay.on ? "on" : "off");
  }

  /** Somebody presses the button on the panel. */
  press(instance: string, state: "on" | "off"): void {
    const relay = this.#relays.find((one) => one.instance === instance);
    if (relay) this.#move(relay, state);
  }

  rename(instance: string, name: string): void {
    this.#names[this.#relays.findIndex((one) => one.instance === instance)] = name;
  }

  close(): Promise<void> {
    return this.#agent?.close() ?? Promise.resolve();
  }

  objects(): readonly (readonly [string, MockObject])[] {
    const { family } = this.#setup;
    const { serial, model, padding, read, believedIf } = family;
    const sysObjectID = family.match.sysObjectID[0] ?? "1.3.6.1.4.1";
    const all: [string, MockObject][] = [
      ["1.3.6.1.2.1.1.1.0", { type: "string", value: "mock rack PDU" }],
      ["1.3.6.1.2.1.1.2.0", { type: "oid", value: withArc(family, sysObjectID) }],
    ];
    if (this.mac) all.push(...interfacesOf(this.mac));
    if (serial) all.push([scalarOf(family, serial), { type: "string", value: this.serial }]);
    if (model) all.push([scalarOf(family, model), { type: "string", value: "Mock PDU" }]);
    if (believedIf)
      all.push([believedIf.oid, { type: "string", value: believedIf.matches.source }]);
    if (padding)
      all.push([scalarOf(family, padding.count), { type: "integer", value: this.#relays.length }]);
    if (read.list) all.push([read.oid, this.#list()]);
    for (const relay of this.#relays) all.push(...this.#columns(relay));
    if (this.#relays.length > 0) all.push(...ghostsOf(family, this.#relays.length));
    return all.sort(([one], [other]) => compareOids(one, other));
  }

  write(oid: string, value: unknown): number {
    const { write, read } = this.#setup.family;
    if (!write) return STATUS.noCreation;
    if (read.list && oid === read.oid) return this.#takeList(String(value));
    const { unlessAny: _, ...settings } = write;
    const taken = Object.entries(settings).flatMap(([verb, one]) =>
      this.#relays
        .filter((relay) => this.#place(one.oid, relay) === oid)
        .map((relay) => ({ verb, relay, value: one.value })),
    );
    const relay = taken[0]?.relay;
    if (!relay || typeof value !== "number") return STATUS.noCreation;
    this.sets.push({ oid, value });
    const verb = taken.find((one) => one.value === value)?.verb;
    if (verb === undefined) return STATUS.wrongValue;
    return this.#take(this.#wired(relay), verb);
  }

  #wired(relay: Relay): Relay {
    const next = this.#relays[relay.number % this.#relays.length] ?? relay;
    return this.faults.shifted ? next : relay;
  }

  #take(relay: Relay, verb: string): number {
    if (this.faults.refuses) return STATUS[this.faults.refuses];
    if (this.faults.refusesOn && verb === "on") return STATUS.genErr;
    if (verb === "unlock") {
      this.#unlocked = relay;
      return 0;
    }
    const wanted = this.#setup.family.write?.unlock !== undefined;
    if (!wanted || this.#unlocked === relay) this.#obey(relay, verb);
    this.#unlocked = undefined;
    return 0;
  }

  /** All outlets in one text. */
  #takeList(text: string): number {
    const { oid, on } = this.#setup.family.read;
    this.sets.push({ oid, value: text });
    const wanted = text.split(",");
    let status = 0;
    for (const relay of this.#relays) {
      const verb = wanted[relay.number - 1] === String(on[0]) ? "on" : "off";
      if ((verb === "on") !== relay.on) status = this.#take(relay, verb) || status;
    }
    return status;
  }

  #obey(relay: Relay, verb: string): void {
    const { ignores, locked, lies, lateMs = 0, pendingMs = 0 } = this.faults;
    if (ignores || locked) return;
    if (lies) {
      relay.shown = verb === "on";
      return;
    }
    const { clock } = this.#setup;
    relay.pending = pendingMs > 0;
    const move = () => {
      relay.pending = false;
      if (verb !== "cycle") this.#move(relay, verb === "on" ? "on" : "off");
      else {
        this.#move(relay, "off");
        clock.after(CYCLE_MS, () => this.#move(relay, "on"));
      }
    };
    if (lateMs + pendingMs > 0) clock.after(lateMs + pendingMs, move);
    else move();
  }

  #move(relay: Relay, state: "on" | "off"): void {
    const on = state === "on";
    if (relay.on === on) return;
    relay.on = on;
    this.#setup.onSwitch?.(relay.instance, state);
    const deafFor = this.faults.rebootsInMidCycle;
    if (on || deafFor === undefined) return;
    this.faults.deaf = true;
    this.#setup.clock.after(deafFor, () => {
      this.faults.deaf = false;
    });
  }

  /** The row of one outlet, column by column. */
  #columns(relay: Relay): [string, MockObject][] {
    const { family, load = 60 } = this.#setup;
    const row: [string, MockObject][] = variablesOf(family, relay.instance, relay.number);
    const add = (column: string | undefined, type: MockObject["type"], value: number | string) => {
      if (column !== undefined) row.push([this.#place(column, relay), { type, value }]);
    };
    const state = this.#state(relay);
    if (!family.read.list) row.push([this.#place(family.read.oid, relay), state]);
    const name = this.#names[relay.number - 1] ?? "";
    add(family.name, "string", family.nameUntil ? `${name}${family.nameUntil}0` : name);
    add(family.label, "string", String(relay.number));
    add(family.unit, "integer", 1);
    add(family.only?.oid, "integer", family.only?.values[0] ?? 0);
    const { sensed } = family;
    add(sensed?.oid, "integer", (relay.on ? sensed?.on[0] : sensed?.off[0]) ?? NOT_LISTED);
    for (const [column, value] of this.#flags(relay)) add(column, "integer", value);
    const drawn = relay.on || this.faults.welded ? load : 0;
    const meter = plainMeter(family.outletWatts);
    add(meter?.oid, "integer", Math.round(drawn / (meter?.scale ?? 1)));
    return row;
  }

  /** Columns that say something of now and then; two of them may be one. */
  #flags(relay: Relay): Map<string, number> {
    const { pending, locked, write, read } = this.#setup.family;
    const flags = new Map<string, number>();
    for (const [column, raised] of [
      [pending, relay.pending],
      [locked, this.faults.locked === true],
      [write?.unlessAny, this.marked === relay.instance],
    ] as const) {
      if (column === undefined || column.oid === read.oid) continue;
      const value = raised ? column.values[0] : flags.get(column.oid);
      flags.set(column.oid, value ?? NOT_LISTED);
    }
    return flags;
  }

  #state(relay: Relay): MockObject {
    const { locked, read } = this.#setup.family;
    const { on, off, pending } = read;
    const shown = relay.shown ?? relay.on;
    const waits = relay.pending && pending?.[0] !== undefined;
    const lock = this.faults.locked && locked?.oid === read.oid ? locked.values[0] : undefined;
    const value = lock ?? (waits ? pending[0] : shown ? on[0] : off[0]) ?? 0;
    if (this.faults.wrongType === "nonsense") return { type: "string", value: "Ready" };
    if (this.faults.wrongType === "text") return { type: "string", value: String(value) };
    return typeof value === "number" ? { type: "integer", value } : { type: "string", value };
  }

  /** The states of all outlets in one text. */
  #list(): MockObject {
    const absent = this.#setup.family.read.absent?.[0];
    const states = this.#relays.map((relay) => String(this.#state(relay).value));
    return { type: "string", value: [...states, ...(absent ? [absent, absent] : [])].join(",") };
  }

  #place(column: string, { instance, number }: Relay): string {
    return placeOf(this.#setup.family, column, instance, number);
  }
}

/** IF-MIB ifPhysAddress of a loopback interface, which has none, and of the one with the network. */
function interfacesOf(mac: readonly number[]): [string, MockObject][] {
  return [[], mac].map((address, i) => [
    `1.3.6.1.2.1.2.2.1.6.${i + 1}`,
    { type: "string", value: Buffer.from(address) },
  ]);
}
