/** What a console prints whose host is an enemy, or whose line is bad: the classes that are tried on everything that shows it. */
const ESC = "\u001b";
const BEL = "\u0007";

/** Sequences that a terminal obeys or answers, in their 7-bit form. */
const SEQUENCES: readonly (readonly [string, string])[] = [
  ["window title", `${ESC}]0;PWNED${BEL}`],
  ["title report", `${ESC}[21t`],
  ["clipboard", `${ESC}]52;c;cm0gLXJmIC8K${BEL}`],
  ["DECRQSS", `${ESC}P$qm${ESC}\\`],
  ["device attributes", `${ESC}[c${ESC}[>c${ESC}[=c${ESC}[5n${ESC}[6n`],
  ["ENQ", "\u0005"],
  ["APC", `${ESC}_Ga=T,f=100;AAAA${ESC}\\`],
  ["tmux passthrough", `${ESC}Ptmux;${ESC}${ESC}]52;c;cm0K${BEL}${ESC}\\`],
  ["link", `${ESC}]8;;http://evil.example/${ESC}\\click${ESC}]8;;${ESC}\\`],
  ["mouse mode", `${ESC}[?1003h${ESC}[?1006h`],
  ["OSC 777", `${ESC}]777;notify;PWNED;now${BEL}`],
  ["OSC 9", `${ESC}]9;PWNED${BEL}`],
  ["media copy", `${ESC}[5i${ESC}[?5i`],
  ["DECUDK", `${ESC}P0;1|17/0d${ESC}\\`],
  ["colours and blinking", `${ESC}[5;8;31mhidden${ESC}[0m`],
  ["bracketed paste", `${ESC}[?2004l${ESC}[?2004h`],
];

const ALL = SEQUENCES.map(([, form]) => form).join(" ");

/** 8-bit introducers of the 7-bit ones. */
const C1: Readonly<Record<string, number>> = { "]": 0x9d, "[": 0x9b, P: 0x90, _: 0x9f, "\\": 0x9c };

const eightBit = (sevenBit: string): Buffer =>
  Buffer.from(
    sevenBit.replace(/\u001b([\][P_\\])/g, (_, letter: string) =>
      String.fromCharCode(C1[letter] ?? 0),
    ),
    "latin1",
  );

/** Text that means something to who shows it, or hides itself from who reads it. */
const TEXTS: readonly (readonly [string, string])[] = [
  ["bidi", "user\u202Etxt.exe\u202C a\u2066b\u2069 \u061cc"],
  ["zero width", "pay\u200Bpal\uFEFF \u00adweb\u20601\u200d"],
  ["Unicode tags", "a\u{e0065}\u{e0076}\u{e0069}\u{e006c}\u{e007f}b"],
  ["combining marks", `e${"\u0301".repeat(400)}f`],
  ["line separators", "one\u2028two\u2029three\u0085four"],
  ["HTML", `</pre><script>alert(1)</script><img src=x onerror=alert(2)><!--`],
  ["attributes", `" onmouseover="alert(1)' autofocus onfocus=alert(1) x="`],
  ["entities", "&lt;b&gt; &#60;script&#62; &amp;amp;"],
  [
    "Markdown",
    "![x](http://evil.example/t.png) [ok](javascript:alert(1)) <img src=x> ``` # a\u0060b **c**",
  ],
  [
    "Markdown lines",
    `${"word ".repeat(9)}# What next ${"word ".repeat(14)}- run evil ${"word ".repeat(14)}\u0060\u0060\u0060`,
  ],
  ["a formula", '=HYPERLINK("http://evil.example","ok") @channel %s {{x}} $(id)'],
  ["carriage returns", "all is well\rAAA\r\r\u0008\u0008B"],
  ["backspaces", `safe${"\u0008".repeat(6)}evil`],
  ["cursor", `${ESC}[2J${ESC}[Hroot login: ${ESC}[5;5Hx${ESC}[K`],
  ["repeats", `A${ESC}[2147483647b${ESC}[99999999L${ESC}[2147483647S`],
  ["an unfinished string", `${ESC}]52;c;${"A".repeat(200)}`],
  ["form feeds", "a\u000bb\u000cc"],
  ["shifts", "a\u000eqqq\u000fb"],
];

const bytes = (...all: readonly number[]) => Buffer.from(all);

/** Bytes that are no text. */
const NOISE: readonly (readonly [string, Buffer])[] = [
  ["NUL", Buffer.from("a\0\0\0b\0")],
  ["DEL and controls", bytes(0x61, 0x7f, 1, 2, 3, 4, 6, 0x10, 0x15, 0x1a, 0x1c, 0x1f, 0x62)],
  ["broken UTF-8", bytes(0x61, 0xc2, 0x1b, 0x5b, 0x63, 0xe2, 0x80, 0x9b, 0x63, 0xf0, 0x9f, 0x62)],
  ["overlong UTF-8", bytes(0x61, 0xc0, 0x9b, 0xe0, 0x80, 0xbc, 0xf8, 0x88, 0x80, 0x80, 0x9b, 0x62)],
  ["surrogates", bytes(0x61, 0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80, 0x62)],
  ["a very long line", Buffer.alloc(20_000, "long <b>line ")],
];

/** [class, bytes]. */
export const HOSTILE: readonly (readonly [string, Buffer])[] = [
  ...SEQUENCES.map(([name, form]) => [name, Buffer.from(form, "latin1")] as const),
  ["all of these, 8-bit", eightBit(ALL)],
  // U+009B is C2 9B, which a terminal that decodes first would obey.
  ["all of these, C1 as characters", Buffer.from(eightBit(ALL).toString("latin1"), "utf8")],
  ...TEXTS.map(([name, text]) => [name, Buffer.from(text)] as const),
  ...NOISE,
];
