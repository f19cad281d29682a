/** What a program told the terminal about itself: another screen, keypad keys, a line being edited, a full reset. */
export type ScreenMode = "alternate" | "keys" | "edit" | "reset";

/** What a finished escape sequence means for rows of text. */
export type Escape =
  /** Takes part of the sequence only; more bytes are wanted. */
  | { readonly is: "more" }
  /** The sequence is broken off, and the byte is text (or a line end). */
  | { readonly is: "text" }
  /** Nothing that matters here: colours, erasing in the line. */
  | { readonly is: "nothing" }
  | { readonly is: "space" }
  /** The row ends: cursor moved, screen cleared, or a string (OSC, DCS …) opens. */
  | { readonly is: "break"; readonly moved: boolean; readonly string: boolean }
  | { readonly is: "mode"; readonly mode: ScreenMode; readonly on: boolean };

const MAX_CSI_BYTES = 32;

const MORE: Escape = { is: "more" };
const TEXT: Escape = { is: "text" };
const NOTHING: Escape = { is: "nothing" };
const SPACE: Escape = { is: "space" };
const BREAK: Escape = { is: "break", moved: false, string: false };
const MOVED: Escape = { is: "break", moved: true, string: false };
const STRING: Escape = { is: "break", moved: false, string: true };

/**
 * ECMA-48 sequences, as far as rows of text need them.
 *
 *   start --[--> csi --final--> done        start --intermediate--> between --final--> done
 *   a line end or a byte above 0x7E breaks off, ESC starts anew, other controls are passed over
 *
 * There is no string state: what follows OSC or DCS is text, so that noise cannot hide what comes behind it.
 */
export class EscapeScanner {
  #in: "escape" | "between" | "csi" = "escape";
  #parameters = "";

  start(): void {
    this.#in = "escape";
    this.#parameters = "";
  }

  take(byte: number): Escape {
    if (byte === 0x1b) {
      this.start();
      return MORE;
    }
    if (byte === 0x0a || byte === 0x0d || byte >= 0x7f) return TEXT;
    if (byte < 0x20) return MORE;
    const letter = String.fromCharCode(byte);
    if (this.#in === "csi") return this.#inCsi(letter, byte);
    if (byte < 0x30) {
      this.#in = "between";
      return MORE;
    }
    if (this.#in === "between") return NOTHING;
    if (letter !== "[") return short(letter);
    this.#in = "csi";
    return MORE;
  }

  #inCsi(letter: string, byte: number): Escape {
    if (byte >= 0x40) return control(letter, this.#parameters);
    this.#parameters += letter;
    return this.#parameters.length > MAX_CSI_BYTES ? NOTHING : MORE;
  }
}

function short(letter: string): Escape {
  if ("]PX^_".includes(letter)) return STRING;
  if ("\\DEM".includes(letter)) return BREAK;
  if (letter === "c") return { is: "mode", mode: "reset", on: true };
  if (letter === "=" || letter === ">") return { is: "mode", mode: "keys", on: letter === "=" };
  return NOTHING;
}

function control(letter: string, parameters: string): Escape {
  if ("HfdABEFG`".includes(letter)) return MOVED;
  if (letter === "J") return BREAK;
  if (letter === "C") return SPACE;
  if (letter !== "h" && letter !== "l") return NOTHING;
  const on = letter === "h";
  if (/^\?(?:47|1047|1049)$/.test(parameters)) return { is: "mode", mode: "alternate", on };
  if (parameters === "?2004") return { is: "mode", mode: "edit", on };
  return parameters === "?1" ? { is: "mode", mode: "keys", on } : NOTHING;
}
