import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { commandEnvironment } from "./pty-command.ts";
import { spawnPiped } from "./spawn-piped.ts";

/** Most that is kept of what a command prints, on each of its outputs. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

/** The last words of a command that has ended, where something that it started still holds its outputs. */
const LAST_WORDS: Millis = 500;

/** A command to be run to its end: program and arguments as they are, no shell. */
export interface RunOptions {
  readonly clock: Clock;
  readonly timeout: Millis;
  /** Variables besides the few that every command gets: the place for passwords. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on its stdin; without it nothing is there. */
  readonly input?: string;
  /** Aborted: it is killed, with all that it started in its group. */
  readonly signal?: AbortSignal;
  /** true: its own end counts, also where something that it started still holds its outputs and runs on. */
  readonly untilExit?: boolean;
}

/** What came of it. */
export interface RunResult {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs a command and waits for its end. Throws LINK_REFUSED where it cannot be started, TIMED_OUT where it did not
 * end in time (it is killed then, with all that it started in its group, and may have done what it was told).
 */
export function runCommand(words: readonly string[], options: RunOptions): Promise<RunResult> {
  const [program = "", ...rest] = words;
  const name = printable(program, 100);
  return new Promise((resolve, reject) => {
    // Leads a group of its own, so that what a script waits for goes with it.
    const env = { ...commandEnvironment("dumb"), LC_ALL: "C", ...options.env };
    const child = spawnPiped(program, rest, env);
    // It may end without reading all: how it ended tells.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input);
    const out = collect(child.stdout);
    const err = collect(child.stderr);
    const kill = () => {
      killGroup(child.pid);
      // What left the group lives on, and would have us listen as long as it does.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const onAbort = () => {
      kill();
      reject(new OobError("INTERRUPTED", `Cannot finish "${name}": it is not wanted any more`));
    };
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener("abort", onAbort, { once: true });
    const timer = options.clock.after(options.timeout, () => {
      kill();
      const within = formatDuration(options.timeout);
      reject(
        new OobError("TIMED_OUT", `Cannot finish "${name}": it did not end within ${within}`, {
          hint: "What it talks to does not answer",
        }),
      );
    });
    child.once("error", (cause) => {
      timer.cancel();
      const missing = "code" in cause && cause.code === "ENOENT";
      const why = missing ? "no such program" : messageOf(cause);
      reject(
        new OobError("LINK_REFUSED", `Cannot run "${name}": ${why}`, {
          cause,
          ...(missing && { hint: "Install it, or give its full path" }),
        }),
      );
    });
    let lastWords: Timer | undefined;
    if (options.untilExit)
      child.once("exit", () => {
        lastWords = options.clock.after(LAST_WORDS, () => {
          child.stdout.destroy();
          child.stderr.destroy();
        });
      });
    child.once("close", (status) => {
      timer.cancel();
      options.signal?.removeEventListener("abort", onAbort);
      lastWords?.cancel();
      resolve({ status: status ?? 128, out: out(), err: err() });
    });
  });
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // All of it has ended meanwhile.
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= MAX_OUTPUT_BYTES) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}
