import type { Seen } from "./state.ts";

/** Class of the suspicion that nothing but silence raised. */
export const SILENCE = "silence";
/** The same where the console is silent for longer than it ever was. Its habit is no proof: nothing is cut for it. */
export const UNUSUAL_SILENCE = "unusual-silence";
/** A host that started, and shows no login prompt in its time. */
export const NO_LOGIN = "no-login";

/**
 * Classes in which a carriage return is an answer to a question, a choice in a menu, or goes into somebody's file.
 * Firmware menus change settings on any key; a loader boots its marked entry; a pager moves on.
 */
const NEVER_TYPE: ReadonlySet<string> = new Set([
  "boot-loader",
  "debugger-prompt",
  "editor",
  "firmware",
  "firmware-setup",
  "firmware-shell",
  "fsck-prompt",
  "fullscreen",
  "memtest",
  "mountroot",
  "no-boot-device",
  "os-install",
  "pager",
  "passphrase-prompt",
  "upgrade",
]);

/** Classes that a power cut does not mend, or makes worse: a person is called. */
const NEVER_CUT: ReadonlySet<string> = new Set([
  "boot-loader",
  "boot-loop",
  "debugger-prompt",
  "emergency-shell",
  "firmware",
  "firmware-setup",
  "firmware-shell",
  "fsck-prompt",
  "getty-respawn",
  "mountroot",
  "no-boot-device",
  "no-kernel-output",
  "passphrase-prompt",
  "single-user-prompt",
  "single-user-shell",
  UNUSUAL_SILENCE,
]);

/** A boot out of the blue is a warning that stands for long; at the moment in which it is seen, it is a boot. */
const UNEXPECTED_REBOOT = "unexpected-reboot";

/** Class of what waits for a name. */
export const LOGIN = "login-prompt";

/** A login prompt, whatever warnings stand above it: kernels complain while they boot. */
export const isLogin = (seen: Seen): boolean =>
  seen.newest === LOGIN && (seen.state === "healthy" || seen.state === "warning");

const STARTS: ReadonlySet<string> = new Set(["boot", "boot-loop", UNEXPECTED_REBOOT]);

/** A host that starts, whatever is made of it. */
export const isStart = (hostClass: string): boolean => STARTS.has(hostClass);

/** The newest that showed is one. */
export const isBoot = ({ newest, proven }: Seen): boolean => proven && isStart(newest);

export const mayType = (hostClass: string): boolean => !NEVER_TYPE.has(hostClass);

export const mayCut = (hostClass: string): boolean => !NEVER_CUT.has(hostClass);

/** What an opinion means for the watchdog. */
export type Kind = "alive" | "boot" | "off" | "busy" | "trouble" | "note" | "nothing";

/** Sorts an opinion. `note`: wrong, but nothing to act upon; `off`: somebody shut the host down in good order. */
export function kindOf(seen: Seen): Kind {
  if (!seen.proven) return "nothing";
  if (seen.class === UNEXPECTED_REBOOT && seen.newest === UNEXPECTED_REBOOT) return "boot";
  if (seen.state === "busy" || seen.action === "hold") return "busy";
  if (seen.state === "warning") return "alive";
  if (seen.state !== "healthy")
    return seen.action === "confirm" || seen.action === "recover" ? "trouble" : "note";
  if (seen.class === "boot") return "boot";
  if (seen.class === "halted" || seen.class === "power-off") return "off";
  return seen.class === "silent-console" ? "nothing" : "alive";
}
