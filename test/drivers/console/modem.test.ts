import { describe, expect, it } from "vitest";
import modem from "../../../drivers/console/modem.ts";
import { MockModem } from "../../../mocks/modem.ts";
import type { CallEnd, ModemFaults } from "../../../mocks/modem-faults.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import { latin1 } from "../../../src/lib/bytes.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import type { OobError } from "../../../src/lib/errors.ts";
import type { Link, LinkNotice, OpenContext } from "../../../src/sdk/link.ts";
import { Book, lineTo } from "./modem-wire.ts";
import { openContext } from "./socket-suite.ts";

const BOOK: Readonly<Record<string, CallEnd>> = {
  "5551234": "answers",
  "1": "BUSY",
  "2": "NO ANSWER",
  "3": "NO DIALTONE",
  "33": "NO DIAL TONE",
  "4": "NO CARRIER",
  "5": "DELAYED",
  "6": "BLACKLISTED",
  "7": "VOICE",
  "8": "silence",
};

interface Given {
  readonly faults?: ModemFaults;
  readonly lines?: boolean;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly context?: Partial<OpenContext>;
}

function setUp({ faults = {}, lines = true, options = {}, context = {} }: Given = {}) {
  const clock = new ManualClock(1_795_000_000_000);
  const peer = new MockModem(clock, BOOK, faults);
  const through = lineTo(peer, lines);
  const book = new Book(clock);
  const said: string[] = [];
  const { values, problems } = readOptions(modem.options, { number: "5551234", ...options });
  expect(problems).toEqual([]);
  const progress = (text: string) => void said.push(text);
  const open = openContext({ clock, through, calls: book, progress, ...context });
  return {
    clock,
    peer,
    through,
    book,
    said,
    values,
    open: () => modem.open(values, open),
    context: open,
  };
}

/** Moves time on until it is decided. */
async function settle<T>(clock: ManualClock, doing: Promise<T>): Promise<T> {
  let done = false;
  doing.then(
    () => {
      done = true;
    },
    () => {
      done = true;
    },
  );
  for (let turn = 0; !done && turn < 5000; turn++) await clock.advance(50);
  expect(done, "decided within 250 s").toBe(true);
  return doing;
}

const failure = async (clock: ManualClock, doing: Promise<unknown>): Promise<OobError> =>
  settle(clock, doing).then(
    () => Promise.reject(new Error("it worked")),
    (thrown: OobError) => thrown,
  );

/** All that a link gives from now on, and how it ends. */
function reader(link: Link) {
  const got = { text: "", end: undefined as string | undefined };
  const read = async () => {
    try {
      for await (const chunk of link.bytes) got.text += String.fromCharCode(...chunk);
      got.end = "done";
    } catch (thrown) {
      got.end = (thrown as Error).message;
    }
  };
  void read();
  return got;
}

const heard = (peer: MockModem): string => String.fromCharCode(...peer.heard);

