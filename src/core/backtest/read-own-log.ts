/** Reads a console's log of ours, with its segments, times, marks and holes. */
import { basename } from "node:path";
import type { Millis } from "../../lib/clock.ts";
import { type LogPiece, LogWalk } from "../log/log-walk.ts";
import type { LogMoment, PlayableLog } from "./log-moment.ts";

/** Automation at the seat is no person. */
const AUTOMATION = /^(?:watchdog|runbook)\b/;

/** Opens the folder of a console's log, one that holds segments. */
export function openOwnLog(folder: string, host: string | undefined): PlayableLog {
  return {
    name: host ?? decodeURIComponent(basename(folder)),
    path: folder,
    format: "oob",
    times: "known",
    ...(host !== undefined && { host }),
    moments: () => walk(folder),
  };
}

async function* walk(folder: string): AsyncGenerator<LogMoment> {
  const log = new LogWalk(folder, {});
  const marks = new Marks();
  try {
    for (let piece = await log.next(); piece; piece = await log.next()) {
      // LogWalk reads every piece into memory of its own.
      if (piece.is === "bytes") yield marks.came(piece);
      else yield* marks.take(piece);
    }
  } finally {
    await log.close();
  }
}

/** Reads marks: their kinds are fixed, their texts are for people. */
class Marks {
  #up = false;
  #last: Millis = 0;
  readonly #here = new Set<string>();

  came({ bytes, offset, at }: LogPiece & { is: "bytes" }): LogMoment {
    this.#last = Math.max(this.#last, at);
    return { is: "bytes", at, bytes, offset };
  }

  *take({ kind, text, at }: LogPiece & { is: "mark" }): Generator<LogMoment> {
    if (kind === "up" || kind === "down") yield* this.#link(kind === "up", text, at);
    else if (kind === "gap") yield { is: "gap", at, text };
    else if (kind === "power") yield { is: "power", at, text };
    else if (kind === "session") yield* this.#person(text, at);
    this.#last = Math.max(this.#last, at);
  }

  *#link(up: boolean, text: string, at: Millis): Generator<LogMoment> {
    // Up twice: the daemon ended in between, and nobody watched since the last that it wrote.
    if (up && this.#up) yield* this.#ended();
    this.#up = up;
    yield { is: "link", at, up, text };
  }

  *#ended(): Generator<LogMoment> {
    for (const who of this.#here) yield { is: "person", at: this.#last, who, came: false };
    this.#here.clear();
    yield { is: "link", at: this.#last, up: false, text: "the daemon was restarted" };
  }

  *#person(text: string, at: Millis): Generator<LogMoment> {
    const [, who, what = ""] = /^(\S{1,200}) (.*)$/.exec(text) ?? [];
    if (who === undefined || AUTOMATION.test(who)) return;
    const writes = /^(?:writes\b|took the seat)/.test(what);
    if (writes === this.#here.has(who) || what === "came") return;
    if (writes) this.#here.add(who);
    else this.#here.delete(who);
    yield { is: "person", at, who, came: writes };
  }
}
