import { HIDDEN_RANGES } from "./hidden-characters.ts";

// C0, DEL, and what reorders text or hides it on a person's terminal. Surrogates without a partner are included.
const UNSAFE = new RegExp(String.raw`[\u0000-\u001f\u007f${HIDDEN_RANGES}]|\p{Cs}`, "gu");

/** Beyond so many on one letter, marks are no writing: they pile up over what stands above and below it. */
const MANY_MARKS = /(\p{M}{8})\p{M}+/gu;

/**
 * Host text made safe for our own tables, alerts and pages: one line, nothing that a terminal obeys.
 * `max` is in UTF-16 units; what is cut is shown by "…".
 */
export function printable(text: string, max = 4096): string {
  const plain = text.replace(MANY_MARKS, "$1…");
  const cut = plain.length > max ? `${plain.slice(0, max - 1)}…` : plain;
  return cut.replace(UNSAFE, (unsafe) => {
    const code = unsafe.codePointAt(0) ?? 0;
    if (code === 9) return " ";
    if (code < 32) return `^${String.fromCharCode(code + 64)}`;
    if (code === 127) return "^?";
    return `\\u{${code.toString(16)}}`;
  });
}
