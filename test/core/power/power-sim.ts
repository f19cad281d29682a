import type { DeviceEntry, HostEntry, OutletRules } from "../../../src/config/site-config.ts";
import type { Audit, NewEvent } from "../../../src/core/audit/audit.ts";
import { Power, type PowerReport, type PowerSetup } from "../../../src/core/power/power.ts";
import type { SiteEvent } from "../../../src/core/site/site.ts";
import { type Clock, ManualClock, type Millis } from "../../../src/lib/clock.ts";
import { OobError } from "../../../src/lib/errors.ts";
import type { OutletCommand, OutletReading, Pdu, PduReading } from "../../../src/sdk/power.ts";

/** What goes wrong with one request. `late` may be added to every command that has an effect. */
export type Fault =
  | "ok"
  | "lostRequest"
  | "lostAnswer"
  | "ignored"
  | "refused"
  | "silent"
  | "unknown"
  | "wrong";

export interface Step {
  readonly fault: Fault;
  readonly late: Millis;
}

/** Time after which a lost answer is given up, as the SNMP driver's time-out. */
const GIVE_UP: Millis = 2000;
export const SETTLE: Millis = 10_000;
/** How long an outlet is off where the device cycles it by itself. */
const OWN_CYCLE: Millis = 5000;

interface Relay {
  on: boolean;
  edges: { readonly at: Millis; readonly to: "on" | "off" }[];
  /** Moves that are still to come; a device carries out its commands in order. */
  due: number;
  dueAt: Millis;
}

/** Everything of a process ends when this is true: its requests are never answered, its records never written. */
export interface Process {
  dead: boolean;
}

const never = new Promise<never>(() => {});

/** A bank of relays, and the truth about them. Faults are taken one a request, from the front; then all is well. */
export class RelayBank {
  readonly relays = new Map<string, Relay>();
  readonly sent: { readonly instance: string; readonly command: OutletCommand }[] = [];
  faults: Step[] = [];
  /** What is read was seen at the last of such intervals, as upsd tells it; 0: the relays themselves. */
  polledEvery: Millis = 0;
  /** Shows "pending" while a move is due. */
  tellsPending = false;
  serial = "S1";
  commands: readonly OutletCommand[] = ["on", "off"];
  cyclesAlone = false;
  names: Record<string, string> = {};
  /** Relays that a command for an outlet moves, where it is not its own. */
  wiring: Record<string, readonly string[]> = {};
  /** The whole reading of that number, counted from 1, has this outlet wrong. */
  garbles: { readonly at: number; readonly instance: string } | undefined;
  /** What the device says of its own delays. */
  delays: OutletReading["delays"];
  /** What every command meets from now on. */
  command: Fault = "ok";
  /** Steps until the process dies in the middle of a request; 0: never. */
  diesIn = 0;
  readonly #clock: ManualClock;
  #wrongBefore = false;
  #wholes = 0;

  constructor(clock: ManualClock, instances: readonly string[]) {
    this.#clock = clock;
    for (const one of instances) this.relays.set(one, { on: true, edges: [], due: 0, dueAt: 0 });
  }

  falls(instance: string): number {
    return this.relay(instance).edges.filter(({ to }) => to === "off").length;
  }

  relay(instance: string): Relay {
    const relay = this.relays.get(instance);
    if (!relay) throw new Error(`no relay ${instance}`);
    return relay;
  }

  open(process: Process): Pdu {
    return {
      label: "bank",
      commands: this.commands,
      cyclesAlone: this.cyclesAlone,
      settle: SETTLE,
      read: () => this.#request(process, () => this.#readAll(process)),
      readOutlet: (instance) => this.#request(process, () => this.#readOne(instance, process)),
      command: (instance, command) =>
        this.#request(process, () => this.#command(instance, command, process)),
      close: () => Promise.resolve(),
    };
  }

