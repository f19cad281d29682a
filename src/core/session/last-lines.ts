import { TextLines } from "../../codec/text-lines.ts";
import { printable } from "../../lib/printable.ts";
import { type Encoding, toUtf8 } from "./host-encoding.ts";

/** Last lines of a stream, cleaned for people; the one that no line end has closed counts. */
export function lastLines(bytes: Uint8Array, encoding: Encoding, count: number): readonly string[] {
  const lines = new TextLines();
  const found = lines.receive(toUtf8(bytes, encoding));
  const open = lines.unfinished();
  return [...found, ...(open ? [open] : [])].slice(-count).map((line) => printable(line.text));
}
