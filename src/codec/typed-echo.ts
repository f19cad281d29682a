/** An echo shorter than this may be the beginning of an answer: it is looked for in the next line alone. */
const SURE_ECHO = 4;

/** What we typed last, as the peer may send it back: alone, or behind the prompt that it draws again. */
export class TypedEcho {
  #forms: readonly string[] = [];
  #prompt = "";
  /** A line came since: the prompt alone is a new one, and not the beginning of an echo. */
  #answered = false;

  /** Text was typed at a prompt. Line ends and control keys come back as anything. */
  typed(text: string, prompt: string): void {
    const echo = /^[^\0-\x1f\x7f]*/.exec(text)?.[0] ?? "";
    this.#forms = echo === "" ? [] : [echo, `${prompt}${echo}`];
    this.#prompt = prompt;
    this.#answered = false;
  }

  /** The text behind the echo; undefined where it is nothing but that, or may still become it. */
  strip(text: string, finished: boolean): string | undefined {
    if (finished) this.#answered = true;
    else if (this.#mayBecomeEcho(text)) return undefined;
    const echo = this.#forms.find((form) => text.startsWith(form));
    if (echo === undefined) {
      const sure = (this.#forms[0]?.length ?? 0) >= SURE_ECHO;
      if (finished && !sure && text.trim() !== "") this.#forms = [];
      return text;
    }
    if (finished) this.#forms = [];
    const rest = text.slice(echo.length);
    return rest.trim() === "" ? undefined : rest;
  }

  #mayBecomeEcho(text: string): boolean {
    if (text === "" || (this.#answered && text === this.#prompt)) return false;
    return this.#forms.some((form) => form.startsWith(text));
  }
}
