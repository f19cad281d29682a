import { describe, expect, it } from "vitest";
import { LineInput, MAX_TYPED_LINE } from "../../src/codec/line-input.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import { lineInputSubject } from "../fuzz/line-input.ts";
import { testLaws } from "./laws.ts";

testLaws("LineInput", lineInputSubject);

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

describe("LineInput", () => {
  it("takes CR, LF and CR LF for one line end each, and shows what was typed", () => {
    const input = new LineInput();
    expect(input.receive(latin1("one\rtwo\r\nthree\n"))).toEqual(
      ["one", "two", "three"].map((line) => ({ is: "line", text: line })),
    );
    expect(text(input.takeOutput())).toBe("one\r\ntwo\r\nthree\r\n");
  });

  it("lets the last letter, or the line, be taken back", () => {
    const input = new LineInput();
    expect(input.receive(latin1("wev1\b\x7fb1\r"))).toEqual([{ is: "line", text: "web1" }]);
    input.takeOutput();
    expect(input.receive(latin1("rm -rf\x15ls\r"))).toEqual([{ is: "line", text: "ls" }]);
    expect(text(input.takeOutput())).toBe(`rm -rf${"\b \b".repeat(6)}ls\r\n`);
  });

  it("shows nothing of a secret but its end, and takes no control for a letter of it", () => {
    const input = new LineInput();
    input.echo = false;
    expect(input.receive(latin1("s3\x00cr\x7fret\r"))).toEqual([{ is: "line", text: "s3cret" }]);
    expect(text(input.takeOutput())).toBe("\r\n");
  });

  it("Ctrl-C gives a line up; Ctrl-D ends where nothing was typed", () => {
    const input = new LineInput();
    expect(input.receive(latin1("half\x03"))).toEqual([{ is: "interrupt" }]);
    expect(input.receive(latin1("x\x04"))).toEqual([]);
    expect(input.receive(latin1("\b\x04"))).toEqual([{ is: "end" }]);
  });

  it("rings for what is longer than a line may be, and keeps the rest out", () => {
    const input = new LineInput();
    const [line] = input.receive(latin1(`${"x".repeat(400)}\r`));
    expect(line).toEqual({ is: "line", text: "x".repeat(MAX_TYPED_LINE) });
    expect(text(input.takeOutput()).match(/\x07/g)).toHaveLength(400 - MAX_TYPED_LINE);
  });
});
