import {
  ConserverConsole,
  type ConserverEvent,
  MAX_CONSERVER_HELD,
} from "../../src/codec/conserver.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import { joinBytes, type Subject } from "./subject.ts";

/** A connected console that waits for answers to a break and to bytes sent by number. */
export const conserverConsole: Subject<ConserverConsole, ConserverEvent> = {
  make() {
    const codec = new ConserverConsole();
    codec.encode(Uint8Array.of(0x1e));
    codec.encodeBreak();
    codec.encode(Uint8Array.of(0x1e, 0x1e));
    return codec;
  },
  feed: (codec, bytes) => codec.receive(bytes),
  join: joinBytes<ConserverEvent>("data"),
  held: (codec) => codec.held,
  bound: MAX_CONSERVER_HELD,
  words: [
    "[quote \\036]",
    "[attach to send character]\r\n",
    "[halt sent]\r\n",
    "[halt undefined]\r\n",
    "[halt ",
    "[forced to `spy' mode by a@b]\r\n",
    "[attached]\r\n",
    "\xff\xff",
    "\xffG",
    "\xff",
    "\r\n",
    "\x1b[0m",
    "[",
  ].map(latin1),
};
