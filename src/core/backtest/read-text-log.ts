/** Reads a log that is one file: raw bytes, or what conserver or ConMan wrote. */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { ConmanLog, readsAsConmanLog } from "../../codec/conman-log.ts";
import { ConserverLog, readsAsConserverLog } from "../../codec/conserver-log.ts";
import { RawLines, type StampedPiece } from "../../codec/stamped-log.ts";
import { concatBytes } from "../../lib/bytes.ts";
import type { Millis } from "../../lib/clock.ts";
import { hours } from "../../lib/durations.ts";
import { AssumedTime } from "./assumed-time.ts";
import type { LogMoment, PlayableLog } from "./log-moment.ts";

const BEGINNING_BYTES = 64 << 10;
/** Lines that come at the same moment are played as one piece, as a console server hands them over. */
const PIECE_BYTES = 4096;
const PIECE_TIME: Millis = 200;
/** A stamp further ahead than this is the host's own text, or of a broken clock: every second of it would be played. */
const LONGEST_LEAP: Millis = hours(366 * 24);

interface Format {
  readonly format: PlayableLog["format"];
  readonly times: string;
  readonly open: () => {
    receive(chunk: Uint8Array): StampedPiece[];
    end(): StampedPiece[];
  };
}

/** Opens such a log. Throws what the file system throws. */
export async function openTextLog(path: string): Promise<PlayableLog> {
  const { format, times, open: reader } = formatOf(await beginningOf(path));
  const name = basename(path).replace(/\.(?:log|raw|txt|out)$/i, "");
  const written = (await stat(path)).mtimeMs;
  return {
    ...{ name, path, format, times },
    moments: () =>
      joined(timed(createReadStream(path), reader(), format === "raw" ? written : undefined)),
  };
}

async function beginningOf(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    const into = Buffer.alloc(BEGINNING_BYTES);
    const { bytesRead } = await file.read(into, 0, into.length, 0);
    return into.toString("latin1", 0, bytesRead);
  } finally {
    await file.close();
  }
}

function formatOf(beginning: string): Format {
  if (readsAsConserverLog(beginning))
    return {
      format: "conserver",
      times: "by conserver's stamps; between two of them as early as can be",
      open: () => new ConserverLog(),
    };
  const conman = readsAsConmanLog(beginning);
  if (conman)
    return {
      format: "conman",
      times: conman.stamped
        ? "by ConMan's stamps"
        : "by ConMan's messages; between two of them as early as can be",
      open: () => new ConmanLog(conman),
    };
  return {
    format: "raw",
    times: "assumed: 115200 baud, and by the host's own clock where it prints one",
    open: rawReader,
  };
}

function rawReader(): ReturnType<Format["open"]> {
  const lines = new RawLines();
  return {
    receive: (chunk) => lines.receive(chunk).map((line) => ({ is: "bytes", ...line })),
    end: () => {
      const rest = lines.rest();
      return rest ? [{ is: "bytes", ...rest }] : [];
    },
  };
}

/** Gives each piece its time. `from`: when a log without any is taken to begin. */
async function* timed(
  chunks: AsyncIterable<Uint8Array>,
  reader: ReturnType<Format["open"]>,
  from: Millis | undefined,
): AsyncGenerator<LogMoment> {
  const clock = new Timing(from);
  for await (const chunk of chunks) yield* clock.take(reader.receive(chunk));
  yield* clock.take(reader.end());
  yield* clock.end();
}

/** Knows how late it is in a log; keeps what comes before the first stamp. */
class Timing {
  #time: AssumedTime | undefined;
  #early: StampedPiece[] = [];

  constructor(from: Millis | undefined) {
    if (from !== undefined) this.#time = new AssumedTime(from);
  }

  *take(pieces: readonly StampedPiece[]): Generator<LogMoment> {
    for (const piece of pieces) {
      if (!this.#time && piece.is === "time") yield* this.#begin(piece.at);
      if (this.#time) yield* this.#moment(piece, this.#time);
      else this.#early.push(piece);
    }
  }

  *end(): Generator<LogMoment> {
    // The beginning looked like a log with stamps, so there is one; and were there none, all would come at once.
    if (!this.#time) yield* this.#begin(0);
  }

  *#begin(at: Millis): Generator<LogMoment> {
    this.#time = new AssumedTime(at);
    for (const piece of this.#early) yield* this.#moment(piece, this.#time);
    this.#early = [];
  }

  *#moment(piece: StampedPiece, time: AssumedTime): Generator<LogMoment> {
    switch (piece.is) {
      case "bytes":
        yield { ...piece, at: time.takes(piece.bytes) };
        return;
      case "time":
        if (piece.at - time.now < LONGEST_LEAP) time.passes(piece.at);
        yield { is: "time", at: time.now };
        return;
      case "link":
      case "person":
        yield { ...piece, at: time.now };
        return;
      case "note":
        return;
    }
  }
}

/** Puts lines together that came in one go. */
async function* joined(moments: AsyncIterable<LogMoment>): AsyncGenerator<LogMoment> {
  let parts: Uint8Array[] = [];
  let first: (LogMoment & { is: "bytes" }) | undefined;
  let length = 0;
  for await (const moment of moments) {
    const goesOn =
      first &&
      moment.is === "bytes" &&
      moment.offset === first.offset + length &&
      moment.at - first.at < PIECE_TIME &&
      length + moment.bytes.length <= PIECE_BYTES;
    if (!goesOn && first) {
      yield { ...first, bytes: concatBytes(parts) };
      first = undefined;
    }
    if (moment.is !== "bytes") yield moment;
    else if (first) {
      parts.push(moment.bytes);
      length += moment.bytes.length;
    } else {
      first = moment;
      parts = [moment.bytes];
      length = moment.bytes.length;
    }
  }
  if (first) yield { ...first, bytes: concatBytes(parts) };
}
