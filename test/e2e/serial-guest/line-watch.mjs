import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What the modem's end of a line sees and drives: "DTR DCD", in capitals where it is up. Every change is kept. */
export class LineWatch {
  /** "dtr dcd", from the first look on. */
  states = [];

  constructor(path) {
    const child = spawn("python3", ["lines.py", path], { stdio: ["ignore", "pipe", "inherit"] });
    process.on("exit", () => child.kill());
    createInterface({ input: child.stdout }).on("line", (line) => this.states.push(line));
  }

  get now() {
    return this.states.at(-1) ?? "";
  }

  /** Waits for the lines to be so. */
  async until(wanted, ms = 20_000) {
    const end = performance.now() + ms;
    while (this.now !== wanted) {
      if (performance.now() > end)
        throw new Error(`the lines are not "${wanted}" within ${ms} ms: ${this.states.join(", ")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
