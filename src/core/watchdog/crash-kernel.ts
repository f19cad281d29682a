import { latin1 } from "../../lib/bytes.ts";
import { printable } from "../../lib/printable.ts";
import type { WatchedConsole } from "../session/watched-console.ts";

/** A boot prints some 60 KiB until its login prompt. */
const BOOT_BYTES = 262_144;
const BOOT_BEGINS = Buffer.from(latin1("Linux version "));

/** What the kernel says of the memory that it keeps for one, and what loads one into it (Debian, Red Hat, SUSE). */
const LOADED =
  /\b(crashkernel=[\w@,:.+-]{1,60})|\b(Reserving \d{1,6} ?MB of (?:low )?memory at \d{1,8} ?MB for crashkernel)|\b(crashkernel reserved: 0x)|\b(kexec: loaded kdump kernel|kdump-tools(?:\[\d{1,8}\])?: loaded kdump kernel)/;
const FAILED = /crashkernel reservation failed|crashkernel: memory value expected/;
/** The kernel that stands in for a crashed one has this on its own command line. */
const IS_ONE = /\belfcorehdr=/;

const PANIC = /\bKernel panic - not syncing/;
/** printed where nothing took over: kernel/panic.c says these after it has tried the crash kernel. */
const STAYS = /end Kernel panic|\bRebooting in \d/;

/** Whether a kernel waits in memory for the crash of this one (kdump), as far as its last boot told on the console. */
export class CrashKernel {
  #what: string | undefined;
  #isDue = true;
  /** Counts boots. */
  #boot = 0;

  /** A boot begins: what was before holds no more. */
  boots(): void {
    this.#what = undefined;
    this.#isDue = true;
    this.#boot++;
  }

  /** What tells of one ("crashkernel=192M"). Looks into the log once a boot. */
  async look(console: Pick<WatchedConsole, "tail">): Promise<string | undefined> {
    if (!this.#isDue) return this.#what;
    const boot = this.#boot;
    const { bytes } = await console.tail(BOOT_BYTES);
    // A log that could not be read is read the next time; one that began anew meanwhile, too.
    if (boot !== this.#boot) return undefined;
    this.#isDue = false;
    const from = Buffer.from(bytes).lastIndexOf(BOOT_BEGINS);
    if (from >= 0) this.#what = toldIn(Buffer.from(bytes).subarray(from).toString("latin1"));
    return this.#what;
  }
}

function toldIn(boot: string): string | undefined {
  const [, ...told] = LOADED.exec(boot) ?? [];
  const what = told.find((one) => one !== undefined);
  return what === undefined || FAILED.test(boot) || IS_ONE.test(boot)
    ? undefined
    : printable(what, 80);
}

/** Whether the last panic of these lines may have handed over: a kernel that stays in it says so. */
export function mayHandOver(lines: readonly string[]): boolean {
  const panic = lines.findLastIndex((line) => PANIC.test(line) && !STAYS.test(line));
  return panic >= 0 && !lines.slice(panic).some((line) => STAYS.test(line));
}
