import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConmanLog, readsAsConmanLog } from "../../src/codec/conman-log.ts";
import { ConserverLog, readsAsConserverLog } from "../../src/codec/conserver-log.ts";
import type { StampedPiece } from "../../src/codec/stamped-log.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import { inputOf, testLaws } from "./laws.ts";
import { conmanLogSubject, conserverLogSubject } from "./stamped-log-subject.ts";

testLaws("ConserverLog", conserverLogSubject);
testLaws("ConmanLog", conmanLogSubject);

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

/** The pieces in short: text as it is, times of day, and what else there is. */
const inShort = (pieces: readonly StampedPiece[]) =>
  pieces.map((piece) => {
    if (piece.is === "bytes") return text(piece.bytes);
    if (piece.is === "time") return new Date(piece.at).toTimeString().slice(0, 8);
    if (piece.is === "person") return `${piece.who} ${piece.came ? "came" : "went"}`;
    return piece.is === "link" ? `link ${piece.up ? "up" : "down"}` : `note ${piece.text}`;
  });

const read = (log: ConserverLog | ConmanLog, all: string) =>
  inShort([...log.receive(latin1(all)), ...log.end()]);

// As conserver 8.2.7 wrote it, `timestamp 1mab`.
const CONSERVER = [
  "[-- Console up -- Sun Nov 22 22:16:56 2026]\r\n",
  "line 1\r\r\n",
  "host login: [-- MARK -- Sun Nov 22 22:17:00 2026]\r\n",
  "[-- jana@localhost attached -- Sun Nov 22 22:17:02 2026]\r\n",
  "hello\r\n",
  "[-- break #0(1) sent -- `\\z' -- Sun Nov 22 22:17:07 2026]\r\n",
  "[-- jana@localhost detached -- Sun Nov 22 22:17:10 2026]\r\n",
  "host login: [-- Console down -- Sun Nov 22 22:19:09 2026]\r\n",
].join("");

// As ConMan 0.2.7 wrote it, with a `timestamp` of a minute.
const CONMAN = [
  "\r\n<ConMan> Console [web1] log opened at 2026-11-22 22:16:56 CET.\r\n",
  '\r\n<ConMan> Console [web1] connected to "a.sh" (pid 16112) at 11-22 22:16.\r\n',
  "line 1\r\n",
  "host login: \r\n<ConMan> Console [web1] log at 2026-11-22 22:16:59 CET.\r\n",
  "line 2\r\n",
].join("");

describe("ConserverLog", () => {
  it("gives the host's bytes without the server's notes, which may stand behind an open prompt", () => {
    expect(read(new ConserverLog(), CONSERVER)).toEqual([
      ...["22:16:56", "link up", "line 1\r\r\n", "host login: ", "22:17:00", "note MARK"],
      ...["22:17:02", "jana@localhost came", "hello\r\n"],
      ...["22:17:07", "note break #0(1) sent -- `\\z'"],
      ...["22:17:10", "jana@localhost went", "host login: ", "22:19:09", "link down"],
    ]);
  });

  it("takes off the stamps before lines, and says where the rest stands in the file", () => {
    const log = new ConserverLog();
    const pieces = log.receive(latin1("one\r\n[Sun Nov 22 22:17:04 2026]two\r\n"));
    expect(inShort(pieces)).toEqual(["one\r\n", "22:17:04", "two\r\n"]);
    expect(pieces.flatMap((piece) => (piece.is === "bytes" ? piece.offset : []))).toEqual([0, 31]);
  });

  it.each([
    "[-- MARK -- Sun Nov 32 22:17:00 2026]\r\n",
    "[-- MARK -- Sun Foo 22 22:17:00 2026]\r\n",
    "[-- MARK -- Sun Nov 22 25:17:00 2026]\r\n",
  ])("takes no time from %j", (line) => {
    expect(read(new ConserverLog(), line)).toEqual(["note MARK"]);
  });
});

describe("ConmanLog", () => {
  it("gives the host's bytes without its messages and the line end before each", () => {
    expect(read(new ConmanLog({ stamped: false }), CONMAN)).toEqual([
      ...["22:16:56", "note log opened at 2026-11-22 22:16:56 CET.", "link up", "line 1"],
      ...["\r\n", "host login: ", "22:16:59", "note log at 2026-11-22 22:16:59 CET."],
      ...["line 2", "\r\n"],
    ]);
  });

  it("takes off stamps only in a log that has them: elsewhere a date is the host's own", () => {
    const line = "2026-11-22 22:17:00 host login: ";
    expect(read(new ConmanLog({ stamped: true }), line)).toEqual(["22:17:00", "host login: "]);
    expect(read(new ConmanLog({ stamped: false }), line)).toEqual([line]);
  });
});

describe("readsAsConserverLog, readsAsConmanLog", () => {
  it("know their own", () => {
    expect([readsAsConserverLog(CONSERVER), readsAsConmanLog(CONSERVER)]).toEqual([
      true,
      undefined,
    ]);
    expect(readsAsConserverLog(CONMAN)).toBe(false);
    expect(readsAsConmanLog(CONMAN)).toEqual({ stamped: false });
    expect(readsAsConmanLog("2026-11-22 22:17:00 a\r\n2026-11-22 22:17:01 b\r\n")).toEqual({
      stamped: true,
    });
  });

  it("take the log of a host that prints dates for no log of theirs", () => {
    const host = "boot\r\n[    1.0] a\r\n[    1.1] b\r\n2026-11-22 22:17:00 app started\r\n";
    expect([readsAsConserverLog(host), readsAsConmanLog(host)]).toEqual([false, undefined]);
  });
});

it("ConserverLog, ConmanLog: bytes of the host come in their order, each where it stood", () => {
  for (const { make, words } of [conserverLogSubject, conmanLogSubject])
    fc.assert(
      fc.property(inputOf(words), (bytes) => {
        const log = make() as ConserverLog | ConmanLog;
        let last = -1;
        for (const piece of [...log.receive(bytes), ...log.end()]) {
          if (piece.is !== "bytes") continue;
          expect(piece.offset).toBeGreaterThan(last);
          const there = bytes.subarray(piece.offset, piece.offset + piece.bytes.length);
          expect([...piece.bytes]).toEqual([...there]);
          last = piece.offset + piece.bytes.length - 1;
        }
      }),
    );
});
