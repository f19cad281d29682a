/**
 * A protocol without I/O: bytes in, events out. Three laws hold for every codec (test/codec/laws.ts): the events do not
 * depend on how the input is cut, `receive` never throws, and what is held between calls is bounded.
 */
export interface Codec<Event> {
  receive(bytes: Uint8Array): Event[];
  /** What the protocol itself wants sent: answers, greetings. Empties the buffer. */
  takeOutput(): Uint8Array;
}
