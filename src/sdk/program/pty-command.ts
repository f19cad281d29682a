/*
 * A command on a pseudo-terminal, without native modules: script(1) of util-linux makes the pty. setpriv(1) has it
 * signalled when this process dies, however it dies.
 *
 *   this process ═► cat ═► script ═pty master│pty slave═ the command, leader of its own session
 *         ▲────────────────── │
 *
 * script types ^D when its input ends, and a host would log out because our daemon was killed (1 of 8 times): so it
 * holds the writing end of its own input, and never sees an end. It takes one text for a shell. The text is ours but
 * for the words of the command, each in single quotes: docs/decisions/exec-pty.md.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { quoteWord } from "../../codec/shell-words.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";

/** After the hang-up the command has this long to go by itself. */
const GRACE: Millis = seconds(1);
/** What the command finds in its environment; passwords that sit in ours are none of its business. */
const KEPT = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "SSH_AUTH_SOCK"];

// $1: what script is to run. Only script keeps our output, so that its end shows; then we close cat's input, and the
// shell, which waits for both, gives on the status of script.
const WRAPPER = `
exec 4<&0
cat <&4 4<&- | {
  exec 0<>/proc/self/fd/0 4<&-
  exec setpriv --pdeathsig TERM -- script -qfec "$1" /dev/null
} &
exec </dev/null >/dev/null 3>&- 4<&-
wait $!`;
/** Most that is kept of what a command says on its error output: the end of it. */
const MAX_ERROR_TEXT = 4096;

/** A command, and the terminal that it gets. */
export interface PtyCommand {
  /** Program and arguments, as they are: no shell reads them. */
  readonly words: readonly string[];
  /** What people see: "exec virsh console vm1". */
  readonly label: string;
  readonly term?: string;
  readonly rows?: number;
  readonly columns?: number;
  /** Variables besides the few that every command gets. Other users cannot read them, unlike words. */
  readonly env?: Readonly<Record<string, string>>;
  /** true: what it says on its error output does not come with the bytes, but with its end and in `errorText`. */
  readonly splitErrors?: boolean;
}

/** How a command ended. */
export interface CommandEnd {
  /** `"virsh" ended with status 1`. */
  readonly text: string;
  /** 128 and the number of the signal that ended it, as shells say it. */
  readonly status: number;
}

/** Starts a command on a terminal of its own. Throws LINK_REFUSED where the program is not there. */
export async function openPtyCommand(
  command: PtyCommand,
  context: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<PtyChild> {
  const [program = ""] = command.words;
  context.signal.throwIfAborted();
  if (!(await isExecutable(program)))
    throw new OobError("LINK_REFUSED", `Cannot run "${printable(program, 200)}": no such program`, {
      hint: "Give its full path, or install it",
    });
  const size = `rows ${command.rows ?? 24} cols ${command.columns ?? 80}`;
  const errors = command.splitErrors ? " 2>&3 3>&-" : "";
  const script = `stty sane ${size}; exec ${command.words.map(quoteWord).join(" ")}${errors}`;
  const child = spawn(
    "setpriv",
    ["--pdeathsig", "TERM", "--", "/bin/sh", "-c", WRAPPER, "sh", script],
    {
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      env: { ...commandEnvironment(command.term), ...command.env },
      detached: true,
    },
  ) as ChildProcessWithoutNullStreams;
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  }).catch((cause: unknown) => {
    throw new OobError("LINK_REFUSED", `Cannot run "${program}": ${messageOf(cause)}`, {
      cause,
      hint: "Install setpriv and script (package util-linux, on Debian also bsdutils)",
    });
  });
  return new PtyChild(child, command, context.clock);
}

/** The environment of commands that we run: a terminal type, and nothing of ours that they do not need. */
export function commandEnvironment(term = "vt220"): Record<string, string> {
  const kept = KEPT.map((name) => [name, process.env[name]] as const);
  const set = kept.filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { ...Object.fromEntries(set), TERM: term, SHELL: "/bin/sh" };
}

