import { buildAutomaton } from "../../../src/core/detect/hint-automaton.ts";
import { LineView } from "../../../src/core/detect/line-view.ts";
import type { Row } from "../../../src/core/detect/row.ts";
import { latin1 } from "../../../src/lib/bytes.ts";

/** What a line view says about a text, cut into pieces of `size` bytes. */
export function viewOf(text: string, hints: readonly string[], size = text.length || 1) {
  const rows: Row[] = [];
  const hits: string[] = [];
  const said: string[] = [];
  const view: LineView = new LineView(buildAutomaton(hints), {
    hint: (hint, length) => hits.push(`${hints[hint]}@${length} in ${view.rowSoFar().text}`),
    awaits: () => false,
    row: (row) => rows.push(row),
    stamp: (seconds) => said.push(`stamp ${seconds}`),
    mode: (mode, on) => said.push(`${mode} ${on ? "on" : "off"}`),
  });
  const bytes = latin1(text);
  for (let i = 0; i < bytes.length; i += size) view.see(bytes.subarray(i, i + size));
  return { rows, hits, said, pending: view.pending, texts: rows.map((row) => row.text) };
}
