import { utf8 } from "../../lib/bytes.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { frameCommand } from "../../sdk/command-frame.ts";
import type { Captured, CaptureOptions, CommandResult, PutOptions } from "../../sdk/runbook.ts";
import type { ConsoleEar } from "../../sdk/shell/console-ear.ts";
import { GuardedShell, type ShellWire } from "../../sdk/shell/guarded-shell.ts";
import { HostStore, type Leftovers, type RunLimits } from "../../sdk/shell/host-store.ts";
import { sha256 } from "../../sdk/shell/host-tools.ts";
import { putOnHost } from "./put-on-host.ts";

const RUN_WITHIN: Millis = seconds(30);
const CAPTURE_WITHIN: Millis = minutes(10);
/** What taking our folder away may last. */
const TIDY_WITHIN: Millis = seconds(30);
const MAX_NAME = 60;

/** What hands at a shell are made of. */
export interface ShellHandsParts {
  readonly wire: ShellWire;
  readonly leftovers: Leftovers;
  /** How far a fetch is: for the report. */
  readonly progress: (what: string, bytes: number, whole: number) => void;
  /** The error of a wait whose time is over. */
  readonly timedOut: (what: string, within: Millis) => Promise<OobError>;
}

/** Runs commands in a proven shell: with a store on the host where it can have one, else as they come. */
export class ShellHands {
  readonly #parts: ShellHandsParts;
  readonly #shell: GuardedShell;
  readonly #clock: Clock;
  readonly #ear: ConsoleEar;
  /** A text: why the host can have none. Undefined: nobody looked yet. */
  #store: HostStore | string | undefined;
  /** Ends what has a time limit of its own. */
  #limit: AbortSignal | undefined;

