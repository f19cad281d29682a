import type { ChildProcessWithoutNullStreams } from "node:child_process";
import type { SshEscape } from "../../codec/ssh-escape.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Link, LinkNotice } from "../link.ts";
import { PtyChild } from "../program/pty-command.ts";
import { explainSsh, MAX_SSH_TALK_BYTES, type SshDoing } from "./ssh-trouble.ts";

/** ssh runs this by LocalCommand once a login of its own is done. */
export const OPEN_MARK = "oob-ssh-is-open";
/** What tells that the console is open: our mark, or what a client of a shared connection says at DEBUG1. */
const IS_OPEN = new RegExp(`${OPEN_MARK}|mux_client_request_session: master session id`);
/** Talk that is no trouble: our mark, the echo of "~B", and what DEBUG1 adds. */
const CHATTER = new RegExp(`^(?:debug1: .*|${OPEN_MARK}|~B)\r?\n`, "gm");
/** What an ssh that has ended still has to say is waited for so long. */
const LAST_WORDS: Millis = seconds(1);
/** Exit status of ssh's own failures; all others are those of the remote command. */
const SSH_FAILED = 255;

/** A running ssh(1), with what it says on its standard error. */
export class SshProcess {
  readonly pty: PtyChild;
  readonly opened: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #clock: Clock;
  readonly #quiet: Promise<void>;
  #talk = "";

  constructor(child: ChildProcessWithoutNullStreams, label: string, clock: Clock) {
    this.#child = child;
    this.#clock = clock;
    let isOpen = (): void => undefined;
    this.opened = new Promise((resolve) => {
      isOpen = resolve;
    });
    child.stderr.setEncoding("latin1");
    child.stderr.on("data", (text: string) => {
      this.#talk = (this.#talk + text).slice(-MAX_SSH_TALK_BYTES);
      if (IS_OPEN.test(this.#talk)) isOpen();
    });
    this.#quiet = new Promise((resolve) => {
      child.stderr.once("close", resolve);
    });
    this.pty = new PtyChild(child, { words: ["ssh"], label }, clock);
  }

  get status(): Promise<number> {
    return this.pty.ended.then((end) => end.status);
  }

  /** What it said, once it has ended. */
  async talk(): Promise<string> {
    await this.status;
    const enough = new AbortController();
    const patience = this.#clock.sleep(LAST_WORDS, enough.signal).catch(() => undefined);
    await Promise.race([this.#quiet, patience]);
    enough.abort();
    return this.#talk.replace(CHATTER, "");
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Rejects when it ends, saying why. */
  async failure(doing: SshDoing): Promise<never> {
    const status = await this.status;
    const talk = await this.talk();
    if (status === SSH_FAILED) throw await explainSsh(talk, doing);
    const verb = doing.wasOpen ? "Lost" : "Cannot open";
    const code = doing.wasOpen ? "LINK_LOST" : "LINK_REFUSED";
    throw new OobError(code, `${verb} "${doing.peer}": ${endOf(status)}`, {
      cause: new Error(printable(talk, MAX_SSH_TALK_BYTES)),
    });
  }

  /** The console that it carries. Without `keys` ssh reads no keys for itself, and there is no BREAK. */
  asLink(doing: SshDoing, keys?: SshEscape): Link {
    const { pty } = this;
    const lost = { ...doing, wasOpen: true };
    let tell: ((notice: LinkNotice) => void) | undefined;
    const read = async function* (this: SshProcess): AsyncGenerator<Uint8Array, void> {
      yield* pty.bytes;
      if (pty.isClosing) return;
      if ((await this.status) !== 0) await this.failure(lost);
      tell?.({ is: "note", text: "the server ended the session" });
    }.bind(this);
    const sendBreak = async () => {
      const asking = keys?.breakKeys();
      if (asking === undefined) throw inMidLine(doing.peer);
      await pty.write(asking);
    };
    return {
      label: pty.label,
      bytes: { [Symbol.asyncIterator]: read },
      write: (bytes) => pty.write(keys ? keys.encode(bytes) : bytes),
      ...(keys && { sendBreak }),
      onNotice: (listen) => {
        tell = listen;
      },
      close: () => pty.close(),
    };
  }
}

const endOf = (status: number): string =>
  status === 127
    ? "the server knows no such command (status 127)"
    : status > 128
      ? `ssh was ended by signal ${status - 128}`
      : `the remote command ended with status ${status}`;

const inMidLine = (peer: string): OobError =>
  new OobError(
    "LINK_UNSUPPORTED",
    `Cannot send BREAK to "${peer}" now: ssh takes it at the beginning of a line only, and something was typed after the last Enter`,
    { hint: "Press Enter first: the host gets it, and what was typed before it" },
  );
