import { byteSize } from "../../lib/byte-size.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";

/** What is over sooner is not told of. */
const EVERY: Millis = seconds(5);

/** "package list: 12.3 kB of 40.1 kB, 910 B/s, 31s left", now and then. */
export class FetchRate {
  readonly #clock: Clock;
  readonly #say: (text: string) => void;
  #what = "";
  #began: Millis = 0;
  #saidAt: Millis = 0;
  #last = 0;

  constructor(clock: Clock, say: (text: string) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  at(what: string, bytes: number, whole: number): void {
    const now = this.#clock.monotonic();
    if (what !== this.#what || bytes < this.#last) {
      this.#what = what;
      this.#began = now;
      this.#saidAt = now;
    }
    this.#last = bytes;
    if (now - this.#saidAt < EVERY || bytes >= whole) return;
    this.#saidAt = now;
    const rate = (bytes * 1000) / (now - this.#began);
    const left =
      rate > 0 ? `, ${formatDuration(Math.max(1000, ((whole - bytes) * 1000) / rate))} left` : "";
    const fast = `${byteSize(Math.round(rate))}/s`;
    this.#say(`${what}: ${byteSize(bytes)} of ${byteSize(whole)}, ${fast}${left}`);
  }
}
