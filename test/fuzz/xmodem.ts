import { EOT, encodeBlock } from "../../src/codec/xmodem.ts";
import {
  MAX_HELD_BYTES,
  type ReceiverEvent,
  XmodemReceiver,
} from "../../src/codec/xmodem-receiver.ts";
import { concatBytes, latin1 } from "../../src/lib/bytes.ts";
import { joinBytes, type Subject } from "../codec/subject.ts";
import { codecTarget } from "./fuzz-target.ts";

const text = (letter: string, size: number) => latin1(letter.repeat(size));

/** The YMODEM receiver, which has all states that the plain one has, under the three laws. */
export const receiverSubject: Subject<XmodemReceiver, ReceiverEvent> = {
  make: () => new XmodemReceiver({ batch: true }),
  feed: (receiver, bytes) => {
    const events = receiver.receive(bytes, 0);
    receiver.takeOutput();
    return events;
  },
  join: joinBytes<ReceiverEvent>("data"),
  held: (receiver) => receiver.held,
  bound: MAX_HELD_BYTES,
  words: [
    encodeBlock(0, latin1("kernel.bin\u0000200 0 0\u0000"), "crc", 0),
    encodeBlock(1, text("a", 128), "crc"),
    encodeBlock(2, text("b", 100), "crc"),
    encodeBlock(1, text("c", 1024), "crc"),
    encodeBlock(0, new Uint8Array(0), "crc", 0),
    concatBytes([
      encodeBlock(0, latin1("f\u000064\u0000"), "crc", 0),
      encodeBlock(1, text("d", 64), "crc"),
      Uint8Array.of(EOT, EOT),
    ]),
    Uint8Array.of(EOT),
    Uint8Array.of(0x18),
    Uint8Array.of(1, 1),
    Uint8Array.of(2),
    latin1("[   12.345678] eth0: link up\r\n"),
  ],
};

export default codecTarget(receiverSubject);
