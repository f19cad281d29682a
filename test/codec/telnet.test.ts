import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DATA_PER_ANSWER,
  MAX_ANSWERS,
  TELNET_CLIENT,
  TELNET_SERVER,
  TelnetCodec,
  type TelnetEvent,
} from "../../src/codec/telnet.ts";
import { TELNET_OPTION } from "../../src/codec/telnet-option.ts";
import { concatBytes, latin1 } from "../../src/lib/bytes.ts";
import { telnetSubject } from "../fuzz/telnet.ts";
import { testLaws } from "./laws.ts";

const [IAC, DONT, DO, WONT, WILL, SB, SE, BRK] = [255, 254, 253, 252, 251, 250, 240, 243] as const;
const b = (...parts: (number | string)[]): Uint8Array =>
  concatBytes(parts.map((one) => (typeof one === "number" ? Uint8Array.of(one) : latin1(one))));
const dataOf = (events: readonly TelnetEvent[]): Uint8Array =>
  concatBytes(events.flatMap((event) => (event.is === "data" ? [event.bytes] : [])));

testLaws("TelnetCodec", telnetSubject);

describe("TelnetCodec as a client", () => {
  it("says nothing until it is asked", () => {
    expect(new TelnetCodec().takeOutput()).toHaveLength(0);
  });

  it("agrees to BINARY both ways, SGA both ways and ECHO of the server, once each", () => {
    const codec = new TelnetCodec();
    const offer = b(IAC, WILL, 1, IAC, WILL, 3, IAC, WILL, 0, IAC, DO, 0, IAC, DO, 3);
    const events = codec.receive(offer);
    expect(codec.takeOutput()).toEqual(
      b(IAC, DO, 1, IAC, DO, 3, IAC, DO, 0, IAC, WILL, 0, IAC, WILL, 3),
    );
    expect(events.map((event) => event.is)).toEqual(Array(5).fill("option"));
    expect(codec.isOn("ours", TELNET_OPTION.binary)).toBe(true);
    codec.receive(offer);
    expect(codec.takeOutput()).toHaveLength(0);
  });

  it("refuses options that it does not know, and ECHO of its own", () => {
    const codec = new TelnetCodec();
    codec.receive(b(IAC, DO, 31, IAC, DO, 1, IAC, WILL, 44, IAC, DO, 24));
    expect(codec.takeOutput()).toEqual(
      b(IAC, WONT, 31, IAC, WONT, 1, IAC, DONT, 44, IAC, WONT, 24),
    );
  });

  it("confirms an option being turned off and says so once", () => {
    const codec = new TelnetCodec();
    codec.receive(b(IAC, WILL, 1));
    codec.takeOutput();
    expect(codec.receive(b(IAC, WONT, 1, IAC, WONT, 1))).toEqual([
      { is: "option", side: "theirs", option: 1, on: false },
    ]);
    expect(codec.takeOutput()).toEqual(b(IAC, DONT, 1));
  });

  it("tells that what it asked for was refused", () => {
    const codec = new TelnetCodec();
    codec.ask("ours", 44, true);
    expect(codec.receive(b(IAC, DONT, 44))).toEqual([
      { is: "option", side: "ours", option: 44, on: false },
    ]);
  });

  it("takes NUL after CR away outside BINARY, and only that one", () => {
    const codec = new TelnetCodec();
    const events = codec.receive(b("a\r", 0, "b\r\nc", 0, "\r", 0, 0, "\r"));
    expect(dataOf(events)).toEqual(b("a\rb\r\nc", 0, "\r", 0, "\r"));
    expect(dataOf(codec.receive(b(0, "x")))).toEqual(b("x"));
  });

  it("leaves NUL after CR alone in BINARY", () => {
    const codec = new TelnetCodec();
    codec.receive(b(IAC, WILL, 0));
    expect(dataOf(codec.receive(b("a\r", 0, "b")))).toEqual(b("a\r", 0, "b"));
  });

  it("does not cut or copy text with CR LF", () => {
    const text = b("one\r\ntwo\r\n");
    const events = new TelnetCodec().receive(text);
    expect(events).toHaveLength(1);
    expect(dataOf(events).buffer).toBe(text.buffer);
  });

  it("sends Enter as CR NUL outside BINARY, as CR in BINARY, and doubles 0xFF in both", () => {
    const codec = new TelnetCodec();
    expect(codec.encode(b("ls\r", IAC, "\r\n"))).toEqual(b("ls\r", 0, IAC, IAC, "\r", 0, "\n"));
    codec.receive(b(IAC, DO, 0));
    expect(codec.encode(b("ls\r", IAC))).toEqual(b("ls\r", IAC, IAC));
    const plain = b("ls\r");
    expect(codec.encode(plain)).toBe(plain);
  });

  it("sends and sees BREAK", () => {
    expect(new TelnetCodec().encodeBreak()).toEqual(b(IAC, BRK));
    expect(new TelnetCodec().receive(b("a", IAC, BRK, "b")).map((event) => event.is)).toEqual([
      "data",
      "break",
      "data",
    ]);
  });

  it("gives 0xFF that the server did not double back as data, with a violation", () => {
    const events = new TelnetCodec().receive(b("a", IAC, "A", "b"));
    expect(dataOf(events)).toEqual(b("a", IAC, "Ab"));
    expect(events.some((event) => event.is === "violation")).toBe(true);
  });

  it("reads subnegotiations with doubled 0xFF, and writes them", () => {
    const codec = new TelnetCodec();
    const wire = codec.encodeSubnegotiation(44, b(1, IAC, 2));
    expect(wire).toEqual(b(IAC, SB, 44, 1, IAC, IAC, 2, IAC, SE));
    expect(codec.receive(wire)).toEqual([
      { is: "subnegotiation", option: 44, bytes: b(1, IAC, 2) },
    ]);
  });

  it("does not swallow the console in a subnegotiation without end", () => {
    const codec = new TelnetCodec();
    const text = "Kernel panic - not syncing. ".repeat(40);
    const events = codec.receive(b(IAC, SB, text, "still here"));
    expect(dataOf(events)).toEqual(b(IAC, SB, text, "still here"));
  });

  it("gives back at the end of the wire what looked like a subnegotiation, and nothing else", () => {
    const codec = new TelnetCodec();
    codec.receive(b("a", IAC, SB, "panic"));
    expect(codec.end()).toEqual(b(IAC, SB, "panic"));
    expect(codec.end()).toHaveLength(0);
    codec.receive(b("a", IAC, WILL));
    expect(codec.end()).toHaveLength(0);
  });

  it("ends a broken subnegotiation at the next command, which counts", () => {
    const events = new TelnetCodec().receive(b(IAC, SB, 9, "ab", IAC, BRK, "c"));
    expect(dataOf(events)).toEqual(b(IAC, SB, 9, "abc"));
    expect(events.some((event) => event.is === "break")).toBe(true);
  });

  it("answers a storm of options with a bounded number of answers, told once", () => {
    const codec = new TelnetCodec();
    let answered = 0;
    let told = 0;
    for (let round = 0; round < 1000; round++) {
      const events = codec.receive(b(IAC, DO, 31, IAC, WILL, 1, IAC, WONT, 1));
      answered += codec.takeOutput().length / 3;
      told += events.filter((event) => event.is === "violation").length;
    }
    expect(answered).toBe(MAX_ANSWERS);
    expect(told).toBe(1);
  });

  it("goes on answering a peer that toggles ECHO now and then between text", () => {
    const codec = new TelnetCodec();
    const text = "x".repeat(DATA_PER_ANSWER * 2);
    for (let round = 0; round < 200; round++) {
      codec.receive(b(text, IAC, WILL, 1, IAC, WONT, 1));
      expect(codec.takeOutput()).toEqual(b(IAC, DO, 1, IAC, DONT, 1));
    }
  });
});

