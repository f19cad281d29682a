import { seconds } from "../lib/durations.ts";
import { OobError } from "../lib/errors.ts";
import type { ConsoleHands } from "./runbook.ts";

const DISABLED = /This sysrq operation is disabled/i;
const ANSWER_WITHIN = seconds(8);
/** Disks may be what is broken: then the reboot goes ahead without them. */
const DISKS_WITHIN = seconds(15);

/**
 * BREAK and a key: the kernel has to answer. A BREAK that is lost on the way leaves the letter typed at a login prompt
 * or a shell, so what was typed is taken back when no answer comes.
 */
export async function askSysrq(
  console: ConsoleHands,
  host: string,
  letter: string,
  answer: RegExp,
): Promise<void> {
  await console.sendBreak();
  await console.send(letter);
  let which: number;
  try {
    ({ which } = await console.expect(
      [answer, DISABLED],
      ANSWER_WITHIN,
      `the kernel's answer to SysRq ${letter}`,
    ));
  } catch (thrown) {
    if (thrown instanceof OobError && thrown.code === "EXPECT_TIMEOUT")
      await console.send("\x15").catch(() => undefined);
    throw thrown;
  }
  if (which === 0) return;
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot use SysRq ${letter} at ${host}: its kernel has it disabled`,
    { hint: "Set kernel.sysrq=1 on the host" },
  );
}

/**
 * Linux's magic SysRq over BREAK: proves by `h` that the kernel answers, then sync, remount read-only, reboot.
 * Source: Linux Documentation/admin-guide/sysrq.rst.
 */
export async function rebootBySysrq(
  console: ConsoleHands,
  host: string,
  note: (text: string) => void,
): Promise<void> {
  await askSysrq(console, host, "h", /sysrq ?: HELP/i);
  for (const [letter, began, done] of [
    ["s", /sysrq ?: Emergency Sync/i, /Emergency Sync complete/i],
    ["u", /sysrq ?: Emergency Remount/i, /Emergency Remount complete/i],
  ] as const) {
    await askSysrq(console, host, letter, began);
    await console.expect(done, DISKS_WITHIN, `"${done.source}"`).catch((thrown: unknown) => {
      if (!(thrown instanceof OobError) || thrown.code !== "EXPECT_TIMEOUT") throw thrown;
      note(
        `"${done.source}" was not seen: the kernel may be too quiet, or its disks do not answer`,
      );
    });
  }
  await askSysrq(console, host, "b", /sysrq ?: Resetting/i);
}
