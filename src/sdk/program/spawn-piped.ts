import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";

/**
 * Starts a program in a process group of its own, with pipes to it. Throws LINK_REFUSED where too many files are open:
 * the child has no streams then, and its error would end this process where it is used as if it had.
 */
export function spawnPiped(
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcessWithoutNullStreams {
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"], env, detached: true });
  const { stdin }: { readonly stdin: unknown } = child;
  if (stdin) return child;
  child.on("error", () => undefined);
  throw new OobError(
    "LINK_REFUSED",
    `Cannot run "${printable(program, 100)}": too many files are open`,
    { hint: "Raise LimitNOFILE= in the systemd unit, or ulimit -n" },
  );
}
