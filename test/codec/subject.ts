import { concatBytes } from "../../src/lib/bytes.ts";

/** Any byte-eating machine with its law-abiding face: how to make one, feed it, and see what it keeps. */
export interface Subject<Machine, Event> {
  readonly make: () => Machine;
  readonly feed: (machine: Machine, bytes: Uint8Array) => readonly Event[];
  /** Joins neighbouring data, so that only what happened is compared. */
  readonly join: (events: readonly Event[]) => readonly unknown[];
  /** Bytes kept between calls, and the most that they may be. */
  readonly held: (machine: Machine) => number;
  readonly bound: number;
  /** Pieces that make interesting input, mixed with random bytes. */
  readonly words: readonly Uint8Array[];
}

/** Cuts bytes into chunks whose sizes go round. */
export function cutUp(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    // A copy of its own: a codec that keeps a view of the caller's array fails.
    chunks.push(bytes.slice(at, at + size));
    at += size;
  }
  return chunks;
}

/** Joins the `bytes` of neighbouring events of this kind. */
export function joinBytes<Event extends { readonly is: string }>(
  kind: string,
): (events: readonly Event[]) => readonly unknown[] {
  return (events) => {
    const joined: unknown[] = [];
    let pieces: Uint8Array[] = [];
    const flush = () => {
      if (pieces.length > 0) joined.push({ is: kind, bytes: concatBytes(pieces) });
      pieces = [];
    };
    for (const event of events) {
      if (event.is === kind && "bytes" in event && event.bytes instanceof Uint8Array) {
        pieces.push(event.bytes);
      } else {
        flush();
        joined.push(event);
      }
    }
    flush();
    return joined;
  };
}
