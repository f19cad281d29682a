import type { Link } from "../../../src/sdk/link.ts";

/** Reads a Link to its end and keeps all of it. */
export class LinkReader {
  readonly link: Link;
  /** Resolves when the bytes end, with what they ended in. */
  readonly ended: Promise<unknown>;
  #text = "";
  #changed: (() => void) | undefined;

  constructor(link: Link) {
    this.link = link;
    this.ended = this.#read();
  }

  /** What came, one character a byte. */
  get text(): string {
    return this.#text;
  }

  /** Waits until this comes after what was seen before; throws after `ms`. */
  async until(wanted: string | RegExp, ms = 30_000, from = 0): Promise<string> {
    const deadline = Date.now() + ms;
    for (;;) {
      const rest = this.#text.slice(from);
      if (typeof wanted === "string" ? rest.includes(wanted) : wanted.test(rest)) return rest;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no ${wanted} in ${JSON.stringify(this.#text.slice(-2000))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 500));
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Types, and returns where the answer begins. */
  async type(text: string): Promise<number> {
    const from = this.#text.length;
    await this.link.write(Buffer.from(text, "latin1"));
    return from;
  }

  async #read(): Promise<unknown> {
    try {
      for await (const chunk of this.link.bytes) {
        this.#text += Buffer.from(chunk).toString("latin1");
        this.#changed?.();
      }
      return undefined;
    } catch (thrown) {
      return thrown;
    }
  }
}
