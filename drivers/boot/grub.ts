import {
  type ConsoleHands,
  defineBootLoader,
  type Millis,
  OobError,
  type ScreenText,
  seconds,
} from "oob/sdk";

const MAX_LINES_DOWN = 60;
const CTRL = { a: "\x01", e: "\x05", n: "\x0e", x: "\x18" };
const EDITOR = /Minimum Emacs-like screen editing/;
const MENU = /GNU GRUB +version[\s\S]{0,4000}Use the .{1,8} and .{1,8} keys to select/;
const LINUX_LINE = /^\s*linux(?:16|efi)?\s/;
const PASSWORD = /Enter username:/;

/** A row of the editor without the border that GRUB draws around the text. */
const inner = (row: string): string => row.replace(/^ ?[|│\xb3]/, "").replace(/[|│\xb3]? *$/, "");

/** The logical line that begins in a row: GRUB breaks long lines with a backslash in the last column. */
function lineAt(screen: ScreenText, row: number): string {
  let line = inner(screen.rows[row] ?? "");
  for (let next = row + 1; line.endsWith("\\") && next < screen.rows.length; next++) {
    line = line.slice(0, -1) + inner(screen.rows[next] ?? "");
  }
  return line.trimEnd();
}

async function discard(console: ConsoleHands, why: string): Promise<never> {
  await console.send("\x1b");
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot edit the GRUB entry: ${why}; the edit was discarded`,
    {
      hint: "The menu waits; boot it with Enter at: oob attach",
    },
  );
}

/** Goes down until the cursor stands in the line that loads the kernel; returns its row. */
async function findLinuxLine(console: ConsoleHands): Promise<number> {
  for (let down = 0; down < MAX_LINES_DOWN; down++) {
    const screen = await console.screen();
    const { row, column } = screen.cursor;
    if (LINUX_LINE.test(inner(screen.rows[row] ?? ""))) return row;
    await console.send(CTRL.n);
    const moved = (now: ScreenText) => now.cursor.row !== row || now.cursor.column !== column;
    try {
      await console.untilScreen(moved, seconds(2), "the cursor to move down");
    } catch (cause) {
      if (cause instanceof OobError && cause.code === "EXPECT_TIMEOUT") break;
      throw cause;
    }
  }
  return discard(console, 'no line that begins with "linux" was found');
}

async function openEditor(console: ConsoleHands, within: Millis): Promise<void> {
  await console.send("e");
  const shown = await console.untilScreen(
    ({ rows }) => rows.some((row) => EDITOR.test(row) || PASSWORD.test(row)),
    within,
    "GRUB's editor",
  );
  if (shown.rows.some((row) => PASSWORD.test(row))) {
    await discard(console, "GRUB asks for a user name and a password");
  }
}

export default defineBootLoader({
  summary: "GRUB 2 on a serial line: edits the highlighted entry for one boot",
  sources: [
    "GNU GRUB Manual 2.06, section 17.2 Editing an entry",
    "seen: 2.06-13+deb12u2 on QEMU, terminal_output serial",
  ],
  announces: /GNU GRUB +version/,
  shows: MENU,
  async bootWith(console, kernelArguments, within) {
    await openEditor(console, within);
    const row = await findLinuxLine(console);
    const before = lineAt(await console.screen(), row);
    await console.send(CTRL.e);
    await console.type(` ${kernelArguments}`);
    const wanted = `${before} ${kernelArguments}`;
    const landed = (screen: ScreenText) => lineAt(screen, row) === wanted;
    try {
      await console.untilScreen(
        landed,
        seconds(5),
        `"${kernelArguments}" at the end of the linux line`,
      );
    } catch (cause) {
      if (!(cause instanceof OobError) || cause.code !== "EXPECT_TIMEOUT") throw cause;
      await discard(console, "the kernel arguments did not land behind the linux line");
    }
    await console.send(CTRL.x);
  },
});
