import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { cutToWidth, displayWidth } from "../../src/cli/display-width.ts";
import { EXIT_OF_CODE, worstExit } from "../../src/cli/exit-codes.ts";
import { Output } from "../../src/cli/output.ts";
import { local, parseTime, utc } from "../../src/cli/times.ts";
import { ManualClock } from "../../src/lib/clock.ts";
import { ERROR_CODES } from "../../src/lib/errors.ts";
import { nameHint, nearest } from "../../src/lib/nearest.ts";
import { AT } from "./site-double.ts";

function output(
  tty: { columns: number } | undefined,
  env = {},
  colour: "auto" | "always" | "never" = "auto",
) {
  const make = () => Object.assign(new PassThrough(), tty ? { isTTY: true, ...tty } : {});
  const [stdout, stderr] = [make(), make()];
  const clock = new ManualClock(AT);
  const context = { stdout, stderr, env, clock } as unknown as ConstructorParameters<
    typeof Output
  >[0];
  const out = new Output(context, colour);
  return {
    out,
    clock,
    text: () => String(stdout.read() ?? ""),
    talk: () => String(stderr.read() ?? ""),
  };
}

test("Output lets no control character through, whatever a host calls itself", () => {
  const { out, text } = output(undefined);
  out.line("a\u001b]0;evil\u0007b\u009b31m\u202e", { text: "c\nd", style: "red" });
  expect(text()).toBe("a^[]0;evil^Gb\\u{9b}31m\\u{202e}c^Jd\n");
});

test("Output.json() escapes what a terminal would obey, and nothing is lost", () => {
  const { out, text } = output(undefined);
  const value = { line: "\u009b31m \u202e \u001b ü 漢" };
  out.json(value);
  const printed = text();
  expect(printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(JSON.parse(printed)).toEqual(value);
});

test.each([
  [{ columns: 80 }, {}, "auto", true],
  [{ columns: 80 }, { NO_COLOR: "1" }, "auto", false],
  [{ columns: 80 }, { TERM: "dumb" }, "auto", false],
  [{ columns: 80 }, {}, "never", false],
  [undefined, {}, "auto", false],
  [undefined, { NO_COLOR: "1" }, "always", true],
] as const)("Output colours on %j with %j and --color=%s: %s", (tty, env, asked, coloured) => {
  const { out, text } = output(tty, env, asked);
  out.line({ text: "x", style: "red" });
  expect(text()).toBe(coloured ? "\u001b[31mx\u001b[0m\n" : "x\n");
});

test("Output.table() cuts the flexible column to the terminal by display width", () => {
  const { out, text } = output({ columns: 30 }, {}, "never");
  const columns = [
    { title: "HOST" },
    { title: "N", align: "right" as const },
    { title: "LAST", flexible: true },
  ];
  out.table(columns, [
    ["web1", "7", "漢字漢字漢字漢字漢字漢字漢字漢字漢字"],
    ["longer-name", "41", "short"],
  ]);
  const lines = text().trimEnd().split("\n");
  expect(lines).toEqual([
    "HOST          N  LAST",
    "web1          7  漢字漢字漢字…",
    "longer-name  41  short",
  ]);
  expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(30);
});

test("Output.table() cuts nothing where stdout is no terminal", () => {
  const { out, text } = output(undefined);
  out.table([{ title: "A", flexible: true }], [["x".repeat(300)]]);
  expect(text()).toContain("x".repeat(300));
});

test("Output.waiting() says what it waits for after two seconds, and not before", async () => {
  const { out, clock, talk } = output(undefined);
  let finish = () => {};
  const waited = out.waiting(
    "2 PDUs",
    new Promise<void>((resolve) => {
      finish = resolve;
    }),
  );
  await clock.advance(1999);
  expect(talk()).toBe("");
  await clock.advance(1);
  expect(talk()).toBe("waiting: 2 PDUs\n");
  finish();
  await waited;
});

test.each([
  ["abc", 3, "abc"],
  ["abcd", 3, "ab…"],
  ["漢字", 3, "漢…"],
  ["e\u0301e\u0301e\u0301", 2, "e\u0301…"],
  ["abc", 0, ""],
])("cutToWidth(%j, %i) is %j", (text, cells, cut) => {
  expect(cutToWidth(text, cells)).toBe(cut);
});

test.each([
  ["2h", AT - 7_200_000],
  ["2026-11-22T07:00:00Z", Date.UTC(2026, 10, 22, 7)],
  ["2026-11-22T08:00+01:00", Date.UTC(2026, 10, 22, 7)],
  ["2026-11-22 07:00", new Date(2026, 10, 22, 7).getTime()],
  ["2026-11-22", new Date(2026, 10, 22).getTime()],
  ["now", AT],
])("parseTime(%j)", (text, at) => {
  expect(parseTime(text, AT)).toBe(at);
});

test("parseTime() reads a time of day as the last one that has been, and today as local midnight", () => {
  const now = new Date(2026, 10, 22, 8, 51).getTime();
  expect(parseTime("08:47", now)).toBe(new Date(2026, 10, 22, 8, 47).getTime());
  expect(parseTime("23:10", now)).toBe(new Date(2026, 10, 21, 23, 10).getTime());
  expect(parseTime("today", now)).toBe(new Date(2026, 10, 22).getTime());
  expect(parseTime("yesterday", now)).toBe(new Date(2026, 10, 21).getTime());
  expect(() => parseTime("tomorrowish", now)).toThrow(/^Cannot read the time "tomorrowish"/);
});

test("local() carries the offset, utc() is UTC", () => {
  expect(local(AT)).toMatch(/^2026-11-2[123] \d\d:51:02\.000 [+-]\d{4}$/);
  expect(Date.parse(local(AT).replace(" ", "T").replace(" ", ""))).toBe(AT);
  expect(utc(AT)).toBe("2026-11-22T07:51:02.000Z");
});

test("every error code has an exit code", () => {
  for (const code of ERROR_CODES) expect(EXIT_OF_CODE[code]).toBeGreaterThan(0);
});

test.each([
  [[], 0],
  [[0, 0], 0],
  [[4], 4],
  [[0, 5], 5],
  [[5, 7], 7],
  [[7, 1], 1],
  [[1, 6, 7, 5], 6],
  [[0, 4], 1],
])("worstExit(%j) is %i", (codes, exit) => {
  expect(worstExit(codes)).toBe(exit);
});

test.each([
  ["stauts", "status"],
  ["powr", "power"],
  ["x", undefined],
  ["sta", undefined],
])("nearest(%j) is %j", (word, name) => {
  expect(nearest(word, ["status", "power", "attach"])).toBe(name);
});

test.each([
  ["fix-root", 'Did you mean "fix-root-password"?'],
  ["fix", "Known: fix-root-password, fix-raid"],
  ["", "Known: fix-root-password, fix-raid"],
])("nameHint(%j) is %j", (word, hint) => {
  expect(nameHint(word, ["fix-root-password", "fix-raid"])).toBe(hint);
});
