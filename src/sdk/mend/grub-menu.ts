import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { RunbookHands, ScreenText } from "../runbook.ts";
import type { ScreenMenu } from "../screen-menu.ts";

/** A row of GRUB's box; the highlighted one has a star, which is there whatever the terminal does with inverse text. */
const ENTRY = /^ ?[|│][* ](.*?)\s*[|│] ?[\^v]? *$/;
const HIGHLIGHTED = /^ ?[|│]\*/;

/** GRUB 2's menu, and its submenus. Source: GRUB 2.06 grub-core/normal/menu_text.c; captures/grub-submenu-recovery. */
export const GRUB_MENU: ScreenMenu = {
  name: "GRUB's menu",
  entry: ENTRY,
  highlighted: ({ rows }) => {
    const row = rows.findIndex((text) => HIGHLIGHTED.test(text));
    return row < 0 ? undefined : row;
  },
  up: "\x10",
  down: "\x0e",
};

/** GRUB says its name before it draws. */
const ANNOUNCED = /GNU GRUB +version|executed automatically in \d/;
const DRAWN_WITHIN = seconds(15);
const DRAWN: Millis = 300;

/** The entries on the screen, from the top. */
export const grubEntries = ({ rows }: ScreenText): string[] =>
  rows.flatMap((row) => {
    const text = ENTRY.exec(row)?.[1]?.trim();
    return text === undefined || text === "" ? [] : [text];
  });

/** Waits for GRUB's menu of a host that starts. */
export async function awaitGrubMenu(
  { console }: RunbookHands,
  within: Millis,
): Promise<ScreenText> {
  await console.expect(ANNOUNCED, within, "GRUB's menu");
  return console.untilScreen(
    (now) => GRUB_MENU.highlighted(now) !== undefined,
    DRAWN_WITHIN,
    "GRUB's menu",
  );
}

/** Opens the submenu that matches, or throws and leaves GRUB to boot as it is set up. */
async function openSubmenu({ console }: RunbookHands, title: RegExp): Promise<ScreenText> {
  const before = await console.choose(title, GRUB_MENU, seconds(60));
  const first = grubEntries(before)[0];
  await console.send("\r");
  await console.untilScreen(
    (now) => GRUB_MENU.highlighted(now) !== undefined && grubEntries(now)[0] !== first,
    DRAWN_WITHIN,
    "GRUB's submenu",
  );
  await console.settle(DRAWN, DRAWN_WITHIN);
  return console.screen();
}

/** A kernel of GRUB's submenu, as its title has it: `…, with Linux 6.1.0-56-amd64`. */
const WITH_KERNEL = /, with Linux (\S+)$/;

/** The kernel to boot: the wanted one, or the first that is not the newest. GRUB lists the newest first. */
export function olderKernel(entries: readonly string[], wanted: string): string {
  const versions = entries.flatMap((text) => WITH_KERNEL.exec(text)?.[1] ?? []);
  const found = wanted === "" ? versions.find((one) => one !== versions[0]) : wanted;
  if (found !== undefined && versions.includes(found)) return found;
  const seen = versions.map((one) => printable(one, 60)).join(", ") || "none";
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot boot ${wanted === "" ? "an older kernel" : `kernel "${printable(wanted, 60)}"`}: GRUB's menu has ${seen}`,
  );
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** From GRUB's menu to that kernel's boot. Where it cannot be had, the default entry boots, and why is thrown. */
export async function bootKernelFromMenu(hands: RunbookHands, wanted: string): Promise<string> {
  const { console } = hands;
  try {
    const submenu = await openSubmenu(hands, /^Advanced options/);
    const version = olderKernel(grubEntries(submenu), wanted);
    await console.choose(new RegExp(`, with Linux ${literal(version)}$`), GRUB_MENU, seconds(60));
    await console.send("\r");
    return version;
  } catch (thrown) {
    if (hands.signal.aborted) throw thrown;
    // Back to the first menu, whose highlight may have moved: a host that waits in a menu helps nobody.
    await console.send("\x1b");
    await console.choose(/^(?!Advanced options)/, GRUB_MENU, seconds(30)).catch(() => undefined);
    await console.send("\r");
    throw thrown;
  }
}

/**
 * Prints `saved ENTRY` where an entry that was chosen in the menu boots from then on: GRUB_SAVEDEFAULT=true writes
 * `savedefault` into each entry, and GRUB keeps the choice in its environment. Source: GNU GRUB Manual 2.06, 6.1.
 */
export const SAVED_ENTRY = `for d in /boot/grub /boot/grub2; do
  grep -Eq '^[[:space:]]+savedefault[[:space:]]*$' $d/grub.cfg 2>/dev/null || continue
  sed -n 's/^saved_entry=\\(..*\\)$/saved \\1/p' $d/grubenv 2>/dev/null
done
true`;

/** Whether what that printed names this kernel. */
export const savedKernel = (text: string, version: string): boolean =>
  text.split("\n").some((row) => {
    const at = row.startsWith("saved ") ? row.indexOf(version) : -1;
    return at >= 0 && !/^[\w.]/.test(row.slice(at + version.length));
  });
