import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import apcRpdu from "../../../drivers/power/snmp/apc-rpdu.ts";
import { placeOf } from "../../../mocks/snmp-family.ts";
import { MockSnmpPdu } from "../../../mocks/snmp-pdu.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { Write } from "../../../src/sdk/snmp-profile.ts";

export const FAMILY = apcRpdu;
const TAGS = { integer: 2, string: 4, oid: 6, gauge: 0x42 } as const;

/** What the PDUs did since they were last asked. */
export interface FarmUse {
  readonly requests: number;
  readonly cpuMs: number;
}

/** PDUs with 24 outlets each, simulated by one process in C; relays move 50 ms after the SET. */
export class PduFarm {
  readonly ports: readonly number[];
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, ports: readonly number[]) {
    this.#child = child;
    this.#lines = lines;
    this.ports = ports;
  }

  static async start(
    program: string,
    folder: string,
    count: number,
    delayMs = 50,
  ): Promise<PduFarm> {
    const table = join(folder, "pdu-table");
    writeFileSync(table, await tableOf(24));
    const child = spawn(program, [table, String(count), String(delayMs)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[
      Symbol.asyncIterator
    ]();
    const { value } = await lines.next();
    const ports = String(value).trim().split(" ").map(Number);
    if (ports.length !== count) throw new Error(`pdu-farm has ${ports.length} PDUs, not ${count}`);
    return new PduFarm(child, lines, ports);
  }

  /** Requests and CPU time since the last call. */
  async used(): Promise<FarmUse> {
    this.#child.stdin?.write("?");
    const { value } = await this.#lines.next();
    const [requests = 0, micros = 0] = String(value).split(" ").map(Number);
    return { requests, cpuMs: micros / 1000 };
  }

  async close(): Promise<void> {
    const gone = once(this.#child, "exit");
    this.#child.stdin?.end();
    await gone;
  }
}

/** The tree of a mock of the family, as the farm reads it. */
async function tableOf(outlets: number): Promise<string> {
  const mock = await MockSnmpPdu.start({ family: FAMILY, outlets, clock: systemClock });
  const objects = mock.objects();
  await mock.close();
  const rows = objects.map(
    ([oid, { type, value }]) =>
      `${hex(6, oidBytes(oid))} ${hex(TAGS[type as keyof typeof TAGS], valueBytes(value, type))}`,
  );
  const { read, write } = FAMILY;
  const relays = mock.instances.map((instance, n) => {
    const place = (column: string) => placeOf(FAMILY, column, instance, n + 1);
    const row = objects.findIndex(([oid]) => oid === place(read.oid));
    const [on, off] = [write?.on, write?.off] as readonly Write[];
    return `R ${row} ${hex(6, oidBytes(place(on?.oid ?? "")))} ${read.on[0]} ${read.off[0]} ${on?.value} ${off?.value}`;
  });
  return `${[...rows, ...relays].join("\n")}\n`;
}

const hex = (tag: number, bytes: readonly number[]): string =>
  Buffer.from([tag, bytes.length, ...bytes]).toString("hex");

/** BER of an OBJECT IDENTIFIER: seven bits an octet, the first two arcs in one. */
function oidBytes(oid: string): number[] {
  const [first = 1, second = 3, ...rest] = oid.split(".").map(Number);
  return [first * 40 + second, ...rest].flatMap((arc) => {
    const octets = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      octets.unshift((left & 0x7f) | 0x80);
    return octets;
  });
}

function valueBytes(value: number | string | Uint8Array, type: string): number[] {
  if (type === "oid") return oidBytes(String(value));
  if (typeof value !== "number") return [...Buffer.from(value)];
  return value < 128
    ? [value]
    : [(value >> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255];
}
