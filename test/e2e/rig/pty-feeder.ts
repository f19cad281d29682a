import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const PROGRAM = new URL("pty-feeder.py", import.meta.url).pathname;

/** pty-feeder.py as a process beside the test. */
export class PtyFeeder {
  readonly paths: readonly string[];
  readonly #process: ChildProcess;
  readonly #said: AsyncIterator<string>;

  private constructor(
    process: ChildProcess,
    said: AsyncIterator<string>,
    paths: readonly string[],
  ) {
    this.#process = process;
    this.#said = said;
    this.paths = paths;
  }

  static async start(count: number, rate: number): Promise<PtyFeeder> {
    const feeder = spawn("python3", [PROGRAM, String(count), String(rate)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const said = createInterface(feeder.stdout)[Symbol.asyncIterator]();
    return new PtyFeeder(feeder, said, JSON.parse((await said.next()).value));
  }

  /** Stops printing; resolves with the bytes that each line took, once the lines took everything. */
  async stop(): Promise<readonly number[]> {
    this.#process.stdin?.write("stop\n");
    return JSON.parse((await this.#said.next()).value);
  }

  /** Bytes that each line took so far. */
  async count(): Promise<readonly number[]> {
    this.#process.stdin?.write("count\n");
    return JSON.parse((await this.#said.next()).value);
  }

  go(): void {
    this.#process.stdin?.write("go\n");
  }

  async close(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.stdin?.end();
    await ended;
  }
}
