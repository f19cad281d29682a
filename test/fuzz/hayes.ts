import { HayesCodec, type HayesEvent, MAX_HAYES_LINE_BYTES } from "../../src/codec/hayes.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import { joinBytes } from "../codec/subject.ts";
import { codecTarget } from "./fuzz-target.ts";

const SAID = ["OK", "CONNECT 33600/ARQ", "NO CARRIER", "RING", "NMBR = 5551234", "ATDT5551234"];
const lines = SAID.flatMap((text) => [text, `\r\n${text}\r\n`, `${text}\r`]);

export default codecTarget({
  make: () => {
    const codec = new HayesCodec();
    codec.command("ATDT5551234");
    codec.takeOutput();
    return codec;
  },
  feed: (codec: HayesCodec, bytes) => codec.receive(bytes),
  join: joinBytes<HayesEvent>("data"),
  held: (codec) => codec.held,
  bound: MAX_HAYES_LINE_BYTES,
  words: [...lines, "0\r", "1\r", "1\r\n", "050\r\n", "\0", "\xff", "\r", "\n"].map(latin1),
});
