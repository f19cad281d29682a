import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scoreText } from "../../../src/core/serial-ports/text-score.ts";
import { misreadAt } from "./misread.ts";

const TEXT =
  "\r\nDebian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: \x1b[0m[    4.69] sysrq: HELP : loglevel(0-9)\r\n";
const of = (text: string) => Buffer.from(text);

describe("scoreText()", () => {
  it("takes what consoles print for text: prompts, escapes, letters of UTF-8", () => {
    expect(scoreText(of(TEXT)).looks).toBe("text");
    expect(scoreText(of("Gerät läuft seit 3 Tagen — Temperatur 41 °C\r\n")).looks).toBe("text");
  });

  it.each([
    [115_200, 9600],
    [115_200, 57_600],
    [115_200, 38_400],
    [9600, 115_200],
    [9600, 19_200],
    [9600, 38_400],
    [38_400, 115_200],
    [57_600, 115_200],
  ])("takes text sent at %i baud and read at %i for rubbish", (sent, read) => {
    const heard = misreadAt(of(TEXT.repeat(8)), sent, read);
    expect(heard.length).toBeGreaterThan(8);
    expect(scoreText(heard).looks).toBe("rubbish");
  });

  it("tells a line of 7 bits with parity from rubbish", () => {
    const ones = (byte: number) => byte.toString(2).replaceAll("0", "").length;
    const even = of(TEXT).map((byte) => (ones(byte) % 2 === 1 ? byte | 0x80 : byte));
    expect(scoreText(even).looks).toBe("parity");
  });

  it("says nothing of few bytes, and takes random bytes for rubbish", () => {
    expect(scoreText(of("abc")).looks).toBe("nothing");
    const many = fc.uint8Array({ minLength: 64, maxLength: 400, min: 0, max: 255 });
    fc.assert(
      fc.property(many, (bytes) => {
        const random = bytes.map((byte, at) => (byte * 167 + at * 89) & 0xff);
        const { looks, share } = scoreText(random);
        return looks !== "text" || share >= 0.95;
      }),
    );
  });
});
