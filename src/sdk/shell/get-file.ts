import { concatBytes } from "../../lib/bytes.ts";
import { OobError } from "../../lib/errors.ts";
import type { GuardedShell } from "./guarded-shell.ts";
import { type HostTools, sha256 } from "./host-tools.ts";
import { pieceOf, readPiece, shellWord, withoutChatter } from "./piece-command.ts";
import { askTools } from "./put-file.ts";

/** Larger files go another way: this takes two hours at 115200 baud. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Bytes of a piece: a damaged one is asked for again, in halves. Powers of two, so that a place stays countable. */
const PIECE = 4096;
const SMALLEST_PIECE = 256;
const MAX_TRIES = 12;

/** What came, and whether the host has computed the same SHA-256. */
export interface GotFile {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly proven: boolean;
}

/** Reads a file through a shell that is proven. */
export async function getFile(
  shell: GuardedShell,
  path: string,
  progress: (bytes: number, whole: number) => void,
): Promise<GotFile> {
  const what = "get a file from";
  const tools = await askTools(shell, what);
  const whole = await lengthOf(shell, path, tools);
  const parts: Uint8Array[] = [];
  let at = 0;
  let size = PIECE;
  let tries = 0;
  while (at < whole) {
    progress(at, whole);
    const wanted = Math.min(size, whole - at);
    const { output } = await shell.run(
      readPiece(path, size, at / size, tools),
      tools.proof,
      wanted * 3,
    );
    const bytes = pieceOf(output, tools);
    if (bytes?.length === wanted) {
      parts.push(bytes);
      at += wanted;
      tries = 0;
      continue;
    }
    tries += 1;
    shell.resent += 1;
    if (bytes !== undefined || tries >= MAX_TRIES)
      throw new OobError(
        "TRANSFER_FAILED",
        `Cannot ${what} ${shell.host}: ${whyNot(bytes, wanted, at)}`,
      );
    size = Math.max(SMALLEST_PIECE, size / 2);
  }
  progress(at, whole);
  const bytes = concatBytes(parts);
  const digest = sha256(bytes);
  if (tools.sha256 === undefined) return { bytes, sha256: digest, proven: false };
  const same = `case "$(${tools.sha256} <${shellWord(path)})" in *${digest}*);;*)exit 12;;esac`;
  const { status } = await shell.run(same, tools.proof);
  if (status === 0) return { bytes, sha256: digest, proven: true };
  throw new OobError(
    "TRANSFER_FAILED",
    `Cannot ${what} ${shell.host}: SHA-256 of "${path}" is another one there`,
    {
      hint: "It changed while it was read. Copy it on the host first, and get the copy",
    },
  );
}

function whyNot(bytes: Uint8Array | undefined, wanted: number, at: number): string {
  return bytes === undefined
    ? `bytes from ${at} on came damaged ${MAX_TRIES} times`
    : `${bytes.length} bytes came from ${at} on where ${wanted} were wanted: did the file change?`;
}

async function lengthOf(shell: GuardedShell, path: string, tools: HostTools): Promise<number> {
  const word = shellWord(path);
  const command = `[ -f ${word} ]||exit 10;[ -r ${word} ]||exit 11;echo "length $(wc -c <${word}) bytes"`;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { status, output } = await shell.run(command, tools.proof);
    const no = { 10: "there is no such file", 11: "its shell may not read it" }[status];
    if (no !== undefined)
      throw new OobError("TRANSFER_FAILED", `Cannot get "${path}" from ${shell.host}: ${no}`);
    const [, length] = /length +(\d+) bytes/.exec(withoutChatter(output)) ?? [];
    if (length === undefined) continue;
    if (Number(length) <= MAX_FILE_BYTES) return Number(length);
    throw new OobError(
      "TRANSFER_FAILED",
      `Cannot get "${path}" from ${shell.host}: it has ${length} bytes`,
      {
        hint: `At most ${MAX_FILE_BYTES} go over a console. Pack it, or take a part of it`,
      },
    );
  }
  throw new OobError(
    "TRANSFER_FAILED",
    `Cannot get "${path}" from ${shell.host}: its length cannot be read`,
  );
}
