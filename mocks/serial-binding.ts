/*
 * A rack's worth of serial ports that do not exist, in the shape of serialport's bindings: each has a far end that the
 * test plays, modem lines, BREAK, speeds that may differ, and can be pulled out and put back.
 */
import type {
  BindingPortInterface,
  OpenOptions,
  PortStatus,
  SetOptions,
} from "@serialport/bindings-cpp";

/** Faults that a test switches on. */
export interface SerialFaults {
  /** Another process has it. */
  busy?: boolean;
  /** The hardware stays at this speed whatever it is told. */
  stuckBaud?: number;
  /** A pty, or an adapter that does not know of modem lines. */
  noLines?: boolean;
  /** An adapter without BREAK: serialport's set() fails on it altogether. */
  noBreak?: boolean;
  /** write() waits for release(). */
  slowWrite?: boolean;
}

/** Most bytes that wait for a reader; more are lost, as in a kernel. */
const MAX_WAITING = 65_536;

/** The far end of one port: the host at the other end of the cable. */
export class MockSerialDevice {
  readonly faults: SerialFaults;
  /** Speed of the far end; a near end of another speed hears rubbish, and so does this one. */
  baud: number;
  /** What arrived from the near end. */
  received: number[] = [];
  /** Lengths in BREAKs begun so far; `breaking` while one lasts. */
  breaks = 0;
  breaking = false;
  /** DTR and RTS as the near end drives them. */
  driven = { dtr: false, rts: false };
  /** Each call of set(), as given. */
  readonly settings: SetOptions[] = [];
  /** What the far end drives. */
  lines: PortStatus = { cts: true, dsr: true, dcd: true };
  plugged = true;
  opened: OpenOptions | undefined;
  /** Reads that were asked for: nothing is read while nobody asks. */
  reads = 0;
  #waiting: number[] = [];
  #wake: (() => void) | undefined;
  #release: (() => void)[] = [];

  constructor(baud = 115_200, faults: SerialFaults = {}) {
    this.baud = baud;
    this.faults = faults;
  }

  /** The host prints. */
  send(bytes: Uint8Array): void {
    const heard = this.#garbled(bytes);
    this.#waiting.push(...heard.slice(0, MAX_WAITING - this.#waiting.length));
    this.#wake?.();
  }

  /** The adapter is pulled out. */
  unplug(): void {
    this.plugged = false;
    this.#waiting = [];
    this.#wake?.();
    this.release();
  }

  /** It is put back, under the same name. */
  plug(): void {
    this.plugged = true;
  }

  /** Lets slow writes go. */
  release(): void {
    for (const go of this.#release.splice(0)) go();
  }

  async take(buffer: Buffer, offset: number, length: number, open: () => boolean): Promise<number> {
    this.reads++;
    for (;;) {
      if (!open()) throw Object.assign(new Error("Port is not open"), { canceled: true });
      if (!this.plugged) throw gone();
      const bytes = this.#waiting.splice(0, length);
      buffer.set(bytes, offset);
      if (bytes.length > 0) return bytes.length;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async give(bytes: Uint8Array): Promise<void> {
    if (this.faults.slowWrite) await new Promise<void>((resolve) => this.#release.push(resolve));
    if (!this.plugged) throw gone();
    this.received.push(...this.#garbled(bytes));
  }

  apply(options: SetOptions): void {
    this.settings.push(options);
    if (options.brk && !this.breaking) this.breaks++;
    this.breaking = options.brk === true;
    // serialport writes all lines at each call; those not given come out raised.
    this.driven = { dtr: options.dtr !== false, rts: options.rts !== false };
  }

  /** Lets a waiting read see that its port was closed. */
  wake(): void {
    this.#wake?.();
  }

  /** Speed that the hardware took. */
  speed(asked: number): number {
    return this.faults.stuckBaud ?? asked;
  }

  /** Bits cut at the wrong places: never the bytes that were sent. */
  #garbled(bytes: Uint8Array): Uint8Array {
    const near = this.opened?.baudRate ?? this.baud;
    if (near === this.baud) return bytes;
    return bytes.map((byte) => ((byte << 3) | (byte >> 5)) ^ (near > this.baud ? 0xf0 : 0x78));
  }
}

const gone = () =>
  Object.assign(new Error("EIO: i/o error, read"), { code: "EIO", disconnect: true });

class MockSerialPort implements BindingPortInterface {
  readonly openOptions: Required<OpenOptions>;
  readonly #device: MockSerialDevice;
  isOpen = true;

  constructor(device: MockSerialDevice, options: OpenOptions) {
    this.#device = device;
    this.openOptions = options as Required<OpenOptions>;
  }

  async read(buffer: Buffer, offset: number, length: number) {
    return {
      buffer,
      bytesRead: await this.#device.take(buffer, offset, length, () => this.isOpen),
    };
  }

  write(buffer: Buffer): Promise<void> {
    return this.#device.give(buffer);
  }

  async get(): Promise<PortStatus> {
    if (this.#device.faults.noLines) throw new Error("Inappropriate ioctl for device, cannot get");
    if (!this.#device.plugged) throw gone();
    return this.#device.lines;
  }

  async set(options: SetOptions): Promise<void> {
    if (!this.#device.plugged) throw gone();
    if (this.#device.faults.noBreak) throw new Error("Error: Operation not supported, cannot set");
    this.#device.apply(options);
  }

  async getBaudRate() {
    return { baudRate: this.#device.speed(this.openOptions.baudRate) };
  }

  async close(): Promise<void> {
    this.isOpen = false;
    this.#device.opened = undefined;
    this.#device.wake();
    this.#device.release();
  }

  async update(): Promise<void> {
    throw new Error("update discards what waits");
  }

  async flush(): Promise<void> {
    throw new Error("flush discards what waits");
  }

  async drain(): Promise<void> {
    throw new Error("drain blocks");
  }
}

/** A binding over devices by path. */
export function mockSerialBinding(devices: Readonly<Record<string, MockSerialDevice>>) {
  return {
    async list() {
      return Object.keys(devices)
        .filter((path) => devices[path]?.plugged)
        .map((path) => ({ path }));
    },
    async open(options: OpenOptions): Promise<BindingPortInterface> {
      const device = devices[options.path];
      if (!device?.plugged)
        throw Object.assign(new Error(`ENOENT: no such file, open '${options.path}'`), {
          code: "ENOENT",
        });
      if (device.faults.busy || (device.opened && options.lock !== false))
        throw new Error(`Error Resource temporarily unavailable Cannot lock port`);
      device.opened = options;
      device.driven = { dtr: true, rts: true };
      return new MockSerialPort(device, options);
    },
  };
}
