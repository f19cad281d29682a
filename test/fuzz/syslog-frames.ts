import {
  MAX_FRAME_BYTES,
  type SyslogFrameEvent,
  SyslogFrames,
} from "../../src/codec/syslog-frames.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import { codecTarget } from "./fuzz-target.ts";

/** What strangers send to `oob anchor receive`. */
export default codecTarget<SyslogFrames, SyslogFrameEvent>({
  make: () => new SyslogFrames(),
  feed: (frames, bytes) => frames.receive(bytes),
  join: (events) => events,
  held: (frames) => frames.held,
  bound: MAX_FRAME_BYTES,
  words: ["5 hello", "29 <29>1 - - oob - anchor - text", "8192 ", "0 ", "99999 "].map(latin1),
});
