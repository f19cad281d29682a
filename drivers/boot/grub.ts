import {
  type BootWish,
  type ConsoleHands,
  comesTo,
  defineBootLoader,
  demandPlain,
  GRUB_MENU,
  grubEntries,
  type Millis,
  OobError,
  type ScreenText,
  seconds,
} from "oob/sdk";

/** What GRUB has on the screen. */
type Place =
  | "menu"
  | "countdown"
  | "hidden menu"
  | "editor"
  | "command line"
  | "rescue prompt"
  | "password";

const MAX_LINES_DOWN = 100;
const BOX_ROWS = 12;
/** GRUB draws without a pause longer than this; while its countdown runs, there is no time for more. */
const DRAWN: Millis = 200;
/** A busy machine, or the line to it, rests for longer: in the editor nothing is in a hurry. */
const EDITED: Millis = 600;
/** A whole box at 9600 baud takes more than a second, and some keys make GRUB draw it several times. */
const REDRAWN: Millis = seconds(12);
const MOVED: Millis = seconds(2);
const KEY = {
  end: "\x05",
  down: "\x0e",
  up: "\x10",
  boot: "\x18",
  escape: "\x1b",
  enter: "\r",
  edit: "e",
  // Shows a hidden menu, as Esc and a held Shift do. Esc pressed once too often leads to GRUB's command line.
  f4: "\x1bOS",
};
// The help below the box is translated on some systems, the box and the star at the highlighted entry are not.
const PLACES: readonly (readonly [Place, RegExp])[] = [
  ["rescue prompt", /^grub rescue>/m],
  ["password", /^Enter (?:username|password):/m],
  ["command line", /^grub>/m],
  ["editor", /Minimum Emacs-like screen editing|^ ?[|│]setparams /m],
  ["menu", /^ ?[|│]\*/m],
  // All that is left of a menu for who came to the console after it was drawn.
  ["countdown", /highlighted entry will be executed automatically in/],
  // timeout_style=countdown: seconds in the corner of an empty screen.
  ["hidden menu", /^\d{1,3}\s*$(?!\n[\s\S]*\S)/],
];
const LINUX_LINE = /^\s*linux(?:16|efi)?\s/;
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

/** What was there before anything was pressed, and how deep in submenus the editor was opened. */
interface Start {
  readonly title: string | undefined;
  readonly depth: number;
}

const isMenu = (now: ScreenText): boolean => placeOf(now) === "menu";