/** Whether there is such a program: a path, or a name to be found along PATH. */
export async function isExecutable(program: string): Promise<boolean> {
  const folders = program.includes("/") ? [""] : (process.env.PATH ?? "").split(delimiter);
  for (const folder of folders) {
    const file = folder === "" ? program : join(folder, program);
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

/** A command that runs on its terminal. */
export class PtyChild {
  readonly label: string;
  /** What it prints; ends with it, whatever its status, and throws LINK_LOST where the reading fails. */
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly ended: Promise<CommandEnd>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #clock: Clock;
  readonly #program: string;
  #errors = "";
  #over = false;
  #closing = false;

  constructor(child: ChildProcessWithoutNullStreams, command: PtyCommand, clock: Clock) {
    this.#child = child;
    this.#clock = clock;
    this.#program = printable(command.words[0] ?? "", 100);
    this.label = command.label;
    // Writing to a command that has ended is told by write() itself.
    child.stdin.on("error", () => undefined);
    child.stderr.resume();
    child.stdout.once("end", () => child.stdin.destroy());
    child.stdio[3]?.on("data", (bytes: Buffer) => {
      this.#errors = (this.#errors + bytes.toString("latin1")).slice(-MAX_ERROR_TEXT);
    });
    this.ended = new Promise((resolve) => {
      child.once("exit", (status, signal) => {
        this.#over = true;
        // script(1) reports a death by signal as a shell does, 128 and its number.
        const killed = signal ?? (status !== null && status > 128 ? `signal ${status - 128}` : "");
        const how = killed === "" ? `ended with status ${status}` : `ended by ${killed}`;
        resolve({ text: `"${this.#program}" ${how}`, status: status ?? 128 });
      });
    });
    this.bytes = { [Symbol.asyncIterator]: () => this.#read() };
  }

  /** What it said on its error output, where that was asked for apart: the last 4 kB, hostile as any host text. */
  get errorText(): string {
    return this.#errors;
  }

  /** close() has been called. */
  get isClosing(): boolean {
    return this.#closing;
  }

  write(bytes: Uint8Array): Promise<void> {
    const { stdin } = this.#child;
    return new Promise((resolve, reject) => {
      const lost = (cause?: unknown) => reject(this.loss(`"${this.#program}" has ended`, cause));
      if (this.#over || stdin.destroyed) lost();
      // node reports writes that destroy() cut off as done.
      else stdin.write(bytes, (error) => (error || stdin.destroyed ? lost(error) : resolve()));
    });
  }

  /** Hangs up, and kills what does not go by itself. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const groups = await this.#commandGroups();
    for (const group of groups) signal(-group, "SIGHUP");
    if (groups.length === 0) this.#child.kill("SIGTERM");
    const waited = new AbortController();
    const patience = this.#clock.sleep(GRACE, waited.signal).catch(() => undefined);
    await Promise.race([this.ended, patience]);
    waited.abort();
    for (const group of this.#over ? [] : groups) signal(-group, "SIGKILL");
    this.#child.kill("SIGKILL");
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    await this.ended;
  }

  /** LINK_LOST with a reason. */
  loss(why: string, cause?: unknown): OobError {
    return new OobError("LINK_LOST", `Lost ${this.label}: ${why}`, { cause });
  }

  /** The command leads a session and so a process group of its own; script(1) is its parent, our shell that one's. */
  async #commandGroups(): Promise<number[]> {
    const { pid } = this.#child;
    if (this.#over || pid === undefined) return [];
    const helpers = await childrenOf(pid);
    return (await Promise.all(helpers.map(childrenOf))).flat();
  }

  async *#read(): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const chunk of this.#child.stdout) yield chunk as Uint8Array;
    } catch (cause) {
      if (!this.#closing) throw this.loss(messageOf(cause), cause);
    }
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, "latin1").catch(() => "");
  return list
    .trim()
    .split(" ")
    .map(Number)
    .filter((child) => child > 1);
}

function signal(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch {
    // It has gone by itself.
  }
}
