import { describe, expect, it } from "vitest";
import { HayesCodec, type HayesEvent, MAX_HAYES_LINE_BYTES } from "../../src/codec/hayes.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import { cutUp, joinBytes, testLaws } from "./laws.ts";

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

function dialling(): HayesCodec {
  const codec = new HayesCodec();
  codec.command("ATDT5551234");
  codec.takeOutput();
  return codec;
}

const SPOKEN = [
  "OK",
  "CONNECT 33600",
  "NO CARRIER",
  "BUSY",
  "RING",
  "NMBR = 5551234",
  "ATDT5551234",
  "0",
  "1",
  "050",
  "\n",
  "\r\n",
  "x\xff",
];
const words = [...SPOKEN, ...SPOKEN.map((word) => `\r\n${word}\r\n`)].map(latin1);

for (const [name, make] of [
  ["HayesCodec dialling", dialling],
  ["HayesCodec answering", () => new HayesCodec({ answers: true })],
] as const)
  testLaws(name, {
    make,
    feed: (codec: HayesCodec, bytes) => codec.receive(bytes),
    join: joinBytes<HayesEvent>("data"),
    held: (codec) => codec.held,
    bound: MAX_HAYES_LINE_BYTES,
    words,
  });

/** What a modem said, as one line: results by name, all else by kind. */
const seen = (events: readonly HayesEvent[]): string[] =>
  events.map((event) => {
    if (event.is === "result") return event.result;
    if (event.is === "info") return `info ${event.text}`;
    if (event.is === "data") return `data ${text(event.bytes)}`;
    return event.is === "caller" ? `${event.field} ${event.value}` : event.is;
  });

describe("HayesCodec results", () => {
  it.each([
    ["\r\nOK\r\n", "ok"],
    ["OK\r", "ok"],
    ["\nok\n", "ok"],
    ["\r\nCONNECT\r\n", "connect"],
    ["\r\nCONNECT 115200/ARQ/V34/LAPM\r\n", "connect"],
    ["\r\nCONNECT/ARQ/V34 28800\r\n", "connect"],
    ["\r\nNO CARRIER\r\n", "no-carrier"],
    ["\r\nno  carrier\r\n", "no-carrier"],
    ["\r\nERROR\r\n", "error"],
    ["\r\n+CME ERROR: 11\r\n", "error"],
    ["\r\nNO DIALTONE\r\n", "no-dialtone"],
    ["\r\nNO DIAL TONE\r\n", "no-dialtone"],
    ["\r\nBUSY\r\n", "busy"],
    ["\r\nNO ANSWER\r\n", "no-answer"],
    ["\r\nDELAYED\r\n", "delayed"],
    ["\r\nDELAYED 05:00\r\n", "delayed"],
    ["\r\nBLACKLISTED\r\n", "blacklisted"],
    ["\r\nVOICE\r\n", "voice"],
    ["\r\nRING\r\n", "ring"],
    ["\r\n+CRING: VOICE\r\n", "ring"],
    ["\r\nRINGING\r\n", "ringing"],
    ["0\r", "ok"],
    ["1\r", "connect"],
    ["2\r", "ring"],
    ["3\r", "no-carrier"],
    ["4\r", "error"],
    ["6\r", "no-dialtone"],
    ["7\r", "busy"],
    ["8\r", "no-answer"],
    ["12\r", "connect"],
  ])("%j is %s", (wire, result) => {
    expect(seen(new HayesCodec().receive(latin1(wire)))).toEqual([result]);
  });

  it.each([
    ["CONNECT 115200/ARQ/V34/LAPM", 115_200],
    ["CONNECT/ARQ/V34 28800", 28_800],
    ["CONNECT 1200", 1200],
    ["CONNECT", undefined],
  ])("%s has the speed %s", (said, speed) => {
    const [event] = new HayesCodec().receive(latin1(`\r\n${said}\r\n`));
    expect(event).toEqual({
      is: "result",
      result: "connect",
      text: said,
      ...(speed === undefined ? {} : { speed }),
    });
  });

  it("words that only begin like results are none", () => {
    const wire = "\r\nCONNECTED\r\nBUSYBOX v1.35\r\nOKAY\r\nNO CARRIER here\r\n";
    const kinds = new HayesCodec().receive(latin1(wire)).map((event) => event.is);
    expect(kinds).toEqual(["info", "info", "info", "info"]);
  });

  it("digits are no results of a modem that has spoken in words, until it is reset", () => {
    const codec = new HayesCodec();
    const ask = (command: string, wire: string) => {
      codec.command(command);
      return seen(codec.receive(latin1(wire)));
    };
    expect(ask("ATE0Q0V1", "\r\nOK\r\n")).toEqual(["ok"]);
    expect(ask("ATI3", "\r\n56\r\n\r\nOK\r\n")).toEqual(["info 56", "ok"]);
    expect(ask("ATS7?", "\r\n050\r\n\r\nOK\r\n")).toEqual(["info 050", "ok"]);
    expect(ask("ATV0", "0\r")).toEqual(["ok"]);
    expect(ask("ATS7?", "050\r\n0\r")).toEqual(["info 050", "ok"]);
    expect(ask("AT&V", "0\r")).toEqual(["ok"]);
  });

  it("noise is a violation and no result", () => {
    const codec = new HayesCodec();
    expect(seen(codec.receive(latin1("\xe6\x98\x1e\r\xff\xff\n")))).toEqual([
      "violation",
      "violation",
    ]);
    expect(seen(codec.receive(latin1(`${"x".repeat(5000)}\r\nOK\r\n`)))).toEqual([
      "violation",
      "ok",
    ]);
  });
});

