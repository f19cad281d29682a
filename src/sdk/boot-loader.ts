import type { Millis } from "../lib/clock.ts";
import type { ConsoleHands } from "./runbook.ts";

/** A boot loader as seen on a console: how to know it, and how to make it boot single-user. */
export interface BootLoader {
  readonly summary: string;
  readonly sources: readonly string[];
  /** The visible screen is this loader's menu or prompt. */
  readonly shows: RegExp;
  /** Console bytes that announce it, before the screen is complete. */
  readonly announces: RegExp;
  /**
   * From the menu to a kernel that starts with `kernelArguments` added. Reads the screen at every step; throws
   * RUNBOOK_FAILED, having left the menu's own entry untouched, where the screen is not what it expects.
   */
  bootWith(console: ConsoleHands, kernelArguments: string, within: Millis): Promise<void>;
}

/** Declares a boot loader. */
export const defineBootLoader = (loader: BootLoader): BootLoader => loader;
