import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { openPort } from "./open-port.ts";
import { scoreText, type TextScore } from "./text-score.ts";

/** Speeds at which consoles are found, the usual ones first. */
export const USUAL_SPEEDS: readonly number[] = [115_200, 9600, 38_400, 19_200, 57_600];
export const LISTEN_FOR: Millis = seconds(5);
/** What waits in the kernel when a port is opened came at another speed; a busy machine hands it over late. */
const STALE: Millis = 250;
const MOST_BYTES = 64 << 10;
/** So much text leaves no doubt: the other speeds are not tried. */
const ENOUGH_BYTES = 200;

/** How a port is listened to. */
export interface ListenOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly speeds: readonly number[];
  readonly listenFor: Millis;
  /** Press Enter once at each speed where nothing came in the first half of the time. */
  readonly enter: boolean;
  readonly progress: (text: string) => void;
}

/** What came at one speed. */
export interface Heard {
  readonly baud: number;
  readonly bytes: Uint8Array;
  readonly score: TextScore;
}

/** Listens at each speed in turn, until one leaves no doubt. Throws what opening the port throws. */
export async function listenAtSpeeds(path: string, options: ListenOptions): Promise<Heard[]> {
  const heard: Heard[] = [];
  for (const baud of options.speeds) {
    options.progress(`${path}: listening at ${baud} baud`);
    const one = await listenAt(path, baud, options);
    heard.push(one);
    if (isClear(one)) break;
  }
  return heard;
}

/** The speed at which text came, if any: most text first. */
export function bestSpeed(heard: readonly Heard[]): Heard | undefined {
  return heard
    .filter(({ score }) => score.looks === "text" || score.looks === "parity")
    .sort((a, b) => b.score.share - a.score.share || b.score.bytes - a.score.bytes)[0];
}

const isClear = ({ score }: Heard): boolean =>
  score.bytes >= ENOUGH_BYTES && (score.looks === "text" || score.looks === "parity");

async function listenAt(path: string, baud: number, options: ListenOptions): Promise<Heard> {
  const { clock, signal, listenFor, enter } = options;
  const link = await openPort({ path, baud }, clock, signal);
  const opened = clock.monotonic();
  const pieces: Uint8Array[] = [];
  let size = 0;
  let lost: unknown;
  const enough = new AbortController();
  const read = async () => {
    for await (const piece of link.bytes) {
      if (clock.monotonic() - opened < STALE || size >= MOST_BYTES) continue;
      pieces.push(piece);
      size += piece.length;
      if (isClear({ baud, bytes: piece, score: scoreText(Buffer.concat(pieces)) })) enough.abort();
    }
  };
  const reading = read().catch((thrown: unknown) => {
    lost = thrown;
    enough.abort();
  });
  const until = AbortSignal.any([signal, enough.signal]);
  const pause = (ms: Millis) => clock.sleep(ms, until).catch(() => undefined);
  try {
    await pause(listenFor / 2);
    if (enter && size === 0 && !until.aborted) await link.write(Uint8Array.of(0x0d));
    if (!until.aborted) await pause(listenFor / 2);
    signal.throwIfAborted();
  } finally {
    await link.close();
    await reading;
  }
  if (lost !== undefined)
    throw lost instanceof OobError ? lost : new OobError("LINK_LOST", messageOf(lost));
  const bytes = Buffer.concat(pieces);
  return { baud, bytes, score: scoreText(bytes) };
}
