import type { Replacements } from "./scrub-replacements.ts";

/** Texts in an index that are shorter are numbers by chance. */
const LEAST_TEXT = 4;
const MAC_DIGITS = 12;
/** Arcs of "1.3.6.1.4.1.N": no index before. */
const HEAD = 7;

/**
 * An OID without addresses and texts in its index: tables of trap receivers count by address, some PDUs count outlets
 * by their MAC address as text ("12.48.48.69.…", RFC 2578 section 7.7: its length, then its letters).
 */
export function scrubbedOid(oid: string, values: Replacements): string {
  const arcs = oid.split(".");
  const clean = arcs.slice(0, HEAD);
  for (let at = HEAD; at < arcs.length; ) {
    const text = textAt(arcs, at);
    if (text !== undefined) {
      clean.push(String(text.length), ...lettersOf(values.sameLength("text in an index", text)));
      at += 1 + text.length;
    } else if (values.knowsAddress(arcs.slice(at, at + 4).join("."))) {
      clean.push(...values.address(arcs.slice(at, at + 4).join(".")).split("."));
      at += 4;
    } else clean.push(arcs[at++] ?? "");
  }
  return clean.join(".");
}

function textAt(arcs: readonly string[], at: number): string | undefined {
  const length = Number(arcs[at]);
  if (length < LEAST_TEXT || at + length >= arcs.length) return undefined;
  const letters = arcs.slice(at + 1, at + 1 + length).map(Number);
  if (!letters.every((letter) => letter >= 0x20 && letter < 0x7f)) return undefined;
  const text = String.fromCharCode(...letters);
  return /[A-Za-z]/.test(text) || text.length === MAC_DIGITS ? text : undefined;
}

const lettersOf = (text: string): string[] =>
  Array.from(text, (letter) => String(letter.charCodeAt(0)));