  constructor(parts: ShellHandsParts) {
    this.#parts = parts;
    const { wire } = parts;
    const limited = () => (this.#limit ? AbortSignal.any([wire.signal, this.#limit]) : wire.signal);
    const shellWire: ShellWire = {
      host: wire.host,
      clock: wire.clock,
      ear: wire.ear,
      get signal() {
        return limited();
      },
      write: async (bytes) => {
        this.#limit?.throwIfAborted();
        await wire.write(bytes);
      },
    };
    this.#shell = new GuardedShell(shellWire, "use the shell at");
    this.#clock = parts.wire.clock;
    this.#ear = parts.wire.ear;
  }

  /** As the line brings it: what a kernel says meanwhile may stand in the output. */
  async runPlain(command: string, within: Millis = RUN_WITHIN): Promise<CommandResult> {
    const { typed, begin, end } = frameCommand(command);
    const name = printable(command, MAX_NAME);
    const { wire } = this.#parts;
    const { host, signal } = wire;
    this.#ear.forget();
    await wire.write(utf8(typed));
    const demand = async (mark: RegExp, what: string) => {
      const found = await this.#ear.find([mark], within, signal);
      if (found) return found;
      throw await this.#parts.timedOut(what, within);
    };
    await demand(begin, `the shell to run "${name}"`);
    const { before, match, lost } = await demand(end, `the end of "${name}"`);
    if (lost > 0)
      throw new OobError(
        "RUNBOOK_FAILED",
        `Cannot read what "${name}" printed at ${host}: it was more than 256 KiB`,
        { hint: "Filter it on the host" },
      );
    return { status: Number(match[1]), output: Buffer.from(before, "latin1").toString("utf8") };
  }

  async run(command: string, within: Millis = RUN_WITHIN): Promise<CommandResult> {
    // What is no command line is refused before anything is typed.
    frameCommand(command);
    const name = printable(command, MAX_NAME);
    const store = await this.#storeFor(`run "${name}" at`);
    // Output on a disk would keep its file system busy: "mount -o remount,ro /" has to work.
    if (typeof store === "string" || !store.inMemory) return this.runPlain(command, within);
    const { status, bytes } = await store.run(command, this.#limits(name, within));
    return { status, output: Buffer.from(bytes).toString("utf8") };
  }

  async capture(script: string, options: CaptureOptions = {}): Promise<Captured> {
    const { within = CAPTURE_WITHIN } = options;
    const what = printable(options.what ?? script.trim().split("\n")[0] ?? "", MAX_NAME);
    if (script.trim() === "" || script.includes("\0"))
      throw new OobError("RUNBOOK_INVALID", `Cannot capture "${what}": it is no script`);
    const began = this.#clock.monotonic();
    const wire = this.#ear.wire;
    const { resent } = this.#shell;
    const store = await this.#storeFor(`capture "${what}" at`);
    if (typeof store === "string") throw this.#shell.failed(store);
    const limits = this.#limits(what, within);
    const { status, bytes } = await this.#inTime(within, limits.late, () =>
      store.run(script, limits),
    );
    return {
      status,
      text: Buffer.from(bytes).toString("utf8"),
      bytes,
      sha256: sha256(bytes),
      wire: this.#ear.wire - wire,
      resent: this.#shell.resent - resent,
      tookMs: this.#clock.monotonic() - began,
    };
  }

  async put(path: string, content: Uint8Array | string, options: PutOptions = {}): Promise<void> {
    const { mode, within = CAPTURE_WITHIN } = options;
    const name = printable(path, MAX_NAME);
    if (!path.startsWith("/") || path.endsWith("/") || /\p{Cc}/u.test(path))
      throw new OobError("RUNBOOK_INVALID", `Cannot put "${name}": it is no absolute path`);
    const store = await this.#storeFor(`put "${name}" at`);
    if (typeof store === "string") throw this.#shell.failed(store);
    const file = typeof content === "string" ? utf8(content) : content;
    const progress = (bytes: number, whole: number) => this.#parts.progress(name, bytes, whole);
    await this.#inTime(within, this.#limits(name, within).late, () =>
      putOnHost(this.#shell, store.tools, this.#parts.leftovers, { path, file, mode, progress }),
    );
  }

  /** The host went down: what was known of its shell is past. */
  forget(): void {
    if (typeof this.#store === "object") this.#store.forget();
    this.#store = undefined;
  }

  /** Somebody else has logged in: what lies on the host lies there still, and goes with the next folder. */
  startAnew(): void {
    this.#store = undefined;
  }

  /** Whether something of ours lies on the host. */
  get folder(): string | undefined {
    return typeof this.#store === "object" ? this.#store.folder : undefined;
  }

  /** Leaves nothing behind. The shell has to stand there. */
  async tidy(): Promise<void> {
    const store = this.#store;
    if (typeof store !== "object") return;
    this.#shell.what = "clean up at";
    const late = async () => this.#shell.failed("it took too long");
    await this.#inTime(TIDY_WITHIN, late, () => store.close());
    this.#store = undefined;
  }

  async #storeFor(what: string): Promise<HostStore | string> {
    this.#shell.what = what;
    this.#store ??= await HostStore.open(this.#shell, this.#clock, this.#parts.leftovers);
    return this.#store;
  }

  #limits(name: string, within: Millis): RunLimits {
    return {
      within,
      progress: (bytes, whole) => this.#parts.progress(name, bytes, whole),
      late: (begun) => {
        const what = begun ? `the end of "${name}"` : `the shell to run "${name}"`;
        return this.#parts.timedOut(what, within);
      },
    };
  }

  /** Nothing more is typed for it when its time is over. */
  async #inTime<T>(
    within: Millis,
    late: (begun: boolean) => Promise<OobError>,
    work: () => Promise<T>,
  ): Promise<T> {
    const over = new AbortController();
    const timer = this.#clock.after(within, () => {
      void late(true).then((error) => over.abort(error));
    });
    this.#limit = over.signal;
    try {
      return await work();
    } finally {
      timer.cancel();
      this.#limit = undefined;
    }
  }
}
