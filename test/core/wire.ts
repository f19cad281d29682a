import type { OpenRequest } from "../../src/core/port/local-port.ts";
import type { Link, LinkNotice } from "../../src/sdk/link.ts";

/** A wire in memory: what the host sends is pushed, what reaches the host is kept. Reads only when asked. */
export class Wire {
  readonly typed: string[] = [];
  readonly breaks: number[] = [];
  readonly opens: OpenRequest[] = [];
  /** What the next openings do; after these, they succeed. */
  refusals: Error[] = [];
  hasBreak = true;
  /** Levels that DTR was set to; undefined: this medium has no modem lines. */
  dtr: boolean[] | undefined;
  /** What the host does about what is typed. */
  onTyped: (text: string) => void = () => {};
  /** What happens while a BREAK lasts. */
  onBreak: () => Promise<void> = () => Promise.resolve();
  breaking: Promise<void> = Promise.resolve();
  /** Chunks that the reader took. */
  taken = 0;
  closed = 0;
  #kernel: Buffer = Buffer.alloc(0);
  #end: Error | "hang-up" | undefined;
  #asked: (() => void) | undefined;
  #notice: ((notice: LinkNotice) => void) | undefined;

  open = async (request: OpenRequest): Promise<Link> => {
    this.opens.push(request);
    const refusal = this.refusals.shift();
    if (refusal) throw refusal;
    this.#end = undefined;
    const link: Link = {
      label: "wire",
      bytes: this.#bytes(),
      write: async (bytes) => {
        this.typed.push(Buffer.from(bytes).toString());
        this.onTyped(Buffer.from(bytes).toString());
      },
      onNotice: (listen) => {
        this.#notice = listen;
      },
      close: async () => {
        this.closed++;
        this.hangUp();
      },
    };
    const sendBreak = async (ms: number) => {
      this.breaks.push(ms);
      await this.onBreak();
    };
    const setLines = async ({ dtr }: { dtr?: boolean }) => {
      if (dtr !== undefined) this.dtr?.push(dtr);
    };
    return {
      ...link,
      ...(this.hasBreak ? { sendBreak } : {}),
      ...(this.dtr ? { setLines } : {}),
    };
  };

  /** The host prints. */
  print(text: string | Uint8Array): void {
    this.#kernel = Buffer.concat([this.#kernel, Buffer.from(text as string)]);
    this.#asked?.();
  }

  notice(notice: LinkNotice): void {
    this.#notice?.(notice);
  }

  hangUp(error?: Error): void {
    this.#end = error ?? "hang-up";
    this.#asked?.();
  }

  async *#bytes(): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (this.#kernel.length > 0) {
        const chunk = this.#kernel;
        this.#kernel = Buffer.alloc(0);
        this.taken++;
        yield chunk;
      } else if (this.#end) {
        if (this.#end !== "hang-up") throw this.#end;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#asked = resolve;
        });
      }
    }
  }
}
