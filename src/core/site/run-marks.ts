import fs from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { replaceFile } from "../../lib/replace-file.ts";
import type { Audit } from "../audit/audit.ts";
import { hostFolder } from "./host-folder.ts";
import type { RunMark } from "./run-doors.ts";

const FILE = "run-mark.json";
const MAX_TEXT = 500;

/** As it lies on disk. `running`: the process that is at it; when that is gone, the run was cut short. */
interface Stored extends RunMark {
  readonly running?: { readonly pid: number; readonly started: string };
}

/** A run that has begun to change its host. */
export interface MarkedRun {
  /** Told of each act before it begins, and of the way back where it has one: on disk when it returns. */
  act(what: string, undo?: string): void;
  /** It came to its end: the mark goes, but for one that stood before. */
  ended(): void;
  /** It did not. `refused`: what it was about to do was not done. */
  left(why: string, refused: boolean): Promise<void>;
}

/**
 * Hosts whose runbook began to change something and did not come to its end. A mark is on disk before the first act
 * begins, so that one whose process was killed in the midst of it stands, too; it stays until a person clears it. One
 * file a host: several processes may run runbooks, never two at one host (the console's lock).
 */
export class RunMarks {
  readonly #state: string;
  readonly #clock: Clock;
  readonly #audit: Audit;
  readonly #marks = new Map<string, Stored>();
  /** Hosts at which this process is. */
  readonly #ours = new Set<string>();

  /** Reads what stands; says what a process before this one left. */
  constructor(state: string, clock: Clock, audit: Audit, hosts: Iterable<string>) {
    this.#state = state;
    this.#clock = clock;
    this.#audit = audit;
    this.#load(hosts);
  }

