import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { dirname, join } from "node:path";
import { writeAndSync } from "../seal/key-file.ts";
import { KEY_BYTES } from "./link-token.ts";

/** The key of all links of a site, "<state>/web/link.key". Whoever can read it can make links. */
const pathOf = (state: string): string => join(state, "web", "link.key");

/** Reads it; makes one where there is none, where it is torn, or where others could read it: no secret then. */
export function linkKey(state: string): Uint8Array {
  const path = pathOf(state);
  const known = fs.lstatSync(path, { throwIfNoEntry: false });
  if (known?.isFile() && (known.mode & 0o077) === 0 && known.size === KEY_BYTES)
    return fs.readFileSync(path);
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const key = randomBytes(KEY_BYTES);
  fs.rmSync(path, { force: true });
  writeAndSync(path, key);
  return key;
}
