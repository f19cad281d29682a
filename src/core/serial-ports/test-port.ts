import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import type { Link, ModemLines } from "../../sdk/link.ts";
import { openPort } from "./open-port.ts";

/** Time for 256 bytes to go round at 300 baud, and then some. */
const LOOP_WITHIN: Millis = seconds(12);
const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** What a port can do, found by opening it. */
export interface PortTest {
  /** "/dev/ttyUSB0 115200 8n1" */
  readonly label: string;
  /** Absent: this port has no modem lines (a pty). */
  readonly lines?: ModemLines;
  readonly carriesBreak: boolean;
  /** Bytes of the 256 that came back in order, where a plug that joins TX and RX was said to be there. */
  readonly loopback?: number;
}

/** Opens a port, reads its lines, and with `loopback` sends all byte values round. Throws what opening throws. */
export async function testPort(
  options: { readonly path: string; readonly baud: number; readonly format: string },
  loopback: boolean,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<PortTest> {
  const link = await openPort({ ...options }, clock, signal);
  try {
    const lines = await link.readLines?.();
    return {
      label: link.label,
      carriesBreak: link.sendBreak !== undefined,
      ...(lines && { lines }),
      ...(loopback && { loopback: await goRound(link, clock, signal) }),
    };
  } finally {
    await link.close();
  }
}

/** Sends every byte value; gives how many came back in order. */
async function goRound(link: Link, clock: Clock, signal: AbortSignal): Promise<number> {
  const whole = new AbortController();
  let same = 0;
  const reading = (async () => {
    for await (const piece of link.bytes) {
      same = matchedAfter(piece, same);
      if (same === EVERY_BYTE.length) whole.abort();
    }
  })().catch(() => whole.abort());
  await link.write(EVERY_BYTE);
  const until = AbortSignal.any([signal, whole.signal]);
  await clock.sleep(LOOP_WITHIN, until).catch(() => undefined);
  await link.close();
  await reading;
  return same;
}

const matchedAfter = (piece: Uint8Array, before: number): number =>
  piece.reduce((same, byte) => (byte === EVERY_BYTE[same] ? same + 1 : same), before);
