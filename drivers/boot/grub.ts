import {
  type ConsoleHands,
  defineBootLoader,
  type Millis,
  OobError,
  type ScreenText,
  seconds,
} from "oob/sdk";

/** What GRUB has on the screen. */
type Place = "menu" | "countdown" | "editor" | "command line" | "rescue prompt" | "password";

const MAX_LINES_DOWN = 100;
const BOX_ROWS = 12;
/** GRUB draws without a pause longer than this. */
const DRAWN: Millis = 200;
const KEY = { end: "\x05", down: "\x0e", boot: "\x18", escape: "\x1b", enter: "\r", edit: "e" };
// The help below the box is translated on some systems, the box and the star at the highlighted entry are not.
const PLACES: readonly (readonly [Place, RegExp])[] = [
  ["rescue prompt", /^grub rescue>/m],
  ["password", /^Enter (?:username|password):/m],
  ["command line", /^grub>/m],
  ["editor", /Minimum Emacs-like screen editing|^ ?[|│]setparams /m],
  ["menu", /^ ?[|│]\*/m],
  // All that is left of a menu for who came to the console after it was drawn.
  ["countdown", /highlighted entry will be executed automatically in/],
];
const LINUX_LINE = /^\s*linux(?:16|efi)?\s/;
/** What GRUB's own shell would take apart is not for its editor. */
const PLAIN_ARGUMENTS = /^[\w.,:=/@%+~-]+(?: [\w.,:=/@%+~-]+)*$/;

const placeOf = ({ rows }: ScreenText): Place | undefined =>
  PLACES.find(([, shows]) => shows.test(rows.join("\n")))?.[0];

/** Text of a row of the editor, without the box around it; "" outside of the box. */
const inside = (row: string | undefined): string =>
  /^ ?[|│](.*)[|│] ?[\^v]? *$/.exec(row ?? "")?.[1] ?? "";

/** The line in which the cursor stands, up to it and after it: GRUB breaks long ones by a backslash in the last column. */
function lineAtCursor({ rows, cursor }: ScreenText): { upTo: string; after: string } {
  const goesOn = (row: number) => inside(rows[row]).endsWith("\\");
  const joined = (from: number, to: number) =>
    rows
      .slice(from, to)
      .map((row) => inside(row).slice(0, -1))
      .join("");
  let first = cursor.row;
  while (first > 0 && goesOn(first - 1)) first--;
  let last = cursor.row;
  while (goesOn(last)) last++;
  const here = rows[cursor.row] ?? "";
  const column = cursor.column - here.search(/[|│]/) - 1;
  const rest = cursor.row === last ? inside(here) : inside(here).slice(0, -1);
  return {
    upTo: joined(first, cursor.row) + rest.slice(0, column),
    after:
      rest.slice(column) +
      joined(cursor.row + 1, last) +
      (last > cursor.row ? inside(rows[last]) : ""),
  };
}

const isTimeout = (thrown: unknown): boolean =>
  thrown instanceof OobError && thrown.code === "EXPECT_TIMEOUT";

/** true once the screen is so, false when the time is over. */
async function comesTo(
  console: ConsoleHands,
  is: (screen: ScreenText) => boolean,
  within: Millis,
  what: string,
): Promise<boolean> {
  try {
    await console.untilScreen(is, within, what);
    return true;
  } catch (thrown) {
    if (isTimeout(thrown)) return false;
    throw thrown;
  }
}

