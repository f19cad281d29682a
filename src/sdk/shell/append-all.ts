import { OobError } from "../../lib/errors.ts";
import type { GuardedShell } from "./guarded-shell.ts";
import type { HostTools } from "./host-tools.ts";
import {
  appendPiece,
  MISPLACED,
  type Spelling,
  shellWord,
  withoutChatter,
} from "./piece-command.ts";

/** A piece that does not get through in so many tries is given up; each is tried on a slower line. */
const MAX_PLACINGS = 4;

/** What is to stand at the end of a file that exists and is empty. */
export interface AppendWish {
  readonly file: Uint8Array;
  readonly path: string;
  readonly tools: HostTools;
  readonly spelling: Spelling | undefined;
  readonly progress: (bytes: number) => void;
}

/** Fills an empty file of the host, piece by piece; each is appended once, however the line damages it. */
export async function appendAll(
  shell: GuardedShell,
  what: string,
  { file, path, tools, progress, ...wish }: AppendWish,
): Promise<void> {
  const spelling = wish.spelling ?? (tools.decode === undefined ? "printf" : "base64");
  if (spelling === "base64" && tools.decode === undefined)
    throw new OobError("TRANSFER_FAILED", `Cannot ${what} ${shell.host}: it has no base64`, {
      hint: "Use --method printf",
    });
  let at = 0;
  let placings = 0;
  while (at < file.length) {
    progress(at);
    const piece = appendPiece(file, at, path, tools, spelling);
    if (piece.bytes === 0)
      throw new OobError("USAGE", `Cannot ${what} ${shell.host}: the path is too long`, {
        hint: "Give a shorter one with --to, and move it there",
      });
    const { status } = await shell.run(piece.command, tools.proof);
    const length = status === 0 ? at + piece.bytes : await lengthNow(shell, what, path, tools);
    if (length === at + piece.bytes) {
      at = length;
      placings = 0;
      continue;
    }
    placings += 1;
    if (length !== at || (status !== 0 && status !== MISPLACED) || placings >= MAX_PLACINGS)
      throw new OobError(
        "TRANSFER_FAILED",
        `Cannot ${what} ${shell.host}: it has ${length} bytes of "${path}" where ${at + piece.bytes} were written`,
        { hint: "Is its disk full?" },
      );
  }
  progress(at);
}

async function lengthNow(
  shell: GuardedShell,
  what: string,
  path: string,
  tools: HostTools,
): Promise<number> {
  for (let tries = 0; tries < MAX_PLACINGS; tries++) {
    const command = `echo "length $(wc -c <${shellWord(path)}) bytes"`;
    const { output } = await shell.run(command, tools.proof);
    const [, length] = /length +(\d+) bytes/.exec(withoutChatter(output)) ?? [];
    if (length !== undefined) return Number(length);
  }
  throw new OobError(
    "TRANSFER_FAILED",
    `Cannot ${what} ${shell.host}: the length of "${path}" cannot be read`,
  );
}
