import { describe, expect, it } from "vitest";
import { ConsoleText } from "../../src/codec/console-text.ts";
import { latin1 } from "../../src/lib/bytes.ts";

const textOf = (...pieces: string[]) => {
  const text = new ConsoleText();
  for (const piece of pieces) text.add(latin1(piece));
  return text;
};

describe("ConsoleText", () => {
  it("finds the first of the patterns, and goes on behind it once it is taken", () => {
    const text = textOf("one two ", "one");
    const found = text.find([/two/, /one/]);
    expect(found).toMatchObject({ which: 1, before: "", lost: 0 });
    if (found) text.take(found);
    expect(text.find([/one/])).toMatchObject({ before: " two ", at: 8 });
  });

  it("said() looks at a row whose beginning was passed over, and at no row before it", () => {
    const text = textOf("GNU GRUB  version 1\nlast ", "GNU GR");
    text.forget();
    expect(text.said(/GNU GRUB +version \d/)).toBe(false);
    text.add(latin1("UB  version 2.06\n"));
    expect(text.find([/GNU GRUB +version 2/])).toBeUndefined();
    expect(text.said(/GNU GRUB +version 2/)).toBe(true);
    expect(text.said(/GNU GRUB +version 1/)).toBe(false);
    text.forget();
    expect(text.said(/GNU GRUB/)).toBe(false);
  });

  it("drops CR and NUL, and lets BS take back a character, across chunks", () => {
    expect(textOf("lox", "\b\b", "gin\r\0: ").find([/^lgin: $/])).toBeDefined();
  });

  it("counts what came and went before anybody looked", () => {
    const text = textOf("start ");
    for (let n = 0; n < 300; n++) text.add(latin1("x".repeat(1023).concat("\n")));
    text.add(latin1("end"));
    const found = text.find([/end/]);
    expect(found?.lost).toBeGreaterThan(40_000);
    expect(found?.before.length).toBe(256 * 1024 - 3);
  });

  it("looks at the end only for where the host waits, also at what was matched already", () => {
    const text = textOf("web1 login: ");
    const found = text.find([/login: $/]);
    if (found) text.take(found);
    expect(text.find([/login: $/])).toBeUndefined();
    expect(text.endsIn(/login: $/)).toBe(true);
    text.add(latin1("x"));
    expect(text.endsIn(/login: $/)).toBe(false);
  });

  it("a pattern sees 64 KiB at most, however much came", () => {
    const text = textOf("secret sign", "y".repeat(70_000));
    expect(text.find([/secret sign/])).toBeUndefined();
  });
});
