/**
 * A lock for one short write, shared by processes. It is a symbolic link that names its holder: made atomically, and
 * kept in the inode, so that a full disk does not prevent it.
 */
import fs from "node:fs";
import type { Clock } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";

const TURNS = 100;
/** Of who lets others go on meanwhile. */
const PATIENT_TURNS = 2000;
const TURN_MS = 5;
const nap = new Int32Array(new SharedArrayBuffer(4));

/** Runs `work` while this process alone holds the lock. Short work only: others wait without doing anything else. */
export function withFileLock(path: string, work: () => void): void {
  take(path);
  try {
    work();
  } finally {
    release(path);
  }
}

/** The same for work that waits for a disk: this process goes on with other things meanwhile. */
export async function withFileLockMeanwhile<T>(
  path: string,
  clock: Clock,
  work: () => Promise<T>,
): Promise<T> {
  for (let turn = 0; !claimed(path); turn++) {
    if (turn === PATIENT_TURNS) throw held(path);
    await clock.sleep(TURN_MS);
  }
  try {
    return await work();
  } finally {
    release(path);
  }
}

function release(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch (thrown) {
    if (!(thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT")) throw thrown;
  }
}

function take(path: string): void {
  for (let turn = 0; turn < TURNS; turn++) {
    if (claimed(path)) return;
    Atomics.wait(nap, 0, 0, TURN_MS);
  }
  throw held(path);
}

/** Takes it where it is free, or where its holder is dead. */
function claimed(path: string): boolean {
  if (claim(path)) return true;
  if (!isDead(path)) return false;
  removeDead(path);
  return claim(path);
}

const held = (path: string): OobError =>
  new OobError("AUDIT_UNWRITABLE", `Cannot lock "${path}": it is held`, {
    hint: `Remove "${path}" if no oob process runs`,
  });

function claim(path: string): boolean {
  try {
    fs.symlinkSync(ownName(), path);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST") return false;
    throw thrown;
  }
}

/** Two that find the same dead holder must not remove each other's new lock: the removal is locked as well. */
function removeDead(path: string): void {
  const removal = `${path}.removal`;
  if (!claim(removal)) {
    if (isDead(removal)) fs.rmSync(removal, { force: true });
    return;
  }
  try {
    if (isDead(path)) fs.rmSync(path, { force: true });
  } finally {
    fs.rmSync(removal, { force: true });
  }
}

function isDead(path: string): boolean {
  try {
    const holder = fs.readlinkSync(path);
    return nameOf(Number.parseInt(holder, 10)) !== holder;
  } catch {
    return false;
  }
}

let own: string | undefined;

/** Asked once: a thousand consoles that come up are two thousand records. */
function ownName(): string {
  own ??= nameOf(process.pid);
  return own;
}

/** "pid:start time", so that a process id used again is not taken for the holder. Other than Linux: "pid:". */
function nameOf(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    // proc(5): field 22 is the start time; the name in parentheses may hold blanks.
    return `${pid}:${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
  } catch {
    return isRunning(pid) ? `${pid}:` : "";
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
}
