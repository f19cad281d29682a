import { chmod, link, unlink, writeFile } from "node:fs/promises";
import { OobError } from "../../lib/errors.ts";
import { nameHolder, processName, processRuns, readUucpLock } from "../../sdk/serial/tty-holder.ts";

/**
 * Honours others' UUCP lock and leaves ours. Where the folder cannot be written the device is used without one.
 * Returns how to remove it.
 */
export async function takeUucpLock(
  file: string,
  device: string,
): Promise<(() => Promise<void>) | undefined> {
  const text = `${String(process.pid).padStart(10)}\n`;
  for (let tries = 0; tries < 2; tries++) {
    const pid = await readUucpLock(file);
    if (pid !== undefined && pid !== process.pid && processRuns(pid)) {
      const holder = nameHolder({ pid, name: await processName(pid) });
      throw new OobError("PORT_BUSY", `Cannot use "${device}": ${holder} has it`, {
        hint: `It says so in "${file}"; end it, or give it another port`,
      });
    }
    if (pid !== undefined || tries > 0) await unlink(file).catch(() => undefined);
    const temporary = `${file}.${process.pid}`;
    const left = await writeFile(temporary, text)
      // Whatever the umask is (a unit's is 0027), others are to read who has it.
      .then(() => chmod(temporary, 0o644))
      .then(() => link(temporary, file))
      .then(
        () => "ours",
        (error: NodeJS.ErrnoException) => (error.code === "EEXIST" ? "theirs" : "unwritable"),
      );
    await unlink(temporary).catch(() => undefined);
    if (left === "unwritable") return undefined;
    if (left === "ours")
      return async () => {
        if ((await readUucpLock(file)) === process.pid) await unlink(file).catch(() => undefined);
      };
  }
  return undefined;
}
