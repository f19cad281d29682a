/** What a console's own boot says of whether a dying kernel will be heard there. Linux only: others have one console. */

/** Of a kernel's command line; printed by the kernel itself, so it is there only where a console= leads to us. */
const COMMAND_LINE = /\bcommand line: ([^\r\n]{0,4096})/gi;
/** A boot loader that speaks here, and the login that came after: between them the kernel prints. */
const LOADER =
  /(?:GNU GRUB {1,4}version|Loading Linux |Loading initial ramdisk|Booting (?:`|a command list)|U-Boot \d)/g;
const KERNEL = /Linux version \d/g;
const LOGIN = /^[\w.-]{1,64} login: ?/gm;
/** printk levels below this are shown: at 3 what a dying disk and a hung task say (KERN_ERR, 3) is not. */
const ERRORS_SHOWN_FROM = 4;
/** Source: kernel-parameters.txt, "quiet" (CONSOLE_LOGLEVEL_QUIET) and "loglevel=". */
const QUIET_LEVEL = 4;

/** One thing that is wrong, and what to change. */
export interface BootTrouble {
  readonly text: string;
  readonly todo: string;
}

/** Judges the newest boot in what a console printed. Nothing where no boot is in it. */
export function bootTroubles(printed: string): BootTrouble[] {
  const line = [...printed.matchAll(COMMAND_LINE)].at(-1);
  const loader = lastIndex(printed, LOADER);
  // A later boot without the kernel's own words counts, not the one before it.
  if (line === undefined || loader > line.index) return silentKernel(printed, loader);
  return [...consoleOrder(line[1] ?? ""), ...logLevel(line[1] ?? "")];
}

function silentKernel(printed: string, loader: number): BootTrouble[] {
  if (loader < 0) return [];
  const after = printed.slice(loader);
  if (lastIndex(after, KERNEL) >= 0 || lastIndex(after, LOGIN) < 0) return [];
  return [
    {
      text: "the boot loader and a login spoke here, the kernel between them did not: panics will not reach us",
      todo: "Add console=tty0 console=ttyS0,115200n8 to its kernel command line (its port, its speed), without quiet",
    },
  ];
}

/** The last console= becomes /dev/console: what init prints, and a shell of rescue, come there alone. */
function consoleOrder(line: string): BootTrouble[] {
  const consoles = [...line.matchAll(/(?:^|\s)console=([\w.]{1,32})/g)].map((match) => match[1]);
  const last = consoles.at(-1);
  if (last === undefined || !/^tty\d*$/.test(last)) return [];
  return [
    {
      text: `the last console= of its kernel is ${last}: a rescue shell and what init says will not come here`,
      todo: "Name the serial console last on its kernel command line",
    },
  ];
}

function logLevel(line: string): BootTrouble[] {
  const words = line.split(/\s+/);
  let level: number | undefined;
  // The later one counts, as for the kernel.
  for (const word of words) {
    if (word === "quiet") level = QUIET_LEVEL;
    const given = /^loglevel=(\d)$/.exec(word)?.[1];
    if (given !== undefined) level = Number(given);
    if (word === "ignore_loglevel") return [];
  }
  if (level === undefined || level > ERRORS_SHOWN_FROM) return [];
  const todo = "Take quiet and loglevel= off its kernel command line, or say loglevel=7";
  const text =
    level < ERRORS_SHOWN_FROM
      ? `its kernel shows levels below ${level} only: errors before a hang will not come here`
      : "its kernel is quiet: warnings, and how far a boot came, will not come here";
  return [{ text, todo }];
}

function lastIndex(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].at(-1)?.index ?? -1;
}
