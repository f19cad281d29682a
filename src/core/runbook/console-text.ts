const MAX_TEXT = 256 * 1024;
/** Patterns look at no more than this much text at a time. */
const MAX_SEARCH = 64 * 1024;

/**
 * What a console said, as text to match patterns against: escape sequences are gone before it gets here, CR and NUL
 * are dropped, BS takes a character back. Holds the last 256 KiB and remembers how far matching has come.
 */
export class ConsoleText {
  #text = "";
  #from = 0;

  add(filtered: Uint8Array): void {
    let added = Buffer.from(filtered.buffer, filtered.byteOffset, filtered.byteLength).toString(
      "latin1",
    );
    added = added.replace(/[\r\0]/g, "");
    if (added.includes("\b")) added = this.#takeBack(added);
    this.#text += added;
    const excess = this.#text.length - MAX_TEXT;
    if (excess > 0) {
      this.#text = this.#text.slice(excess);
      this.#from = Math.max(0, this.#from - excess);
    }
  }

  /** First of the patterns that matches after the last match; matching goes on behind it. */
  match(
    patterns: readonly RegExp[],
  ): { which: number; before: string; match: string[] } | undefined {
    const start = Math.max(this.#from, this.#text.length - MAX_SEARCH);
    const text = this.#text.slice(start);
    let first: { which: number; found: RegExpExecArray } | undefined;
    for (const [which, pattern] of patterns.entries()) {
      const found = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).exec(text);
      if (found && (!first || found.index < first.found.index)) first = { which, found };
    }
    if (!first) return undefined;
    const { which, found } = first;
    this.#from = start + found.index + found[0].length;
    return { which, before: text.slice(0, found.index), match: found.map((group) => group ?? "") };
  }

  /** Everything from the last match on. */
  get pending(): string {
    return this.#text.slice(this.#from);
  }

  /** Later matches look only at what comes from now on. */
  forget(): void {
    this.#from = this.#text.length;
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
