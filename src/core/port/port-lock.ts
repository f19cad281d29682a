/*
 * One process at a time at a device. A lock is a file that names its owner; it is made whole and appears at once
 * (link), so nobody ever reads half of one. A lock whose owner is gone (other boot, or no process with that id and
 * start time) is taken over: whoever makes the guard file named after that very lock may replace it, and only after
 * reading again that it still stands there. The guard is a lock like any other, so a death in between heals too.
 * Ttys also get the UUCP lock file that conserver, minicom and others look for.
 */
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { link, readFile, readlink, realpath, rename, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { processRuns, UUCP_FOLDER, uucpLockOf } from "../../sdk/serial/tty-holder.ts";
import { takeUucpLock } from "./uucp-lock.ts";

/** A device that is ours until released. */
export interface PortLock {
  release(): Promise<void>;
}

/** Which device, and who asks. */
export interface PortLockRequest {
  /** "<state>/locks"; made where it is missing. */
  readonly folder: string;
  /** What makes two entries the same device: "/dev/ttyUSB0", "ts1:7003". By-id names are followed to the device. */
  readonly device: string;
  /** Who is named to those that come later: "oob serve", "oob attach web1 (alice)". */
  readonly who: string;
  readonly clock: Clock;
  readonly uucpFolder?: string;
  /** The folder is that of all users: they may read who has a device. */
  readonly shared?: boolean;
}

interface Owner {
  readonly who: string;
  readonly pid: number;
  readonly started: string;
  readonly boot: string;
  readonly pidSpace: string;
  readonly node: string;
  readonly nonce: string;
}

interface Found {
  readonly owner: Partial<Owner>;
  readonly text: string;
}

/** Tries while somebody else is busy taking over or releasing the same lock; each waits 5 ms. */
const MAX_TRIES = 200;
const MAX_NAME = 120;
const SHARED_MODE = 0o644;

/** Takes a device or throws PORT_BUSY with who has it. */
export async function lockPort(request: PortLockRequest): Promise<PortLock> {
  const { folder, clock, who } = request;
  const device = await realDevice(request.device);
  const file = `${folder}/${fileNameOf(device)}.lock`;
  const me = await describeMyself(who);
  const mode = request.shared === true ? SHARED_MODE : 0o600;
  const release = await acquire(file, me, device, clock, mode).catch((cause: unknown) => {
    if (cause instanceof OobError) throw cause;
    const message = `Cannot lock "${device}": ${messageOf(cause)}`;
    throw new OobError("LOG_UNWRITABLE", message, {
      cause,
      hint: `Make "${folder}" writable for the user that runs oob`,
    });
  });
  const uucp = uucpLockOf(device, request.uucpFolder ?? UUCP_FOLDER);
  try {
    const releaseUucp = uucp === undefined ? undefined : await takeUucpLock(uucp, device);
    return {
      async release() {
        await releaseUucp?.();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Names of hosts and ports are no paths: a thousand of them need not be looked up. */
async function realDevice(device: string): Promise<string> {
  return device.includes("/") ? realpath(device).catch(() => device) : device;
}

/** A file name for a device: readable, and different for different devices. */
function fileNameOf(device: string): string {
  const readable = device.replace(/[^A-Za-z0-9.:-]+/g, "_").slice(0, MAX_NAME);
  return `${readable}-${createHash("sha256").update(device).digest("hex").slice(0, 8)}`;
}

async function describeMyself(who: string): Promise<Owner> {
  return {
    who,
    pid: process.pid,
    ...(await describeRun()),
    node: hostname(),
    nonce: randomBytes(8).toString("hex"),
  };
}

type Run = Pick<Owner, "started" | "boot" | "pidSpace">;
let run: Run | undefined;

/** What stays as long as this process runs, read once: a thousand consoles take a thousand locks. */
async function describeRun(): Promise<Run> {
  if (run) return run;
  const started = (await startOf(process.pid)) ?? "";
  const found = { started, boot: await bootId(), pidSpace: await pidSpace() };
  // What could not be read now (too many files open) is asked again: a lock without it looks abandoned.
  if (found.started && found.boot && found.pidSpace) run = found;
  return found;
}

async function acquire(
  file: string,
  me: Owner,
  device: string,
  clock: Clock,
  mode: number,
): Promise<() => Promise<void>> {
  const text = `${JSON.stringify(me)}\n`;
  const mine = `${file}.${me.nonce}`;
  writeOwn(mine, text, mode);
  try {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      if (appears(mine, file)) return () => removeIfMine(file, text);
      const found = await readLock(file);
      if (found === undefined) continue;
      if (await lives(found.owner)) throw busy(device, found.owner);
      if (await replace(file, found, mine, me, device, clock, mode))
        return () => removeIfMine(file, text);
      await clock.sleep(5);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  throw new OobError("PORT_BUSY", `Cannot use "${device}": others keep taking its lock`, {
    hint: `Look at "${file}"`,
  });
}

/** Our file, whole. Blocks, as the next two calls do: through the thread pool a lock costs four times the CPU. */
function writeOwn(file: string, text: string, mode: number): void {
  const write = () => {
    writeFileSync(file, text, { flag: "wx", mode });
    // Whatever the umask is, others are to read who has it.
    if (mode === SHARED_MODE) chmodSync(file, mode);
  };
  try {
    write();
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    write();
  }
}

/** Puts our finished file at the lock's name; false where one stands there. */
function appears(mine: string, file: string): boolean {
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined;

/** Replaces a dead owner's lock. false: somebody else is at it. */
async function replace(
  file: string,
  dead: Found,
  mine: string,
  me: Owner,
  device: string,
  clock: Clock,
  mode: number,
): Promise<boolean> {
  const id = createHash("sha256").update(dead.text).digest("hex").slice(0, 16);
  const guard = await acquire(
    `${file}.${id}.guard`,
    { ...me, nonce: `${me.nonce}g` },
    device,
    clock,
    mode,
  ).catch((error: unknown) => {
    if (error instanceof OobError && error.code === "PORT_BUSY") return undefined;
    throw error;
  });
  if (guard === undefined) return false;
  try {
    if ((await readLock(file))?.text !== dead.text) return false;
    await link(mine, `${mine}.new`);
    await rename(`${mine}.new`, file);
    return true;
  } finally {
    await guard();
  }
}

async function readLock(file: string): Promise<Found | undefined> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const owner: unknown = JSON.parse(text);
    return { owner: typeof owner === "object" && owner !== null ? owner : {}, text };
  } catch {
    // A power loss may leave an empty file; nobody who lives wrote it.
    return { owner: {}, text };
  }
}

/** true unless it is certain that the owner is gone. */
async function lives(owner: Partial<Owner>): Promise<boolean> {
  if (typeof owner.pid !== "number" || !Number.isSafeInteger(owner.pid) || owner.pid <= 0)
    return false;
  if (owner.node !== hostname()) return true;
  if (owner.boot !== (await bootId())) return false;
  if (owner.pidSpace !== (await pidSpace())) return true;
  if (!processRuns(owner.pid)) return false;
  const started = await startOf(owner.pid);
  return started === undefined || !owner.started || started === owner.started;
}

async function removeIfMine(file: string, text: string): Promise<void> {
  if ((await readLock(file))?.text === text) await unlink(file).catch(() => undefined);
}

function busy(device: string, owner: Partial<Owner>): OobError {
  const elsewhere = owner.node === hostname() ? "" : ` on ${printable(String(owner.node), 64)}`;
  const who = `"${printable(String(owner.who), 100)}" (pid ${owner.pid}${elsewhere})`;
  return new OobError("PORT_BUSY", `Cannot use "${device}": ${who} has it`, {
    hint: "Reach the console through that process, or end it",
  });
}

/** Start of a process in clock ticks since boot: field 22 of /proc/PID/stat (proc(5)); tells reused ids apart. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => undefined);
  // The name in field 2 may hold spaces and brackets: count from the last bracket.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

const bootId = (): Promise<string> =>
  readFile("/proc/sys/kernel/random/boot_id", "latin1").then(
    (id) => id.trim(),
    () => "",
  );

const pidSpace = (): Promise<string> => readlink("/proc/self/ns/pid").catch(() => "");
