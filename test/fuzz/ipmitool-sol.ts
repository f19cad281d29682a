import { IpmitoolSolCodec, MAX_SOL_GREETING, type SolEvent } from "../../src/codec/ipmitool-sol.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import { joinBytes, type Subject } from "../codec/subject.ts";
import { codecTarget } from "./fuzz-target.ts";

/** What ipmitool prints when a session is up. */
export const GREETING = "[SOL Session operational.  Use ~? for help]\r\n";
/** What it prints about a BREAK. */
export const NOTE = "~B [send break]\n";

/** ipmitool's terminal side, with two BREAKs sent, under the three laws. */
export const ipmitoolSolSubject: Subject<IpmitoolSolCodec, SolEvent> = {
  make: () => {
    const codec = new IpmitoolSolCodec();
    codec.encodeBreak();
    codec.encodeBreak();
    return codec;
  },
  feed: (codec, bytes) => codec.receive(bytes),
  join: joinBytes<SolEvent>("data"),
  held: (codec) => codec.held,
  bound: MAX_SOL_GREETING,
  words: [GREETING, NOTE, "~B [send break]\r\n", "~B [", "~", "\r", "\n", "login: ", "Info: x"].map(
    latin1,
  ),
};

export default codecTarget(ipmitoolSolSubject);
