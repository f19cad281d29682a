import type { BootLoader } from "../../sdk/boot-loader.ts";
import { LOGIN_PROMPT } from "../../sdk/prompts.ts";
import type { ScreenText } from "../../sdk/runbook.ts";

/** Prompts of getty and of shells, but for those that boot loaders have, too. */
const SOMEBODY_CAN_TYPE = new RegExp(`${LOGIN_PROMPT.source}|(?:[#$%]|\\(initramfs\\)) ?$`);

/** Whether this loader is on the screen. Blanks that it printed stand in the rows; its patterns know none. */
export const shows = (loader: BootLoader, { rows }: ScreenText): boolean =>
  loader.shows.test(rows.map((row) => row.trimEnd()).join("\n"));

/** The name of the boot loader that is on the screen, and no prompt behind it: under an old menu somebody can log in. */
export async function loaderShown(
  console: { endsIn(pattern: RegExp): boolean; screen(): Promise<ScreenText> },
  loaders: ReadonlyMap<string, BootLoader>,
): Promise<string | undefined> {
  if (console.endsIn(SOMEBODY_CAN_TYPE)) return undefined;
  const screen = await console.screen();
  return [...loaders].find(([, loader]) => shows(loader, screen))?.[0];
}
