/** Longest answer. */
const MAX_ANSWER = 200;

const BACKSPACE = new Set(["\u0008", "\u007f"]);

/** A question asked in raw mode: keys go here instead of to the host until it is answered. */
export class LinePrompt {
  /** undefined: called off with Ctrl-C or Esc. */
  readonly answer: Promise<string | undefined>;
  readonly #echo: (text: string) => void;
  readonly #single: boolean;
  #settle: (answer: string | undefined) => void = () => {};
  #text = "";
  #done = false;

  /** `single`: the first key is the answer. */
  constructor(echo: (text: string) => void, { single = false } = {}) {
    this.#echo = echo;
    this.#single = single;
    this.answer = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Keys typed ahead of the next question are dropped: to answer it, or to reach the host, they were not meant. */
  feed(keys: string): void {
    for (const key of keys) if (!this.#done) this.#take(key);
  }

  cancel(): void {
    this.#end(undefined);
  }

  #take(key: string): void {
    if (key === "\u0003" || key === "\u001b") this.#end(undefined);
    else if (this.#single) this.#end(key === "\n" ? "\r" : key);
    else if (key === "\r" || key === "\n") this.#end(this.#text);
    else if (BACKSPACE.has(key)) this.#erase();
    else if (key >= " " && this.#text.length < MAX_ANSWER) {
      this.#text += key;
      this.#echo(key);
    }
  }

  #erase(): void {
    if (this.#text === "") return;
    this.#text = Array.from(this.#text).slice(0, -1).join("");
    this.#echo("\b \b");
  }

  #end(answer: string | undefined): void {
    if (this.#done) return;
    this.#done = true;
    this.#echo("\r\n");
    this.#settle(answer);
  }
}
