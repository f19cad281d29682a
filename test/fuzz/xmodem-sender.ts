import { type SenderEvent, XmodemSender } from "../../src/codec/xmodem-sender.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import type { Subject } from "../codec/subject.ts";
import { codecTarget } from "./fuzz-target.ts";

const FILE = latin1("0123456789".repeat(250));

/** The YMODEM sender under the three laws; what it wants sent counts as an event. */
export const senderSubject: Subject<XmodemSender, SenderEvent | { readonly sent: number }> = {
  make: () => new XmodemSender({ bytes: FILE, long: true, name: "kernel.bin" }),
  feed: (sender, bytes) => sender.receive(bytes, 0),
  join: (events) => events,
  held: () => 0,
  bound: 0,
  words: [
    Uint8Array.of(0x15),
    Uint8Array.of(0x43),
    Uint8Array.of(0x06),
    Uint8Array.of(0x06, 0x43),
    Uint8Array.of(0x15, 6, 0x43, 6, 6, 6, 6, 0x15, 6, 0x43, 6),
    Uint8Array.of(0x18),
    latin1("ready to receive C"),
  ],
};

export default codecTarget(senderSubject);
