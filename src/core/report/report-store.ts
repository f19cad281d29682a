import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Millis } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { RunReport } from "../../sdk/run-report.ts";
import { hostFolder } from "../site/host-folder.ts";

/** A report larger than this is not one. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Newest reports of one host that are looked at. */
const MAX_LISTED = 400;

/** A report that lies there, or why it cannot be read. */
export type StoredReport =
  | { readonly is: "report"; readonly report: RunReport }
  | { readonly is: "broken"; readonly file: string; readonly why: string };

/** Folder of a host's reports. */
export const reportFolder = (state: string, host: string): string =>
  join(hostFolder(state, host), "reports");

/** Reports of a host, newest first. */
export async function readReports(state: string, host: string): Promise<readonly StoredReport[]> {
  const folder = reportFolder(state, host);
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith(".json") && !name.startsWith("."));
  // The time stands at the end of the name; where two runbooks' names differ, it still sorts.
  const newest = files.sort((a, b) => (timeIn(a) < timeIn(b) ? 1 : -1)).slice(0, MAX_LISTED);
  const found = await Promise.all(newest.map((name) => readStored(join(folder, name), host)));
  return found.sort((a, b) => startOf(b) - startOf(a));
}

/** Unknown comes first: what cannot be read must not hide behind what can. */
const startOf = (stored: StoredReport): number =>
  stored.is === "report" ? stored.report.startedAt : Number.MAX_SAFE_INTEGER;

const timeIn = (name: string): string => /-(\d{8}T[^-]*)\.json$/.exec(name)?.[1] ?? name;

/** A report of this runbook that cannot be read, begun in the same second as `at` or later: its name says so. */
export function brokenSince(stored: readonly StoredReport[], runbook: string, at: Millis) {
  const since = new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");
  return stored.find((one): one is StoredReport & { is: "broken" } => {
    if (one.is !== "broken") return false;
    const [, name, time = ""] = /([^/]*)-(\d{8}T\d{6}Z)(?:\.\d+)?\.json$/.exec(one.file) ?? [];
    return name === encodeURIComponent(runbook) && time >= since;
  });
}

async function readStored(path: string, host: string): Promise<StoredReport> {
  const broken = (why: string): StoredReport => ({ is: "broken", file: path, why });
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) return broken(`it has ${size} bytes`);
    const report: unknown = JSON.parse(await readFile(path, "utf8"));
    return isReport(report) ? { is: "report", report: { ...report, host } } : broken("no report");
  } catch (thrown) {
    return broken(printable(messageOf(thrown), 200));
  }
}

function isReport(value: unknown): value is RunReport {
  if (typeof value !== "object" || value === null) return false;
  const { v, runbook, startedAt, endedAt, result, text, sections, notes } = value as Record<
    string,
    unknown
  >;
  return (
    v === 1 &&
    typeof runbook === "string" &&
    typeof startedAt === "number" &&
    typeof endedAt === "number" &&
    typeof result === "string" &&
    typeof text === "string" &&
    Array.isArray(sections) &&
    Array.isArray(notes)
  );
}
