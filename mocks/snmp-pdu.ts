/**
 * A rack PDU with an SNMP agent and relays that really move: the PDU of `oob demo` and of the tests. It is built from
 * the same profile that the driver reads, and has the faults of real racks as switches.
 */
import type { Clock, Millis } from "../src/lib/clock.ts";
import { compareOids } from "./oid-order.ts";
import {
  type MockAccess,
  type MockObject,
  MockSnmpAgent,
  type MockTree,
  type WireFaults,
} from "./snmp-agent.ts";

type Values = readonly (number | string)[];

interface MockMeter {
  readonly oid: string;
  readonly scale?: number;
  readonly digits?: string;
  readonly suffix?: string;
}

/** The part of an SNMP profile that a device of the family needs to be imitated. */
export interface MockFamily {
  readonly match: { readonly sysObjectID: readonly string[] };
  readonly index: readonly string[];
  readonly name?: string;
  readonly label?: string;
  readonly unit?: string;
  readonly read: { readonly oid: string; readonly on: Values; readonly off: Values };
  readonly pending?: { readonly oid: string; readonly values: readonly number[] };
  readonly locked?: { readonly oid: string; readonly values: readonly number[] };
  readonly write?: Readonly<
    Partial<Record<"on" | "off" | "cycle", { readonly oid: string; readonly value: number }>>
  >;
  readonly serial?: string;
  readonly model?: string;
  readonly outletWatts?: MockMeter;
}

/** Faults of the device itself, all outlets alike; those of the network are in WireFaults. */
export interface PduFaults extends WireFaults {
  /** Takes the command and forgets it. */
  ignores?: boolean;
  /** The relay moves that much later. */
  lateMs?: Millis;
  /** Shows "pending" that long, then moves. */
  pendingMs?: Millis;
  /** Refuses SETs: "genErr", "noAccess" or "wrongValue". */
  refuses?: "genErr" | "noAccess" | "wrongValue" | undefined;
  /** Refuses only to switch on. */
  refusesOn?: boolean;
  /** State column answers text ("1") or words that mean nothing. */
  wrongType?: "text" | "nonsense" | undefined;
  /** Shows at once what was asked; the relay stays. */
  lies?: boolean;
  /** The contact is welded: the books say off, the load goes on. */
  welded?: boolean;
  /** Its network card restarts for that long after each switch-off. */
  rebootsInMidCycle?: Millis;
  locked?: boolean;
}

/** What a mock PDU is made of. */
export interface MockPduSetup {
  readonly family: MockFamily;
  readonly outlets: number;
  readonly clock: Clock;
  readonly access?: MockAccess;
  readonly names?: readonly string[];
  readonly serial?: string;
  readonly port?: number;
  /** Watts that a switched-on outlet draws. */
  readonly load?: number;
  /** A relay moved. */
  readonly onSwitch?: (instance: string, state: "on" | "off") => void;
}

interface Relay {
  readonly instance: string;
  on: boolean;
  /** What the state column shows, where it lies. */
  shown: boolean | undefined;
  pending: boolean;
}

const STATUS = { genErr: 5, noAccess: 6, wrongValue: 10, noCreation: 11 } as const;
const CYCLE_MS: Millis = 5000;

/** The device: relays, and the tree that shows them. */
export class MockSnmpPdu implements MockTree {
  readonly faults: PduFaults = {};
  serial: string;
  /** Every SET that arrived, in order. */
  readonly sets: { readonly oid: string; readonly value: number }[] = [];
  readonly #setup: MockPduSetup;
  readonly #relays: Relay[];
  readonly #names: string[];
  #agent: MockSnmpAgent | undefined;

  private constructor(setup: MockPduSetup) {
    this.#setup = setup;
    this.serial = setup.serial ?? "MOCK0001";
    this.#relays = Array.from({ length: setup.outlets }, (_, i) => ({
      instance: instanceOf(setup.family, i + 1),
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
    const all: [string, MockObject][] = [
      ["1.3.6.1.2.1.1.1.0", { type: "string", value: "mock rack PDU" }],
      ["1.3.6.1.2.1.1.2.0", { type: "oid", value: family.match.sysObjectID[0] ?? "1.3.6.1.4.1" }],
    ];
    if (family.serial !== undefined)
      all.push([scalar(family.serial), { type: "string", value: this.serial }]);
    if (family.model !== undefined)
      all.push([scalar(family.model), { type: "string", value: "Mock PDU" }]);
    for (const [i, relay] of this.#relays.entries())
      for (const [column, object] of this.#columns(relay, i))
        all.push([`${column}.${relay.instance}`, object]);
    return all.sort(([one], [other]) => compareOids(one, other));
  }

  write(oid: string, value: unknown): number {
    const commands = Object.entries(this.#setup.family.write ?? {});
    const relay = this.#relays.find(({ instance }) =>
      commands.some(([, write]) => oid === `${write.oid}.${instance}`),
    );
    if (!relay || typeof value !== "number") return STATUS.noCreation;
    this.sets.push({ oid, value });
    const verb = commands.find(
      ([, write]) => oid === `${write.oid}.${relay.instance}` && write.value === value,
    )?.[0];
    if (verb === undefined) return STATUS.wrongValue;
    if (this.faults.refuses) return STATUS[this.faults.refuses];
    if (this.faults.refusesOn && verb === "on") return STATUS.genErr;
    this.#obey(relay, verb);
    return 0;
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
  #columns(relay: Relay, index: number): [string, MockObject][] {
    const { family, load = 60 } = this.#setup;
    const row: [string, MockObject][] = [[family.read.oid, this.#state(relay)]];
    const add = (column: string | undefined, type: MockObject["type"], value: number | string) => {
      if (column !== undefined) row.push([column, { type, value }]);
    };
    add(family.name, "string", this.#names[index] ?? "");
    add(family.label, "string", String(index + 1));
    add(family.unit, "integer", 1);
    const waits = family.pending?.values[0] ?? 1;
    add(family.pending?.oid, "integer", relay.pending ? waits : waits + 1);
    add(family.locked?.oid, "integer", this.faults.locked ? (family.locked?.values[0] ?? 0) : 1);
    const meter = family.outletWatts;
    if (meter && meter.suffix === undefined && meter.digits === undefined) {
      const drawn = relay.on || this.faults.welded ? load : 0;
      add(meter.oid, "integer", Math.round(drawn / (meter.scale ?? 1)));
    }
    return row;
  }

  #state(relay: Relay): MockObject {
    const { on, off } = this.#setup.family.read;
    const shown = relay.shown ?? relay.on;
    const value = (shown ? on[0] : off[0]) ?? 0;
    if (this.faults.wrongType === "nonsense") return { type: "string", value: "Ready" };
    if (this.faults.wrongType === "text") return { type: "string", value: String(value) };
    return typeof value === "number" ? { type: "integer", value } : { type: "string", value };
  }
}

/** "3", "1.3", "1.1.3"; a chain's first unit is 0 where the family counts straps. */
function instanceOf(family: MockFamily, outlet: number): string {
  return family.index
    .map((part, i) => (i === family.index.length - 1 ? outlet : part === "strap" ? 0 : 1))
    .join(".");
}

/** Scalars end in .0; of a column the first row is used. */
const scalar = (oid: string): string => (oid.endsWith(".0") ? oid : `${oid}.1`);