/** Leaves editor or password prompt; a host that waits in a menu helps nobody, so what was highlighted first boots. */
async function giveUp(console: ConsoleHands, why: string, start?: Start): Promise<never> {
  await console.send(KEY.escape);
  // After a refused password GRUB waits for a key, or for a moment.
  const menu = await comesTo(console, isMenu, REDRAWN, "GRUB's menu");
  if (menu && start && start.depth > 0) await backTo(console, start);
  await console.send(KEY.enter);
  const asks = (now: ScreenText) => placeOf(now) === "password";
  const locked = await comesTo(console, asks, seconds(1), "a question for the password");
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot edit the GRUB entry: ${why}; the edit was discarded, ` +
      (locked
        ? "and GRUB asks for a password before it boots anything"
        : menu
          ? "and the entry boots unchanged"
          : "but its menu did not come back"),
    { hint: menu && !locked ? "See how it comes up: oob attach" : "Look at it: oob screen" },
  );
}

/** Out of submenus, onto the entry that was highlighted at first. */
async function backTo(console: ConsoleHands, { title, depth }: Start): Promise<void> {
  for (let left = depth; left > 0; left--) {
    await console.send(KEY.escape);
    await drawn(console).catch(() => undefined);
  }
  if (title !== undefined)
    await console.choose(exactly(title), GRUB_MENU, seconds(60)).catch(() => undefined);
}

const exactly = (title: string): RegExp =>
  new RegExp(`^${title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`);

/** Highlights the entry that is asked for, through its submenus. */
async function chooseEntry(
  console: ConsoleHands,
  titles: readonly string[],
  title: string | undefined,
): Promise<void> {
  for (const [depth, wanted] of titles.entries()) {
    const before = await drawn(console);
    try {
      await console.choose(exactly(wanted), GRUB_MENU, seconds(60));
    } catch (thrown) {
      if (!(thrown instanceof OobError) || thrown.code !== "RUNBOOK_FAILED") throw thrown;
      await backTo(console, { title, depth });
      await console.send(KEY.enter);
      throw new OobError(
        "RUNBOOK_FAILED",
        `${thrown.message}; the entry that was highlighted boots`,
        thrown.hint === undefined ? {} : { hint: thrown.hint },
      );
    }
    if (depth === titles.length - 1) return;
    await console.send(KEY.enter);
    const first = grubEntries(before)[0];
    const opened = (now: ScreenText) => isMenu(now) && grubEntries(now)[0] !== first;
    await console.untilScreen(opened, seconds(10), "GRUB's submenu");
  }
}

async function openEditor(
  console: ConsoleHands,
  within: Millis,
  start: Start,
  login: BootWish["login"],
): Promise<void> {
  const shown = (now: ScreenText) => ["editor", "password"].includes(placeOf(now) ?? "");
  await console.send(KEY.edit);
  const screen = await console.untilScreen(shown, within, "GRUB's editor");
  if (placeOf(screen) === "editor") return;
  if (!login) return giveUp(console, "GRUB asks for a user name and a password", start);
  await console.type(`${login.user}\r`);
  const asks = ({ rows }: ScreenText) => /^Enter password:/m.test(rows.join("\n"));
  if (!(await comesTo(console, asks, within, "GRUB's question for the password")))
    await giveUp(console, "GRUB did not ask for the password", start);
  await console.type(`${await login.password()}\r`);
  if (!(await comesTo(console, (now) => placeOf(now) === "editor", within, "GRUB's editor")))
    await giveUp(console, `GRUB refused the password of "${login.user}"`, start);
}

/** A menu on the screen, however GRUB was found. */
async function showMenu(console: ConsoleHands, within: Millis): Promise<void> {
  const place = placeOf(await console.screen());
  if (place === "menu" || place === "countdown") return;
  const key = { "hidden menu": KEY.f4, "command line": KEY.escape }[String(place)];
  if (key !== undefined) await console.send(key);
  if (key !== undefined && (await comesTo(console, isMenu, within, "GRUB's menu"))) return;
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot edit the GRUB entry: GRUB shows ${place ? `its ${place}` : "no menu"}; ${key ? "its menu did not come" : "nothing was typed"}`,
    { hint: "Look at it: oob screen" },
  );
}

/** The screen once GRUB has drawn it: a slow line shows a box half old, half new, and the cursor where it draws. */
async function drawn(console: ConsoleHands, quiet: Millis = DRAWN): Promise<ScreenText> {
  await console.settle(quiet, seconds(10));
  return console.screen();
}

/**
 * The editor opens with the cursor before its first word, which it goes back to when all is drawn. A slow line stops in
 * between, too: a key that is sent then comes out later, and the cursor is one line further than it looks.
 */
const opened = ({ rows, cursor }: ScreenText): boolean => {
  const row = rows[cursor.row] ?? "";
  return /^ ?[|│]setparams /.test(row) && cursor.column === row.search(/[|│]/) + 1;
};

/** Goes down, and up again, until the cursor stands in the line that loads the kernel. */
async function findLinuxLine(console: ConsoleHands, start: Start): Promise<void> {
  await comesTo(console, opened, REDRAWN, "GRUB's editor to be drawn");
  for (const key of [KEY.down, KEY.up]) if (await goesToLinuxLine(console, key)) return;
  await giveUp(console, 'no line that begins with "linux" was found', start);
}

