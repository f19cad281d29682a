import type { Millis } from "../lib/clock.ts";
import type { ConsoleHands } from "./runbook.ts";

/** How a boot shall be, besides the kernel's arguments. */
export interface BootWish {
  /** Titles on the way to the entry: those of its submenus, then its own. Absent: the entry that the loader would boot. */
  readonly entry?: readonly string[];
  /** For a loader that asks who wants to change its entries. */
  readonly login?: { readonly user: string; readonly password: () => Promise<string> };
}

/** A boot loader as seen on a console: how to know it, and how to make it boot single-user. */
export interface BootLoader {
  readonly summary: string;
  readonly sources: readonly string[];
  /** Beginnings of the `os` of hosts that it boots; absent: of any. */
  readonly boots?: readonly string[];
  /** The visible screen, its rows without trailing blanks, is this loader's menu or prompt. */
  readonly shows: RegExp;
  /** Console bytes that announce it, before the screen is complete. */
  readonly announces: RegExp;
  /** A key that stops its countdown and does nothing else, sent as soon as it announced itself. */
  readonly stopKey?: string;
  /** A key that shows its menu where that is hidden, and does nothing in a firmware. */
  readonly hiddenKey?: string;
  /**
   * From the menu or prompt to a kernel that starts with `kernelArguments` added. Reads the screen at every step; where
   * that is not what it expects, throws RUNBOOK_FAILED and has the host boot unchanged: it never waits for somebody.
   */
  bootWith(
    console: ConsoleHands,
    kernelArguments: string,
    within: Millis,
    wish?: BootWish,
  ): Promise<void>;
}

/** Declares a boot loader. */
export const defineBootLoader = (loader: BootLoader): BootLoader => loader;
