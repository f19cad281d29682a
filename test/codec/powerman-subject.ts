import {
  MAX_POWERMAN_LINE_BYTES,
  PowermanCodec,
  type PowermanEvent,
} from "../../src/codec/powerman.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import type { Subject } from "./subject.ts";

/** Lines as powermand 2.3.27 sent them. */
export const POWERMAN_LINES = [
  "001 2.3.27\r\n",
  "powerman> ",
  "powerman> 105 Hostrange expansion ON\r\n",
  "303 web1: on\r\n",
  "303 web2: unknown\r\n",
  "308 b: connect timeout\r\n",
  "211 Query completed with errors\r\n",
  "powerman> 209 No such nodes: nope\r\n",
];

export const powermanSubject: Subject<PowermanCodec, PowermanEvent> = {
  make: () => new PowermanCodec(),
  feed: (codec, bytes) => codec.receive(bytes),
  join: (events) => events,
  held: (codec) => codec.held,
  bound: MAX_POWERMAN_LINE_BYTES,
  words: [...POWERMAN_LINES, "303 web1: on", "\n", "303 ů: on\n", "\r", "999 x\n"].map(utf8),
};
