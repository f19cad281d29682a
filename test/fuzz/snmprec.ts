import { formatRecorded, parseRecording } from "../../src/codec/snmprec.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

const seeds = ["1.3.6.1.2.1|4|APC", "1.3.6.1.4.1.318|4x|00ff", "1.3.6|70|18446744073709551615"];

/** What is read of a recording is written and read again as the same. */
const target: FuzzTarget = {
  seeds: seeds.map((line) => Buffer.from(`${line}\n1.3.6.1|64|10.0.0.1\n`)),
  run(input) {
    const found = parseRecording(Buffer.from(input).toString("latin1"));
    const text = found.map((one) => `${formatRecorded(one)}\n`).join("");
    const again = parseRecording(text).map((one) => formatRecorded(one));
    if (again.join("\n") !== found.map((one) => formatRecorded(one)).join("\n"))
      throw new Error("a recording changes when it is written");
  },
};

export default target;
