/*
 * What a file test/fuzz/<target>.ts exports as its default: inputs to begin with, and a run that throws where a promise
 * is broken. Inputs that once broke one are kept under corpus/<target>/ and replayed by corpus.test.ts in every npm test.
 */
import { cutUp, type Subject } from "../codec/subject.ts";

/** Something to be fed with hostile bytes. */
export interface FuzzTarget {
  readonly seeds: readonly Uint8Array[];
  readonly run: (input: Uint8Array) => void | Promise<void>;
}

/** One that waits for nothing, so that others can be made of it. */
export interface PlainFuzzTarget extends FuzzTarget {
  readonly run: (input: Uint8Array) => void;
}

const CUTS = [1, 7, 2, 3, 1, 31] as const;

/** The three laws of codecs, asked of one input after another. */
export function codecTarget<Machine, Event>(subject: Subject<Machine, Event>): PlainFuzzTarget {
  const { make, feed, join, held, bound, words } = subject;
  const seen = (events: readonly Event[]) => JSON.stringify(join(events));
  return {
    seeds: words,
    run(input) {
      const machine = make();
      const whole = seen(feed(machine, input.slice()));
      if (held(machine) > bound)
        throw new Error(`holds ${held(machine)} bytes, more than ${bound}`);
      const other = make();
      const parts: Event[] = [];
      for (const chunk of cutUp(input, CUTS)) {
        for (const event of feed(other, chunk)) parts.push(ownEvent(event));
        chunk.fill(0x55);
        if (held(other) > bound) throw new Error(`holds ${held(other)} bytes, more than ${bound}`);
      }
      const cut = seen(parts);
      if (cut !== whole) throw new Error(`cut otherwise, other events: ${cut} instead of ${whole}`);
    },
  };
}

/** A codec may hand out views of what it was given: they are copied before that is overwritten. */
const ownEvent = <Event>(event: Event): Event =>
  (event instanceof Uint8Array || hasViews(event) ? structuredClone(event) : event) as Event;

const hasViews = (event: unknown): boolean =>
  typeof event === "object" &&
  event !== null &&
  Object.values(event).some((value) => value instanceof Uint8Array);
