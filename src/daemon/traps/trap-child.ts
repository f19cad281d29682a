import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { formatDuration, minutes, seconds } from "../../lib/durations.ts";
import { BEAT_EVERY, type TrapNews, type TrapOrder, trapNewsOf } from "./trap-talk.ts";

const FIRST_AFTER: Millis = seconds(1);
const LONGEST_AFTER: Millis = minutes(1);
/** Whoever lived so long begins anew. */
const LIVED: Millis = minutes(5);
/** Without a beat for so long it hangs; its start takes time on a busy machine. */
const SILENT_AT_MOST: Millis = 6 * BEAT_EVERY;
const MEMORY_MB = 96;

/** The part of a child process that is used. */
export type TrapProcess = Pick<ChildProcess, "send" | "kill" | "on">;

/** Starts the program that hears traps: built, or from source in tests. It inherits no variable. */
export function startTrapProcess(): TrapProcess {
  const program = fileURLToPath(new URL("./main.js", import.meta.url));
  const execArgv = [`--max-old-space-size=${MEMORY_MB}`];
  const options = { execArgv, env: {}, stdio: ["ignore", "ignore", "ignore", "ipc"] as const };
  if (!import.meta.url.endsWith(".ts"))
    return fork(program, [], { ...options, stdio: [...options.stdio] });
  const jiti = join(dirname(createRequire(import.meta.url).resolve("jiti")), "jiti-cli.mjs");
  const source = program.replace(/\.js$/, ".ts");
  return fork(jiti, [source], { ...options, stdio: [...options.stdio] });
}

interface TrapChildParts {
  readonly clock: Clock;
  readonly start: () => TrapProcess;
  readonly hear: (news: Extract<TrapNews, { is: "trap" | "dropped" | "ready" }>) => void;
  readonly note: (text: string) => void;
}

/** The process that hears traps: started again where it ended, later and later where it does not live. */
export class TrapChild {
  readonly #parts: TrapChildParts;
  #order: TrapOrder;
  #process: TrapProcess | undefined;
  #silence: Timer | undefined;
  #again: Timer | undefined;
  #wait = FIRST_AFTER;
  #why = "";
  #told = "";

  constructor(order: TrapOrder, parts: TrapChildParts) {
    this.#order = order;
    this.#parts = parts;
    this.#start();
  }

  /** Hears other PDUs from now on: with another process. */
  change(order: TrapOrder): void {
    this.#order = order;
    if (this.#process === undefined) return;
    this.#leave();
    this.#start();
  }

  stop(): void {
    this.#again?.cancel();
    this.#leave();
  }

  /** What ends now was meant to. */
  #leave(): void {
    this.#silence?.cancel();
    const child = this.#process;
    this.#process = undefined;
    child?.kill("SIGKILL");
  }

  #start(): void {
    const { clock, start } = this.#parts;
    const begun = clock.monotonic();
    const child = start();
    this.#process = child;
    this.#why = "it ended";
    const ended = () => {
      if (this.#process === child) this.#ended(clock.monotonic() - begun);
    };
    child.on("exit", ended);
    child.on("error", ended);
    child.on("message", (message: unknown) => {
      const news = trapNewsOf(message);
      if (news !== undefined && this.#process === child) this.#take(news);
    });
    this.#listenForBeat(child);
    child.send(this.#order, () => undefined);
  }

  #take(news: TrapNews): void {
    switch (news.is) {
      case "beat":
        if (this.#process) this.#listenForBeat(this.#process);
        return;
      case "failed":
        this.#why = news.why;
        return;
      case "ready":
      case "trap":
      case "dropped":
        this.#parts.hear(news);
    }
  }

  #listenForBeat(child: TrapProcess): void {
    this.#silence?.cancel();
    this.#silence = this.#parts.clock.after(SILENT_AT_MOST, () => {
      this.#why = `it did not answer for ${formatDuration(SILENT_AT_MOST)}`;
      child.kill("SIGKILL");
    });
  }

  #ended(lived: Millis): void {
    this.#silence?.cancel();
    this.#process = undefined;
    if (lived >= LIVED) {
      this.#wait = FIRST_AFTER;
      this.#told = "";
    }
    const wait = this.#wait;
    this.#wait = Math.min(2 * wait, LONGEST_AFTER);
    // The same reason again and again is one piece of news.
    if (this.#told !== this.#why)
      this.#parts.note(
        `the process that hears traps: ${this.#why}; it is started again after ${formatDuration(wait)}`,
      );
    this.#told = this.#why;
    this.#again = this.#parts.clock.after(wait, () => this.#start());
  }
}