describe("console driver modem, dialling", () => {
  it("sets the modem up, dials, and carries every byte both ways", async () => {
    const { clock, peer, book, open } = setUp();
    const link = await settle(clock, open());
    expect(peer.commands).toEqual([
      ...["ATE0Q0V1", "ATX4", "AT&C1&D2", "ATS0=0", "ATE0Q0V1", "ATS7=50", "ATDT5551234"],
    ]);
    expect(link.label).toBe("5551234 modem 33600");
    const got = reader(link);
    const all = String.fromCharCode(...Array(256).keys());
    peer.print(all);
    await link.write(latin1(all));
    await clock.advance(100);
    expect(got.text).toBe(all);
    expect(heard(peer)).toBe(all);
    expect(book.calls).toMatchObject([{ number: "5551234", text: "CONNECT 33600" }]);
  });

  it.each([
    ["1", "LINE_BUSY", "busy", "the line is busy (BUSY)"],
    ["2", "LINK_REFUSED", "no-answer", "nobody answers (NO ANSWER)"],
    ["3", "LINK_REFUSED", "no-dialtone", "there is no dial tone (NO DIALTONE)"],
    ["33", "LINK_REFUSED", "no-dialtone", "there is no dial tone (NO DIAL TONE)"],
    ["4", "LINK_REFUSED", "no-carrier", "there was no carrier (NO CARRIER)"],
    [
      "5",
      "LINK_REFUSED",
      "delayed",
      "the modem itself waits before it calls this number again (DELAYED)",
    ],
    [
      "6",
      "LINK_REFUSED",
      "blacklisted",
      "the modem itself calls this number no more (BLACKLISTED)",
    ],
    ["7", "LINK_REFUSED", "voice", "a person or a fax answered (VOICE)"],
    ["8", "TIMED_OUT", "timed-out", "the modem gave no result"],
  ])("number %s: %s, %s", async (number, code, outcome, why) => {
    const { clock, peer, book, open } = setUp({ options: { number } });
    const error = await failure(clock, open());
    expect(error.code).toBe(code);
    expect(error.message).toBe(`Cannot call "${number}": ${why}`);
    expect(error.hint).toBeTruthy();
    expect(book.calls).toMatchObject([{ number, outcome }]);
    expect(error.retryAfter).toBe(30_000);
    expect(peer.inCall).toBe(false);
  });

  it.each([
    ["numeric", { numeric: true }],
    ["slow", { slow: 1000 }],
    ["later than is waited for", { slow: 1700 }],
    ["quiet", { quiet: true }],
    ["lowerCase", { lowerCase: true }],
    ["lineEnd CR", { lineEnd: "\r" }],
    ["lineEnd LF", { lineEnd: "\n" }],
    ["echoesGarbage", { echoesGarbage: true }],
    ["ringsWhileDialling", { ringsWhileDialling: true }],
    ["refuses X4", { refuses: ["X4", "&C1"] }],
    ["connect 115200/ARQ/V34/LAPM", { connect: "CONNECT 115200/ARQ/V34/LAPM" }],
  ] as const)(
    "%s: connects, and loses nothing of what the host says at once",
    async (_name, faults) => {
      const { clock, peer, open } = setUp({ faults: { ...faults, glued: "\r\nweb1 login: " } });
      const link = await settle(clock, open());
      const got = reader(link);
      peer.print("\xff");
      await clock.advance(100);
      expect(got.text).toBe("\r\nweb1 login: \xff");
      expect(peer.calls).toBe(1);
    },
  );

  it("hangs up where a modem answers in numbers and has no DCD: the end of a call would not be seen", async () => {
    for (const options of [{ lines: false }, { lines: true, options: { carrier: "text" } }]) {
      const { clock, peer, open } = setUp({ faults: { numeric: true }, ...options });
      const error = await failure(clock, open());
      expect(error.code).toBe("LINK_REFUSED");
      expect(error.message).toMatch(/^Cannot keep the call to ".*answers in numbers/);
      expect(peer.calls).toBe(1);
      expect(peer.inCall).toBe(false);
    }
  });

  it("refuses init that the modem refuses, and shows no secret of it", async () => {
    const asked: string[] = [];
    const secret = async ({ secret: name }: { secret: string }) => {
      asked.push(name);
      return "4711";
    };
    const given = { options: { init: ["ATZ", 'AT+CPIN="secret:sim"'] }, context: { secret } };
    const refused = setUp({ ...given, faults: { refuses: ["+CPIN"] } });
    const error = await failure(refused.clock, refused.open());
    expect(error.message).toContain('it refuses "AT+CPIN="secret:sim""');
    expect(error.message).not.toContain("4711");
    const taken = setUp(given);
    await settle(taken.clock, taken.open());
    expect(taken.peer.commands.slice(0, 4)).toEqual([
      "ATE0Q0V1",
      "ATZ",
      'AT+CPIN="4711"',
      "ATE0Q0V1",
    ]);
    expect(asked).toEqual(["sim", "sim"]);
    expect(taken.said.join()).not.toContain("4711");
  });

  it("writes nothing while it dials, and ends the call when it is given up", async () => {
    const giveUp = new AbortController();
    const { clock, peer, book, open } = setUp({
      faults: { dialling: 55_000 },
      context: { signal: giveUp.signal },
    });
    const opening = open();
    opening.catch(() => {});
    while (peer.calls === 0) await clock.advance(50);
    await clock.advance(50_000);
    // A single byte would have ended it.
    expect(peer.isDialling).toBe(true);
    giveUp.abort(new Error("nobody wants it any more"));
    await failure(clock, opening);
    expect(peer.isDialling).toBe(false);
    await clock.advance(60_000);
    expect(peer.inCall).toBe(false);
    expect(book.calls).toMatchObject([{ outcome: "given-up" }]);
  });

  it("wrongSpeed: says that the modem does not answer, and tries other speeds where it can", async () => {
    const { clock, open } = setUp({ faults: { wrongSpeed: true } });
    const error = await failure(clock, open());
    expect(error.message).toBe(
      "Cannot reach the modem on /dev/ttyT0 115200 8n1: it does not answer",
    );
    const other = setUp({ faults: { wrongSpeed: true } });
    const set: number[] = [];
    const setBaud = async (baud: number) => {
      set.push(baud);
      if (baud === 9600) other.peer.faults = {};
    };
    const through = { ...other.through, setBaud };
    const link = await settle(other.clock, modem.open(other.values, { ...other.context, through }));
    expect(set).toEqual([115_200, 57_600, 38_400, 19_200, 9600]);
    expect(other.said).toContain("the modem answers at 9600 baud: set the line to that");
    expect(link.label).toContain("33600");
  });

  it("hangs up what an earlier process left connected, then dials", async () => {
    for (const lines of [true, false]) {
      const first = setUp({ lines });
      await settle(first.clock, first.open());
      expect(first.peer.inCall).toBe(true);
      const through = lineTo(first.peer, lines);
      const calls = new Book(first.clock);
      const second = modem.open(first.values, { ...first.context, through, calls });
      await settle(first.clock, second);
      expect(first.peer.calls).toBe(2);
      // Without lines the modem's silence has to be heard first: harmless words at the host.
      expect(heard(first.peer)).toMatch(lines ? /^$/ : /^(?:ATE0Q0V1\r){3}\+\+\+$/);
    }
  });

  it("ask() sets up, reads what the modem is, and does not dial", async () => {
    const { clock, peer, values, context } = setUp();
    expect(await settle(clock, modem.ask?.(values, context) ?? Promise.resolve([]))).toEqual([
      "Mock 56k rev 1",
    ]);
    expect(peer.calls).toBe(0);
  });
});

describe("console driver modem, the end of a call", () => {
  it.each([
    ["DTR", true, {}, "DTR low, and the carrier fell"],
    ["+++ where DTR is ignored", true, { ignoresDtr: true }, "+++ and ATH, and the carrier fell"],
    ["DTR, by words", true, { dcdAlways: true }, "DTR low, and the modem said NO CARRIER"],
    ["+++ without lines", false, {}, "+++ and ATH, and the modem said OK"],
  ] as const)("hangs up by %s, and proves it", async (_name, lines, faults, how) => {
    const { clock, peer, book, open, through } = setUp({ lines, faults });
    const link = await settle(clock, open());
    reader(link);
    await settle(clock, link.close());
    expect(peer.inCall).toBe(false);
    expect(book.calls).toMatchObject([{ outcome: "hung-up", text: how }]);
    if (lines) expect(through.dtr.at(-1)).toBe(true);
  });

  it("says so where the line may still be open", async () => {
    const { clock, peer, book, open } = setUp({
      faults: { ignoresDtr: true, ignoresEscape: true },
    });
    const link = await settle(clock, open());
    const notices: LinkNotice[] = [];
    link.onNotice?.((notice) => notices.push(notice));
    await settle(clock, link.close());
    expect(peer.inCall).toBe(true);
    expect(book.calls).toMatchObject([{ outcome: "unproven" }]);
    expect(notices).toMatchObject([{ is: "note", text: expect.stringContaining("not proven") }]);
  });

  it("keeps silent around +++ as long as escape-guard says", async () => {
    const { clock, open, peer } = setUp({ lines: false, options: { "escape-guard": "500ms" } });
    const link = await settle(clock, open());
    await link.write(latin1("x"));
    await settle(clock, link.close());
    // The modem wants a second: with less its pluses are text, and the end cannot be proven.
    expect(peer.inCall).toBe(true);
  });

  it.each([
    ["at once", ["+++"]],
    ["key by key", ["+", "+", "+"]],
    ["six of them", ["++", "++++"]],
  ])("+++ that somebody types %s reaches the host whole, and never the modem", async (_, keys) => {
    const { clock, open, peer } = setUp({ options: { "escape-guard": "800ms" } });
    const link = await settle(clock, open());
    const before = peer.commands.length;
    await clock.advance(5000);
    for (const key of keys) {
      await settle(clock, link.write(latin1(key)));
      await clock.advance(200);
    }
    await clock.advance(5000);
    await settle(clock, link.write(latin1("ATDT0900123456\r")));
    await clock.advance(5000);
    expect(peer.commands).toHaveLength(before);
    expect(Buffer.from(peer.heard).toString()).toBe(`${keys.join("")}ATDT0900123456\r`);
    await settle(clock, link.close());
  });

  it("holds no plus of a text, nor of a transfer that goes on", async () => {
    const { clock, open, peer } = setUp();
    const link = await settle(clock, open());
    await clock.advance(5000);
    await link.write(latin1("x+++y"));
    for (let n = 0; n < 20; n++) await link.write(latin1("+++"));
    expect(peer.heard).toHaveLength(65);
  });

  it("reads on while it hangs up: what the host still says is not lost", async () => {
    const { clock, peer, open } = setUp({ lines: false });
    const link = await settle(clock, open());
    const got = reader(link);
    const closing = link.close();
    peer.print("going down\r\n");
    await settle(clock, closing);
    await clock.advance(1000);
    expect(got.text).toContain("going down\r\n");
    expect(got.end).toBe("done");
  });

  it("dropsAfter: a carrier that falls ends the link, with all bytes before it", async () => {
    const { clock, peer, book, open } = setUp({ faults: { dropsAfter: 10_000 } });
    const link = await settle(clock, open());
    const got = reader(link);
    peer.print("last words");
    await clock.advance(15_000);
    expect(got.text).toContain("last words");
    expect(got.end).toBe('Lost "5551234": the carrier fell');
    expect(book.calls).toMatchObject([{ outcome: "lost" }]);
    await expect(link.write(latin1("x"))).rejects.toMatchObject({ code: "LINK_LOST" });
  });

  it("the carrier is the truth: a host that prints NO CARRIER ends nothing", async () => {
    const { clock, peer, open } = setUp();
    const link = await settle(clock, open());
    const got = reader(link);
    peer.print("\r\nNO CARRIER\r\n");
    await clock.advance(60_000);
    expect(got.end).toBeUndefined();
  });

  it("without a carrier line, NO CARRIER and three seconds of silence end it, and the line is hung up all the same", async () => {
    const { clock, peer, open } = setUp({ lines: false });
    const link = await settle(clock, open());
    const got = reader(link);
    peer.print("\r\nNO CARRIER\r\n");
    await clock.advance(2500);
    peer.print("said the host\r\n");
    await clock.advance(60_000);
    expect(got.end).toBeUndefined();
    peer.print("\r\nNO CARRIER\r\n");
    await clock.advance(4000);
    expect(got.end).toBe('Lost "5551234": the modem says NO CARRIER');
    await settle(clock, link.close());
    expect(peer.inCall).toBe(false);
  });

  it("carrier: dcd refuses a call without carrier, auto goes by words and says so", async () => {
    const strict = setUp({ faults: { dcdAlways: false }, options: { carrier: "dcd" } });
    const error = await failure(strict.clock, strict.open());
    expect(error.message).toContain("DCD did not rise");
    expect(strict.peer.inCall).toBe(false);
    const { clock, open, peer } = setUp({ faults: { dcdAlways: false } });
    const link = await settle(clock, open());
    const notices: LinkNotice[] = [];
    link.onNotice?.((notice) => notices.push(notice));
    expect(notices).toMatchObject([{ is: "note" }]);
    const got = reader(link);
    peer.hangUpThere();
    await clock.advance(5000);
    expect(got.end).toContain("the modem says NO CARRIER");
  });

  it("the way to the modem ends: told as that", async () => {
    const { clock, book, open, through } = setUp();
    const link = await settle(clock, open());
    const got = reader(link);
    await through.close();
    await clock.advance(1000);
    expect(got.end).toBe("Lost the modem on /dev/ttyT0 115200 8n1: the way to it ended");
    expect(book.calls).toMatchObject([{ outcome: "modem-lost" }]);
  });
});

describe("console driver modem, redials", () => {
  it("waits longer after each failure, and never calls more often than the limit within an hour", async () => {
    const { clock, book, peer, open } = setUp({ options: { number: "1", "redial-per-hour": 4 } });
    const starts: number[] = [];
    for (let i = 0; i < 400; i++) {
      const before = peer.calls;
      const error = await failure(clock, open());
      if (peer.calls > before) starts.push(clock.monotonic());
      expect(error.retryAfter).toBeGreaterThan(0);
      await clock.advance(10_000);
    }
    const gaps = starts.slice(1).map((at, i) => at - (starts[i] ?? 0));
    expect(gaps[0]).toBeGreaterThanOrEqual(30_000);
    expect(gaps[1]).toBeGreaterThanOrEqual(60_000);
    expect(gaps[2]).toBeGreaterThanOrEqual(120_000);
    for (const [i, at] of starts.entries())
      expect((starts[i + 4] ?? Number.POSITIVE_INFINITY) - at).toBeGreaterThanOrEqual(3_590_000);
    expect(book.calls.length).toBe(starts.length);
  });

  it("says how long, and why", async () => {
    const { clock, peer, open } = setUp({ options: { number: "1" } });
    await failure(clock, open());
    const error = await failure(clock, open());
    expect(error.message).toMatch(
      /^Cannot call "1" for another \d+s: the call of \d+m?s ago came to nothing \(BUSY\)$/,
    );
    expect(peer.calls).toBe(1);
  });
});

describe("console driver modem, options", () => {
  it.each([
    ["number", { number: "555\r1234" }],
    ["number", { number: "5551234;" }],
    ["number", { number: "T" }],
    ["dial", { dial: "ATH" }],
    ["init", { init: ["ATZ", "reboot"] }],
    ["init", { init: ["ATZ\rATH"] }],
    ["dial-timeout", { init: ["ATS7=80"] }],
    ["cost-per-minute", { "cost-per-minute": "much" }],
  ])("%s: %j is refused", (option, given) => {
    const { values } = readOptions(modem.options, { number: "5551234", ...given });
    expect(modem.check?.(values).map((fault) => fault.option)).toEqual([option]);
  });

  it("takes what exchanges need", () => {
    for (const number of ["9,5551234", "+32 2 555.12.34", "*99#", "(02) 555-1234", "9W5551234@"])
      expect(modem.check?.(readOptions(modem.options, { number, dial: "ATX3DT" }).values)).toEqual(
        [],
      );
  });

  it("without via: says what is missing", async () => {
    const { clock, values } = setUp();
    const error = await failure(clock, modem.open(values, openContext({ clock })));
    expect(error).toMatchObject({ code: "USAGE", hint: expect.stringContaining("via:") });
  });
});
