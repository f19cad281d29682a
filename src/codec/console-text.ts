const MAX_TEXT = 256 * 1024;
/** Patterns look at no more than this much text at a time. */
const MAX_SEARCH = 64 * 1024;
/** How far back a row is looked at whose beginning was passed over. */
const MAX_ROW = 256;
/** How much of the end shows where the host waits. */
const END_TEXT = 4096;

/** Whether a pattern says where the text ends: then it is looked for there alone, after every chunk that comes. */
export const isPrompt = (pattern: RegExp | undefined): boolean =>
  pattern?.source.endsWith("$") === true;

/** A match: where it begins in all that was ever added, what stands before it, its groups. */
export interface Found {
  readonly which: number;
  readonly at: number;
  readonly before: string;
  readonly match: readonly string[];
  /** Characters since the last match that are no longer there: too much came. */
  readonly lost: number;
}

/**
 * What a console said, as text to match patterns against: escape sequences are gone before it gets here, CR and NUL
 * are dropped, BS takes a character back. Holds the last 256 KiB and remembers how far matching has come.
 */
export class ConsoleText {
  #text = "";
  #from = 0;
  /** Characters dropped at the front, and how many of them no match had looked at. */
  #dropped = 0;
  #lost = 0;

  add(filtered: Uint8Array): void {
    let added = Buffer.from(filtered.buffer, filtered.byteOffset, filtered.byteLength).toString(
      "latin1",
    );
    added = added.replace(/[\r\0]/g, "");
    if (added.includes("\b")) added = this.#takeBack(added);
    this.#text += added;
    if (this.#text.length > MAX_TEXT) this.#drop(this.#text.length - MAX_TEXT);
  }

  /** First of the patterns that matches after what was taken last. */
  find(patterns: readonly RegExp[]): Found | undefined {
    let first: { which: number; index: number; found: RegExpExecArray } | undefined;
    for (const [which, pattern] of patterns.entries()) {
      const reach = isPrompt(pattern) ? END_TEXT : MAX_SEARCH;
      const start = Math.max(this.#from, this.#text.length - reach);
      const found = pattern.exec(this.#text.slice(start));
      const index = start + (found?.index ?? 0);
      if (found && (!first || index < first.index)) first = { which, index, found };
    }
    if (!first) return undefined;
    const { which, index, found } = first;
    return {
      which,
      at: this.#dropped + index,
      before: this.#text.slice(this.#from, index),
      match: found.map((group) => group ?? ""),
      lost: this.#lost,
    };
  }

  /** Later matches begin behind this one. */
  take({ at, match }: Found): void {
    this.#from = at - this.#dropped + (match[0] ?? "").length;
    this.#lost = 0;
    if (this.#from > END_TEXT) this.#drop(this.#from - END_TEXT);
  }

  /** Whether this stands in what was not looked at yet, from the beginning of the row in which that begins. */
  said(pattern: RegExp): boolean {
    const row = this.#text.lastIndexOf("\n", this.#from - 1);
    const start = Math.max(row, this.#from - MAX_ROW, this.#text.length - MAX_SEARCH, 0);
    return pattern.test(this.#text.slice(start));
  }

  /** Whether the text ends in this, looked at or not. */
  endsIn(pattern: RegExp): boolean {
    return pattern.test(this.#text.slice(-END_TEXT));
  }

  /** The end of the text. */
  tail(length: number): string {
    return this.#text.slice(-length);
  }

  /** Later matches look only at what comes from now on. */
  forget(): void {
    this.#from = this.#text.length;
    this.#lost = 0;
  }

  #drop(count: number): void {
    this.#text = this.#text.slice(count);
    this.#dropped += count;
    this.#lost += Math.max(0, count - this.#from);
    this.#from = Math.max(0, this.#from - count);
  }

  #takeBack(added: string): string {
    let kept = "";
    for (const letter of added) {
      if (letter !== "\b") kept += letter;
      else if (kept !== "") kept = kept.slice(0, -1);
      else if (this.#text.length > this.#from) this.#text = this.#text.slice(0, -1);
    }
    return kept;
  }
}
