import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_STRING_BYTES, TerminalFilter } from "../../src/codec/terminal-filter.ts";
import { MAX_MARKS } from "../../src/codec/utf8-gate.ts";
import { concatBytes, latin1, utf8 } from "../../src/lib/bytes.ts";
import { notSafe, notStrict, TERMINAL_WORDS, terminalSubject } from "../fuzz/terminal-filter.ts";
import { testLaws } from "./laws.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const safe = (text: string | Uint8Array): string =>
  decoder.decode(new TerminalFilter("safe").filter(typeof text === "string" ? utf8(text) : text));
const strict = (text: string): string =>
  decoder.decode(new TerminalFilter("strict").filter(utf8(text)));

for (const mode of ["safe", "strict"] as const) {
  testLaws(`TerminalFilter ${mode}`, terminalSubject(mode));

  it(`TerminalFilter ${mode}: only the allow-list gets through`, () => {
    const piece = fc.oneof(fc.constantFrom(...TERMINAL_WORDS), fc.uint8Array({ maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const output = new TerminalFilter(mode).filter(concatBytes([...pieces, utf8("")]));
        expect((mode === "safe" ? notSafe : notStrict)(output)).toBeUndefined();
      }),
      { numRuns: Number(process.env.OOB_FUZZ_RUNS ?? 3000) },
    );
  });
}

// The classes of security.md, section 2, and what must stay of them.
const HOSTILE: readonly (readonly [string, string, string])[] = [
  ["window title", "\x1b]0;owned\x07ok", "ok"],
  ["title report", "\x1b[21tok", "ok"],
  ["clipboard", "\x1b]52;c;cm0gLXJmIC8=\x1b\\ok", "ok"],
  ["DECRQSS", "\x1bP$qm\x1b\\ok", "ok"],
  ["device attributes", "\x1b[c\x1b[>c\x1b[=cok", "ok"],
  ["status and cursor reports", "\x1b[5n\x1b[6n\x1b[?6nok", "ok"],
  ["ENQ", "\x05ok", "^Eok"],
  ["APC", "\x1b_Gq=2;AAAA\x1b\\ok", "ok"],
  ["PM and SOS", "\x1b^x\x1b\\\x1bXy\x1b\\ok", "ok"],
  ["tmux passthrough", "\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\ok", "ok"],
  ["link", "\x1b]8;;http://evil/\x1b\\click\x1b]8;;\x1b\\", "click"],
  ["mouse mode", "\x1b[?1003h\x1b[?1006;25hok", "\x1b[?25hok"],
  ["bracketed paste", "\x1b[?2004hok", "ok"],
  ["notifications", "\x1b]777;notify;a;b\x07\x1b]9;x\x07ok", "ok"],
  ["media copy", "\x1b[5i\x1b[4iok", "ok"],
  ["DECUDK", "\x1bP1;1|17/6c73\x1b\\ok", "ok"],
  ["repeat", "x\x1b[2147483647bok", "xok"],
  ["reset", "\x1bcok", "ok"],
  ["soft reset and answerback", "\x1b[!p\x1b[?2;1$yok", "ok"],
  ["charset shifts", "\x1b(0\x1b)B\x0e\x0fok", "ok"],
  ["scroll-back erased", "\x1b[3J\x1b[;3Jok", "ok"],
  ["mouse tracking", "\x1b[1;2;3;4;5Tok", "ok"],
  ["margins", "\x1b[3;9sok", "ok"],
  ["insert mode, new line mode", "\x1b[4h\x1b[20hok", "ok"],
  ["C1 in UTF-8", "\u009b31m\u009d0;x\u0007ok", "31m0;x\x07ok"],
  ["bidi and zero width", "a\u202eb\u200bc\u2066d\ufeffe\u061cf\u00adg", "abcdefg"],
];

