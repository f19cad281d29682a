/**
 * What our scripts print on a host: one row a line, fields parted by TAB, the first field names the kind of row. A file
 * name, a process name or a URL in a field is the host's: it is made printable here, once, for all parsers.
 */
import { printable } from "../lib/printable.ts";

/** Longest text of a host that is looked at. */
export const MAX_HOST_TEXT = 8 * 1024 * 1024;
/** Most rows of it. */
export const MAX_HOST_ROWS = 50_000;
/** Longest field, in UTF-16 units. */
export const MAX_HOST_FIELD = 512;
/** Most fields of a row; what follows belongs to the last. */
const MAX_FIELDS = 16;

/** Rows by their kind, and whether there was more than what is looked at. */
export interface HostRows {
  /** Fields after the kind. */
  of(kind: string): readonly (readonly string[])[];
  /** First field of the first row of this kind. */
  one(kind: string): string | undefined;
  readonly cut: boolean;
}

/** Reads what a script of ours printed. */
export function hostRows(text: string): HostRows {
  const lines = text.slice(0, MAX_HOST_TEXT).split("\n", MAX_HOST_ROWS + 1);
  const kinds = new Map<string, string[][]>();
  for (const line of lines.slice(0, MAX_HOST_ROWS)) {
    if (line === "") continue;
    const [kind = "", ...fields] = line
      .split("\t", MAX_FIELDS)
      .map((field) => printable(field, MAX_HOST_FIELD));
    const rows = kinds.get(kind);
    if (rows) rows.push(fields);
    else kinds.set(kind, [fields]);
  }
  return {
    of: (kind) => kinds.get(kind) ?? [],
    one: (kind) => kinds.get(kind)?.[0]?.[0],
    cut: text.length > MAX_HOST_TEXT || lines.length > MAX_HOST_ROWS,
  };
}

/** A count that a script printed; 0 where it is none. */
export const countOf = (field: string | undefined): number =>
  field !== undefined && /^ *\d{1,15}$/.test(field) ? Number(field) : 0;
