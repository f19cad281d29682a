import { parseRecording, type RecordedObject } from "../src/codec/snmprec.ts";
import { compareOids } from "./oid-order.ts";
import {
  type MockAccess,
  type MockRawObject,
  MockSnmpAgent,
  type MockTree,
  type WireFaults,
} from "./snmp-agent.ts";

const NOT_WRITABLE = 17;

const TYPES: Readonly<Record<number, MockRawObject["type"]>> = {
  2: "integer",
  4: "string",
  5: "null",
  6: "oid",
  64: "address",
  65: "counter",
  66: "gauge",
  67: "ticks",
  68: "opaque",
  70: "counter64",
};

/** A device that was recorded once and answers as it did then. It takes no command. */
export class MockSnmpRecording implements MockTree {
  readonly faults: WireFaults = {};
  readonly #objects: readonly (readonly [string, MockRawObject])[];
  #agent: MockSnmpAgent | undefined;

  private constructor(text: string) {
    this.#objects = parseRecording(text)
      .map((object): [string, MockRawObject] => [object.oid, mockObject(object)])
      .sort(([one], [other]) => compareOids(one, other));
  }

  /** Plays a recording on a UDP port of the loopback, 0 for any. */
  static async start(text: string, access: MockAccess = { read: "public" }, port = 0) {
    const device = new MockSnmpRecording(text);
    device.#agent = await MockSnmpAgent.start(device, access, device.faults, port);
    return device;
  }

  get port(): number {
    return this.#agent?.port ?? 0;
  }

  objects() {
    return this.#objects;
  }

  write(): number {
    return NOT_WRITABLE;
  }

  close(): Promise<void> {
    return this.#agent?.close() ?? Promise.resolve();
  }
}

function mockObject({ type, value }: RecordedObject): MockRawObject {
  const kind = TYPES[type] ?? "null";
  if (kind === "counter64") return { type: kind, value: wide(BigInt(value as string)) };
  if (kind === "oid") return { type: kind, value: String(value).replace(/^\./, "") };
  // The library takes a Buffer only.
  return { type: kind, value: value instanceof Uint8Array ? Buffer.from(value) : value };
}

function wide(value: bigint): Uint8Array {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64BE(BigInt.asUintN(64, value));
  return octets;
}
