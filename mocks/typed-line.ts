const MAX_TYPED = 4096;

/** The line that is being typed at a tty in canonical mode: erase, kill, interrupt, echo. */
export class TypedLine {
  #text = "";

  /** Adds a key; returns what the tty echoes. */
  add(byte: number, echoes: boolean): string {
    if (byte === 127 || byte === 8) {
      const erased = this.#text !== "" && echoes;
      this.#text = this.#text.slice(0, -1);
      return erased ? "\b \b" : "";
    }
    if (byte === 21) {
      const erased = echoes ? "\b \b".repeat(this.#text.length) : "";
      this.#text = "";
      return erased;
    }
    if (byte < 32) return "";
    this.#text = (this.#text + String.fromCharCode(byte)).slice(0, MAX_TYPED);
    return echoes ? String.fromCharCode(byte) : "";
  }

  /** Takes the line away and returns it. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }
}
