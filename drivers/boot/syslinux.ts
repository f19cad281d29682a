import {
  bootUnchanged,
  type ConsoleHands,
  comesTo,
  cursorRow,
  defineBootLoader,
  demandPlain,
  type LoaderPrompt,
  OobError,
  type ScreenText,
  seconds,
  typeAtLoader,
} from "oob/sdk";

const KEY = { tab: "\t", escape: "\x1b", boot: "\r" };
/** Enter alone boots the default label. */
const PROMPT: LoaderPrompt = { name: "SYSLINUX", prompt: /^boot:$/, unchanged: "" };
const MENU = /Press \[Tab\] to edit options/;
const OPTIONS = /^> \S/;

const atPrompt = (now: ScreenText): boolean => PROMPT.prompt.test(cursorRow(now));

/** Rows of labels right above the prompt: what the host said before it restarted may stand above them, indented, too. */
function listedIn({ rows, cursor }: ScreenText): readonly string[] {
  const above = rows.slice(0, cursor.row);
  return above.slice(above.findLastIndex((row) => !/^ \S/.test(row)) + 1);
}

/** Labels that Tab lists above the prompt. */
async function labels(console: ConsoleHands): Promise<string[]> {
  await console.send(KEY.tab);
  const listed = (now: ScreenText) => atPrompt(now) && listedIn(now).length > 0;
  if (!(await comesTo(console, listed, seconds(5), "the labels of SYSLINUX"))) return [];
  return listedIn(await console.screen()).flatMap((row) => row.trim().split(/\s+/));
}

async function fromPrompt(console: ConsoleHands, words: string, wanted?: string): Promise<void> {
  const known = await labels(console);
  const label = wanted ?? known[0];
  if (label === undefined || (known.length > 1 && wanted === undefined))
    return bootUnchanged(
      console,
      PROMPT,
      `it has the labels ${known.join(", ") || "that it does not tell"}: say which with --set entry=LABEL`,
    );
  if (!known.includes(label))
    return bootUnchanged(console, PROMPT, `it has no label "${label}": ${known.join(", ")}`);
  await typeAtLoader(console, PROMPT, `${label} ${words}`);
}

async function fromMenu(console: ConsoleHands, words: string): Promise<void> {
  await console.send(KEY.tab);
  const edits = (now: ScreenText) => OPTIONS.test(cursorRow(now)) || now.rows.some(isOptions);
  const giveUp = async (why: string): Promise<never> => {
    await console.send(KEY.escape);
    await console.settle(300, seconds(5)).catch(() => undefined);
    await console.send(KEY.boot);
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot edit the entry of SYSLINUX: ${why}; the edit was discarded, and the entry boots unchanged`,
      { hint: "See how it comes up: oob attach" },
    );
  };
  if (!(await comesTo(console, edits, seconds(5), "the options of the entry")))
    await giveUp("its options did not come (MENU ALLOWOPTIONS, MENU MASTER PASSWD)");
  await console.settle(300, seconds(5)).catch(() => undefined);
  const before = line(await console.screen());
  await console.type(` ${words}`);
  const landed = (now: ScreenText) => line(now) === `${before} ${words}`;
  if (!(await comesTo(console, landed, seconds(5), "the arguments behind the options")))
    await giveUp("the kernel arguments did not land behind its options");
  await console.send(KEY.boot);
}

const isOptions = (row: string): boolean => OPTIONS.test(row);

/** The options, over all rows that they take. */
function line({ rows }: ScreenText): string {
  const first = rows.findIndex(isOptions);
  return first < 0 ? "" : rows.slice(first).join("").trimEnd();
}

export default defineBootLoader({
  summary: "SYSLINUX, ISOLINUX, EXTLINUX and PXELINUX: boot: prompt, or menu.c32's options",
  sources: [
    "SYSLINUX wiki: SYSLINUX, Menu; core/ui.inc, com32/menu/menumain.c",
    "seen: ISOLINUX 6.04 with its prompt and with menu.c32, EXTLINUX 6.04 with its prompt on QEMU",
  ],
  boots: ["linux", "unknown"],
  announces: /(?:SYS|ISO|EXT|PXE)LINUX \d\.\d\d|Press \[Tab\] to edit options|Automatic boot in /,
  shows: new RegExp(`${MENU.source}|^boot:$`, "m"),
  async bootWith(console, kernelArguments, _within, { entry } = {}) {
    demandPlain(kernelArguments);
    // It shows its prompt first and its menu over it.
    await console.settle(300, seconds(5)).catch(() => undefined);
    const { rows } = await console.screen();
    if (!rows.some((row) => MENU.test(row)))
      return fromPrompt(console, kernelArguments, entry?.at(-1));
    if (entry)
      throw new OobError(
        "RUNBOOK_INVALID",
        "Cannot choose an entry of SYSLINUX's menu: it shows by colour alone which one is highlighted",
      );
    return fromMenu(console, kernelArguments);
  },
});