describe("HayesCodec echo", () => {
  it.each([
    ["on a line of its own", "ATZ\r\r\nOK\r\n"],
    ["with CR LF", "ATZ\r\n\r\nOK\r\n"],
    ["glued to the answer", "ATZOK\r\n"],
    ["glued to a digit", "ATZ0\r"],
    ["in small letters", "atz\r\nok\r\n"],
    ["none", "\r\nOK\r\n"],
  ])("is taken off: %s", (_how, wire) => {
    const codec = new HayesCodec();
    codec.command("ATZ");
    expect(text(codec.takeOutput())).toBe("ATZ\r");
    expect(seen(codec.receive(latin1(wire)))).toEqual(["ok"]);
  });

  it("a line that only begins like a command is told whole", () => {
    const codec = new HayesCodec();
    codec.command("AT");
    expect(seen(codec.receive(latin1("ATTENTION\r\n")))).toEqual(["info ATTENTION"]);
  });
});

describe("HayesCodec connected", () => {
  it.each([
    ["CR LF", "\r\nCONNECT 9600\r\nlogin: ", "login: "],
    ["CR", "\r\nCONNECT 9600\rlogin: ", "login: "],
    ["LF", "\nCONNECT 9600\nlogin: ", "login: "],
    ["the host's own line end", "\r\nCONNECT 9600\r\n\r\nlogin: ", "\r\nlogin: "],
    ["V0, a host that begins with LF", "1\r\nlogin: ", "\nlogin: "],
    ["every value", `\r\nCONNECT\r\n\xff\0\r\nOK\r\n`, "\xff\0\r\nOK\r\n"],
  ])("bytes after CONNECT are the host's, none lost: %s", (_how, wire, host) => {
    for (const size of [1, 2, 3, 1000]) {
      const codec = dialling();
      const events = cutUp(latin1(wire), [size]).flatMap((chunk) => codec.receive(chunk));
      expect(events[0]).toMatchObject({ is: "result", result: "connect" });
      const data = events.flatMap((event) => (event.is === "data" ? [...event.bytes] : []));
      expect(String.fromCharCode(...data)).toBe(host);
      expect(codec.online).toBe(true);
    }
  });

  it("takes away the LF of a modem that ends numeric results with CR LF", () => {
    const codec = new HayesCodec();
    codec.command("ATE0");
    codec.receive(latin1("0\r\n"));
    codec.command("ATD1");
    expect(seen(codec.receive(latin1("1\r\nlogin: ")))).toEqual(["connect", "data login: "]);
  });

  it("CONNECT that nobody asked for opens nothing, but on an answering modem", () => {
    const idle = new HayesCodec();
    idle.command("AT&D2");
    expect(seen(idle.receive(latin1("\r\nCONNECT\r\nOK\r\n")))).toEqual(["connect", "ok"]);
    const answering = new HayesCodec({ answers: true });
    expect(seen(answering.receive(latin1("\r\nRING\r\n\r\nCONNECT\r\nOK\r\n")))).toEqual([
      "ring",
      "connect",
      "data OK\r\n",
    ]);
  });

  it("hears the modem again after an escape", () => {
    const codec = dialling();
    codec.receive(latin1("\r\nCONNECT\r\nlogin: "));
    codec.toCommands();
    codec.command("ATH");
    expect(seen(codec.receive(latin1("\r\nOK\r\nATH\r\r\nOK\r\n")))).toEqual(["ok", "ok"]);
  });

  it.each([
    ["\r\nNO CARRIER\r\n", true],
    ["login: \r\nNO CARRIER\r\n", true],
    ["NO CARRIER\r", true],
    ["\r\nNO CARRIER\r\n$ ", false],
    ["\r\nNO CARRIER", false],
    ["he said NO CARRIER\r\n", false],
    ["\r\nNO CARRIER now\r\n", false],
    ["\r\nno carrier\r\n", true],
    ["\r\nNO CARRIER\r\nNO CARRIER\r\n", true],
  ])("endsInNoCarrier after %j: %s", (host, ends) => {
    for (const size of [1, 4, 1000]) {
      const codec = dialling();
      codec.receive(latin1("\r\nCONNECT\r\n"));
      for (const chunk of cutUp(latin1(host), [size])) codec.receive(chunk);
      expect(codec.endsInNoCarrier).toBe(ends);
    }
  });
});

describe("HayesCodec answering", () => {
  it("tells who calls, between RINGs", () => {
    const wire =
      "\r\nRING\r\n\r\nDATE = 1122\r\nTIME = 1430\r\nNMBR = 5551234\r\nNAME = J DOE\r\n\r\nRING\r\n";
    expect(seen(new HayesCodec({ answers: true }).receive(latin1(wire)))).toEqual([
      "ring",
      "DATE 1122",
      "TIME 1430",
      "NMBR 5551234",
      "NAME J DOE",
      "ring",
    ]);
    const gsm = new HayesCodec().receive(latin1('\r\n+CLIP: "+3225551234",145\r\n'));
    expect(seen(gsm)).toEqual(["NMBR +3225551234"]);
  });
});