describe("TerminalFilter safe", () => {
  it.each(HOSTILE)("stops %s", (_name, input, output) => {
    expect(safe(input)).toBe(output);
  });

  it("passes colours, cursor, erase, region, alternate screen and keypad", () => {
    const screen =
      "\x1b[?1049h\x1b[1;24r\x1b[H\x1b[2J\x1b[1;31mred\x1b[m\x1b[38;2;1;2;3mx\x1b[4:3my\x1b7\x1b8\x1b=\x1b>\x1bM\x1b[K\x1b[s\x1b[u\x1b[?25;7l";
    expect(safe(screen)).toBe(screen);
  });

  it("cuts numbers down to 999", () => {
    expect(safe("\x1b[2147483647C\x1b[9999;0000007H")).toBe("\x1b[999C\x1b[999;7H");
    expect(safe(`\x1b[${"9".repeat(60)}B`)).toBe("\x1b[999B");
  });

  it("drops a sequence that is too long and goes on", () => {
    expect(safe(`\x1b[${"1;".repeat(100)}mok`)).toBe("ok");
  });

  it("shows text after an unterminated string from the next line on", () => {
    expect(safe("\x1b]0;title\r\nKernel panic\r\n")).toBe("\r\nKernel panic\r\n");
    expect(safe("\x1bPq\nKernel panic\n")).toBe("\nKernel panic\n");
  });

  it("shows text after 512 bytes of an unterminated string", () => {
    expect(safe(`\x1b]${"x".repeat(MAX_STRING_BYTES)}Kernel panic`)).toBe("Kernel panic");
  });

  it("lets a control character end a sequence and count for itself", () => {
    expect(safe("\x1b[12\r\nok")).toBe("\r\nok");
    expect(safe("\x1b[12\x18ok")).toBe("ok");
    expect(safe("\x1b[1\x1b[31mok")).toBe("\x1b[31mok");
  });

  it("keeps an ellipsis that fell into a sequence, as systemd prints it", () => {
    expect(safe("\x1b[…Service")).toBe("…Service");
  });

  it("shows other control characters, drops NUL", () => {
    expect(safe("a\0b\x01\x7f\x0b")).toBe("ab^A^?^K");
  });

  it("drops lone C1 bytes, replaces other broken UTF-8", () => {
    expect(safe(latin1("a\x9b31mb\x85"))).toBe("a31mb");
    expect(safe(latin1("a\xe9b\xc3"))).toBe("a\ufffdb");
    expect(safe(latin1("\xc3\xc3\xa9"))).toBe("\ufffdé");
  });

  it("lets no forbidden character be put together from leftovers", () => {
    expect(safe(latin1("\xc2\x1b]x\x07\xad"))).toBe("\ufffd\ufffd");
    expect(safe(latin1("\xef\x1b]x\x07\xbb\x1b(B\xbf"))).toBe("\ufffd\ufffd\ufffd");
  });

  it("refuses overlong forms and surrogates", () => {
    expect(safe(latin1("\xc0\x9b\xe0\x82\x9b\xed\xa0\x80ok"))).not.toMatch(/[\u009b\ud800]/);
  });

  it("bounds combining marks in a cell, also when the cursor comes back to it", () => {
    const marks = (text: string) => text.split("\u0301").length - 1;
    expect(marks(safe(`a${"\u0301".repeat(100)}`))).toBe(MAX_MARKS);
    expect(marks(safe(`a${"\u0301\x1b[C\x1b[D".repeat(100)}`))).toBe(1);
    expect(marks(safe(`a${"y\b\u0301".repeat(100)}`))).toBe(0);
  });

  it("returns the same array where all is plain", () => {
    const plain = utf8("[  1.0] plain\r\n");
    expect(new TerminalFilter("safe").filter(plain)).toBe(plain);
  });
});

describe("TerminalFilter strict", () => {
  it("passes text and backspace, ends lines with CR LF, keeps no other control", () => {
    expect(strict("\x1b[31mred\x1b[m\tx\r\ny\b\x07\x1b7z\n")).toBe("red x\r\ny\b^Gz\r\n");
  });
});
