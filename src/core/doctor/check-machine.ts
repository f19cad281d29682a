import fs from "node:fs";
import { dirname, join } from "node:path";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { auditPaths, MAX_RECORD_BYTES } from "../audit/audit-file.ts";
import type { Finding } from "./finding.ts";

/** What is between two records of one clock by chance. */
const STEP: Millis = 2000;
/** No clock that is right says less: this program is younger. */
const BUILT: Millis = Date.UTC(2026, 0, 1);
const WARN_PERCENT = 80;
const FULL_PERCENT = 95;

/** The clock against the last record of the trail, and whether anything keeps it. `synchronised` undefined: not known. */
export async function checkClock(
  state: string,
  clock: Pick<Clock, "now">,
  synchronised: () => Promise<boolean | undefined>,
): Promise<Finding[]> {
  const found: Finding[] = [];
  const now = clock.now();
  const last = lastRecordAt(state);
  const todo =
    "Set it: timedatectl set-ntp true, or chronyc makestep. Times in logs are wrong until then";
  const wrong = (text: string) => found.push({ is: "problem", check: "clock", text, todo });
  if (now < BUILT) wrong(`the clock says ${new Date(now).toISOString()}, before oob was built`);
  if (last !== undefined && last > now + STEP)
    wrong(`the clock stands ${formatDuration(last - now)} before the last record of the trail`);
  const kept = await synchronised();
  if (kept === false)
    found.push({ is: "warning", check: "clock", text: "nothing keeps the clock right", todo });
  else if (kept === undefined)
    found.push({
      is: "unchecked",
      check: "clock",
      text: "whether anything keeps the clock right cannot be told here",
      todo: "Look with: chronyc tracking, or ntpq -p",
    });
  if (found.length > 0) return found;
  return [{ is: "ok", check: "clock", text: "kept right, and not behind the last record" }];
}

/** When the last record of the trail was written; undefined where there is none. */
export function lastRecordAt(state: string): Millis | undefined {
  try {
    const fd = fs.openSync(auditPaths(state).trail, "r");
    try {
      const { size } = fs.fstatSync(fd);
      const bytes = Buffer.alloc(Math.min(size, MAX_RECORD_BYTES * 2));
      const got = fs.readSync(fd, bytes, 0, bytes.length, size - bytes.length);
      const lines = bytes.subarray(0, got).toString("utf8").split("\n");
      // What stands behind the last newline is not whole.
      const record: unknown = JSON.parse(lines.at(-2) ?? "");
      const at = typeof record === "object" && record !== null && "at" in record ? record.at : 0;
      return typeof at === "number" && at > 0 ? at : undefined;
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return undefined; // No trail yet, or one that cannot be read: its permissions are looked at elsewhere.
  }
}

/** Room for logs, in bytes and in files. */
export function checkDisk(
  state: string,
  statfs: (path: string) => fs.StatsFs = (path) => fs.statfsSync(path),
): Finding[] {
  const folder = existing(join(state, "console"));
  let facts: fs.StatsFs;
  try {
    facts = statfs(folder);
  } catch (thrown) {
    const text = `room in "${folder}" cannot be looked at: ${messageOf(thrown)}`;
    return [{ is: "unchecked", check: "disk", text, todo: `Look with: df ${folder}` }];
  }
  // As df(1) counts: blocks kept for root are no room.
  const used = facts.blocks - facts.bfree;
  const bytes = percent(used, used + facts.bavail);
  const files = percent(facts.files - facts.ffree, facts.files);
  const found = [
    ...full(folder, bytes, "room", "log: { keep: { size: … } } lets oob remove the oldest logs"),
    ...full(folder, files, "inodes", `Find many small files: du --inodes ${folder}`),
  ];
  if (found.length > 0) return found;
  const text = `"${folder}" is ${bytes} % full, ${files} % of its inodes are used`;
  return [{ is: "ok", check: "disk", text }];
}

function full(folder: string, used: number, of: string, todo: string): Finding[] {
  if (used < WARN_PERCENT) return [];
  const is = used >= FULL_PERCENT ? "problem" : "warning";
  const text = `"${folder}": ${used} % of its ${of} ${of === "room" ? "is" : "are"} used`;
  return [{ is, check: "disk", text, todo, about: folder }];
}

const percent = (used: number, all: number): number =>
  all > 0 ? Math.min(100, Math.ceil((used * 100) / all)) : 0;

function existing(folder: string): string {
  let at = folder;
  while (!fs.existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}
