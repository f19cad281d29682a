import { randomBytes } from "node:crypto";
import { access, link, rename, rm, writeFile } from "node:fs/promises";
import { messageOf, OobError } from "../lib/errors.ts";

/** Throws where the file is there and may not be replaced: found out before a device is asked for hours. */
export async function refuseExisting(to: string, force: boolean): Promise<void> {
  const exists = await access(to).then(
    () => true,
    () => false,
  );
  if (!exists || force) return;
  throw new OobError("GUARD_REFUSED", `Cannot write "${to}": it exists`, {
    hint: "Give another name, or --force to replace it",
  });
}

/** Whole or not at all, and nothing that appeared meanwhile is replaced unasked. */
export async function keepFile(
  to: string,
  data: string | Uint8Array,
  force: boolean,
  mode = 0o666,
): Promise<void> {
  const temporary = `${to}.oob-${randomBytes(3).toString("hex")}`;
  try {
    await writeFile(temporary, data, { flag: "wx", mode });
    await (force ? rename(temporary, to) : link(temporary, to));
  } catch (thrown) {
    throw new OobError("TRANSFER_FAILED", `Cannot write "${to}": ${messageOf(thrown)}`, {
      cause: thrown,
    });
  } finally {
    await rm(temporary, { force: true });
  }
}