  async #request<T>(process: Process, work: () => Promise<T>): Promise<T> {
    if (process.dead) return never;
    if (this.diesIn > 0 && --this.diesIn === 0) {
      // Half of the time the request went out before the process ended.
      if (this.sent.length % 2 === 0) void work().catch(() => undefined);
      process.dead = true;
      return never;
    }
    await this.#clock.sleep(5);
    return process.dead ? never : work();
  }

  async #readAll(process: Process): Promise<PduReading> {
    await this.#silence(this.#next(), process);
    this.#wholes++;
    const { garbles } = this;
    const wrong = garbles && this.#wholes >= garbles.at ? garbles.instance : undefined;
    if (wrong !== undefined) this.garbles = undefined;
    const outlets = [...this.relays.keys()].map((instance) =>
      this.#reading(instance, instance === wrong ? "wrong" : "ok"),
    );
    return { family: "sim", serial: this.serial, outlets };
  }

  async #readOne(instance: string, process: Process) {
    const step = this.#next();
    await this.#silence(step, process);
    return { ...this.#reading(instance, step.fault), serial: this.serial };
  }

  #reading(instance: string, fault: Fault): OutletReading {
    const relay = this.relay(instance);
    // A reading that is wrong is wrong once: the wire garbles, the device does not lie.
    const wrong = fault === "wrong" && !this.#wrongBefore;
    this.#wrongBefore = wrong;
    const seen = this.polledEvery > 0 ? this.#polled(relay) : relay.on;
    const shown = wrong ? !seen : seen;
    const state = fault === "unknown" ? "unknown" : shown ? "on" : "off";
    const pending = this.tellsPending && relay.due > 0;
    const name = this.names[instance];
    return {
      ...{ instance, label: instance, state, pending },
      ...(name !== undefined && { name }),
      ...(this.delays && { delays: this.delays }),
      ...(this.polledEvery > 0 && { age: this.polledEvery }),
    };
  }

  #polled({ edges, on }: Relay): boolean {
    const now = this.#clock.monotonic();
    const at = now - (now % this.polledEvery);
    const next = edges.find((edge) => edge.at > at);
    return next === undefined ? on : next.to === "off";
  }

  async #command(instance: string, command: OutletCommand, process: Process): Promise<void> {
    this.sent.push({ instance, command });
    const { fault, late } = this.command === "ok" ? this.#next() : { fault: this.command, late: 0 };
    if (fault === "refused") throw new OobError("PDU_REFUSED", "refused");
    const lost = fault === "lostRequest" || fault === "silent";
    if (!lost && fault !== "ignored" && command !== "identify") {
      for (const relay of this.wiring[instance] ?? [instance]) {
        if (command === "cycle") this.#move(relay, false, late);
        this.#move(relay, command !== "off", command === "cycle" ? late + OWN_CYCLE : late);
      }
    }
    if (lost || fault === "lostAnswer") {
      await this.#clock.sleep(GIVE_UP);
      if (process.dead) return never;
      throw new OobError("PDU_SILENT", "no answer");
    }
  }

  /** Somebody presses the button on the panel. */
  press(instance: string, on: boolean): void {
    this.#move(instance, on, 0);
  }

  #move(instance: string, on: boolean, late: Millis): void {
    const relay = this.relay(instance);
    relay.due++;
    const now = this.#clock.monotonic();
    relay.dueAt = Math.max(relay.dueAt, now + late);
    this.#clock.after(relay.dueAt - now, () => {
      relay.due--;
      if (relay.on === on) return;
      relay.on = on;
      relay.edges.push({ at: this.#clock.monotonic(), to: on ? "on" : "off" });
    });
  }

  async #silence({ fault }: Step, process: Process): Promise<void> {
    if (fault !== "silent" && fault !== "lostRequest" && fault !== "lostAnswer") return;
    await this.#clock.sleep(GIVE_UP);
    if (process.dead) return never;
    throw new OobError("PDU_SILENT", "no answer");
  }

  #next(): Step {
    return this.faults.shift() ?? { fault: "ok", late: 0 };
  }
}

/** The audit trail's disk, which outlives the process. */
export class Disk {
  readonly events: SiteEvent[] = [];
  full = false;
  /** Told of every event as it is written. */
  wrote: (event: SiteEvent) => void = () => {};

