import { describe, expect, it } from "vitest";
import { MAX_CSI_BYTES } from "../../src/codec/control-sequence.ts";
import { MAX_LINE_BYTES, type TextLine, TextLines } from "../../src/codec/text-lines.ts";
import { latin1, utf8 } from "../../src/lib/bytes.ts";
import { testLaws } from "./laws.ts";

const linesOf = (text: string): string[] =>
  new TextLines().receive(utf8(text)).map((line) => line.text);

testLaws("TextLines", {
  make: () => new TextLines(),
  feed: (lines: TextLines, bytes) => {
    const finished = lines.receive(bytes);
    lines.unfinished();
    return finished;
  },
  join: (lines: readonly TextLine[]) => lines,
  held: (lines) => lines.held,
  // Broken UTF-8 grows threefold.
  bound: 3 * MAX_LINE_BYTES + MAX_CSI_BYTES + 4,
  words: [
    ..."web1 login: |\r\n|\r\r\n|\n|\r|\b|\x1b[K|\x1b[31m|\x1b]0;t|\x07|\0|ů€|\x1b[2J"
      .split("|")
      .map(utf8),
    latin1("\xff"),
    utf8("x".repeat(700)),
  ],
});

describe("TextLines", () => {
  it("takes LF, CR LF and CR CR LF for the end of a line", () => {
    expect(linesOf("a\nb\r\nc\r\r\n\r\n")).toEqual(["a", "b", "c", ""]);
  });

  it("takes escape sequences, bells and NUL out", () => {
    expect(linesOf("[\x1b[0;32m  OK  \x1b[0m] S\0tarted\x07 \x1b]0;t\x07x\r\n")).toEqual([
      "[  OK  ] Started x",
    ]);
  });

  it("overwrites after CR, as progress does", () => {
    expect(linesOf("10%\r20%\r100%\r\nlong text\rX\r\n")).toEqual(["100%", "Xong text"]);
  });

  it("erases with BS blank BS, and with CSI K", () => {
    expect(linesOf("lss\b \b -l\r\nold prompt\r\x1b[Knew\r\n")).toEqual(["ls -l", "new"]);
  });

  it("shows other controls visibly", () => {
    expect(linesOf("^C is \x03\r\n")).toEqual(["^C is ^C"]);
  });

  it("gives raw offsets that join without a gap", () => {
    const lines = new TextLines(1000);
    const found = lines.receive(utf8("\x1b[1mone\r\ntwo\r\nthr"));
    expect(found).toEqual([
      { text: "one", start: 1000, end: 1009 },
      { text: "two", start: 1009, end: 1014 },
    ]);
    expect(lines.unfinished()).toEqual({ text: "thr", start: 1014, end: 1017 });
  });

  it("unfinished() shows a prompt at any time, and nothing after a whole line", () => {
    const lines = new TextLines();
    lines.receive(utf8("\r\nweb1 "));
    lines.receive(utf8("login: "));
    expect(lines.unfinished()?.text).toBe("web1 login: ");
    expect(lines.unfinished()?.text).toBe("web1 login: ");
    lines.receive(utf8("root\r\n"));
    expect(lines.unfinished()).toBeUndefined();
  });

  it("cuts a line of more than MAX_LINE_BYTES and goes on", () => {
    const lines = new TextLines();
    const found = lines.receive(utf8(`${"x".repeat(MAX_LINE_BYTES + 10)}\n`));
    expect(found.map((line) => line.text.length)).toEqual([MAX_LINE_BYTES, 10]);
    expect(found[1]?.start).toBe(MAX_LINE_BYTES);
  });

  it("keeps characters whole that were cut, and marks broken ones", () => {
    const lines = new TextLines();
    const bytes = utf8("ů€");
    lines.receive(bytes.subarray(0, 3));
    expect(lines.receive(new Uint8Array([...bytes.subarray(3), 0xff, 10]))[0]?.text).toBe(
      "ů€\ufffd",
    );
  });
});
