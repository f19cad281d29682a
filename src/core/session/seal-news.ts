/** Whether a console's log is sealed: told when that changes. */
export class SealNews {
  readonly #note: (type: string, text: string, data: Readonly<Record<string, unknown>>) => void;
  #why: string | undefined;

  constructor(note: (type: string, text: string, data: Readonly<Record<string, unknown>>) => void) {
    this.#note = note;
  }

  /** Why it is not at the moment; undefined: it is. */
  get why(): string | undefined {
    return this.#why;
  }

  tell(why: string | undefined): void {
    if (why === this.#why) return;
    this.#why = why;
    if (why === undefined) this.#note("log.sealed", "the log is sealed again", {});
    else this.#note("log.unsealed", `the log goes on and is not sealed: ${why}`, {});
  }
}
