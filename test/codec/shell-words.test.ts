import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quoteWord, splitWords } from "../../src/codec/shell-words.ts";

describe("splitWords()", () => {
  it("splits as a shell does and expands nothing", () => {
    expect(splitWords(`ssh -t  console@ts1 'menu 4' "say \\"hi\\" \\n" a\\ b x'y'z ''`)).toEqual([
      "ssh",
      "-t",
      "console@ts1",
      "menu 4",
      'say "hi" \\n',
      "a b",
      "xyz",
      "",
    ]);
    expect(splitWords("echo $HOME $(id) `id` ~ * ; | & > #")).toEqual(
      "echo $HOME $(id) `id` ~ * ; | & > #".split(" "),
    );
  });

  it("refuses a quote that is not closed and a backslash at the end", () => {
    for (const text of ["a 'b", 'a "b', "a \\"])
      expect(() => splitWords(text)).toThrow("not closed");
  });

  it("splits what was quoted back into the same words", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (words) => {
        const text = words.map(quoteWord).join(" ");
        expect(splitWords(text)).toEqual(words);
      }),
    );
  });
});
