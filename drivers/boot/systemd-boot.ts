import {
  type ConsoleHands,
  comesTo,
  cursorRow,
  defineBootLoader,
  demandPlain,
  type Millis,
  OobError,
  type ScreenText,
  seconds,
} from "oob/sdk";

const KEY = { edit: "e", escape: "\x1b", boot: "\r", blank: " ", erase: "\b" };
const COUNTDOWN = /Boot in \d{1,4} s\./;
/** What it draws above its countdown: UEFI consoles of more rows than the screen draw all that into the last one. */
const RULE = /(?:─|Ä|\uFFFD|\xC4){8,}/;
/** Esc in its menu: the next Enter would lead into the firmware's setup, any other key takes it back. */
const FIRMWARE = /Press Enter to reboot into firmware/;
const ANSWERS = seconds(10);
const QUIET: Millis = 300;

const options = (now: ScreenText): string => cursorRow(now).trim();
const drawn = (console: ConsoleHands) => console.settle(QUIET, seconds(5)).catch(() => undefined);
const gaveUp = (why: string) =>
  new OobError(
    "RUNBOOK_FAILED",
    `Cannot edit the entry of systemd-boot: ${why}; the edit was discarded, and the entry boots unchanged`,
    { hint: "See how it comes up: oob attach" },
  );

/**
 * Opens its editor. In its menu nearly every letter is a hotkey, and some are saved for the boots to come: nothing is
 * typed before a blank, which means nothing there, has moved the cursor as it does in the editor alone.
 */
async function opensEditor(console: ConsoleHands, within: Millis): Promise<boolean> {
  const menu = JSON.stringify(await console.screen());
  await console.send(KEY.edit);
  await comesTo(console, (now) => JSON.stringify(now) !== menu, within, "its editor");
  await drawn(console);
  const { row, column } = (await console.screen()).cursor;
  const at = (wanted: number) => (now: ScreenText) =>
    now.cursor.row === row && now.cursor.column === wanted;
  await console.send(KEY.blank);
  if (!(await comesTo(console, at(column + 1), ANSWERS, "a blank in its editor"))) return false;
  await console.send(KEY.erase);
  return comesTo(console, at(column), ANSWERS, "the blank to go");
}

/** Leaves the editor, which is known to be open, and has the entry boot. */
async function discard(console: ConsoleHands, why: string): Promise<never> {
  const before = options(await console.screen());
  await console.send(KEY.escape);
  await comesTo(console, (now) => options(now) !== before, ANSWERS, "its editor to close");
  await drawn(console);
  const { rows } = await console.screen();
  if (rows.some((text) => FIRMWARE.test(text))) await console.send(KEY.blank);
  await console.send(KEY.boot);
  throw gaveUp(why);
}

/** The cursor stands before the first of the entry's options: what is typed goes there, however long they are. */
export default defineBootLoader({
  summary: "systemd-boot's menu: adds to the options of the highlighted entry for one boot",
  sources: [
    "systemd-boot(7), loader.conf(5): editor, timeout",
    "systemd src/boot/efi/boot.c, menu_run() and line_edit(): hotkeys t, T, d, r are saved, Esc then Enter leads to the firmware",
    "seen: 252.39-1~deb12u1 with OVMF 2022.11 on QEMU",
  ],
  boots: ["linux", "unknown"],
  announces: COUNTDOWN,
  shows: new RegExp(`${COUNTDOWN.source}|${RULE.source}|Reboot Into Firmware Interface`),
  async bootWith(console, kernelArguments, within, wish = {}) {
    demandPlain(kernelArguments);
    if (wish.entry)
      throw new OobError(
        "RUNBOOK_INVALID",
        "Cannot choose an entry of systemd-boot: it shows by colour alone which one is highlighted",
        { hint: "Set it on the host: bootctl set-oneshot ENTRY" },
      );
    if (!(await opensEditor(console, within))) {
      // Esc is for the editor alone. Enter boots the entry from the menu, and from an editor that shows itself late.
      await console.send(KEY.boot);
      throw gaveUp("its editor did not open (loader.conf: editor)");
    }
    const before = options(await console.screen());
    await console.type(`${kernelArguments} `);
    const wanted = `${kernelArguments} ${before}`.slice(0, kernelArguments.length + 20).trimEnd();
    const landed = (now: ScreenText) => options(now).startsWith(wanted);
    if (!(await comesTo(console, landed, within, "the arguments in the options")))
      await discard(console, "the kernel arguments did not land before its options");
    await console.send(KEY.boot);
    const left = (now: ScreenText) => !landed(now);
    await comesTo(console, left, within, "systemd-boot to boot the entry");
  },
});
