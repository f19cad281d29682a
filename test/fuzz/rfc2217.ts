import { Rfc2217Codec, type Rfc2217Event } from "../../src/codec/rfc2217.ts";
import { MAX_SUBNEGOTIATION_BYTES } from "../../src/codec/telnet.ts";
import { concatBytes, latin1 } from "../../src/lib/bytes.ts";
import { joinBytes, type Subject } from "../codec/subject.ts";
import { eachOf } from "./fuzz-target.ts";

const [IAC, DONT, DO, WONT, WILL, SB, SE] = [255, 254, 253, 252, 251, 250, 240] as const;
const b = (...parts: (number | string)[]): Uint8Array =>
  concatBytes(parts.map((one) => (typeof one === "number" ? Uint8Array.of(one) : latin1(one))));

/** One end of RFC 2217 under the three laws. */
export const rfc2217Subject = (role: "client" | "server"): Subject<Rfc2217Codec, Rfc2217Event> => ({
  make: () => new Rfc2217Codec(role),
  feed: (codec, bytes) => {
    const events = codec.receive(bytes);
    codec.takeOutput();
    return events;
  },
  join: joinBytes<Rfc2217Event>("data"),
  held: (codec) => codec.held,
  bound: MAX_SUBNEGOTIATION_BYTES,
  words: [
    b("login: "),
    b("\r", 0),
    b(IAC, IAC),
    b(IAC, DO, 44),
    b(IAC, DONT, 44),
    b(IAC, WILL, 44),
    b(IAC, WONT, 44),
    b(IAC, WILL, 0),
    b(IAC, SB, 44, 101, 0, 0, 0x25, 0x80, IAC, SE),
    b(IAC, SB, 44, 1, 0, 0, 0x25, 0x80, IAC, SE),
    b(IAC, SB, 44, 101, 0, 1, IAC, SE),
    b(IAC, SB, 44, 105, 6, IAC, SE),
    b(IAC, SB, 44, 106, 16, IAC, SE),
    b(IAC, SB, 44, 107, IAC, IAC, IAC, SE),
    b(IAC, SB, 44, 108, IAC, SE),
    b(IAC, SB, 44, 109, IAC, SE),
    b(IAC, SB, 44, 100, IAC, SE),
    b(IAC, SB, 44, 100, "ser2net", IAC, SE),
    b(IAC, SB, 44, IAC, SE),
    b(IAC, SB, 44, 250, 1, IAC, SE),
    b(IAC, SB, 44),
    b(IAC, SE),
  ],
});

/** Both ends. */
export default eachOf([rfc2217Subject("client"), rfc2217Subject("server")]);
