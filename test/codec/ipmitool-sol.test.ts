import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  IpmitoolSolCodec,
  type SolEvent,
  solOwner,
  solRefusal,
} from "../../src/codec/ipmitool-sol.ts";
import { concatBytes, latin1 } from "../../src/lib/bytes.ts";
import { GREETING, ipmitoolSolSubject, NOTE } from "../fuzz/ipmitool-sol.ts";
import { testLaws } from "./laws.ts";

testLaws("IpmitoolSolCodec", ipmitoolSolSubject);

/** What ipmitool 1.8.19 sends to the BMC of what is typed (processSolUserInput), "*" for a BREAK. */
function throughIpmitool(typed: Uint8Array): number[] {
  const sent: number[] = [];
  let escaped = false;
  let afterLine = true;
  for (const byte of typed) {
    if (escaped) {
      escaped = false;
      if (byte === 0x42) {
        sent.push(0x2a);
        continue;
      }
      if ([0x2e, 0x1a, 0x18, 0x3f].includes(byte)) throw new Error(`~${byte} was obeyed`);
      if (byte !== 126) sent.push(126);
      sent.push(byte);
    } else if (afterLine && byte === 126) {
      escaped = true;
      continue;
    } else {
      sent.push(byte);
    }
    afterLine = byte === 13 || byte === 10;
  }
  return sent;
}

const up = (): IpmitoolSolCodec => {
  const codec = new IpmitoolSolCodec();
  expect(codec.receive(latin1(GREETING))).toEqual([{ is: "up" }]);
  return codec;
};
const dataOf = (events: readonly SolEvent[]): string =>
  events.map((event) => (event.is === "data" ? String.fromCharCode(...event.bytes) : "")).join("");

describe("IpmitoolSolCodec", () => {
  it("encode() brings every byte through ipmitool once, however it is cut", () => {
    const typed = fc.array(fc.constantFrom(126, 126, 13, 10, 0x42, 0x2e, 0x1a, 0x18, 0x3f, 120), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(typed, fc.integer({ min: 1, max: 9 }), (keys, size) => {
        const codec = new IpmitoolSolCodec();
        const wire: Uint8Array[] = [];
        for (let at = 0; at < keys.length; at += size)
          wire.push(codec.encode(Uint8Array.from(keys.slice(at, at + size))));
        expect(throughIpmitool(concatBytes(wire))).toEqual(keys);
      }),
    );
  });

  it("takesBreak at the beginning and after Enter, and only then", () => {
    const codec = up();
    expect(codec.takesBreak).toBe(true);
    codec.encode(latin1("x"));
    expect(codec.takesBreak).toBe(false);
    codec.encode(latin1("x\r"));
    expect(codec.takesBreak).toBe(true);
    expect(throughIpmitool(codec.encodeBreak())).toEqual([0x2a]);
  });

  it("receive() takes out the note about a BREAK, and no more of them than were sent", () => {
    const codec = up();
    expect(dataOf(codec.receive(latin1(`a${NOTE}`)))).toBe(`a${NOTE}`);
    codec.encodeBreak();
    expect(dataOf(codec.receive(latin1("x~B [se")))).toBe("x");
    expect(dataOf(codec.receive(latin1(`nd break]\ny${NOTE}`)))).toBe(`y${NOTE}`);
  });

  it("receive() gives the bytes that come with the greeting, and drops what came before", () => {
    const codec = new IpmitoolSolCodec();
    expect(codec.receive(latin1(`Info: x\r\n${GREETING}login: `))).toEqual([
      { is: "up" },
      { is: "data", bytes: latin1("login: ") },
    ]);
  });
});

test.each([
  ["> RAKP 2 HMAC is invalid\nError: Unable to establish IPMI v2 / RMCP+ session", "login"],
  ["RAKP 2 message indicates an error : unauthorized name\nError: Unable to establish", "login"],
  ["Info: SOL payload already active on another session", "busy"],
  ["Error in open session response message : invalid authentication algorithm\n", "refused"],
  ["Unsupported cipher suite ID : 99\n", "refused"],
  ["Info: SOL payload disabled", "refused"],
  ["Error: Unable to establish IPMI v2 / RMCP+ session", "refused"],
] as const)("solRefusal() knows %j", (said, is) => {
  expect(solRefusal(said)?.is).toBe(is);
});

test("solOwner() tells a session, none, and no answer apart", () => {
  expect(solOwner(" 02 07 00 00 01 00 00 00 00 00 00 00\n")).toBe("02 07 00 00");
  expect(solOwner(" 00 00 00 00 01 00 00 00 00 00 00 00\n")).toBe("none");
  expect(solOwner("")).toBe(undefined);
  expect(solOwner("Unable to send RAW command")).toBe(undefined);
});
