/*
 * What a file test/fuzz/<target>.ts exports as its default: inputs to begin with, and a run that throws where a promise
 * is broken. Inputs that once broke one are kept under corpus/<target>/ and replayed by corpus.test.ts in every npm test.
 */
import type { Subject } from "../codec/subject.ts";

/** Seeds that belong together: of one device, one version. `head` stands before the input, and says which. */
export interface SeedGroup {
  readonly head: Uint8Array;
  readonly seeds: readonly Uint8Array[];
  /** Most seeds in one input. */
  readonly pieces?: number;
}

/** Something to be fed with hostile bytes. */
export interface FuzzTarget {
  readonly seeds: readonly Uint8Array[];
  /** An input is made of the seeds of one group, where there are any. */
  readonly groups?: readonly SeedGroup[];
  /** Answers of a device that were given since it was loaded, where an input is a device that is asked many times. */
  readonly answers?: () => number;
  /** Bytes that were made of the inputs since it was loaded, where an input is a seed of longer ones. */
  readonly bytes?: () => number;
  readonly run: (input: Uint8Array) => void | Promise<void>;
}

/** One that waits for nothing, so that others can be made of it. */
export interface PlainFuzzTarget extends FuzzTarget {
  readonly run: (input: Uint8Array) => void;
}

/** Pieces of these sizes, again and again, always in the same place: a codec that keeps a view of what it got fails. */
const CUTS = [1, 7, 2, 3, 1, 31, 257].map((size) => new Uint8Array(size));

/** The three laws of codecs, asked of one input after another. */
export function codecTarget<Machine, Event>(subject: Subject<Machine, Event>): PlainFuzzTarget {
  const { make, feed, join, held, bound, words } = subject;
  const holdsLittle = (machine: Machine) => {
    if (held(machine) > bound) throw new Error(`holds ${held(machine)} bytes, more than ${bound}`);
  };
  return {
    seeds: words,
    run(input) {
      const machine = make();
      const whole = feed(machine, input);
      holdsLittle(machine);
      const other = make();
      const parts: Event[] = [];
      for (let at = 0, n = 0; at < input.length; n++) {
        const place = CUTS[n % CUTS.length] ?? NOTHING;
        const left = input.length - at;
        const chunk = left < place.length ? place.subarray(0, left) : place;
        for (let i = 0; i < chunk.length; i++) chunk[i] = input[at + i] ?? 0;
        at += chunk.length;
        for (const event of feed(other, chunk)) parts.push(ownEvent(event));
        chunk.fill(0x55);
        holdsLittle(other);
      }
      const [once, cut] = [join(whole), join(parts)];
      if (!same(once, cut))
        throw new Error(`cut otherwise, other events: ${shown(cut)} instead of ${shown(once)}`);
    },
  };
}

/** Kinds of a codec, or its ends: the first byte of an input says which of them it goes to. */
export function eachOf<Machine, Event>(subjects: readonly Subject<Machine, Event>[]): FuzzTarget {
  const targets = subjects.map(codecTarget);
  return {
    seeds: targets.flatMap(({ seeds }) => seeds),
    groups: targets.map(({ seeds }, n) => ({ head: Uint8Array.of(n), seeds })),
    run: (input) => targets[(input[0] ?? 0) % targets.length]?.run(input.subarray(1)),
  };
}

/** A codec may hand out views of what it was given: they are copied before that is overwritten. */
function ownEvent<Event>(event: Event): Event {
  if (event instanceof Uint8Array) return event.slice() as Event;
  if (typeof event !== "object" || event === null) return event;
  let own: Record<string, unknown> | undefined;
  for (const key in event) {
    const value: unknown = event[key];
    if (!(value instanceof Uint8Array)) continue;
    own ??= { ...(event as Plain) };
    own[key] = value.slice();
  }
  return (own ?? event) as Event;
}

/** Whether two values are made of the same plain data. */
function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null)
    return Number.isNaN(one) && Number.isNaN(other);
  if (one instanceof Uint8Array && other instanceof Uint8Array) return sameBytes(one, other);
  const [mine, theirs] = [one as Plain, other as Plain];
  let left = 0;
  for (const key in mine) {
    if (!same(mine[key], theirs[key])) return false;
    left++;
  }
  for (const _ in theirs) left--;
  return left === 0;
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

type Plain = Readonly<Record<string, unknown>>;

const shown = (events: readonly unknown[]): string =>
  JSON.stringify(events, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
  );

const NOTHING = new Uint8Array(0);