  open(process: Process, clock: Clock): Audit {
    const write = (event: NewEvent): SiteEvent => {
      const written = { seq: this.events.length + 1, at: clock.now(), ...event };
      this.events.push(written);
      this.wrote(written);
      return written;
    };
    const { events } = this;
    return {
      writable: true,
      commit: async (event) => {
        await clock.sleep(1);
        if (process.dead) return never;
        if (this.full) throw new OobError("AUDIT_UNWRITABLE", "disk full");
        return write(event);
      },
      note: write,
      async *read() {
        yield* [...events];
      },
      close: () => Promise.resolve(),
    };
  }
}

const DEVICE: DeviceEntry = { driver: "sim", options: {} };

/** A host with these outlets; only what power looks at is filled in. */
export function hostWith(...outlets: readonly string[]): HostEntry {
  const entries = outlets.map((outlet) => {
    const [pdu = "", reference = ""] = outlet.split("/");
    return { pdu, reference };
  });
  return {
    name: "web1",
    console: DEVICE,
    outlets: entries,
    os: "linux",
    watch: {
      mode: "observe",
      ladder: [],
      confirmFor: 0,
      silence: 0,
      handsOff: 0,
      bootWithin: 0,
      budget: { cycles: 1, per: 1 },
      sysrq: false,
      quiet: [],
    },
    precious: false,
    offFor: 10_000,
    encoding: "utf-8",
    breakMs: 300,
    needs: [],
  };
}

/** A process with the power room over the given banks. */
export function startPower(
  banks: Readonly<Record<string, RelayBank>>,
  disk: Disk,
  clock: ManualClock,
  more: Partial<PowerSetup> & { readonly rules?: Readonly<Record<string, OutletRules>> } = {},
): { readonly power: Power; readonly process: Process } {
  const process: Process = { dead: false };
  const { rules, ...setup } = more;
  const entry = (name: string) => {
    const of = rules?.[name];
    return of ? { ...DEVICE, rules: of } : DEVICE;
  };
  const power = new Power({
    pdus: new Map(Object.keys(banks).map((name) => [name, entry(name)])),
    open: async (name) => {
      const bank = banks[name];
      if (!bank) throw new Error(name);
      return bank.open(process);
    },
    audit: disk.open(process, clock),
    clock,
    ...setup,
  });
  return { power, process };
}

/** Takes up what was cut short, to its end. */
export async function recovered(power: Power): Promise<void> {
  await Promise.all((await power.recover()).map(({ done }) => done));
}

export const ORDER = { id: "order-1", by: "test", reason: "because" };

/** Lets time pass until the work is done, its process is dead, or `atMost` is over. */
export async function run<T>(
  clock: ManualClock,
  work: Promise<T>,
  atMost: Millis = 3_600_000,
  process: Process = { dead: false },
): Promise<T | "still running"> {
  let done: { value: T } | { error: unknown } | undefined;
  work.then(
    (value) => {
      done = { value };
    },
    (error: unknown) => {
      done = { error };
    },
  );
  const until = clock.monotonic() + atMost;
  while (done === undefined && !process.dead && clock.monotonic() < until) await clock.advance(500);
  if (done === undefined) return "still running";
  if ("error" in done) throw done.error;
  return done.value;
}

/** Runs an order to its end. */
export async function ended(clock: ManualClock, work: Promise<PowerReport>): Promise<PowerReport> {
  const report = await run(clock, work);
  if (report === "still running") throw new Error("the order did not end");
  return report;
}

/** A host with a feed on each of two PDUs. */
export const WEB1: HostEntry = hostWith("a/1", "b/1");

/** A step at which something goes wrong. */
export const fault = (kind: Step["fault"], late = 0): Step => ({ fault: kind, late });
export const OK: Step = fault("ok");

/** Two PDUs of two outlets, and a disk. */
export class TwoFeeds {
  readonly clock = new ManualClock(1_700_000_000_000);
  readonly banks = {
    a: new RelayBank(this.clock, ["1", "2"]),
    b: new RelayBank(this.clock, ["1", "2"]),
  };
  readonly disk = new Disk();

  start = () => startPower(this.banks, this.disk, this.clock).power;
  types = () => this.disk.events.map(({ type }) => type);
}
