/**
 * What ends a line that is typed. A device made for terminals takes a carriage return, as Enter sends it; a program or a
 * gateway that reads whole lines waits for the line feed behind it, and says nothing until then. Both may not be sent to
 * everybody: to the first kind a line feed may be one more Enter, which answers the next question. So the first line goes
 * out as Enter; where nothing at all comes back, the line feed follows once, and from the answer on every line has one. Of a
 * device that is merely slow it would answer the next question, a password's: so it waits for most of the device's patience.
 */
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import type { Link } from "../link.ts";

/** What a device answers to Enter comes within this part of its patience, or Enter was not enough. */
const ENTER_ANSWERED = 2 / 3;
const AT_LEAST: Millis = 3000;
const CR = 0x0d;
const LF = 0x0a;

/**
 * The same Link, on which a CR is followed by LF where the other side turns out to want it. `patience`: how long it may be
 * silent before it answers.
 */
export function withLineEnd(link: Link, clock: Clock, patience: Millis): Link {
  const answered = Math.max(AT_LEAST, patience * ENTER_ANSWERED);
  let ends: "asked" | "cr" | "crlf" = "asked";
  let feeds = false;
  /** Bytes that may come back as an echo, and those that came. */
  let typed = 0;
  let came = 0;
  let timer: Timer | undefined;
  const heard = (length: number): void => {
    if (ends !== "asked" || typed === 0) return;
    came += length;
    if (came <= typed) return;
    timer?.cancel();
    ends = feeds ? "crlf" : "cr";
  };
  async function* read(): AsyncGenerator<Uint8Array> {
    for await (const chunk of link.bytes) {
      heard(chunk.length);
      yield chunk;
    }
  }
  return {
    label: link.label,
    bytes: read(),
    async write(text) {
      await link.write(feeds ? withFeeds(text) : text);
      if (ends !== "asked") return;
      typed = text.length;
      came = 0;
      timer?.cancel();
      if (feeds || text.at(-1) !== CR) return;
      timer = clock.after(answered, () => {
        feeds = true;
        // Where the line is gone, whoever reads it is told.
        void link.write(Uint8Array.of(LF)).catch(() => undefined);
      });
    },
    close() {
      timer?.cancel();
      ends = "cr";
      return link.close();
    },
  };
}

const withFeeds = (text: Uint8Array): Uint8Array =>
  Uint8Array.from([...text].flatMap((byte) => (byte === CR ? [CR, LF] : [byte])));
