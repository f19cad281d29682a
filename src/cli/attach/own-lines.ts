import { printable } from "../../lib/printable.ts";
import type { Context } from "../context.ts";

const LF = 10;

/** Lines of ours between those of a host. */
export class OwnLines {
  readonly #context: Context;
  /** Whether the host's last byte ended its line. */
  #atLineStart = true;

  constructor(context: Context) {
    this.#context = context;
  }

  /** What the host printed. */
  see(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#atLineStart = bytes.at(-1) === LF;
  }

  line(text: string): void {
    this.start();
    this.write(`${printable(text)}\r\n`);
    this.startsAnew();
  }

  startsAnew(): void {
    this.#atLineStart = true;
  }

  /** Host attributes end before a line of ours. */
  start(): void {
    const fresh = this.#context.stdout.isTTY === true ? "\u001b[0m" : "";
    this.write(`${fresh}${this.#atLineStart ? "" : "\r\n"}`);
  }

  // Ours go where the person looks; never among bytes that are written to a file.
  write(text: string): void {
    const { stdout, stderr } = this.#context;
    (stdout.isTTY === true ? stdout : stderr).write(text);
  }
}
