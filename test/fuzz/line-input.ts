import { LineInput, type LineInputEvent, MAX_TYPED_LINE } from "../../src/codec/line-input.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import type { Subject } from "../codec/subject.ts";
import { codecTarget } from "./fuzz-target.ts";

/** What a caller types under the three laws. */
export const lineInputSubject: Subject<LineInput, LineInputEvent> = {
  make: () => new LineInput(),
  feed: (codec, bytes) => codec.receive(bytes),
  join: (events) => [...events],
  held: (codec) => codec.held,
  bound: MAX_TYPED_LINE,
  words: ["a", "word", "\r", "\r\n", "\n", "\x03", "\x04", "\b", "\x7f", "\x15", "\xff"].map(
    latin1,
  ),
};

export default codecTarget(lineInputSubject);
