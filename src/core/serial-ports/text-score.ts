import { hasParityBit } from "../detect/parity.ts";

/** Fewer bytes than this say nothing. */
const LEAST_BYTES = 8;
/** Share of bytes that a line at the right speed has at least: one noise byte in twenty is a bad cable. */
const TEXT_SHARE = 0.95;
/** Share of letters, digits and blanks among them: a wrong speed makes rubbish of few, odd characters. */
const WORD_SHARE = 0.5;

/** How much bytes look like what a console prints. */
export interface TextScore {
  readonly bytes: number;
  /** Share of bytes that belong to text, 0 to 1. */
  readonly share: number;
  /** `parity`: text, if bit 7 is taken for a parity bit. */
  readonly looks: "text" | "parity" | "rubbish" | "nothing";
}

/** Tells text from what a UART makes of a line at the wrong speed. */
export function scoreText(heard: Uint8Array): TextScore {
  const bytes = heard.length;
  if (bytes < LEAST_BYTES) return { bytes, share: 0, looks: "nothing" };
  const parity = hasParityBit(heard);
  const plain = parity ? heard.map((byte) => byte & 0x7f) : heard;
  const { share, words } = shares(plain);
  const text = share >= TEXT_SHARE && words >= WORD_SHARE;
  return { bytes, share, looks: text ? (parity ? "parity" : "text") : "rubbish" };
}

function shares(bytes: Uint8Array): { readonly share: number; readonly words: number } {
  let text = 0;
  let words = 0;
  // Characters, not bytes: a letter of UTF-8 is two or three bytes, rubbish is seldom valid.
  const characters = Array.from(new TextDecoder().decode(bytes));
  for (const character of characters) {
    if (/[\p{L}\p{N} ]/u.test(character)) words++;
    if (character !== "\ufffd" && /[\p{L}\p{M}\p{N}\p{P}\p{S} \t\r\n\b\x07\x1b]/u.test(character))
      text++;
  }
  const all = Math.max(1, characters.length);
  return { share: text / all, words: words / all };
}
