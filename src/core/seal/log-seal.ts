import { basename } from "node:path";
import { checkpointText } from "../../codec/checkpoint.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import type { DayKeys } from "./day-keys.ts";
import type { SealEnd } from "./seal-end.ts";

/** Told why a log is not sealed at the moment; undefined: it is again. */
export type SealListener = (why: string | undefined) => void;

/** What is new is under a checkpoint after this, also where nothing more comes. */
const SEALED_WITHIN: Millis = minutes(1);

/** What the seals of one console's segments share: the keys, and who is told when something prevents them. */
export class LogSeal {
  readonly #log: string;
  readonly #keys: DayKeys;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #why: string | undefined;
  #listener: SealListener = () => {};

  constructor(folder: string, keys: DayKeys, clock: Clock) {
    this.#log = basename(folder);
    this.#keys = keys;
    this.#clock = clock;
  }

  /** Runs this once the next checkpoint is due. */
  later(run: () => void): void {
    this.#timer ??= this.#clock.after(SEALED_WITHIN, () => {
      this.#timer = undefined;
      run();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Called from now on with what changes, and at once where something prevents it already. */
  listen(listener: SealListener): void {
    this.#listener = listener;
    if (this.#why !== undefined) listener(this.#why);
  }

  prevented(why: string): void {
    if (this.#why === why) return;
    this.#why = why;
    this.#listener(why);
  }

  worked(): void {
    if (this.#why === undefined) return;
    this.#why = undefined;
    this.#listener(undefined);
  }

  /** A checkpoint as a line of its file. Throws LOG_UNWRITABLE where the keys do not serve. */
  async sign(segment: string, { number, offset, value }: SealEnd, at: Millis): Promise<string> {
    const { site, number: key, sign } = await this.#keys.todayMeanwhile();
    const hash = Buffer.from(value).toString("hex");
    const place = { log: this.#log, site, segment, entries: number, offset };
    const text = checkpointText({ ...place, at: Math.max(0, Math.floor(at)), hash, key });
    return `${text} ${sign(text)}\n`;
  }
}
