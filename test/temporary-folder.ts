import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** All that the tests leave behind lies in one folder, which is removed when the last has ended. */
export default function setup(): () => void {
  // A short name: paths of Unix sockets in it have 107 bytes at most.
  const folder = mkdtempSync(join(tmpdir(), "oob-t"));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
