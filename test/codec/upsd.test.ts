import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UpsdCodec } from "../../src/codec/upsd.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { testLaws } from "./laws.ts";
import { upsdSubject } from "./upsd-subject.ts";

testLaws("UpsdCodec", upsdSubject);

const said = (text: string) => new UpsdCodec().receive(utf8(text));

describe("UpsdCodec", () => {
  it("reads words, and what stands in quotes as one", () => {
    expect(said('VAR pdu1 outlet.2.desc "db \\"1\\" \\\\ x"\nVAR a b ""\n')).toEqual([
      { is: "said", words: ["VAR", "pdu1", "outlet.2.desc", 'db "1" \\ x'] },
      { is: "said", words: ["VAR", "a", "b", ""] },
    ]);
  });

  it.each(['VAR a b "on', 'VAR a b "on\\"', '"'])("takes %j for no answer", (line) => {
    expect(said(`${line}\n`)).toEqual([{ is: "violation", what: line }]);
  });

  it("what it asks is read by itself as the same words", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (raw) => {
        const words = raw.map((word) => word.replace(/[\n\r]/g, "_"));
        const codec = new UpsdCodec();
        codec.ask(...words);
        expect(new UpsdCodec().receive(codec.takeOutput())).toEqual([{ is: "said", words }]);
      }),
    );
  });
});
