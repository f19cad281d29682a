import { byteSize as size } from "../../lib/byte-size.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { printable } from "../../lib/printable.ts";
import type { Sink } from "../context.ts";

/** A terminal is written to at most this often, anything else much less. */
const ON_TERMINAL: Millis = 200;
const ON_PIPE: Millis = seconds(10);
/** The rate shown is that of the last so long: what a line does now says when it will end. */
const LOOKS_BACK: Millis = seconds(10);

/** "web1  45 %  45.0 kB of 100.0 kB  8.1 kB/s  7s left", on one line of a terminal. */
export class Progress {
  readonly #what: string;
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #samples: { readonly at: Millis; readonly bytes: number }[] = [];
  #saidAt: Millis | undefined;
  #shown = false;

  constructor(what: string, sink: Sink, clock: Clock) {
    this.#what = what;
    this.#sink = sink;
    this.#clock = clock;
  }

  /** So many bytes are over; `whole` where it is known how many there are. */
  at(bytes: number, whole: number | undefined): void {
    const now = this.#clock.monotonic();
    this.#samples.push({ at: now, bytes });
    while ((this.#samples[1]?.at ?? now) < now - LOOKS_BACK) this.#samples.shift();
    const every = this.#sink.isTTY ? ON_TERMINAL : ON_PIPE;
    // On a pipe, a short transfer says nothing.
    this.#saidAt ??= this.#sink.isTTY ? now - every : now;
    if (now - this.#saidAt < every) return;
    this.#saidAt = now;
    this.#say(progressLine(bytes, whole, this.#rate(now, bytes)));
  }

  /** Takes the line off the terminal. */
  clear(): void {
    if (this.#shown) this.#sink.write("\r\u001b[K");
    this.#shown = false;
  }

  #rate(now: Millis, bytes: number): number | undefined {
    const [first] = this.#samples;
    if (first === undefined || now <= first.at) return undefined;
    return ((bytes - first.bytes) * 1000) / (now - first.at);
  }

  #say(text: string): void {
    const line = printable(`${this.#what}  ${text}`);
    this.#sink.write(this.#sink.isTTY ? `\r${line}\u001b[K` : `${line}\n`);
    this.#shown = this.#sink.isTTY === true;
  }
}

/** How far it is, how fast, and how long it takes still. */
export function progressLine(
  bytes: number,
  whole: number | undefined,
  rate: number | undefined,
): string {
  const fast = rate === undefined || rate <= 0 ? [] : [`${size(Math.round(rate))}/s`];
  if (whole === undefined) return [size(bytes), ...fast].join("  ");
  const share = whole === 0 ? 100 : Math.floor((bytes / whole) * 100);
  const left =
    rate === undefined || rate <= 0
      ? []
      : [`${formatDuration(Math.max(1000, ((whole - bytes) / rate) * 1000))} left`];
  return [`${share} %`, `${size(bytes)} of ${size(whole)}`, ...fast, ...left].join("  ");
}
