/** Runs one thing after the other; where nothing runs, at once and without a promise of its own. */
export class OneAtATime {
  #running: Promise<void> | undefined;

  run(work: () => Promise<void>): Promise<void> {
    const before = this.#running;
    const running = before ? before.catch(() => undefined).then(work) : work();
    const ended = () => {
      if (this.#running === running) this.#running = undefined;
    };
    this.#running = running;
    void running.catch(() => undefined).then(ended);
    return running;
  }
}
