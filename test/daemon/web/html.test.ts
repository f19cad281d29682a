import fc from "fast-check";
import { expect, it } from "vitest";
import { escapeHtml, html } from "../../../src/daemon/web/html.ts";

const CONTROLS =
  /(?![\t\n])\p{Cc}|\p{Bidi_Control}|[\u00ad\u200b-\u200d\u2028\u2029\u2060\ufeff]|\u{e0041}/u;
const MEANT = /[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/;
const letters = fc.oneof(
  fc.constantFrom(
    "<",
    ">",
    "&",
    '"',
    "'",
    "&lt;",
    "<script>",
    "\u0000",
    "\u200b",
    "\u061c",
    "\u{e0041}",
  ),
  fc.string(),
);
const texts = fc.array(letters, { maxLength: 12 }).map((parts) => parts.join(""));

const unescaped = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");

it("escapeHtml() leaves no letter that means something, and loses none of the others", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const escaped = escapeHtml(text);
      expect(escaped).not.toMatch(MEANT);
      expect(escaped).not.toMatch(CONTROLS);
      expect(unescaped(escaped)).toBe(text.replace(new RegExp(CONTROLS, "gu"), "\ufffd"));
    }),
  );
});

it("html`` escapes what is put in, in elements, attributes and lists, but not what it made itself", () => {
  const evil = `"><script>'&`;
  const inner = html`<b title="${evil}">${evil}</b>`;
  expect(html`<p>${inner}${[inner, inner]}${undefined}${7}</p>`.text).toBe(
    `<p>${inner.text.repeat(3)}7</p>`,
  );
  expect(inner.text).toBe(
    '<b title="&quot;&gt;&lt;script&gt;&#39;&amp;">&quot;&gt;&lt;script&gt;&#39;&amp;</b>',
  );
});

it("html`` of any value has the tags that were written and no other", () => {
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 5 }), (values) => {
      const { text } =
        html`<ul class="${values.join()}">${values.map((one) => html`<li>${one}</li>`)}</ul>`;
      expect(text.match(/</g)?.length ?? 0).toBe(2 + 2 * values.length);
      expect(text.match(/"/g)?.length).toBe(2);
    }),
  );
});
