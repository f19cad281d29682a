import type { AttachEvent, Attachment, Site } from "../../../src/core/site/site.ts";

/** A person at a console who types and waits for text. */
export class Typist {
  readonly #attachment: Attachment;
  readonly seen: AttachEvent[] = [];
  text = "";
  #from = 0;

  private constructor(attachment: Attachment) {
    this.#attachment = attachment;
    this.#read().catch((thrown: unknown) => {
      // The daemon ends while its people are there: whoever waits for text then says what came before.
      this.text += `\n[the attachment ended: ${String(thrown)}]`;
    });
  }

  static async at(
    site: Site,
    host: string,
    mode: "write" | "read" | "force" = "write",
  ): Promise<Typist> {
    return new Typist(
      await site.attach({
        host,
        mode,
        reason: "e2e",
        replayLines: 0,
        filter: "safe",
        columns: 100,
        rows: 30,
      }),
    );
  }

  async type(text: string): Promise<void> {
    await this.#attachment.write(new TextEncoder().encode(text));
  }

  async sendBreak(): Promise<void> {
    await this.#attachment.sendBreak(250);
  }

  /** Waits for text after the last match. */
  async sees(pattern: RegExp, withinMs: number): Promise<string> {
    const end = performance.now() + withinMs;
    for (;;) {
      const match = pattern.exec(this.text.slice(this.#from));
      if (match) {
        this.#from += match.index + match[0].length;
        return match[0];
      }
      if (performance.now() > end) {
        throw new Error(
          `did not see ${pattern} within ${withinMs} ms; last: ${JSON.stringify(this.text.slice(-600))}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** Has the login prompt drawn again until it stands last: a message of the kernel may come behind it. */
  async #call(): Promise<void> {
    for (let tries = 1; ; tries++) {
      await this.type("\r");
      try {
        await this.sees(/login: $/, 15_000);
        return;
      } catch (thrown) {
        if (tries === 20) throw thrown;
      }
    }
  }

  /** Logs in as root on the small test host. */
  async logIn(): Promise<void> {
    for (let tries = 1; ; tries++) {
      await this.#call();
      await this.type("root\r");
      try {
        await this.sees(/assword: $/, 20_000);
        break;
      } catch (thrown) {
        // getty throws away what was typed before it had opened the line, after its prompt was drawn.
        if (tries === 9) throw thrown;
      }
    }
    await this.type("oob\r");
    await this.sees(/# /, 120_000);
  }

  async leave(): Promise<void> {
    await this.#attachment.leave();
  }

  async #read(): Promise<void> {
    for await (const event of this.#attachment.events) {
      this.seen.push(event);
      if (event.is === "bytes") this.text += new TextDecoder().decode(event.bytes);
    }
  }
}
