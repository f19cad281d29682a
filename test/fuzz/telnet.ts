import {
  MAX_SUBNEGOTIATION_BYTES,
  TELNET_CLIENT,
  TelnetCodec,
  type TelnetEvent,
} from "../../src/codec/telnet.ts";
import { concatBytes, latin1 } from "../../src/lib/bytes.ts";
import { joinBytes, type Subject } from "../codec/subject.ts";
import { codecTarget } from "./fuzz-target.ts";

const [IAC, DONT, DO, WONT, WILL, SB, SE, BRK] = [255, 254, 253, 252, 251, 250, 240, 243] as const;
const b = (...parts: (number | string)[]): Uint8Array =>
  concatBytes(parts.map((one) => (typeof one === "number" ? Uint8Array.of(one) : latin1(one))));

/** The telnet client under the three laws. */
export const telnetSubject: Subject<TelnetCodec, TelnetEvent> = {
  make: () => new TelnetCodec(TELNET_CLIENT),
  feed: (codec, bytes) => {
    const events = codec.receive(bytes);
    codec.takeOutput();
    return events;
  },
  join: joinBytes<TelnetEvent>("data"),
  held: (codec) => codec.held,
  bound: MAX_SUBNEGOTIATION_BYTES,
  words: [
    b("login: "),
    b("\r\n"),
    b("\r", 0),
    b("\r"),
    b(0),
    b(IAC, IAC),
    b(IAC, BRK),
    b(IAC, WILL, 0),
    b(IAC, WONT, 0),
    b(IAC, DO, 0),
    b(IAC, DONT, 0),
    b(IAC, WILL, 1),
    b(IAC, DO, 31),
    b(IAC, SB, 44, 1, 2, IAC, IAC, 3, IAC, SE),
    b(IAC, SB, 24, 1),
    b(IAC, SE),
    b(IAC, 7),
    b(IAC, SB, IAC, SE),
  ],
};

export default codecTarget(telnetSubject);
