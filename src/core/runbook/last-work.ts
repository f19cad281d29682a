import { messageOf } from "../../lib/errors.ts";

type Work = () => Promise<string | undefined>;

/** What is to be done when a run ends, however it ends. */
export class LastWork {
  readonly #works = new Set<Work>();

  get isEmpty(): boolean {
    return this.#works.size === 0;
  }

  /** Returns the way to call it off. */
  add(work: Work): () => void {
    this.#works.add(work);
    return () => void this.#works.delete(work);
  }

  /** Says what came of it, or why it could not be done. */
  async run(): Promise<string | undefined> {
    const told: (string | undefined)[] = [];
    for (const work of this.#works)
      told.push(await work().catch((thrown: unknown) => messageOf(thrown)));
    this.#works.clear();
    return told.filter(Boolean).join("; ") || undefined;
  }
}
