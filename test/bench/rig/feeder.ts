import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** What the feeder says about itself. */
export interface FeederStats {
  readonly connected: number;
  /** Bytes that the console server's sockets took. */
  readonly bytes: number;
  readonly lines: number;
  /** Bytes printed and not yet taken. */
  readonly waiting: number;
  /** How late the feeder itself was at most: above a few ms the machine was overloaded. */
  readonly late_ms: number;
}

/** The hosts: a process with one TCP listener for each console. */
export class Feeder {
  readonly ports: number[] = [];
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  /** Moment (monotonic) at which all consoles had been connected. */
  connectedAt = 0;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.#process = child;
    this.#lines = lines;
  }

  static async start(program: string, count: number, echo: number): Promise<Feeder> {
    const child = spawn(program, ["--count", `${count}`, "--echo", `${echo}`], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const feeder = new Feeder(child, lines);
    for (let line = await feeder.#next(); line !== "READY"; line = await feeder.#next())
      feeder.ports.push(Number(line.split(" ")[2]));
    return feeder;
  }

  async connected(): Promise<void> {
    while (!(await this.#next()).startsWith("CONNECTED"));
    this.connectedAt = performance.now();
  }

  print(): void {
    this.#say("GO");
  }

  /** Ends printing; resolves when the server's sockets have taken all of it, or after a while. */
  async stop(): Promise<FeederStats> {
    this.#say("STOP");
    let stats = await this.#stats();
    for (let tries = 0; stats.waiting > 0 && tries < 200; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      stats = await this.stats();
    }
    return stats;
  }

  stats(): Promise<FeederStats> {
    this.#say("STAT");
    return this.#stats();
  }

  /** Lines printed by each console that prints. */
  async lines(): Promise<Map<number, number>> {
    this.#say("LIST");
    const printed = new Map<number, number>();
    for (let line = await this.#next(); line !== "END"; line = await this.#next()) {
      const [, console, lines] = line.split(" ");
      printed.set(Number(console), Number(lines));
    }
    return printed;
  }

  async close(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.stdin?.end();
    await ended;
  }

  async #stats(): Promise<FeederStats> {
    const line = await this.#next();
    return JSON.parse(line.slice(line.indexOf("{")));
  }

  #say(word: string): void {
    this.#process.stdin?.write(`${word}\n`);
  }

  async #next(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the feeder ended");
    return value;
  }
}
