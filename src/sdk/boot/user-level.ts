import { minutes } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import {
  LOGIN_PROMPT,
  MAINTENANCE_PROMPT,
  MAINTENANCE_USER_PROMPT,
  ROOT_LOCKED,
  SHELL_PATH_PROMPT,
  SHELL_PROMPT,
} from "../prompts.ts";
import type { RunbookHands } from "../runbook.ts";
import type { SingleUserLevel, SystemBoot } from "./system-boot.ts";

const BOOT_WITHIN = minutes(10);
const LOGIN_WITHIN = minutes(1);
/** Linux and the BSDs, in the middle of a line, too. */
const PANIC = /Kernel panic - not syncing: [^\n]{0,80}|\npanic: [^\n]{1,80}/;

/** What a host shows when it has come as far as somebody can type. */
const STANDS = [
  ["locked", ROOT_LOCKED],
  ["panic", PANIC],
  ["user", MAINTENANCE_USER_PROMPT],
  ["path", SHELL_PATH_PROMPT],
  ["maintenance", MAINTENANCE_PROMPT],
  ["login", LOGIN_PROMPT],
  ["shell", SHELL_PROMPT],
] as const;
type Shown = (typeof STANDS)[number];
export type Stand = Shown[0];
/** A shell that is being left may show its prompt once more: that is no answer. */
const AFTER_SHELL = STANDS.filter(([name]) => name !== "shell");

const MAX_SHOWN = 4;

/** sulogin of a system without another init than itself: known by its prompt, not by any command. */
const SULOGIN: SingleUserLevel = {
  name: "single-user mode behind sulogin",
  proof: "true",
  leave: "exit",
};

/** Whether a command ended with 0. */
export async function holds({ console }: RunbookHands, command: string): Promise<boolean> {
  return (await console.run(command)).status === 0;
}

/** Throws RUNBOOK_FAILED where the command does not end with 0. */
export async function demand(hands: RunbookHands, command: string, what: string): Promise<void> {
  const { status } = await hands.console.run(command);
  if (status === 0) return;
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot prove ${what} at ${hands.host.name}: "${command}" ended with ${status}`,
  );
}

/** From the kernel's start to root's shell that answers. Says at which prompt the host waited. */
export async function enterShell(hands: RunbookHands, wanted: string): Promise<Stand> {
  const { console, host } = hands;
  const cannot = `Cannot enter single-user mode at ${host.name}`;
  const shown = await standing(hands, "root's maintenance prompt or a shell");
  if (shown.stand === "locked")
    throw new OobError("LOGIN_REFUSED", `${cannot}: its root account is locked`, {
      hint: 'Run it with --set arguments="init=/bin/sh"',
    });
  if (shown.stand === "panic") {
    const said = printable(shown.text.trim(), 120);
    throw new OobError("RUNBOOK_FAILED", `${cannot}: its kernel says "${said}"`);
  }
  if (shown.stand === "login")
    throw new OobError(
      "RUNBOOK_FAILED",
      `${cannot}: it booted to its login prompt in spite of "${wanted}"`,
    );
  if (shown.stand === "user") {
    await console.send("root\r");
    await console.expect(MAINTENANCE_PROMPT, LOGIN_WITHIN, "the question for root's password");
  }
  // Enter starts the shell that init proposes.
  if (shown.stand === "path") await console.send("\r");
  await console.login(LOGIN_WITHIN);
  await demand(hands, 'test "$(id -u)" = 0', "root's shell");
  return shown.stand;
}

async function standing({ console }: RunbookHands, what: string, among: readonly Shown[] = STANDS) {
  const patterns = among.map(([, pattern]) => pattern);
  const { which, match } = await console.expect(patterns, BOOT_WITHIN, what);
  return { stand: among[which]?.[0] ?? "shell", text: match[0] ?? "" };
}

/** Where the host is, proven by commands; undefined: in multi-user mode, or in a state of which nothing is known. */
export async function provenLevel(
  hands: RunbookHands,
  system: SystemBoot,
  stand: Stand,
): Promise<SingleUserLevel | undefined> {
  for (const level of system.levels) if (await holds(hands, level.proof)) return level;
  const behindSulogin =
    stand === "maintenance" && system.levels.some(({ leave }) => leave === "exit");
  if (behindSulogin && !(await holds(hands, system.multiUser))) return SULOGIN;
  return undefined;
}

/** Root read-only or not, and what the system says of its state: lines for the report. */
export async function tellLevel(hands: RunbookHands, system: SystemBoot): Promise<void> {
  const readOnly = await holds(hands, system.rootReadOnly);
  hands.note(`the root file system is mounted ${readOnly ? "read-only" : "for writing"}`);
  for (const command of system.shows) {
    const { status, output } = await hands.console.run(command);
    const lines = output.trim().split("\n");
    if (status === 0 && output.trim() !== "")
      for (const line of lines.slice(0, MAX_SHOWN)) hands.note(`| ${line.trim()}`);
  }
}

/** From single-user mode to the login prompt. Where its own way does not lead there, the host is restarted. */
export async function goMultiUser(hands: RunbookHands, level: SingleUserLevel): Promise<void> {
  const { console, note } = hands;
  // Not even a folder of ours that is in the way is a reason to stay.
  await console.tidy().catch((thrown: unknown) => {
    if (hands.signal.aborted) throw thrown;
    note(messageOf(thrown));
  });
  await console.send(` ${level.leave}\r`);
  const { stand, text } = await standing(hands, "a login prompt", AFTER_SHELL);
  if (stand === "login") return;
  const said = printable(text.trim().split("\n").at(-1) ?? "", 80);
  if (stand === "panic" || stand === "locked") throw stayed(hands, said);
  note(`"${level.leave}" led to "${said}": it is restarted`);
  await console.login(LOGIN_WITHIN);
  await console.send(" sync; reboot -f\r");
  const again = await standing(hands, "a login prompt", AFTER_SHELL);
  if (again.stand !== "login") throw stayed(hands, printable(again.text.trim(), 80));
}

const stayed = ({ host }: RunbookHands, said: string) =>
  new OobError(
    "RUNBOOK_FAILED",
    `Cannot bring ${host.name} to multi-user mode: it says "${said}"`,
    {
      hint: `Look at it: oob attach ${host.name}`,
    },
  );
