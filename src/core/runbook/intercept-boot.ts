import type { Millis } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { comesTo } from "../../sdk/boot/loader-prompt.ts";
import type { BootLoader, BootWish } from "../../sdk/boot-loader.ts";
import type { ConsoleHands } from "../../sdk/runbook.ts";
import { shows } from "./loader-shown.ts";

/** Which boot is waited for, and what it shall be. */
export interface Interception extends BootWish {
  readonly os: string;
  readonly within: Millis;
  /** The host stands in its loader already. */
  readonly standing?: boolean;
  /** Its loader may hide its menu: it is asked for, again and again, while the screen is empty. */
  readonly hidden?: boolean;
  /** Its power is being cycled meanwhile: until it was read off, what started before goes on printing. */
  readonly isCut?: () => boolean;
}

/** A console that can be told that its host goes down. */
type BootingConsole = ConsoleHands & { goesDown(): void };

/** A kernel that starts has no loader before it any more. */
const KERNEL_STARTS =
  /\bLinux version \d|Copyright \(c\) \d{4}-\d{4} The FreeBSD Project|\n(?:OpenBSD|NetBSD) \d{1,2}\.\d|SunOS Release 5\./;
/** A host that was starting when it was told to restart starts twice. */
const ANOTHER_START = minutes(1);
const DRAWN_WITHIN = seconds(10);
/** A menu that is hidden for one second has to be asked within it. */
const ASK_EVERY = seconds(0.3);
/** A kernel's last words, in the last row: who listens on this line from now on is a firmware or a loader. */
const LAST_WORDS = /\breboot: Restarting system\b|^(?:The system is )?[Rr]ebooting\b/;

/**
 * Waits for one of the boot loaders to announce itself, and has it boot with these kernel arguments.
 * Returns the loader's name.
 */
export async function interceptBoot(
  console: BootingConsole,
  loaders: ReadonlyMap<string, BootLoader>,
  kernelArguments: string,
  { os, within, standing, hidden = false, isCut, ...wish }: Interception,
): Promise<string> {
  const named = [...loaders].filter(
    ([, { boots }]) => !boots || boots.some((name) => os.toLowerCase().startsWith(name)),
  );
  if (named.length === 0)
    throw new OobError(
      "DRIVER_UNKNOWN",
      `Cannot intercept a boot: no boot loader of "${os}" is known`,
    );
  const [name, loader] = standing
    ? await standingLoader(console, named)
    : await announcedLoader(console, named, within, hidden, isCut);
  // Who was logged in before is so no more, whatever becomes of this boot; nor is what the loader draws the host's.
  console.goesDown();
  await loader.bootWith(console, kernelArguments, DRAWN_WITHIN, wish);
  console.goesDown();
  return name;
}

type Named = readonly [string, BootLoader];

async function standingLoader(console: ConsoleHands, named: readonly Named[]): Promise<Named> {
  const screen = await console.screen();
  const found = named.find(([, loader]) => shows(loader, screen));
  if (found) return found;
  const names = named.map(([name]) => name).join(", ");
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot go on from a boot loader: the screen shows none (${names}); nothing was typed`,
    { hint: "Look at it: oob screen" },
  );
}

async function announcedLoader(
  console: BootingConsole,
  named: readonly Named[],
  within: Millis,
  hidden: boolean,
  isCut: (() => boolean) | undefined,
): Promise<Named> {
  const keys = new Set(named.flatMap(([, { hiddenKey }]) => hiddenKey ?? []));
  const ask = hidden ? () => askHidden(console, keys, isCut) : undefined;
  if (isCut) {
    const isNew = async (found: Named) => isCut() && (await isThere(console, found));
    const loader = await nextLoader(console, named, within, ask, [], isNew);
    if (loader) return loader;
  }
  const found = await nextLoader(console, named, within, ask, [KERNEL_STARTS]);
  if (found) return found;
  try {
    const again = await nextLoader(console, named, ANOTHER_START, ask, []);
    if (again) return again;
  } catch (thrown) {
    if (!isTimeout(thrown)) throw thrown;
  }
  console.goesDown();
  const names = named.map(([name]) => name).join(", ");
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot stop the host at its boot loader: its kernel started, and none was seen before (${names})`,
    {
      hint: "The loader has to speak on this console, and its menu to stand for some seconds; a hidden one: --set hidden=true",
    },
  );
}

/**
 * The next that announces itself and whose screen comes, too: any host can print such words. undefined: one of `others`
 * came first.
 */
async function nextLoader(
  console: ConsoleHands,
  named: readonly Named[],
  within: Millis,
  ask: (() => Promise<void>) | undefined,
  others: readonly RegExp[],
  counts = (found: Named) => isThere(console, found),
): Promise<Named | undefined> {
  const what = `a boot loader (${named.map(([name]) => name).join(", ")})`;
  const patterns = [...named.map(([, loader]) => loader.announces), ...others];
  for (let left = within; ; ) {
    const step = ask ? Math.min(left, ASK_EVERY) : left;
    try {
      const { which } = await console.expect(patterns, step, what);
      const found = named[which];
      if (!found || (await counts(found))) return found;
      left -= DRAWN_WITHIN;
    } catch (thrown) {
      if (!isTimeout(thrown) || step >= left) throw thrown;
      left -= step;
      await ask?.();
    }
  }
}

const isTimeout = (thrown: unknown): boolean =>
  thrown instanceof OobError && thrown.code === "EXPECT_TIMEOUT";

/** Where the screen is empty, or a kernel has said its last words, a loader may wait behind it. */
async function askHidden(
  console: ConsoleHands,
  keys: ReadonlySet<string>,
  isCut: (() => boolean) | undefined,
): Promise<void> {
  // Before the cut, the host of before would take them.
  if (isCut?.() === false) return;
  const { rows } = await console.screen();
  const last = rows.findLast((row) => row.trim() !== "");
  if (last !== undefined && !LAST_WORDS.test(last)) return;
  try {
    for (const key of keys) await console.send(key);
  } catch (thrown) {
    // Some lines go with the power of their host, and come back with it.
    if (!(thrown instanceof OobError) || thrown.code !== "LINK_LOST") throw thrown;
  }
}

async function isThere(console: ConsoleHands, [name, loader]: Named): Promise<boolean> {
  if (loader.stopKey !== undefined) await console.send(loader.stopKey);
  return comesTo(console, (now) => shows(loader, now), DRAWN_WITHIN, `the screen of ${name}`);
}
