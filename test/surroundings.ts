import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What tests find around them: a folder for all that they leave behind, removed when the last has ended; plain shells. */
export default function setup(): () => void {
  // A short name: paths of Unix sockets in it have 107 bytes at most.
  const folder = mkdtempSync(join(tmpdir(), "oob-t"));
  process.env.TMPDIR = folder;
  // What a user has every bash do first may take a minute. bash does it also where it takes a socket, which is what Node
  // gives it as its input, for a login from afar: not in a shell within a shell.
  delete process.env.BASH_ENV;
  delete process.env.ENV;
  process.env.SHLVL = "2";
  return () => rmSync(folder, { recursive: true, force: true });
}
