import type { Millis } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { LOGIN_PROMPT, MAINTENANCE_PROMPT, ROOT_LOCKED } from "../prompts.ts";
import type { RunbookHands } from "../runbook.ts";

/** initramfs-tools' shell. Source: its functions(), panic(). */
export const INITRAMFS_PROMPT = /\(initramfs\) ?$/;

const MAX_UNITS = 40;

/** Waits for the login prompt of a boot that goes on; a host that stops again says where. */
export async function awaitLogin(hands: RunbookHands, within: Millis): Promise<void> {
  const { console, host } = hands;
  const shown = await console.expect(
    [ROOT_LOCKED, MAINTENANCE_PROMPT, LOGIN_PROMPT, INITRAMFS_PROMPT],
    within,
    "a login prompt",
  );
  if (shown.which === 2) return;
  const where = ["root's locked account", "emergency mode", "", "its initramfs shell"][shown.which];
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot call ${host.name} mended: it stops at ${where} again`,
    {
      hint: `Look at it: oob screen ${host.name}`,
    },
  );
}

/** Logs in and has systemd say how the boot ended; failed units are told. A host without systemd has its shell proven. */
export async function proveUp(hands: RunbookHands, within: Millis = minutes(5)): Promise<string> {
  const { console, host, note } = hands;
  await console.login(minutes(1));
  // Exit status and text of is-system-running are for people; --wait ends when the boot has.
  const { text } = await console.capture(
    `if [ -d /run/systemd/system ]; then
  systemctl is-system-running --wait
  systemctl list-units --failed --plain --no-legend --no-pager
else echo no-systemd; fi
true`,
    { within, what: "how the boot ended" },
  );
  const [state = "", ...failed] = text.trim().split("\n");
  if (state === "no-systemd") return `${host.name} has a login again`;
  for (const unit of failed.slice(0, MAX_UNITS))
    note(`failed unit: ${printable(unit.trim(), 120)}`);
  if (state === "running" || state === "degraded")
    return `${host.name} is up: systemd says "${state}"`;
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot call ${host.name} healthy: systemd says "${printable(state, 40)}"`,
  );
}

/** Whether systemd stopped in emergency or rescue mode: systemctl(1), is-system-running. */
export async function isInMaintenance({ console }: RunbookHands): Promise<boolean> {
  const { status } = await console.run('test "$(systemctl is-system-running)" = maintenance');
  return status === 0;
}

/** Does something, and takes it back where that fails. What was thrown first is thrown, with what became of the way back. */
export async function orBack<T>(work: () => Promise<T>, back: () => Promise<void>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const how = await back().then(
      () => "what was changed was put back",
      (failed: unknown) => `and it could not be put back: ${messageOf(failed)}`,
    );
    const known = thrown instanceof OobError ? thrown : undefined;
    throw new OobError(known?.code ?? "RUNBOOK_FAILED", `${messageOf(thrown)}; ${how}`, {
      cause: thrown,
      ...(known?.hint === undefined ? {} : { hint: known.hint }),
    });
  }
}

/** Where a file is kept before it is changed. */
export const keptAs = (path: string): string => `${path}.oob-before`;

/** Keeps a file beside itself, owner and mode too; one that was kept before stays as `.older`. Fails where it cannot. */
export const keepScript = (path: string): string => {
  const kept = keptAs(path);
  return `{ [ ! -e ${kept} ] || mv -f ${kept} ${kept}.older; } && cp -p ${path} ${kept} && cmp -s ${path} ${kept} && sync`;
};

/** A second name of a file's inode, which programs that write a new file and rename it leave behind. */
const inodeOf = (path: string): string => `${path}.oob-inode`;

/**
 * Keeps the inode of a file that a program is going to replace by another one. Where no policy of SELinux is loaded, as in
 * a shell in place of init, a new file has no label, and the next boot refuses every login; the old inode has its own.
 */
export const keepInodeScript = (path: string): string =>
  `rm -f ${inodeOf(path)} && ln ${path} ${inodeOf(path)}`;

/** The new content goes into the old inode, which takes the file's place again: owner, mode, label as before. */
export const intoInodeScript = (path: string): string =>
  `{ if [ ${path} -ef ${inodeOf(path)} ]; then rm -f ${inodeOf(path)}; else cat ${path} >${inodeOf(path)} && cmp -s ${path} ${inodeOf(path)} && sync && mv -f ${inodeOf(path)} ${path}; fi; }`;

/** What was kept before (see keepScript) goes back, into the old inode where there is one. */
export const backIntoInodeScript = (path: string): string =>
  `{ if [ -e ${inodeOf(path)} ]; then cat ${keptAs(path)} >${inodeOf(path)} && { [ ${path} -ef ${inodeOf(path)} ] || mv -f ${inodeOf(path)} ${path}; } && rm -f ${keptAs(path)} ${inodeOf(path)}; else cat ${keptAs(path)} >${path} && rm -f ${keptAs(path)}; fi; }`;

/** A command whose status has to be 0. */
export async function must(
  { console, host }: RunbookHands,
  script: string,
  what: string,
  within: Millis = seconds(60),
): Promise<string> {
  const { status, text } = await console.capture(script, { within, what });
  if (status === 0) return text;
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot ${what} at ${host.name}: it ended with ${status}, saying "${printable(text.trim(), 300)}"`,
  );
}
