import { readdir } from "node:fs/promises";
import driver from "../../../drivers/power/serial-pdu.ts";
import { MockSerialPdu, type SerialPduSetup } from "../../../mocks/serial-pdu.ts";
import type { SerialPduFaults } from "../../../mocks/serial-pdu-session.ts";
import { ManualClock, type Millis } from "../../../src/lib/clock.ts";
import type { Link } from "../../../src/sdk/link.ts";
import type { OptionValues } from "../../../src/sdk/options.ts";
import type { Pdu } from "../../../src/sdk/power.ts";
import type { SerialPduProfile } from "../../../src/sdk/serial-pdu-profile.ts";
import { contextWith } from "./context.ts";

const FOLDER = new URL("../../../drivers/power/serial/", import.meta.url);

/** The dialogues that ship, by name. */
export async function serialProfiles(): Promise<ReadonlyMap<string, SerialPduProfile>> {
  const profiles = new Map<string, SerialPduProfile>();
  for (const file of (await readdir(FOLDER)).sort()) {
    const module: { default: SerialPduProfile } = await import(new URL(file, FOLDER).href);
    profiles.set(file.replace(/\.ts$/, ""), module.default);
  }
  return profiles;
}

/** What the line does to what the PDU says. */
export interface Wire {
  /** Lengths of pieces, over and over; each comes a while after the one before. */
  readonly cuts?: readonly number[];
  readonly gaps?: readonly Millis[];
  /** At these bytes of all that it says, so many are lost, or come as something else. */
  readonly damage?: readonly { readonly at: number; readonly lost: number; readonly as: string }[];
}

const labels = new WeakMap<MockSerialPdu, string>();
let devices = 0;

/** Refused logins are remembered by device: each mock is another one. */
function labelOf(mock: MockSerialPdu): string {
  const label = labels.get(mock) ?? `line${++devices}`;
  labels.set(mock, label);
  return label;
}

/** A line to a PDU, in virtual time. */
export class Line {
  readonly #queue: (Uint8Array | undefined)[] = [];
  #wake = (): void => {};
  #count = 0;
  #due: Millis = 0;
  #turn = 0;
  readonly #wire: Wire;
  readonly #clock: ManualClock;
  /** Everything that was typed, and everything that came over the wire. */
  typed = "";
  said = "";
  closed = false;
  readonly link: Link;

  constructor(mock: MockSerialPdu, clock: ManualClock, wire: Wire, serial: boolean) {
    this.#wire = wire;
    this.#clock = clock;
    const session = mock.connect(
      (bytes) => this.#carry(this.#damaged(bytes)),
      () => this.#later(undefined),
      serial,
    );
    this.link = {
      label: labelOf(mock),
      bytes: { [Symbol.asyncIterator]: () => this.#read() },
      write: (bytes) => {
        this.typed += Buffer.from(bytes).toString("latin1");
        session.receive(bytes);
        return Promise.resolve();
      },
      close: () => {
        this.closed = true;
        if (!serial) mock.gone(session);
        return Promise.resolve();
      },
    };
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      while (this.#queue.length > 0) {
        const piece = this.#queue.shift();
        if (piece === undefined) return;
        yield piece;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #damaged(bytes: Uint8Array): Uint8Array {
    const out: number[] = [];
    for (const byte of bytes) {
      const at = this.#count++;
      const hit = this.#wire.damage?.find((one) => at >= one.at && at < one.at + one.lost);
      if (!hit) out.push(byte);
      else if (at === hit.at) out.push(...Buffer.from(hit.as, "latin1"));
    }
    return Uint8Array.from(out);
  }

  #carry(bytes: Uint8Array): void {
    const { cuts = [4096], gaps = [1] } = this.#wire;
    this.said += Buffer.from(bytes).toString("latin1");
    for (let at = 0; at < bytes.length; ) {
      const size = Math.max(1, cuts[this.#turn % cuts.length] ?? 1);
      this.#due =
        Math.max(this.#due, this.#clock.monotonic()) + (gaps[this.#turn % gaps.length] ?? 1);
      this.#turn += 1;
      this.#later(bytes.slice(at, at + size));
      at += size;
    }
  }

  #later(piece: Uint8Array | undefined): void {
    this.#clock.after(Math.max(0, this.#due - this.#clock.monotonic()), () => {
      this.#queue.push(piece);
      this.#wake();
    });
  }
}

export const PASSWORD = "s3cret-of-pdu1";

/** A PDU, its line and its driver. */
export interface Bench {
  readonly clock: ManualClock;
  readonly mock: MockSerialPdu;
  readonly line: Line;
  readonly pdu: Pdu;
  /** Lets time go by until this is over. */
  readonly done: <T>(work: Promise<T>) => Promise<T>;
}

/** What a bench is made of. */
export interface BenchSetup extends Omit<SerialPduSetup, "clock"> {
  readonly wire?: Wire;
  readonly options?: OptionValues;
  readonly serial?: boolean;
  readonly faults?: SerialPduFaults;
  /** An older bench's device, at a new line. */
  readonly mock?: MockSerialPdu;
  readonly at?: ManualClock;
}

/** Opens the driver on a mock. */
export async function bench({
  wire = {},
  options = {},
  serial,
  faults,
  mock,
  at,
  ...setup
}: BenchSetup): Promise<Bench> {
  const clock = at ?? new ManualClock();
  const device = mock ?? new MockSerialPdu({ ...setup, clock });
  Object.assign(device.faults, faults);
  const line = new Line(device, clock, wire, serial ?? false);
  const profiles = await serialProfiles();
  const login = setup.login ? { password: { secret: "pdu1" } } : {};
  const user = setup.login?.user === undefined ? {} : { user: setup.login.user };
  const pdu = await driver.open(
    { profile: setup.family.split(" ")[0] ?? "", ...login, ...user, ...options },
    {
      ...contextWith({ pdu1: PASSWORD, wrong: "not-the-one" }),
      clock,
      through: line.link,
      profiles: <Profile>() => Promise.resolve(profiles as unknown as ReadonlyMap<string, Profile>),
    },
  );
  const done = async <T>(work: Promise<T>): Promise<T> => {
    let over = false;
    const mark = () => {
      over = true;
    };
    work.then(mark, mark);
    while (!over) await clock.advance(250);
    return work;
  };
  return { clock, mock: device, line, pdu, done };
}