  #load(hosts: Iterable<string>): void {
    for (const host of hosts) {
      const mark = this.#read(host);
      if (mark === undefined) continue;
      this.#marks.set(host, mark);
      if (mark.running === undefined || isAlive(mark.running)) continue;
      const why = "the process that ran it ended in the midst of it";
      const { running: _gone, ...rest } = mark;
      this.#set({ ...rest, why });
      this.#tell(host, mark, why);
    }
  }

  /** The mark that stands on a host now. */
  of(host: string): RunMark | undefined {
    const mark = this.#marks.get(host);
    if (mark === undefined || this.#ours.has(host)) return undefined;
    if (mark.running !== undefined && isAlive(mark.running)) return undefined;
    const { running: _running, ...rest } = mark;
    return rest;
  }

  /** Throws GUARD_REFUSED where a mark stands. */
  demandClear(host: string, runbook: string): void {
    const fresh = this.#read(host);
    if (fresh) this.#marks.set(host, fresh);
    const mark = this.of(host);
    if (mark === undefined) return;
    throw new OobError(
      "GUARD_REFUSED",
      `Cannot run ${runbook} on ${host}: ${mark.runbook} stopped half-way there, in "${mark.act}": ${mark.why}`,
      {
        hint: `${mark.undo === undefined ? "Look at the host" : `The way back: ${mark.undo}`}; then: oob runbook clear ${host}  (or run it with --force)`,
      },
    );
  }

  /** For one run: nothing is marked before its first act. */
  begin(host: string, runbook: string, by: string): MarkedRun {
    let before: Stored | undefined;
    let mark: Stored | undefined;
    let acts = 0;
    const restore = () => {
      if (mark === undefined) return;
      this.#ours.delete(host);
      if (before) this.#set(before);
      else this.#remove(host);
    };
    return {
      act: (what, undo = mark?.undo) => {
        acts++;
        // Only now: while this one waited for the console, another run may have begun, ended or stopped half-way.
        if (mark === undefined) before = this.#standing(host);
        const told = {
          act: printable(what, MAX_TEXT),
          ...(undo === undefined ? {} : { undo: printable(undo, MAX_TEXT) }),
        };
        const at = mark?.at ?? this.#clock.now();
        const running = { pid: process.pid, started: startOf(process.pid) };
        mark = { host, runbook, by, at, ...told, why: "under way", running };
        this.#ours.add(host);
        this.#set(mark);
      },
      ended: restore,
      left: async (why, refused) => {
        if (mark === undefined || (refused && acts === 1)) return restore();
        const { running: _running, ...rest } = mark;
        this.#ours.delete(host);
        this.#set({ ...rest, why: printable(why, MAX_TEXT) });
        this.#tell(host, mark, why);
      },
    };
  }

  /** Takes marks away; gives those that stood. */
  async clear(hosts: readonly string[], by: string, reason: string): Promise<readonly RunMark[]> {
    const cleared: RunMark[] = [];
    for (const host of hosts) {
      const mark = this.of(host);
      if (mark === undefined) continue;
      const why = reason === "" ? "" : `: ${reason}`;
      const text = `${mark.runbook} stopped half-way; cleared${why}`;
      await this.#audit.commit({ host, type: "run.clear", by, text: printable(text, MAX_TEXT) });
      this.#remove(host);
      cleared.push(mark);
    }
    return cleared;
  }

  /** The mark of a run that is over. */
  #standing(host: string): Stored | undefined {
    const mark = this.#read(host);
    return mark?.running !== undefined && isAlive(mark.running) ? undefined : mark;
  }

  #tell(host: string, { runbook, act }: RunMark, why: string): void {
    const text = `${runbook} stopped half-way, in "${act}": ${printable(why, MAX_TEXT)}`;
    this.#audit.note({ host, type: "run.left", by: "oob", text, data: { runbook } });
  }

  #path(host: string): string {
    return join(hostFolder(this.#state, host), FILE);
  }

  /** A file that cannot be read marks its host: nobody knows what was done there. */
  #read(host: string): Stored | undefined {
    const path = this.#path(host);
    let text: string;
    try {
      text = fs.readFileSync(path, "utf8");
    } catch (thrown) {
      if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
      return unreadable(host, path, messageOf(thrown));
    }
    try {
      const stored: unknown = JSON.parse(text);
      if (isStored(stored)) return { ...stored, host };
      return unreadable(host, path, "it is incomplete");
    } catch (thrown) {
      return unreadable(host, path, messageOf(thrown));
    }
  }

  #set(mark: Stored): void {
    this.#marks.set(mark.host, mark);
    const path = this.#path(mark.host);
    try {
      replaceFile(path, `${JSON.stringify(mark, undefined, 1)}\n`);
    } catch (cause) {
      throw new OobError("LOG_UNWRITABLE", `Cannot mark ${mark.host} in "${path}"`, { cause });
    }
  }

  #remove(host: string): void {
    this.#marks.delete(host);
    fs.rmSync(this.#path(host), { force: true });
  }
}

const unreadable = (host: string, path: string, why: string): Stored => ({
  ...{ host, runbook: "a runbook", by: "nobody knows", at: 0, act: "nobody knows" },
  why: `its mark "${path}" cannot be read: ${printable(why, 200)}`,
});

function isStored(value: unknown): value is Stored {
  if (typeof value !== "object" || value === null) return false;
  const { runbook, by, at, act, why, undo = "", running } = value as Record<string, unknown>;
  const texts = [runbook, by, act, why, undo].every((one) => typeof one === "string");
  return texts && typeof at === "number" && (running === undefined || isRunner(running));
}

const isRunner = (value: unknown): boolean => {
  const { pid, started } = (value ?? {}) as Record<string, unknown>;
  return typeof pid === "number" && typeof started === "string";
};

/** Start of a process in clock ticks since boot, with the boot: field 22 of /proc/PID/stat (proc(5)). "": it is gone. */
function startOf(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return `${boot} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
  } catch {
    return "";
  }
}

const isAlive = ({ pid, started }: { pid: number; started: string }): boolean =>
  started !== "" && startOf(pid) === started;
