import { describe, expect, it } from "vitest";
import { frameCommand } from "../../src/sdk/command-frame.ts";

const CHATTER = "[   12.345678] usb 1-1: new device\n";

describe("frameCommand()", () => {
  it("the echo of what is typed matches neither marker, wherever a terminal wraps it", () => {
    const { typed, begin, end } = frameCommand("id", "abc123def456");
    for (let column = 1; column < typed.length; column++) {
      const echo = `${typed.slice(0, column)}\n${typed.slice(column, -1)}\n`;
      expect(begin.test(echo)).toBe(false);
      expect(end.test(echo)).toBe(false);
    }
  });

  it("finds a marker that a kernel message tears apart anywhere", () => {
    const { begin, end } = frameCommand("id", "abc");
    for (let at = 0; at <= 6; at++) {
      const torn = (text: string) => `${text.slice(0, at)}${CHATTER}${text.slice(at)}\n`;
      expect(begin.test(torn("ob-abc"))).toBe(true);
      expect(end.exec(torn("oe-abc 27 27"))?.[1]).toBe("27");
    }
  });

  it("takes a status that lost a digit on its way for none", () => {
    const { end } = frameCommand("id", "abc");
    for (const damaged of ["oe-abc 0 10", "oe-abc 10 0", "oe-abc 1", "oe-abc 10 1"])
      expect(end.test(`${damaged}\n`)).toBe(false);
  });

  it("takes another run's marker for none", () => {
    expect(frameCommand("id", "abc").end.test("oe-abd 0 0\n")).toBe(false);
  });

  it("keeps quotes, comments, exclamation marks and half a quote inside the command", () => {
    const { typed } = frameCommand("echo 'it''s' # !! \"", "abc");
    expect(typed).toBe(
      " echo ob''-abc; : | sh -c 'echo '\\''it'\\'''\\''s'\\'' # !! \"'; echo oe''-abc $? $?\r",
    );
  });

  it.each([
    ["", /one line/],
    ["id\nreboot", /one line/],
    ["id\t", /./],
    ["echo a\tb", /without control characters/],
    [`echo ${"x".repeat(1000)}`, /too long: 1\d\d\d bytes/],
  ])("refuses %j", (command, why) => {
    if (command.trim() === "id") expect(() => frameCommand(command)).not.toThrow();
    else expect(() => frameCommand(command)).toThrow(why);
  });
});
