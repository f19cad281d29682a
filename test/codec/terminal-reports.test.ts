import { describe, expect, it } from "vitest";
import {
  joinInput,
  MAX_REPORT_BYTES,
  type TerminalInputEvent,
  TerminalReports,
  withoutReports,
} from "../../src/codec/terminal-reports.ts";
import { concatBytes, latin1 } from "../../src/lib/bytes.ts";
import { reportsSubject } from "../fuzz/terminal-reports.ts";
import { testLaws } from "./laws.ts";

const typed = (events: readonly TerminalInputEvent[]): string =>
  String.fromCharCode(
    ...concatBytes(events.flatMap((event) => (event.is === "bytes" ? [event.bytes] : []))),
  );
/** What reaches the host of this input, once nothing follows. */
function reaches(input: string): string {
  const reports = new TerminalReports();
  return typed([...reports.receive(latin1(input)), ...reports.tick()]);
}

testLaws("TerminalReports", reportsSubject);

describe("TerminalReports", () => {
  it.each([
    ["cursor position", "\x1b[24;80R"],
    ["cursor position, page", "\x1b[?24;80;1R"],
    ["device attributes", "\x1b[?64;1;2c"],
    ["secondary attributes", "\x1b[>41;354;0c"],
    ["status", "\x1b[0n"],
    ["window size", "\x1b[8;50;200t"],
    ["mode", "\x1b[?2004;1$y"],
    ["terminal parameters", "\x1b[2;1;1;112;112;1;0x"],
    ["keyboard protocol", "\x1b[?1u"],
    ["colour, BEL", "\x1b]11;rgb:0000/0000/0000\x07"],
    ["colour, ST", "\x1b]11;rgb:0000/0000/0000\x1b\\"],
    ["title", "\x1b]lrm -rf /\x1b\\"],
    ["DECRQSS", "\x1bP1$r0m\x1b\\"],
    ["version", "\x1bP>|XTerm(379)\x1b\\"],
    ["graphics", "\x1b_Gi=1;OK\x1b\\"],
    ["mouse", "\x1b[<0;10;10M"],
  ])("keeps the terminal's answer back: %s", (_name, answer) => {
    expect(reaches(`a${answer}b`)).toBe("ab");
    const events = new TerminalReports().receive(latin1(answer));
    expect(events.every((event) => event.is === "report")).toBe(true);
  });

  it.each([
    ["arrows", "\x1b[A\x1b[B\x1bOC\x1b[1;5D"],
    ["function keys", "\x1bOP\x1bOR\x1b[15~\x1b[24;2~\x1b[1;2R\x1b[[A\x1b[[E"],
    ["editing keys", "\x1b[2~\x1b[3;5~\x1b[H\x1b[F\x1b[Z"],
    ["Alt with letters", "\x1bx\x1bX\x1bP\r\x1b]a\x1b_a\x1b^"],
    ["Alt with a letter beyond ASCII", "\x1b\xc5\xbe"],
    ["Escape twice", "\x1b\x1b"],
    ["Escape before an arrow", "\x1b\x1b[A"],
    ["control keys", "\x03\x04\x1d\x00"],
    ["plain text", "echo hello\r"],
  ])("lets keys through: %s", (_name, keys) => {
    expect(reaches(keys)).toBe(keys);
  });

  it("tells the beginning and the end of a paste", () => {
    const events = new TerminalReports().receive(latin1("\x1b[200~two\rlines\x1b[201~x"));
    expect(events.map((event) => event.is)).toEqual(["pasteBegan", "bytes", "pasteEnded", "bytes"]);
    expect(typed(events)).toBe("two\rlinesx");
  });

  it("holds a lone ESC until the tick, and until the next bytes", () => {
    const reports = new TerminalReports();
    expect(reports.receive(latin1("\x1b"))).toEqual([]);
    expect(reports.held).toBe(1);
    expect(typed(reports.tick())).toBe("\x1b");
    expect(reports.tick()).toEqual([]);
    reports.receive(latin1("\x1b"));
    expect(typed(reports.receive(latin1("[A")))).toBe("\x1b[A");
  });

  it("does not let go of half an answer when time passes", () => {
    const reports = new TerminalReports();
    reports.receive(latin1("\x1b[24;"));
    expect(reports.tick()).toEqual([]);
    expect(typed(reports.receive(latin1("80R")))).toBe("");
    reports.receive(latin1("\x1b]11;x\x1b"));
    expect(reports.tick()).toEqual([]);
    expect(typed(reports.receive(latin1("\\")))).toBe("");
  });

  it("gives the keyboard back after an answer without end, at Enter and at the limit", () => {
    expect(reaches("\x1b]11;x\rls\r")).toBe("\rls\r");
    expect(reaches(`\x1b]1${"x".repeat(MAX_REPORT_BYTES - 3)}ls`)).toBe("ls");
  });

  it.each([
    ["ls -l\r", "ls -l\r"],
    ["\x1b[A\x1bOP\x1b", "\x1b[A\x1bOP\x1b"],
    ["a\x1b[?1;2cb\x1b[12;40Rc\x1b]11;rgb:0/0/0\x1b\\d\x1bP1$r0m\x07e", "abcde"],
    ["\x1b[200~ls\x1b[201~", "ls"],
    ["cut in the middle of a key \x1b[1;", "cut in the middle of a key \x1b[1;"],
  ])("withoutReports(%j) is %j", (input, kept) => {
    expect(Buffer.from(withoutReports(latin1(input))).toString("latin1")).toBe(kept);
  });

  it("joinInput() joins neighbouring bytes", () => {
    const events = new TerminalReports().receive(latin1("a\x1b[Ab\x1b[200~c"));
    expect(joinInput(events).map((event) => event.is)).toEqual(["bytes", "pasteBegan", "bytes"]);
  });
});
