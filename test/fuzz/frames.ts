import { encodeFrame, FrameReader } from "../../src/daemon/frames.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { OobError } from "../../src/lib/errors.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

const MOST = 1024;
const CUTS = [1, 7, 2, 3, 1, 31, 257] as const;

/** What a reader makes of a stream that comes in pieces; the last is why it would read no further. */
function readIn(input: Uint8Array, sizes: readonly number[]): string[] {
  const reader = new FrameReader(MOST);
  const read: string[] = [];
  try {
    for (let at = 0, n = 0; at < input.length; n++) {
      const end = at + (sizes[n % sizes.length] ?? input.length);
      for (const { head, bytes } of reader.push(input.slice(at, end)))
        read.push(`${JSON.stringify(head)} ${Buffer.from(bytes ?? []).toString("latin1")}`);
      at = end;
    }
  } catch (thrown) {
    if (!(thrown instanceof OobError) || thrown.code === "INTERNAL") throw thrown;
    read.push(thrown.message);
  }
  return read;
}

/** Frames of the daemon's socket: cut anyhow they are the same, and what is none ends the reading with a reason. */
const target: FuzzTarget = {
  seeds: [
    encodeFrame({ id: 1, method: "status" }),
    encodeFrame({ id: 2, result: null }, utf8("login: ")),
    encodeFrame({}, new Uint8Array(300)),
    encodeFrame([]),
    Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0),
    Uint8Array.of(0, 0, 0, 6, 0, 0, 0, 2, 0x7b, 0x7d),
    Uint8Array.of(255, 255, 255, 255),
    utf8("{}"),
  ],
  run(input) {
    const [once, cut] = [readIn(input, [input.length]), readIn(input, CUTS)];
    if (once.join("\n") !== cut.join("\n"))
      throw new Error(`cut otherwise: ${cut.join()} instead of ${once.join()}`);
  },
};
export default target;
