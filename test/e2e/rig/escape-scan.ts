/**
 * What a terminal would do with bytes, told by a parser that shares nothing with the code under test: 7-bit and 8-bit
 * forms, as ECMA-48 and xterm read them.
 */

/** A control string of any kind: OSC, DCS, APC, PM, SOS, or the title of screen. */
const STRINGS = /(?:\u001b([\]P_^Xk])|([\u009d\u0090\u009f\u009e\u0098]))([^\u0007\u001b\u009c]*)/g;
const SEQUENCES = /(?:\u001b\[|\u009b)([\u0030-\u003f]*)([\u0020-\u002f]*)([\u0040-\u007e]?)/g;
const ESCAPES = /\u001b([\u0020-\u002f]*[^[\]P_^Xk])/g;
const HIDDEN =
  /[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** Moves the cursor, erases, inserts, deletes, scrolls, colours: all that drawing needs. */
const DRAWS = /^[@A-HJ-MPSTXZ`adefmrsu]$/;
const DRAWING_MODES = new Set(["1", "6", "7", "12", "25", "47", "1047", "1048", "1049"]);
const LARGEST = 999;

/** Ours at a console, once each: bracketed paste, and what leaving sets back. */
const OURS = new Set(["?2004h", "?2004l", "?1000;1002;1003;1004;1006l", "4l"]);
const OUR_ESCAPES = new Set(["7", "8", "=", ">", "D", "E", "M", "(B", "\\"]);

/** Everything in the bytes that is not text or drawing. `title`: how titles of ours begin; empty: nothing of ours is there. */
export function dangers(bytes: Uint8Array, title: string): string[] {
  const found: string[] = [];
  // An 8-bit terminal obeys C1 bytes; one that decodes UTF-8 obeys them decoded. Both are looked at.
  const eightBit = Buffer.from(bytes).toString("latin1");
  const decoded = Buffer.from(bytes).toString("utf8");
  for (const text of [decoded, withoutCharacters(eightBit)]) {
    for (const [, seven, eight, body = ""] of text.matchAll(STRINGS)) {
      const ours = seven === "]" && /^2;/.test(body) && ourTitle(body.slice(2), title);
      if (!ours) found.push(`string ${seven ?? eight} ${JSON.stringify(body.slice(0, 40))}`);
    }
    const ours = new Set(title === "" ? [] : OURS);
    for (const [whole, parameters = "", between = "", final = ""] of text.matchAll(SEQUENCES))
      if (!ours.delete(parameters + between + final) && !isDrawing(parameters, between, final))
        found.push(`CSI ${JSON.stringify(whole)}`);
    for (const [, letters = ""] of text.matchAll(ESCAPES))
      if (!OUR_ESCAPES.has(letters)) found.push(`ESC ${JSON.stringify(letters)}`);
    for (const control of text.match(
      /[\u0000-\u0006\u000b\u000c\u0010-\u001a\u001c-\u001f\u007f-\u009f]/g,
    ) ?? [])
      found.push(`control ${control.charCodeAt(0).toString(16)}`);
  }
  for (const hidden of decoded.match(HIDDEN) ?? [])
    found.push(`hidden ${hidden.codePointAt(0)?.toString(16)}`);
  return [...new Set(found)];
}

function ourTitle(text: string, title: string): boolean {
  return text === "" || (title !== "" && text.startsWith(title));
}

function isDrawing(parameters: string, between: string, final: string): boolean {
  if (between !== "" || final === "") return false;
  const numbers = parameters.replace(/^\?/, "").split(/[;:]/);
  if (!numbers.every((n) => /^\d*$/.test(n) && Number(n) <= LARGEST)) return numbersAreModes();
  if (parameters.startsWith("?")) return numbersAreModes();
  return DRAWS.test(final);

  function numbersAreModes(): boolean {
    return /^[hl]$/.test(final) && numbers.every((n) => DRAWING_MODES.has(n));
  }
}

/** Bytes without those of valid characters beyond ASCII: what an 8-bit terminal could take for controls remains. */
function withoutCharacters(latin: string): string {
  return latin.replace(
    /[\u00c2-\u00df][\u0080-\u00bf]|[\u00e0-\u00ef][\u0080-\u00bf]{2}|[\u00f0-\u00f4][\u0080-\u00bf]{3}/g,
    "?",
  );
}
