import { UpsdCodec } from "../../src/codec/upsd.ts";
import { upsdSubject } from "../codec/upsd-subject.ts";
import { codecTarget, type FuzzTarget } from "./fuzz-target.ts";

const laws = codecTarget(upsdSubject);

/** The three laws; and words that it said, said back to it, are the same words: none is cut, joined or invented. */
const target: FuzzTarget = {
  seeds: laws.seeds,
  run(input) {
    laws.run(input);
    const said = new UpsdCodec().receive(input).filter((event) => event.is === "said");
    const codec = new UpsdCodec();
    for (const { words } of said) codec.ask(...words);
    const again = codec.receive(codec.takeOutput());
    const texts = (events: readonly unknown[]) => events.map((one) => JSON.stringify(one)).join();
    if (texts(again) !== texts(said))
      throw new Error(`${texts(said)} comes back as ${texts(again)}`);
  },
};
export default target;
