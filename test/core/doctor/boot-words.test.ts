import fc from "fast-check";
import { expect, test } from "vitest";
import { bootTroubles } from "../../../src/core/doctor/boot-words.ts";

const boot = (line: string) =>
  `GNU GRUB  version 2.06\r\nLoading Linux 6.1.0-18-amd64 ...\r\n[    0.000000] Linux version 6.1.0-18-amd64\r\n[    0.000000] Command line: BOOT_IMAGE=/vmlinuz ${line}\r\nweb1 login: `;
const texts = (printed: string) => bootTroubles(printed).map(({ text }) => text);

test.each([
  ["root=/dev/sda1 ro console=tty0 console=ttyS0,115200n8", []],
  ["console=ttyS0 ignore_loglevel quiet", []],
  ["console=ttyS0 quiet loglevel=7", []],
  ["console=ttyS0,115200 console=tty0", [/last console= of its kernel is tty0/]],
  ["console=ttyS0 quiet", [/is quiet/]],
  ["console=ttyS0 loglevel=3", [/levels below 3 only/]],
  ["console=ttyS0 loglevel=7 quiet console=tty1", [/is tty1/, /is quiet/]],
])("bootTroubles() of %s", (line, expected) => {
  expect(texts(boot(line))).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
});

test("bootTroubles() misses the kernel between the boot loader and a login", () => {
  const silent =
    "GNU GRUB  version 2.06\r\nLoading Linux 6.1.0-18-amd64 ...\r\nLoading initial ramdisk ...\r\nDebian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: ";
  expect(texts(silent)).toEqual([expect.stringMatching(/panics will not reach us/)]);
  // The newest boot counts: one that is well before it, or after it.
  expect(texts(boot("console=ttyS0") + silent)).toHaveLength(1);
  expect(texts(silent + boot("console=ttyS0"))).toEqual([]);
  // Half a boot proves nothing, nor does a login alone.
  expect(texts(silent.replace("web1 login: ", ""))).toEqual([]);
  expect(texts("web1 login: ")).toEqual([]);
});

test("bootTroubles() takes whatever a host prints, and repeats nothing of it but tty names", () => {
  const word = fc.constantFrom(
    ..."GNU GRUB  version,Linux version 6,Command line: ,console=tty,console=ttyS,quiet,loglevel=,login: ,\u001b]0;x,\n, ,a".split(
      ",",
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string())), (words) => {
      for (const { text } of bootTroubles(words.join(""))) expect(text).toMatch(/^[ -~]+$/);
    }),
  );
});

test("bootTroubles() of a megabyte made to be slow ends at once", () => {
  const nasty = ["command line: ", "console=tty ", "a", "\nx login:", "Loading Linux "];
  for (const word of nasty) bootTroubles(word.repeat((1 << 20) / word.length));
}, 20_000);
