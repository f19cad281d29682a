import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ConserverConsole,
  type ConserverEvent,
  type ConserverLine,
  ConserverLines,
  MAX_CONSERVER_HELD,
  MAX_CONSERVER_LINE,
} from "../../src/codec/conserver.ts";
import { concatBytes, latin1 } from "../../src/lib/bytes.ts";
import { conserverConsole } from "./conserver-subject.ts";
import { testLaws } from "./laws.ts";

testLaws("ConserverConsole", conserverConsole);
testLaws("ConserverLines", {
  make: () => new ConserverLines(),
  feed: (codec, bytes): ConserverLine[] => codec.receive(bytes),
  join: (events) => events,
  held: (codec) => codec.held,
  bound: MAX_CONSERVER_LINE,
  words: ["ok\r\n", "passwd? vm\r\n", "\r\n", "\n", "x", "[attached]\r\n"].map(latin1),
});

const dataOf = (events: readonly ConserverEvent[]): Uint8Array =>
  concatBytes(events.flatMap((event) => (event.is === "data" ? [event.bytes] : [])));
const text = (bytes: Uint8Array) => String.fromCharCode(...bytes);
const kinds = (events: readonly ConserverEvent[]) => events.map((event) => event.is);

/** What conserver 8.2.7 makes of typed bytes: what goes to the console, and what it answers. */
function serve(wire: Uint8Array): { host: number[]; answers: string } {
  const host: number[] = [];
  let answers = "";
  const bytes = [...wire];
  while (bytes.length > 0) {
    const byte = bytes.shift();
    if (byte === 0xff) host.push(bytes.shift() ?? -1);
    else if (byte === 0x1e) {
      expect(bytes.shift()).toBe(0x1e);
      expect(bytes.splice(0, 4)).toEqual([...latin1("\\036")]);
      host.push(0x1e);
      answers += "[quote \\036]";
    } else host.push(byte ?? -1);
  }
  return { host, answers };
}

describe("ConserverConsole", () => {
  it("encode() brings every byte to the host, and takes the server's answers out again", () => {
    const byte = fc.oneof(fc.constantFrom(0x1e, 0xff, 0x05, 0x63, 0x5b), fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 60 }), (typed) => {
        const codec = new ConserverConsole();
        const { host, answers } = serve(codec.encode(Uint8Array.from(typed)));
        expect(host).toEqual(typed);
        expect(text(dataOf(codec.receive(latin1(`${answers}$ `))))).toBe("$ ");
      }),
    );
  });

  it("takes 0xFF apart and reports commands of the server that nobody asked for", () => {
    const codec = new ConserverConsole();
    const events = codec.receive(Uint8Array.of(0x61, 0xff, 0xff, 0x62, 0xff, 0x47, 0x63));
    expect([...dataOf(events)]).toEqual([0x61, 0xff, 0x62, 0x63]);
    expect(kinds(events)).toEqual(["data", "violation", "data"]);
  });

  it("gives the answer to a break amid the host's bytes, and the host's own text stays", () => {
    const codec = new ConserverConsole();
    expect(text(codec.encodeBreak())).toBe("\x1e\x1el0");
    const events = codec.receive(latin1("[halt? no\r\n[halt sent]\r\nsysrq: [halt sent]\r\n"));
    expect(text(dataOf(events))).toBe("[halt? no\r\nsysrq: [halt sent]\r\n");
    expect(events.filter((event) => event.is === "reply")).toEqual([
      { is: "reply", text: "[halt sent]" },
    ]);
  });

  it("holds nothing of the host's back while it waits for no answer", () => {
    const codec = new ConserverConsole();
    expect(text(dataOf(codec.receive(latin1("[halt"))))).toBe("[halt");
    codec.encodeBreak();
    expect(text(dataOf(codec.receive(latin1("x[halt"))))).toBe("x");
    codec.abandon();
    expect(text(dataOf(codec.receive(latin1("!"))))).toBe("[halt!");
  });

  it.each([
    "[forced to `spy' mode by bob@desk]",
    "[attached]",
    "[read-only -- use ^^ ^^ ? for help]",
    "[down -- use ^^ ^^ ? for help]",
    "[line down by bob@desk]",
  ])("hints at %s and leaves it in the bytes", (notice) => {
    const codec = new ConserverConsole();
    const events = codec.receive(latin1(`$ \r\n${notice}\r\n`));
    expect(events.filter((event) => event.is === "hint")).toEqual([{ is: "hint", text: notice }]);
    expect(text(dataOf(events))).toBe(`$ \r\n${notice}\r\n`);
  });

  it("holds no more than its bound", () => {
    const codec = new ConserverConsole();
    codec.receive(latin1(`[${"x".repeat(5000)}`));
    expect(codec.held).toBeLessThanOrEqual(MAX_CONSERVER_HELD);
  });
});

describe("ConserverLines", () => {
  it("take() leaves what follows a line to the console", () => {
    const lines = new ConserverLines();
    const bytes = latin1("[connected]\r\n\xffG[attached]\r\n");
    const { line, used } = lines.take(bytes);
    expect(line?.text).toBe("[connected]");
    expect(used).toBe(13);
  });

  it("cuts a line that is too long and says so", () => {
    const [line] = new ConserverLines().receive(latin1(`${"x".repeat(9000)}\n`));
    expect(line?.text).toHaveLength(MAX_CONSERVER_LINE);
    expect(line?.whole).toBe(false);
  });
});
