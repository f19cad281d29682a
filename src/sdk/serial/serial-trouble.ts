import { readdir, stat } from "node:fs/promises";
import { messageOf, OobError } from "../../lib/errors.ts";
import { findTtyHolder, nameHolder } from "./tty-holder.ts";
import { TtyError } from "./tty-settings.ts";

const BY_ID = "/dev/serial/by-id";

/** A port that cannot be had. */
export const refusedPort = (path: string, why: string, more: { hint?: string; cause?: unknown }) =>
  new OobError("LINK_REFUSED", `Cannot open "${path}": ${why}`, more);

/** One clear error for each way in which a port cannot be had. */
export async function explainSerialTrouble(
  cause: unknown,
  path: string,
  real: string,
): Promise<OobError> {
  const code = (cause as NodeJS.ErrnoException).code;
  const trouble = cause instanceof TtyError ? cause.trouble : undefined;
  if (trouble === "locked" || code === "EBUSY" || /Cannot lock port/.test(messageOf(cause))) {
    const holder = await findTtyHolder(real);
    const who = holder ? `${nameHolder(holder)} has it` : "another process has it";
    return new OobError("PORT_BUSY", `Cannot open "${path}": ${who}`, {
      cause,
      hint: "End that process, or reach the console through it",
    });
  }
  if (code === "ENOENT" || code === "ENODEV" || code === "ENXIO")
    return refusedPort(path, "there is no such device", { cause, hint: await nameCandidates() });
  if (code === "EACCES" || code === "EPERM")
    return refusedPort(path, "permission denied", {
      cause,
      hint: `Add the user to the group that owns it (${await groupOf(real)}) and log in again`,
    });
  if (trouble === "not-a-tty" || code === "EISDIR")
    return refusedPort(path, "it is not a serial port", { cause, hint: await nameCandidates() });
  if (code === "EIO" || /Input\/output error/.test(messageOf(cause)))
    return refusedPort(path, "no hardware answers behind it", {
      cause,
      hint: await nameCandidates(),
    });
  return refusedPort(path, messageOf(cause), { cause });
}

async function nameCandidates(): Promise<string> {
  const names = await readdir(BY_ID).catch(() => []);
  return names.length === 0
    ? "No USB adapter is plugged in; ports of the board are /dev/ttyS0 and up"
    : `Plugged in: ${names
        .slice(0, 8)
        .map((name) => `${BY_ID}/${name}`)
        .join(", ")}`;
}

async function groupOf(path: string): Promise<string> {
  const gid = await stat(path).then(
    (found) => found.gid,
    () => undefined,
  );
  // Debian's and most others' name for it; the number where it is another one.
  return gid === undefined || gid === 20 ? "dialout" : `group ${gid}, often dialout`;
}
