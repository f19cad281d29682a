import { writeFile } from "node:fs/promises";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { Call } from "../command.ts";
import { JSON_VERSION } from "../json-views.ts";

/** Writes a page, over an older one: it is made anew every day. */
export async function writePage(
  { out, options }: Call,
  path: string,
  text: string,
): Promise<undefined> {
  try {
    await writeFile(path, text, { mode: 0o640 });
  } catch (cause) {
    throw new OobError("USAGE", `Cannot write "${path}": ${messageOf(cause)}`, { cause });
  }
  if (options.json) out.json({ v: JSON_VERSION, file: path });
  else out.talk(`written: ${path}`);
  return undefined;
}
