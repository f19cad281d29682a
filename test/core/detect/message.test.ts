import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messagesOf, withoutServerStamp } from "../../../src/core/detect/message.ts";

const PANIC = "Kernel panic - not syncing: x";
const own = (row: string) =>
  messagesOf(row).some((message) => !message.quoted && message.text === PANIC);

describe("messagesOf()", () => {
  test.each([
    [PANIC],
    [`[ 1234.567890] ${PANIC}`],
    [`[ 1234.567890][  T126] ${PANIC}`],
    [`[    0.048509 ][    T0 ] ${PANIC}`],
    [`<0>[ 1234.567890] ${PANIC}`],
    [`[2025-03-03 04:05:06] [ 1234.567890] ${PANIC}`],
    [`2025-03-03T04:05:06.123Z ${PANIC}`],
    [`[Mon Mar  3 04:05:06 2025] ${PANIC}`],
    [`Mar  3 04:05:06 web1 kernel: [ 1234.567890] ${PANIC}`],
    [`** 2499 printk messages dropped ** [   60.095515] ${PANIC}`],
    [`executing program [   60.095515] ${PANIC}`],
  ])("finds the kernel's words in %j", (row) => {
    expect(own(row)).toBe(true);
  });

  test.each([
    [`> [ 1234.567890] ${PANIC}`],
    [`13:> [ 1234.567890] ${PANIC}`],
    [`crash.txt:12:[ 1234.567890] ${PANIC}`],
    [`+[ 1234.567890] ${PANIC}`],
    [`    [ 1234.567890] ${PANIC}`],
    [`\t${PANIC}`],
    [` kernel:[ 1234.567890] ${PANIC}`],
    [`echo '<0>Mar  3 db9 kernel: [88123.456789] ${PANIC}`],
    [`Mar  3 04:05:06 web1 sshd[12]: ${PANIC}`],
    [`"${PANIC}`],
  ])("takes %j for a quotation", (row) => {
    expect(own(row)).toBe(false);
  });

  test("gives the host's clock", () => {
    expect(messagesOf("[ 1234.567890] a")[0]?.stamp).toBe(1234);
    expect(messagesOf("a")[0]?.stamp).toBeUndefined();
  });

  test("finds the stamps that one expression over the whole row finds, six of them at most", () => {
    const stamp = /\[ {0,7}(\d{1,8})\.\d{3,9} ?\](?: ?\[ {0,7}[A-Z]?\d{1,7} ?\])?:? ?/g;
    const piece = fc.constantFrom(
      ...["[", "]", "[ ", "[   12.345678]", "[12345678.123 ]", "[  T126]", " [ C1 ]", ": ", ":"],
      ...["123456789", "7", ".", ".123456", " ", "       ", "words ", "<6>", ">", "[  OK  ] "],
    );
    const row = fc.array(piece, { maxLength: 40 }).map((pieces) => `x${pieces.join("")}`);
    fc.assert(
      fc.property(row, (text) => {
        const expected = [...text.matchAll(stamp)].slice(0, 6).map((found) => Number(found[1]));
        const found = messagesOf(text).map((message) => message.stamp);
        expect(found.filter((seconds) => seconds !== undefined)).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test("leaves what stands behind the sixth stamp in one message", () => {
    const texts = messagesOf("[ 1.000] a".repeat(8)).map(({ text }) => text);
    expect(texts).toEqual([...Array(5).fill("a"), "a[ 1.000] a[ 1.000] a"]);
  });
});

test("withoutServerStamp() uncovers a prompt", () => {
  expect(withoutServerStamp("[2025-03-03 04:05:06] web1 login: ")).toBe("web1 login: ");
  expect(withoutServerStamp("[root@web1 ~]# ")).toBe("[root@web1 ~]# ");
});
