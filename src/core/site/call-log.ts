/*
 * Telephone calls of a site: "<state>/calls.jsonl", a line when a call begins, one when it is connected, one when it
 * ends. A call is on disk before the modem dials, so that a process that dies again and again still counts its calls.
 * Several processes may append; nothing is kept in memory but which calls are open here, and the last one of each host.
 */
import { randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { Call, CallBook, CallOutcome, OpenCall } from "../../sdk/modem/calls.ts";
import type { Audit } from "../audit/audit.ts";

/** A larger file is put aside, and one put aside before is removed: some five thousand calls. */
const MAX_FILE_BYTES = 1 << 20;

type Line =
  | ({ readonly is: "begin"; readonly id: string } & Pick<
      Call,
      "host" | "number" | "at" | "costPerMinute"
    >)
  | { readonly is: "connected"; readonly id: string; readonly at: number; readonly text: string }
  | {
      readonly is: "ended";
      readonly id: string;
      readonly at: number;
      readonly outcome: CallOutcome;
      readonly text: string;
    };

/** The calls of a site. */
export class CallLog {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #audit: Pick<Audit, "note">;
  /** Calls that this process makes, with their hosts. */
  readonly #open = new Map<string, string>();
  #last: Map<string, Call> | undefined;

  constructor(state: string, clock: Clock, audit: Pick<Audit, "note">) {
    this.#path = join(state, "calls.jsonl");
    this.#clock = clock;
    this.#audit = audit;
  }

  /** Every call on record, oldest first. One that nobody ended, and that is not open here, ended unknown. */
  all(): readonly Call[] {
    return [...this.#calls()].map(([id, call]) =>
      call.outcome !== undefined || this.#open.has(id) ? call : { ...call, outcome: "unknown" },
    );
  }

  /** Hosts of calls that stand, or are being made. */
  get calling(): readonly string[] {
    return [...this.#open.values()];
  }

  /** Calls that a process left behind when it died: their lines may still be open. `end` is for whoever has looked. */
  leftOpen(): readonly { readonly call: Call; end: OpenCall["ended"] }[] {
    return [...this.#calls()]
      .filter(([id, call]) => call.outcome === undefined && !this.#open.has(id))
      .map(([id, call]) => ({
        call,
        end: async (outcome, text) => {
          await this.#write({ is: "ended", id, at: this.#clock.now(), outcome, text });
          this.#last = undefined;
        },
      }));
  }

  #calls(): ReadonlyMap<string, Call> {
    const calls = new Map<string, Call>();
    for (const line of this.#lines()) {
      const known = calls.get(line.id);
      if (line.is === "begin") {
        const { is: _is, id, ...call } = line;
        calls.set(id, call);
      } else if (known && line.is === "connected")
        calls.set(line.id, { ...known, connectedAt: line.at, text: line.text });
      else if (known && line.is === "ended")
        calls.set(line.id, { ...known, endedAt: line.at, outcome: line.outcome, text: line.text });
    }
    return calls;
  }

  /** The last call of a host, without a look at the disk but for the first time. */
  lastOf(host: string): Call | undefined {
    this.#last ??= this.#lastOfEach();
    return this.#last.get(host);
  }

  /** Rows of status need them, and must not fail for them. */
  #lastOfEach(): Map<string, Call> {
    try {
      return new Map(this.all().map((call) => [call.host, call]));
    } catch {
      return new Map();
    }
  }

  /** The book for one host, or one PDU. */
  book(host: string): CallBook {
    return {
      recent: (number) => Promise.resolve(this.all().filter((call) => call.number === number)),
      begin: (call) => this.#begin({ ...call, host, at: this.#clock.now() }),
    };
  }

  async #begin(call: Call): Promise<OpenCall> {
    const id = randomUUID();
    const { host, number } = call;
    this.lastOf(host);
    let now = call;
    const change = (more: Partial<Call>) => {
      now = { ...now, ...more };
      this.#last?.set(host, now);
    };
    const tell = (type: string, text: string, data: Readonly<Record<string, unknown>>) =>
      this.#audit.note({ type, host, by: "oob", text, data: { number, ...data } });
    await this.#write({ is: "begin", id, ...call });
    this.#open.set(id, host);
    change({});
    tell("call.begin", `calling ${number}`, {});
    return {
      connected: async (text) => {
        const at = this.#clock.now();
        change({ connectedAt: at, text });
        tell("call.connected", `${number} answered: ${text}`, {});
        await this.#writeOn({ is: "connected", id, at, text }, host);
      },
      ended: async (outcome, text) => {
        const at = this.#clock.now();
        change({ endedAt: at, outcome, text });
        this.#open.delete(id);
        const ms = now.connectedAt === undefined ? undefined : at - now.connectedAt;
        const said = text === "" ? "" : `: ${text}`;
        tell("call.end", `call of ${number} ended, ${outcome}${said}`, { outcome, ms });
        await this.#writeOn({ is: "ended", id, at, outcome, text }, host);
      },
    };
  }

  /** A call that stands is not given up because the disk is full. */
  async #writeOn(line: Line, host: string): Promise<void> {
    await this.#write(line).catch((thrown: unknown) => {
      this.#audit.note({ type: "call.unwritten", host, by: "oob", text: messageOf(thrown) });
    });
  }

  async #write(line: Line): Promise<void> {
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o750 });
      if (sizeOf(this.#path) > MAX_FILE_BYTES) await rename(this.#path, `${this.#path}.1`);
      const file = await open(this.#path, "a", 0o640);
      try {
        await file.appendFile(`${JSON.stringify(line)}\n`);
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw new OobError(
        "LOG_UNWRITABLE",
        `Cannot write the call down in "${this.#path}": ${messageOf(cause)}`,
        { cause, hint: "No call is made that cannot be counted" },
      );
    }
  }

  *#lines(): Generator<Line> {
    for (const path of [`${this.#path}.1`, this.#path]) {
      for (const text of textOf(path).split("\n")) {
        const line = lineOf(text);
        if (line) yield line;
      }
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw new OobError(
      "LOG_UNWRITABLE",
      `Cannot read the calls in "${path}": ${messageOf(error)}`,
      {
        cause: error,
        hint: "No call is made while it is not known how many there were",
      },
    );
  }
}

/** A line; undefined for one that a kill cut off. */
function lineOf(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Partial<Line> | null;
    const whole = typeof line?.id === "string" && typeof line.at === "number";
    return whole ? (line as Line) : undefined;
  } catch {
    return undefined;
  }
}
