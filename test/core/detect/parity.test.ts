import { expect, test } from "vitest";
import { hasParityBit } from "../../../src/core/detect/parity.ts";
import { utf8 } from "../../../src/lib/bytes.ts";

const TEXT = utf8("The quick brown fox jumps over the lazy dog 0123456789");
const ones = (byte: number) => byte.toString(2).replace(/0/g, "").length;

test("hasParityBit() sees even, odd and mark parity", () => {
  expect(hasParityBit(TEXT.map((byte) => (ones(byte) % 2 ? byte | 0x80 : byte)))).toBe(true);
  expect(hasParityBit(TEXT.map((byte) => (ones(byte) % 2 ? byte : byte | 0x80)))).toBe(true);
  expect(hasParityBit(TEXT.map((byte) => byte | 0x80))).toBe(true);
});

test("hasParityBit() is not deceived by plain text, UTF-8, code pages or short rows", () => {
  expect(hasParityBit(TEXT)).toBe(false);
  for (const text of [
    "Příliš žluťoučký kůň úpěl ďábelské ódy",
    "日本語のテキストはここにあります。",
  ])
    expect(hasParityBit(utf8(text)), text).toBe(false);
  expect(
    hasParityBit(utf8("Привет, как ваши дела сегодня?").map((b, i) => (i % 9 ? b : 0x20))),
  ).toBe(false);
  expect(hasParityBit(new Uint8Array(8).fill(0xe1))).toBe(false);
});
