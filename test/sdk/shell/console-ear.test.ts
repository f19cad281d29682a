import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/lib/bytes.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { SHELL_PROMPT } from "../../../src/sdk/prompts.ts";
import { ConsoleEar } from "../../../src/sdk/shell/console-ear.ts";

const never = new AbortController().signal;

/** Looks for a shell's prompt, hears pieces of text 25 ms apart, and says whether the prompt was found. */
async function heard(pieces: readonly string[]): Promise<boolean> {
  const clock = new ManualClock();
  const ear = new ConsoleEar(clock);
  const found = ear.find([SHELL_PROMPT], 10_000, never);
  let settled = false;
  void found.then((value) => {
    settled = value !== undefined;
  });
  for (const piece of pieces) {
    ear.hear(utf8(piece));
    await clock.advance(25);
  }
  return settled;
}

/** Kernel lines, each in two pieces: torn in its middle at the moment of every second look. */
const chatter = (lines: number): string[] =>
  Array.from({ length: lines }, (_, n) => [
    `[   67.${100000 + n * 50}] usb 1-1: device desc`,
    "riptor read/64, error -71\r\n",
  ]).flat();

describe("a prompt counts once it has stood", () => {
  test("also where a kernel prints behind it all the time", async () => {
    expect(await heard(["\r\n/ # ", ...chatter(10)])).toBe(true);
  });

  test("not where its row goes on, whole or in pieces", async () => {
    expect(await heard(["\r\n50 % ", "of it is done", ...chatter(10)])).toBe(false);
    expect(await heard(["\r\n50 % ", "of it is done\r\n", ...chatter(10)])).toBe(false);
    expect(await heard(["\r\n50 % ", ...chatter(2), "other words\r\n", ...chatter(10)])).toBe(
      false,
    );
  });
});