describe("TelnetCodec at both ends", () => {
  /** Carries what both have to say until nobody has anything left. */
  function talk(client: TelnetCodec, server: TelnetCodec): number {
    for (let turns = 0; turns < 50; turns++) {
      const toClient = server.takeOutput();
      const toServer = client.takeOutput();
      if (toClient.length + toServer.length === 0) return turns;
      client.receive(toClient);
      server.receive(toServer);
    }
    throw new Error("the options never come to rest");
  }

  it("agrees on a clean line within three turns", () => {
    const client = new TelnetCodec(TELNET_CLIENT);
    const server = new TelnetCodec(TELNET_SERVER);
    expect(talk(client, server)).toBeLessThanOrEqual(3);
    for (const codec of [client, server]) {
      expect(codec.isOn("ours", TELNET_OPTION.binary)).toBe(true);
      expect(codec.isOn("theirs", TELNET_OPTION.binary)).toBe(true);
    }
    expect(client.isOn("theirs", TELNET_OPTION.echo)).toBe(true);
  });

  it("ask() comes to rest however often both change their minds", () => {
    const asks = fc.array(
      fc.record({
        who: fc.boolean(),
        side: fc.constantFrom("ours" as const, "theirs" as const),
        option: fc.constantFrom(0, 1, 3, 31),
        on: fc.boolean(),
        talk: fc.boolean(),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(asks, (list) => {
        const client = new TelnetCodec(TELNET_CLIENT);
        const server = new TelnetCodec(TELNET_SERVER);
        for (const one of list) {
          (one.who ? client : server).ask(one.side, one.option, one.on);
          if (one.talk) talk(client, server);
        }
        talk(client, server);
        for (const option of [0, 1, 3, 31]) {
          expect(client.isOn("ours", option)).toBe(server.isOn("theirs", option));
          expect(client.isOn("theirs", option)).toBe(server.isOn("ours", option));
        }
      }),
    );
  });

  it("carries any bytes whole, in BINARY and without", () => {
    const bytes = fc.array(
      fc.oneof(fc.constantFrom(0, 10, 13, 240, 243, 250, 255), fc.integer({ min: 0, max: 255 })),
    );
    for (const options of [TELNET_SERVER, { ...TELNET_SERVER, offer: { ours: [], theirs: [] } }]) {
      fc.assert(
        fc.property(bytes, (list) => {
          const client = new TelnetCodec(TELNET_CLIENT);
          const server = new TelnetCodec(options);
          talk(client, server);
          const sent = Uint8Array.from(list);
          expect(dataOf(server.receive(client.encode(sent)))).toEqual(sent);
          expect(dataOf(client.receive(server.encode(sent)))).toEqual(sent);
        }),
      );
    }
  });
});
