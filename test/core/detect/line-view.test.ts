import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_LINE_BYTES } from "../../../src/core/detect/line-view.ts";
import { viewOf } from "./rows.ts";

const HINTS = ["panic", "login: ", "# ", "oops"];
/** Every row but the first, which may be the end of a typed line, is told only when it holds a hint. */
const FIRST = "first\r\n";

describe("LineView", () => {
  test("tells rows with a hint alone, whatever the letters' case", () => {
    const { texts } = viewOf(`${FIRST}quiet\r\nKernel PANIC now\r\nquiet\r\n`, HINTS);
    expect(texts).toEqual(["first", "Kernel PANIC now"]);
  });

  test("keeps offsets of the raw stream", () => {
    const { rows } = viewOf("first\r\n\x1b[31mpanic\x1b[0m one\r\r\n", HINTS);
    expect(rows[1]).toMatchObject({ at: 7, end: 26, text: "panic one" });
  });

  test("finds a hint that colour codes, NUL or backspaces cut", () => {
    for (const odd of ["pa\x1b[1mnic", "pa\0nic", "pa\x00\x00nic", "pax\bnic", "p\x1b(Banic"])
      expect(viewOf(`${FIRST}${odd}\r\n`, HINTS).texts, odd).toEqual(["first", "panic"]);
  });

  test("ends a row at a cursor move and at a lone carriage return, and says which", () => {
    const { rows } = viewOf("first\r\n\x1b[5;1Hpanic a\x1b[6;1Hpanic b\rpanic c\r\n", HINTS);
    expect(rows.map(({ text, moved, returned }) => [text, moved, returned])).toEqual([
      ["first", false, false],
      ["panic a", true, false],
      ["panic b", true, false],
      ["panic c", false, true],
    ]);
  });

  test.each([
    ["OSC", "\x1b]0;"],
    ["DCS", "\x1bP"],
    ["APC", "\x1b_"],
    ["half a CSI", "\x1b[12;"],
    ["a lone ESC", "\x1b"],
  ])("a string or sequence that noise opened (%s) hides no later line", (_name, noise) => {
    expect(viewOf(`${FIRST}${noise}\r\npanic\r\n`, HINTS).texts).toContain("panic");
  });

  test("a title before a prompt leaves the prompt whole", () => {
    const { hits } = viewOf(`${FIRST}\x1b]0;root@web1: ~\x07root@web1:~# `, HINTS);
    expect(hits).toEqual(["# @13 in root@web1:~# "]);
  });

  test("tells a prompt when its last byte is there, and goes on to know the row as unfinished", () => {
    const { hits, pending } = viewOf(`${FIRST}web1 login: `, HINTS);
    expect(hits).toEqual(["login: @12 in web1 login: "]);
    expect(pending?.text).toBe("web1 login: ");
  });

  test("cuts endless lines", () => {
    const { texts } = viewOf(`${FIRST}panic${"x".repeat(2 * MAX_LINE_BYTES)}`, HINTS);
    expect(texts.map((text) => text.length)).toEqual([5, MAX_LINE_BYTES]);
  });

  test("takes a parity bit off bit 7, from the row that proves it on", () => {
    const ones = (byte: number) => byte.toString(2).replace(/0/g, "").length;
    const even = (text: string) =>
      Buffer.from(Buffer.from(text).map((byte) => (ones(byte) % 2 ? byte | 0x80 : byte))).toString(
        "latin1",
      );
    const { texts } = viewOf(even(`${FIRST}Kernel panic - not syncing: x\r\noops\r\n`), HINTS);
    expect(texts.slice(1)).toEqual(["Kernel panic - not syncing: x", "oops"]);
  });

  test("leaves UTF-8 text alone", () => {
    const word = Buffer.from("Привет, это panic для всех нас").toString("latin1");
    expect(viewOf(`${FIRST}${word}\r\n`, HINTS).texts[1]).toBe(word);
  });

  test("reads the host's own time stamps and what programs do to the screen", () => {
    const text = "[    0.5] a\r\n[ 1234.567890] b\r\n\x1b[?1049h\x1b[?2004l\x1b=\x1bc";
    expect(viewOf(text, HINTS).said).toEqual([
      "stamp 0",
      "stamp 1234",
      "alternate on",
      "edit off",
      "keys on",
      "reset on",
    ]);
  });

  test("says the same however the bytes are cut", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "panic",
        "login: ",
        "# ",
        "\r\n",
        "\r",
        "\n",
        "\b",
        "\0",
        "\x1b",
        "\x1b[5;5H",
      ),
      fc.constantFrom(
        "\x1b[0m",
        "\x1b]0;t\x07",
        "\x1b[?2004h",
        "\x1b[?2004l",
        "[  12.5] ",
        "\xff",
        "é",
      ),
      fc.constant("x".repeat(MAX_LINE_BYTES - 3)),
      fc.string({ unit: "binary-ascii" }),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
    );
    const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 70 }), (whole, size) => {
        expect(viewOf(whole, HINTS, size)).toEqual(viewOf(whole, HINTS));
      }),
      { numRuns: 300 },
    );
  });
});
