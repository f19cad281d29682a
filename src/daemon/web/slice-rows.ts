import { open } from "node:fs/promises";
import { join } from "node:path";
import { TextLines } from "../../codec/text-lines.ts";
import type { IncidentRecord } from "../../core/incident/incident-record.ts";
import { type Encoding, toUtf8 } from "../../core/session/host-encoding.ts";
import { printable } from "../../lib/printable.ts";

const MAX_BYTES = 65_536;
const MAX_ROWS = 120;
const MAX_COLUMNS = 300;

const SLICES = [
  ["before", "Log, to when it began"],
  ["cut", "Log, to the cut"],
  ["after", "Log, to the end"],
] as const;

/** What the console printed around an incident, as lines of plain text: the last of each slice that was kept. */
export async function sliceRows(folder: string, record: IncidentRecord, encoding: Encoding) {
  const found: { title: string; rows: readonly string[] }[] = [];
  for (const [when, title] of SLICES) {
    if (record[when] === undefined) continue;
    const rows = rowsOf(await endOf(join(folder, `${when}.raw`)), encoding);
    if (rows.length > 0) found.push({ title, rows });
  }
  return found;
}

function rowsOf(bytes: Uint8Array, encoding: Encoding): string[] {
  const lines = new TextLines();
  const all = lines.receive(toUtf8(bytes, encoding)).map(({ text }) => text);
  const last = lines.unfinished()?.text ?? "";
  return [...all, ...(last === "" ? [] : [last])]
    .slice(-MAX_ROWS)
    .map((text) => printable(text.trimEnd(), MAX_COLUMNS));
}

/** A folder that somebody cleared, or a file that never came to the disk, leaves the page without it. */
async function endOf(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const length = Math.min(MAX_BYTES, size);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return new Uint8Array(0);
  }
}
