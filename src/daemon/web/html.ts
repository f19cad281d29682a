import { HIDDEN_RANGES } from "../../lib/hidden-characters.ts";

/** HTML made of values: a value is text unless this file made it. There is no other way to it. */
class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type { Html };

type Value = Html | string | number | undefined | readonly Html[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** What host text is rid of before it comes here: controls but for TAB and LF, and what hides or turns letters. */
const UNSAFE = new RegExp(String.raw`[\u0000-\u0008\u000b-\u001f\u007f${HIDDEN_RANGES}]`, "gu");

/** Text in which no letter means anything to HTML, in an element as in a quoted attribute. */
export const escapeHtml = (text: string): string =>
  text.replace(UNSAFE, "\ufffd").replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? "");

/** html`<p>${text}</p>`: what is put in is escaped, but for what html`` made. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(
    parts.map((part, n) => part + (n < values.length ? inserted(values[n]) : "")).join(""),
  );
}

function inserted(value: Value): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "string" || typeof value === "number") return escapeHtml(String(value));
  return value.map((one) => one.text).join("");
}