/** Leaves editor or password prompt; a host that waits in a menu helps nobody, so the entry boots unchanged. */
async function giveUp(console: ConsoleHands, why: string): Promise<never> {
  await console.send(KEY.escape);
  // After a refused password GRUB waits for a key, or for a moment.
  const menu = await comesTo(console, (now) => placeOf(now) === "menu", seconds(5), "GRUB's menu");
  await console.send(KEY.enter);
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot edit the GRUB entry: ${why}; the edit was discarded, ` +
      (menu ? "and the entry boots unchanged" : "but its menu did not come back"),
    { hint: menu ? "See how it comes up: oob attach" : "Look at it: oob screen" },
  );
}

async function openEditor(console: ConsoleHands, within: Millis): Promise<void> {
  await console.send(KEY.edit);
  const shown = await console.untilScreen(
    (now) => ["editor", "password"].includes(placeOf(now) ?? ""),
    within,
    "GRUB's editor",
  );
  if (placeOf(shown) === "password")
    await giveUp(console, "GRUB asks for a user name and a password");
}

/** The screen once GRUB has drawn it: a slow line shows a box half old, half new, and the cursor where it draws. */
async function drawn(console: ConsoleHands): Promise<ScreenText> {
  await console.settle(DRAWN, seconds(10));
  return console.screen();
}

/** Goes down until the cursor stands in the line that loads the kernel. */
async function findLinuxLine(console: ConsoleHands): Promise<void> {
  let screen = await drawn(console);
  for (let down = 0, same = 0; down < MAX_LINES_DOWN && same < BOX_ROWS; down++) {
    const { upTo, after } = lineAtCursor(screen);
    if (LINUX_LINE.test(upTo + after)) return;
    await console.send(KEY.down);
    const before = picture(screen);
    const moved = (now: ScreenText) => picture(now) !== before;
    // Where the text moves and not the cursor, a boxful of equal lines looks like the end.
    if (await comesTo(console, moved, seconds(1), "the cursor to move down")) same = 0;
    else same++;
    screen = await drawn(console);
  }
  await giveUp(console, 'no line that begins with "linux" was found');
}

const picture = ({ rows, cursor }: ScreenText) => JSON.stringify([rows, cursor.row, cursor.column]);

async function appendArguments(console: ConsoleHands, kernelArguments: string): Promise<void> {
  await console.send(KEY.end);
  const atEnd = (now: ScreenText) => {
    const { upTo, after } = lineAtCursor(now);
    return LINUX_LINE.test(upTo) && after.trim() === "";
  };
  if (!(await comesTo(console, atEnd, seconds(2), "the end of the linux line")))
    await giveUp(console, "the cursor does not go to the end of the linux line");
  const wanted = `${lineAtCursor(await drawn(console)).upTo} ${kernelArguments}`;
  await console.type(` ${kernelArguments}`);
  const landed = (now: ScreenText) => {
    const { upTo, after } = lineAtCursor(now);
    return upTo === wanted && after.trim() === "";
  };
  if (!(await comesTo(console, landed, seconds(5), "the arguments on the linux line")))
    await giveUp(console, "the kernel arguments did not land at the end of the linux line");
}

export default defineBootLoader({
  summary: "GRUB 2 on a serial line: edits the highlighted entry for one boot",
  sources: [
    "GNU GRUB Manual 2.06, section 17.2 Editing an entry",
    "GRUB 2.06 grub-core/normal/menu_entry.c: lines are broken by a backslash at the right border",
    "seen: 2.06-13+deb12u2 on QEMU, terminal_output serial; recordings in test/boot/grub",
  ],
  announces: /GNU GRUB +version|executed automatically in \d|(?:^|\n)grub(?: rescue)?> /,
  shows: new RegExp(PLACES.map(([, shows]) => shows.source).join("|"), "m"),
  async bootWith(console, kernelArguments, within) {
    if (!PLAIN_ARGUMENTS.test(kernelArguments))
      throw new OobError(
        "RUNBOOK_INVALID",
        `Cannot boot with "${kernelArguments}": GRUB takes only words of letters, digits and .,:=/@%+~_-`,
      );
    const place = placeOf(await console.screen());
    if (place !== "menu" && place !== "countdown")
      throw new OobError(
        "RUNBOOK_FAILED",
        `Cannot edit the GRUB entry: GRUB shows ${place ? `its ${place}` : "no menu"}; nothing was typed`,
        { hint: "Look at it: oob screen" },
      );
    await openEditor(console, within);
    await findLinuxLine(console);
    await appendArguments(console, kernelArguments);
    await console.send(KEY.boot);
    await console.untilScreen((now) => placeOf(now) !== "editor", within, "GRUB to boot the entry");
  },
});
