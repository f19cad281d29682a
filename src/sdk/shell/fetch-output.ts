import { gunzipSync } from "node:zlib";
import { concatBytes } from "../../lib/bytes.ts";
import { messageOf } from "../../lib/errors.ts";
import type { GuardedShell } from "./guarded-shell.ts";
import type { HostTools } from "./host-tools.ts";
import { isWhole, type KitReport, kitPiece } from "./store-kit.ts";

/** More than this goes another way. */
export const MAX_CAPTURE_BYTES = 64 * 1024 * 1024;
/** Bytes of a piece; a damaged one is asked for again in halves. Powers of two, so that a place stays countable. */
const PIECE = 4096;
const SMALLEST_PIECE = 256;
const PIECE_TRIES = 12;

/** How far the fetching is. */
export type FetchProgress = (bytes: number, whole: number) => void;

/** What is fetched: the output of a command in a folder of ours on the host. */
interface OutputSource {
  readonly folder: string;
  readonly number: number;
  readonly report: KitReport;
  readonly tools: HostTools;
}

/** Fetches what a command printed, in pieces, each proven; the whole is proven by the digest of the host. */
export async function fetchOutput(
  shell: GuardedShell,
  source: OutputSource,
  progress: FetchProgress,
): Promise<Uint8Array> {
  const { report, tools } = source;
  const packed = report.packedBytes !== report.bytes;
  const came = await fetchPieces(shell, source, packed, progress);
  const bytes = packed ? unpack(shell, came) : came;
  if (isWhole(report, bytes, tools)) return bytes;
  throw shell.failed("what came is not what the host has: it was changed meanwhile");
}

function unpack(shell: GuardedShell, packed: Uint8Array): Uint8Array {
  try {
    return new Uint8Array(gunzipSync(packed, { maxOutputLength: MAX_CAPTURE_BYTES }));
  } catch (cause) {
    throw shell.failed(`what came cannot be unpacked: ${messageOf(cause)}`);
  }
}

async function fetchPieces(
  shell: GuardedShell,
  { folder, number, report, tools }: OutputSource,
  packed: boolean,
  progress: FetchProgress,
): Promise<Uint8Array> {
  const whole = report.packedBytes;
  const parts: Uint8Array[] = [];
  let at = 0;
  let size = PIECE;
  let tries = 0;
  while (at < whole) {
    progress(at, whole);
    const asked = `${number}${packed ? ".z" : ""} ${size} ${at / size}`;
    const end = await shell.runOnce(`sh ${folder}/k p ${asked}`, size * 3);
    const bytes = end && kitPiece(end.output, asked, tools);
    if (bytes?.length === Math.min(size, whole - at)) {
      parts.push(bytes);
      at += bytes.length;
      tries = 0;
      continue;
    }
    tries += 1;
    // What came damaged says nothing of what is typed: that goes on as fast.
    if (end === undefined) shell.slower();
    else shell.resent += 1;
    if (tries >= PIECE_TRIES)
      throw shell.failed(`bytes from ${at} on came damaged ${PIECE_TRIES} times`, {
        hint: "The line loses bytes: check its speed and flow control",
      });
    if (end === undefined) await shell.recover();
    size = Math.max(SMALLEST_PIECE, size / 2);
  }
  progress(at, whole);
  return concatBytes(parts);
}
