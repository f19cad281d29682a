import type { Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import { type BootLoader, type BootWish, defineBootLoader } from "../boot-loader.ts";
import type { ConsoleHands, ScreenText } from "../runbook.ts";
import {
  bootFromPrompt,
  comesTo,
  cursorRow,
  demandPlain,
  type LoaderPrompt,
} from "./loader-prompt.ts";

/** A loader whose prompt takes `boot -s`, perhaps behind a menu with a number for each line. */
export interface PromptLoader extends LoaderPrompt {
  readonly summary: string;
  readonly sources: readonly string[];
  readonly boots?: readonly string[];
  readonly announces: RegExp;
  readonly shows: RegExp;
  readonly stopKey?: string;
  /** How to come from its menu to its prompt. */
  readonly menu?: {
    /** The line that leads to the prompt; its key is the first group. */
    readonly toPrompt: RegExp;
    /** The line that boots single-user, where the menu has no way to the prompt; its key is the first group. */
    readonly single?: RegExp;
    /** After `stopKey` it waits in this row for a line; absent: each key counts at once. */
    readonly asks?: RegExp;
  };
  /** A countdown without a menu, which any key ends. */
  readonly countdown?: RegExp;
  /** The command that boots with these arguments. */
  readonly command: (kernelArguments: string) => string;
}

const SINGLE = "-s";

const keyOf = ({ rows }: ScreenText, line: RegExp | undefined): string | undefined =>
  line && rows.map((row) => line.exec(row)?.[1]).find((key) => key !== undefined);

/** Declares one: what differs between them is data. */
export function definePromptLoader(loader: PromptLoader): BootLoader {
  const { summary, sources, boots, announces, shows, stopKey, name } = loader;

  async function bootWith(
    console: ConsoleHands,
    kernelArguments: string,
    within: Millis,
    wish: BootWish = {},
  ): Promise<void> {
    demandPlain(kernelArguments);
    if (wish.entry) await leave(console, "it has no entries to choose among");
    const chosen = await toPrompt(console, kernelArguments, within);
    if (chosen === "prompt") await bootFromPrompt(console, loader, loader.command(kernelArguments));
  }

  /** "booted": the menu had a line for it. */
  async function toPrompt(
    console: ConsoleHands,
    kernelArguments: string,
    within: Millis,
  ): Promise<"prompt" | "booted"> {
    const atPrompt = (now: ScreenText) => loader.prompt.test(cursorRow(now));
    const screen = await console.screen();
    if (atPrompt(screen)) return "prompt";
    const direct = keyOf(screen, loader.menu?.toPrompt);
    const single = kernelArguments === SINGLE ? keyOf(screen, loader.menu?.single) : undefined;
    if (direct === undefined && single !== undefined) {
      await press(console, single, within);
      return "booted";
    }
    if (direct !== undefined) await press(console, direct, within);
    else if (countsDown(screen)) await console.send(" ");
    else if (stopKey === undefined) return leave(console, "its menu has no way to its prompt");
    if (await comesTo(console, atPrompt, within, `the prompt of ${name}`)) return "prompt";
    return leave(console, "its prompt did not come");
  }

  const countsDown = ({ rows }: ScreenText): boolean =>
    rows.some((row) => loader.countdown?.test(row));

  async function press(console: ConsoleHands, key: string, within: Millis): Promise<void> {
    const { asks } = loader.menu ?? {};
    if (asks === undefined) return console.send(key);
    const asked = (now: ScreenText) => asks.test(cursorRow(now));
    if (!(await comesTo(console, asked, within, `the question of ${name}`)))
      await leave(console, "its menu did not ask");
    await console.type(`${key}\r`);
  }

  /** Enter takes what every such menu would have taken when its time was over. */
  async function leave(console: ConsoleHands, why: string): Promise<never> {
    await console.send("\r");
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot boot with other arguments from ${name}: ${why}; Enter was pressed, so that it boots unchanged`,
      { hint: "Look at it: oob screen" },
    );
  }

  return defineBootLoader({
    summary,
    sources,
    announces,
    shows,
    bootWith,
    ...(boots ? { boots } : {}),
    ...(stopKey ? { stopKey } : {}),
  });
}
