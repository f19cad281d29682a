/** Runs one thing after the other; where nothing runs, at once. Each second of each console that prints: few promises. */
export class OneAtATime {
  /** The last that was asked for, until all have ended. */
  #last: Promise<void> | undefined;
  #running = 0;

  run(work: () => Promise<void>): Promise<void> {
    const before = this.#last;
    const last = before ? before.then(work, work) : work();
    this.#last = last;
    this.#running++;
    void last.then(this.#ended, this.#ended);
    return last;
  }

  readonly #ended = (): void => {
    this.#running--;
    if (this.#running === 0) this.#last = undefined;
  };
}
