import type { CommandOption } from "../command.ts";
import { choiceOption, REASON } from "../option-values.ts";

/** How a file goes: through a shell, or to a program that speaks the protocol. */
export const METHODS = ["auto", "base64", "printf", "xmodem", "xmodem-1k", "ymodem"] as const;
export type Method = (typeof METHODS)[number];

/** Options that both directions have. */
export interface TransferOptions {
  readonly method: Method;
  readonly start?: string;
  readonly force?: boolean;
  readonly join?: boolean;
  readonly reason?: string;
}

export const TRANSFER_OPTIONS: readonly CommandOption[] = [
  {
    flags: "--start <text>",
    summary: "xmodem, ymodem: typed first, with Enter: 'loady 0x42000000'",
  },
  { flags: "--force", summary: "replace a file that exists" },
  { flags: "-j, --join", summary: "do it beside whoever writes" },
  REASON,
];

/** Reads the method. */
export const methodOption = choiceOption(METHODS);

/** Whether a method speaks in blocks, to a program of the host. */
export function isBlocks(method: Method): boolean {
  return method === "xmodem" || method === "xmodem-1k" || method === "ymodem";
}
