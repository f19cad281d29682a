import fc from "fast-check";
import { expect, it } from "vitest";
import { item, lineText, row, sectionText } from "../../../src/core/incident/page-lines.ts";

it.each([
  ["<img src=x> </b> <!-- <?p <5 a<b>", "\\<img src=x> \\</b> \\<!-- \\<?p <5 a\\<b>"],
  // A backslash of the host's own must not undo the one before the tag.
  ["\\<b> \\\\<i>", "\\\\\\<b> \\\\\\\\\\<i>"],
  [
    "![a](http://x) [b][c] [  1.5] [drm] cpu[0][1]",
    "![a]\\(http://x) [b]\\[c] [  1.5] [drm] cpu[0]\\[1]",
  ],
])("lineText() of %j links, loads and marks up nothing", (text, shown) => {
  expect(lineText(item(`03:00:00 ${text}`))).toBe(`- 03:00:00 ${shown}`);
  expect(lineText(item(`03:00:00 ${text}`, 1))).toBe(`  - 03:00:00 ${shown}`);
});

it("lineText() folds so that no word of a host opens a heading, a list, a quotation or a block", () => {
  const opens = /^ *(?:#{1,6} |[-+*] |-+$|=+$|\d{1,9}[.)] |>|`{3}|~{3}|\|)/;
  const word = fc.constantFrom(
    ...["#", "######", "-", "*", "+", "---", "===", "1.", "17)", ">", ">x", "```", "~~~sh", "|a|"],
    ...["word", "longer-word", "a".repeat(40)],
  );
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 60, maxLength: 90 }),
      fc.constantFrom(0, 1),
      (words, depth) => {
        const [, ...folded] = lineText(item(`03:00:00 ${words.join(" ")}`, depth)).split("\n");
        expect(folded.length).toBeGreaterThan(0);
        for (const line of folded) expect(line).not.toMatch(opens);
      },
    ),
  );
});

it("sectionText() sets rows of a host apart from the item above: they stand as they were", () => {
  const lines = [item("SysRq w"), row("<b>", 6), row("# x", 6), item("more")];
  expect(sectionText({ title: "Taken", lines })).toBe(
    "## Taken\n\n- SysRq w\n\n      <b>\n      # x\n- more",
  );
});
