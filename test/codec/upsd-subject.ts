import { MAX_UPSD_LINE_BYTES, UpsdCodec, type UpsdEvent } from "../../src/codec/upsd.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import type { Subject } from "./subject.ts";

export const upsdSubject: Subject<UpsdCodec, UpsdEvent> = {
  make: () => new UpsdCodec(),
  feed: (codec, bytes) => codec.receive(bytes),
  join: (events) => events,
  held: (codec) => codec.held,
  bound: MAX_UPSD_LINE_BYTES,
  words: [
    "BEGIN LIST VAR pdu1\n",
    'VAR pdu1 outlet.1.status "on"\n',
    'VAR pdu1 outlet.2.desc "db \\"1\\" ů\\\\"\n',
    "ERR ACCESS-DENIED\n",
    "OK TRACKING 2DDC5036-F665-4D29-BE4C-0374D091D263\n",
    '"',
    "\\",
    " ",
    "\r\n",
  ].map(utf8),
};
