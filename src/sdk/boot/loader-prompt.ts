/**
 * Boot loaders that take command lines. What is typed is read back from the screen before Enter: loaders lose fast keys.
 * Where it does not land, or where the loader does not know it, the host boots unchanged: none waits at a prompt.
 */
import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { ConsoleHands, ScreenShape, ScreenText } from "../runbook.ts";

const TRIES = 3;
const TRIES_TO_LEAVE = 5;
/** What may be left of a command that did not land. */
const MAX_LEFT = 80;
const ERASE_PACE: Millis = 20;
const LANDED_WITHIN: Millis = seconds(5);
const QUIET: Millis = 300;
/** Some loaders echo a key only once they have drawn the last one. */
const KEY_PACE: Millis = 60;

/** A loader's prompt. */
export interface LoaderPrompt {
  /** The loader's name, for messages. */
  readonly name: string;
  /** The row in which the cursor stands, where the loader waits for a command; rows come without trailing blanks. */
  readonly prompt: RegExp;
  /** What boots the host as it always does. */
  readonly unchanged: string;
}

/** Text up to the cursor, over the rows that a long line takes; blanks at a row's end are not on the screen. */
const upToCursor = ({ rows, cursor }: ScreenText): string =>
  [...rows.slice(0, cursor.row), (rows[cursor.row] ?? "").slice(0, cursor.column)]
    .join("")
    .replace(/\s/g, "");

/** The row with the cursor, without trailing blanks. */
export const cursorRow = ({ rows, cursor }: ScreenText): string =>
  (rows[cursor.row] ?? "").trimEnd();

/** true once the screen is so, false when the time is over. */
export async function comesTo(
  console: ConsoleHands,
  is: (screen: ScreenText) => boolean,
  within: Millis,
  what: string,
  shape?: ScreenShape,
): Promise<boolean> {
  try {
    await console.untilScreen(is, within, what, shape);
    return true;
  } catch (thrown) {
    if (thrown instanceof OobError && thrown.code === "EXPECT_TIMEOUT") return false;
    throw thrown;
  }
}

/** Has the host boot as it always does, and says why. That is read back, too: a loader that loses keys loses these. */
export async function bootUnchanged(
  console: ConsoleHands,
  loader: LoaderPrompt,
  why: string,
): Promise<never> {
  let boots = false;
  for (let tries = 0; tries < TRIES_TO_LEAVE && !boots; tries++)
    boots = await leaveBy(console, loader);
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot boot with other arguments from ${loader.name}: ${printable(why, 300)}; ` +
      (boots ? "the host boots unchanged" : "and it does not take what would boot it unchanged"),
    { hint: boots ? "See how it comes up: oob attach" : "It may wait in its loader: oob attach" },
  );
}

async function leaveBy(console: ConsoleHands, { prompt, unchanged }: LoaderPrompt) {
  const stands = (now: ScreenText) => {
    const row = cursorRow(now);
    return (
      row.endsWith(unchanged) && prompt.test(row.slice(0, row.length - unchanged.length).trim())
    );
  };
  const empty = (now: ScreenText) => prompt.test(cursorRow(now));
  if (!empty(await console.screen())) await console.type("\b".repeat(MAX_LEFT), ERASE_PACE);
  if (!(await comesTo(console, empty, LANDED_WITHIN, "an empty line"))) return false;
  await console.type(unchanged, KEY_PACE);
  if (!(await comesTo(console, stands, LANDED_WITHIN, `"${unchanged}" on the screen`)))
    return false;
  await console.send("\r");
  return comesTo(console, (now) => !stands(now), LANDED_WITHIN, "the loader to take it");
}

/** Types one command, reads it back, presses Enter; the prompt may come again afterwards. */
export async function typeAtLoader(
  console: ConsoleHands,
  loader: LoaderPrompt,
  command: string,
): Promise<void> {
  const wanted = command.replace(/\s/g, "");
  for (let tries = 0; tries < TRIES; tries++) {
    await console.type(command, KEY_PACE);
    const landed = (screen: ScreenText) => upToCursor(screen).endsWith(wanted);
    if (await comesTo(console, landed, LANDED_WITHIN, `"${command}" on the screen`)) {
      await console.send("\r");
      return;
    }
    // More than was seen: what got lost on its way back is there all the same.
    await console.type("\b".repeat(command.length + 4), KEY_PACE);
    await comesTo(
      console,
      (now) => loader.prompt.test(cursorRow(now)),
      LANDED_WITHIN,
      "an empty line",
    );
  }
  return bootUnchanged(console, loader, `"${command}" did not come back as it was typed`);
}

/** Types the command that boots; throws where the loader answers with its prompt. */
export async function bootFromPrompt(
  console: ConsoleHands,
  loader: LoaderPrompt,
  command: string,
): Promise<void> {
  const atPrompt = (now: ScreenText) => loader.prompt.test(cursorRow(now));
  await typeAtLoader(console, loader, command);
  const left = await comesTo(
    console,
    (now) => !upToCursor(now).endsWith(command.replace(/\s/g, "")),
    seconds(10),
    `${loader.name} to take "${command}"`,
  );
  if (left) await console.settle(QUIET, seconds(2)).catch(() => undefined);
  const screen = await console.screen();
  if (!atPrompt(screen)) return;
  const said = screen.rows
    .slice(0, screen.cursor.row)
    .filter((row) => row.trim() !== "")
    .at(-1);
  await bootUnchanged(console, loader, `it answers "${command}" with "${said?.trim() ?? ""}"`);
}

/** Arguments are words that no loader takes apart. */
export const PLAIN_ARGUMENTS = /^[\w.,:=/@%+~-]+(?: [\w.,:=/@%+~-]+)*$/;

/** Throws RUNBOOK_INVALID for anything else. */
export function demandPlain(kernelArguments: string): void {
  if (PLAIN_ARGUMENTS.test(kernelArguments)) return;
  throw new OobError(
    "RUNBOOK_INVALID",
    `Cannot boot with "${kernelArguments}": arguments are words of letters, digits and .,:=/@%+~_-`,
  );
}
