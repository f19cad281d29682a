import { Duplex } from "node:stream";
import type { Link } from "../link.ts";

/**
 * A Link as a stream, for a protocol that goes through it. At most one chunk is read ahead. Ending the stream leaves the
 * Link open: that belongs to whoever opened it.
 */
export function linkStream(link: Link): Duplex {
  const bytes = link.bytes[Symbol.asyncIterator]();
  const stream: Duplex = new Duplex({
    readableHighWaterMark: 1,
    read() {
      bytes.next().then(
        ({ done, value }) => stream.push(done === true ? null : value),
        (error: Error) => stream.destroy(error),
      );
    },
    write(chunk: Uint8Array, _encoding, taken) {
      void written(link, chunk).then(taken);
    },
  });
  return stream;
}

/** What kept the bytes from being written; null where nothing did. */
const written = (link: Link, chunk: Uint8Array): Promise<Error | null> =>
  link.write(chunk).then(
    () => null,
    (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
  );
