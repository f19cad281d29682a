import fc from "fast-check";
import { expect, it } from "vitest";
import { slackCode, slackPlain } from "../../src/codec/slack-text.ts";

const hostile = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "<!channel>",
    "@here",
    "`rm`",
    "```",
    "*x*",
    "[a](http://b)",
    "<http://x|y>",
    "&lt;",
  ),
);

it("slackPlain() leaves nothing that is obeyed", () => {
  fc.assert(
    fc.property(fc.array(hostile), (parts) => {
      const text = slackPlain(parts.join(" "));
      expect(text).not.toMatch(/[<>`*_~[\]]|@\w|&(?!amp;|lt;|gt;)/);
    }),
  );
});

it("slackCode() is one block, from its first row to its last", () => {
  fc.assert(
    fc.property(fc.array(hostile), (lines) => {
      const text = slackCode(lines);
      expect(text.startsWith("```\n") && text.endsWith("\n```")).toBe(true);
      expect(text.slice(3, -3)).not.toMatch(/[`<>]/);
    }),
  );
});