async function goesToLinuxLine(console: ConsoleHands, key: string): Promise<boolean> {
  let screen = await drawn(console, EDITED);
  for (let keys = 0, same = 0; keys < MAX_LINES_DOWN && same < BOX_ROWS; keys++) {
    const { upTo, after } = lineAtCursor(screen);
    if (LINUX_LINE.test(upTo + after)) return true;
    await console.send(key);
    const before = picture(screen);
    const moved = (now: ScreenText) => picture(now) !== before;
    // Where the text moves and not the cursor, a boxful of equal lines looks like the end.
    if (await comesTo(console, moved, MOVED, "the cursor to move")) same = 0;
    else same++;
    screen = await drawn(console, EDITED);
  }
  return false;
}

const picture = ({ rows, cursor }: ScreenText) => JSON.stringify([rows, cursor.row, cursor.column]);

/** The line at the cursor. How many blanks stand behind it tells only how far it is drawn. */
function words(screen: ScreenText): string {
  const { upTo, after } = lineAtCursor(screen);
  return (upTo + after).trim().replace(/ +/g, " ");
}

async function appendArguments(
  console: ConsoleHands,
  kernelArguments: string,
  start: Start,
): Promise<void> {
  await console.send(KEY.end);
  const atEnd = (now: ScreenText) => {
    const { upTo, after } = lineAtCursor(now);
    return LINUX_LINE.test(upTo) && after.trim() === "";
  };
  const came = await comesTo(console, atEnd, REDRAWN, "the end of the linux line");
  const screen = await drawn(console, EDITED);
  if (!came || !atEnd(screen))
    await giveUp(console, "the cursor does not go to the end of the linux line", start);
  const wanted = `${words(screen)} ${kernelArguments}`;
  await console.type(` ${kernelArguments}`);
  const landed = (now: ScreenText) =>
    words(now) === wanted && lineAtCursor(now).after.trim() === "";
  if (!(await comesTo(console, landed, REDRAWN, "the arguments on the linux line")))
    await giveUp(console, "the kernel arguments did not land at the end of the linux line", start);
}

export default defineBootLoader({
  summary: "GRUB 2 on a serial line: edits the highlighted entry for one boot",
  sources: [
    "GNU GRUB Manual 2.06, section 17.2 Editing an entry",
    "GRUB 2.06 grub-core/normal/menu_entry.c: lines are broken by a backslash at the right border",
    "GNU GRUB Manual 2.06, 16.1.23 timeout_style (Esc, F4 or Shift show a hidden menu), 18.1 Authentication",
    "seen: 2.06-13+deb12u2 on QEMU, terminal_output serial; recordings in test/boot/grub",
  ],
  announces:
    /GNU GRUB +version|executed automatically in \d|(?:^|\n)grub(?: rescue)?> |(?:^|\n)\d{1,3} {4}/,
  shows: new RegExp(PLACES.map(([, shows]) => shows.source).join("|"), "m"),
  hiddenKey: KEY.f4,
  async bootWith(console, kernelArguments, within, { entry = [], login } = {}) {
    demandPlain(kernelArguments);
    await showMenu(console, within);
    const first = await drawn(console);
    const start = {
      title: grubEntries({ ...first, rows: first.rows.filter((row) => /^ ?[|│]\*/.test(row)) })[0],
      depth: Math.max(0, entry.length - 1),
    };
    try {
      if (entry.length > 0) await chooseEntry(console, entry, start.title);
      await openEditor(console, within, start, login);
      await findLinuxLine(console, start);
      await appendArguments(console, kernelArguments, start);
      await console.send(KEY.boot);
      const left = (now: ScreenText) => placeOf(now) !== "editor";
      await console.untilScreen(left, within, "GRUB to boot the entry");
    } catch (thrown) {
      // The first key ended the countdown: whatever did not come, GRUB would wait for ever.
      if (!(thrown instanceof OobError) || thrown.code !== "EXPECT_TIMEOUT") throw thrown;
      await giveUp(console, thrown.message, start);
    }
  },
});
