const BACKSPACE = new Set(["\u0008", "\u007f"]);
/** Longest answer. */
const MAX_ANSWER = 200;

interface QuestionParts {
  readonly text: string;
  /** What stands there already. */
  readonly answer?: string;
  /** Told of each change. */
  readonly changed?: (answer: string) => void;
  /** undefined: called off. */
  readonly done: (answer: string | undefined) => void;
}

/** A question in the last row of the table. */
export class TableQuestion {
  readonly #parts: QuestionParts;
  #answer: string;

  constructor(parts: QuestionParts) {
    this.#parts = parts;
    this.#answer = parts.answer ?? "";
  }

  /** The question with the answer so far. */
  get line(): string {
    return `${this.#parts.text}${this.#answer}_`;
  }

  /** Takes a key. `close` is called before the answer is given: it may open the next question. */
  take(letter: string, close: () => void): void {
    if (letter === "\r" || letter === "\u0003" || letter === "\u001b") {
      close();
      this.#parts.done(letter === "\r" ? this.#answer : undefined);
      return;
    }
    if (BACKSPACE.has(letter)) this.#answer = Array.from(this.#answer).slice(0, -1).join("");
    else if (letter >= " " && this.#answer.length < MAX_ANSWER) this.#answer += letter;
    this.#parts.changed?.(this.#answer);
  }
}
