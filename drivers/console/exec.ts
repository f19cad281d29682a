/*
 * A command on a pseudo-terminal, without native modules: script(1) of util-linux makes the pty and is itself the
 * child of setpriv(1), so that it gets a signal when this process dies, however it dies.
 *
 *   this process ═pipes═ script ═pty master│pty slave═ the command, leader of its own session
 *
 * script takes one text for a shell. The text is ours but for the words of the command, each in single quotes:
 * docs/decisions/exec-pty.md.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { quoteWord, splitWords } from "oob/codec/shell-words";
import {
  defineConsole,
  type Link,
  type LinkNotice,
  type Millis,
  messageOf,
  numberOf,
  OobError,
  type OpenContext,
  type OptionValues,
  printable,
  seconds,
  textOf,
} from "oob/sdk";

/** After the hang-up the command has this long to go by itself. */
const GRACE: Millis = seconds(1);
/** What the command finds in its environment; passwords that sit in ours are none of its business. */
const KEPT = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "SSH_AUTH_SOCK"];

export default defineConsole({
  summary: "A command on a terminal of its own: ssh, ipmitool sol, virsh console",
  sources: [
    "script(1) and setpriv(1), util-linux 2.38",
    "POSIX.1-2017 Shell and Utilities, 2.2.2: within single quotes every character is literal",
  ],
  options: {
    command: {
      kind: "list",
      required: true,
      summary:
        "program and arguments; one text is split into words as a shell would, and nothing is expanded",
    },
    term: { kind: "text", default: "vt220", summary: "TERM of the command" },
    rows: { kind: "integer", default: 24, min: 1, max: 1000, summary: "height of its terminal" },
    columns: { kind: "integer", default: 80, min: 1, max: 1000, summary: "width of its terminal" },
  },
  address: "command",
  identity: ["command"],
  check: (options) => {
    const wrong = faultOf(wordsOf(options));
    return wrong === undefined ? [] : [{ option: "command", message: wrong }];
  },
  open: openExec,
});

async function openExec(options: OptionValues, context: OpenContext): Promise<Link> {
  const words = wordsOf(options);
  const wrong = faultOf(words);
  if (wrong !== undefined) throw new OobError("USAGE", `Cannot run a command: ${wrong}`);
  const [program = ""] = words;
  context.signal.throwIfAborted();
  if (!(await isExecutable(program)))
    throw new OobError("LINK_REFUSED", `Cannot run "${printable(program, 200)}": no such program`, {
      hint: "Give its full path, or install it",
    });
  const size = `rows ${numberOf(options, "rows", 24)} cols ${numberOf(options, "columns", 80)}`;
  const script = `stty sane ${size}; exec ${words.map(quoteWord).join(" ")}`;
  const child = spawn(
    "setpriv",
    ["--pdeathsig", "TERM", "--", "script", "-qfec", script, "/dev/null"],
    { stdio: "pipe", env: environment(textOf(options, "term") || "vt220"), detached: true },
  );
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  }).catch((cause: unknown) => {
    throw new OobError("LINK_REFUSED", `Cannot run "${program}": ${messageOf(cause)}`, {
      cause,
      hint: "Install setpriv and script (package util-linux, on Debian also bsdutils)",
    });
  });
  return new ExecLink(child, words, context);
}

function wordsOf(options: OptionValues): readonly string[] {
  const given = options.command;
  const listed =
    typeof given === "string" ? [given] : Array.isArray(given) ? given.map(String) : [];
  return listed.length === 1 ? splitWords(listed[0] ?? "") : listed;
}

function faultOf(words: readonly string[]): string | undefined {
  if (words.length === 0 || words[0] === "") return "it is empty";
  return words.some((word) => word.includes("\0")) ? "a NUL is in its words" : undefined;
}

function environment(term: string): Record<string, string> {
  const kept = KEPT.map((name) => [name, process.env[name]] as const);
  const set = kept.filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { ...Object.fromEntries(set), TERM: term, SHELL: "/bin/sh" };
}

async function isExecutable(program: string): Promise<boolean> {
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

class ExecLink implements Link {
  readonly label: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #context: OpenContext;
  readonly #program: string;
  /** How it ended. */
  readonly #ended: Promise<{ readonly text: string; readonly bad: boolean }>;
  #over = false;
  #closing = false;
  #listen: ((notice: LinkNotice) => void) | undefined;

  constructor(
    child: ChildProcessWithoutNullStreams,
    words: readonly string[],
    context: OpenContext,
  ) {
    this.#child = child;
    this.#context = context;
    this.#program = printable(words[0] ?? "", 100);
    this.label = `exec ${printable(words.join(" "), 100)}`;
    // Writing to a command that has ended is told by write() itself.
    child.stdin.on("error", () => undefined);
    child.stderr.resume();
    this.#ended = new Promise((resolve) => {
      child.once("exit", (status, signal) => {
        this.#over = true;
        // script(1) reports a death by signal as a shell does, 128 and its number.
        const killed = signal ?? (status !== null && status > 128 ? `signal ${status - 128}` : "");
        const how = killed === "" ? `ended with status ${status}` : `ended by ${killed}`;
        resolve({ text: `"${this.#program}" ${how}`, bad: status !== 0 });
      });
    });
    this.bytes = { [Symbol.asyncIterator]: () => this.#read() };
  }

  onNotice(listen: (notice: LinkNotice) => void): void {
    this.#listen = listen;
  }

  write(bytes: Uint8Array): Promise<void> {
    const { stdin } = this.#child;
    return new Promise((resolve, reject) => {
      const lost = (cause?: unknown) => reject(this.#loss(`"${this.#program}" has ended`, cause));
      if (this.#over || stdin.destroyed) lost();
      // node reports writes that destroy() cut off as done.
      else stdin.write(bytes, (error) => (error || stdin.destroyed ? lost(error) : resolve()));
    });
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const groups = await this.#commandGroups();
    for (const group of groups) signal(-group, "SIGHUP");
    if (groups.length === 0) this.#child.kill("SIGTERM");
    const waited = new AbortController();
    const patience = this.#context.clock.sleep(GRACE, waited.signal).catch(() => undefined);
    await Promise.race([this.#ended, patience]);
    waited.abort();
    for (const group of this.#over ? [] : groups) signal(-group, "SIGKILL");
    this.#child.kill("SIGKILL");
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    await this.#ended;
  }

  /** The command leads a session and so a process group of its own; script(1) is its parent. */
  async #commandGroups(): Promise<number[]> {
    const { pid } = this.#child;
    if (this.#over || pid === undefined) return [];
    const list = await readFile(`/proc/${pid}/task/${pid}/children`, "latin1").catch(() => "");
    return list
      .trim()
      .split(" ")
      .map(Number)
      .filter((child) => child > 1);
  }

  async *#read(): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const chunk of this.#child.stdout) yield chunk as Uint8Array;
    } catch (cause) {
      if (!this.#closing) throw this.#loss(messageOf(cause), cause);
    }
    if (this.#closing) return;
    const end = await this.#ended;
    this.#listen?.({ is: "note", text: end.text });
    if (end.bad) throw this.#loss(end.text);
  }

  #loss(why: string, cause?: unknown): OobError {
    return new OobError("LINK_LOST", `Lost ${this.label}: ${why}`, { cause });
  }
}

function signal(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch {
    // It has gone by itself.
  }
}
