import { OobError } from "../lib/errors.ts";

/** Keys after which a Linux host is not what it was. From Documentation/admin-guide/sysrq.rst. */
export const GRAVE_SYSRQ: Readonly<Record<string, string>> = {
  b: "reboots at once, without sync",
  c: "crashes the kernel",
  e: "ends all processes but init",
  i: "kills all processes but init",
  o: "switches the machine off",
};

/** Reads a SysRq key from the command line. */
export function sysrqOption(text: string): string {
  if (isSysrqKey(text)) return text;
  throw new OobError("USAGE", `Cannot send SysRq "${text}": it is no key of it`, {
    hint: "One digit or small letter; h lists them on the console",
  });
}

/** SysRq keys are digits and letters. */
export function isSysrqKey(text: string): boolean {
  return /^[0-9a-z]$/.test(text);
}
