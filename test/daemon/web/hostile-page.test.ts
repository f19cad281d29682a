import { expect, it } from "vitest";
import { dangers } from "../../e2e/rig/escape-scan.ts";
import { HOSTILE } from "./hostile-classes.ts";
import { type Shown, showsIncident } from "./hostile-kit.ts";

/** Longer than any row that is kept of a host, and than those of the style. */
const LONGEST_ROW = 6000;
const MOST_ROWS = 6;
/** By a list of its own: what hides or turns letters or piles up on them, and all controls but for the line feed. */
const UNSEEN =
  /(?!\n)\p{Cc}|\p{Bidi_Control}|[\u00ad\u200b-\u200d\u2028\u2029\u2060\ufeff]|[\u{e0000}-\u{e007f}]|\p{M}{9}/u;
/** Markdown that a viewer would load, follow or run. */
const ACTIVE =
  /(?<!\\)(?:\\\\)*<[a-z/!?]|\][([]|^ {0,5}(?:`{3}|~{3}|>|#{1,6} (?!Incident|[A-Z]))/im;

const tags = (html: string) => html.match(/<[^>]*>/g) ?? [];
const rowsOf = (html: string) =>
  [...html.matchAll(/<pre[^>]*>([\s\S]*?)<\/pre>/g)].map(([, text = ""]) => unescaped(text));
const unescaped = (text: string) =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
/** Lines of Markdown that are no code: that is indented, below an empty line. */
const proseOf = (markdown: string) => markdown.replace(/\n\n(?: {4,}.*\n)+/g, "\n\n");
const longest = (text: string) => Math.max(...text.split("\n").map((row) => row.length));

/** Whatever of it a browser, a viewer of Markdown or a terminal would do more with than show it. */
function activeIn(shown: Shown, sound: Shown): string[] {
  // Not one tag or attribute that the page of a sound host does not have.
  const known = new Set(tags(sound.html));
  const found = tags(shown.html).filter((tag) => !known.has(tag));
  const { html, markdown, record, terminal, json, list } = shown;
  for (const [where, text] of Object.entries({ html, markdown, record, json })) {
    const unseen = UNSEEN.exec(text)?.[0];
    if (unseen !== undefined) found.push(`${where}: ${JSON.stringify(unseen)}`);
    if (where !== "json" && longest(text) > LONGEST_ROW) found.push(`${where}: a long row`);
  }
  for (const text of [terminal, list, json, record, markdown])
    found.push(...dangers(Buffer.from(text), ""));
  return [...found, ...(ACTIVE.exec(proseOf(markdown)) ?? [])];
}

/** What a person reads of it: the line that counted, the screen, the log. The same wherever it is shown. */
function legible(name: string, { html, markdown, json, record, terminal }: Shown): string {
  const [line = "", again = "", screen = "", log = ""] = rowsOf(html);
  // At the top it is shorter.
  expect(again.startsWith(line.replace(/…$/, ""))).toBe(true);
  expect(markdown).toContain(`\n    ${line}\n`);
  for (const row of screen.split("\n")) expect(markdown).toContain(`\n    ${row}\n`);
  // A terminal folds at its width.
  expect(joined(terminal)).toContain(joined(line));
  const told = JSON.parse(json) as { readonly record: object; readonly report: string };
  expect(told.record).toEqual(JSON.parse(record));
  expect(told.report).toBe(markdown);
  const rows = [`line: ${line}`, ...rowsIn("screen", screen)];
  if (log !== screen) rows.push(...rowsIn("log", log));
  return [`== ${name}`, ...rows].join("\n");
}

const joined = (text: string) => text.replace(/\s+/g, "");
const rowsIn = (what: string, text: string) =>
  text
    .split("\n")
    .filter((row) => !/Linux version 6|^evil login:/.test(row))
    .slice(-MOST_ROWS)
    .map((row) => `${what}: ${row}`);

// That it is legible is what people saw in hostile-page.golden.txt; the test proves that it stays so.
it("an incident of a hostile console is inert and legible on its page, in Markdown, in JSON and in `oob incident show`", async () => {
  const sound = await showsIncident(Buffer.from("nothing"));
  const seen: string[] = [];
  for (const [name, bytes] of HOSTILE) {
    const shown = await showsIncident(bytes);
    expect(activeIn(shown, sound), name).toEqual([]);
    seen.push(legible(name, shown));
  }
  await expect(`${seen.join("\n\n")}\n`).toMatchFileSnapshot("hostile-page.golden.txt");
}, 600_000);
