import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CALL_OFF, crc16, encodeBlock } from "../../src/codec/xmodem.ts";
import { type ReceiverEvent, XmodemReceiver } from "../../src/codec/xmodem-receiver.ts";
import { ASKED_QUIET, type SenderEvent, XmodemSender } from "../../src/codec/xmodem-sender.ts";
import { concatBytes, latin1 } from "../../src/lib/bytes.ts";
import { receiverSubject } from "../fuzz/xmodem.ts";
import { senderSubject } from "../fuzz/xmodem-sender.ts";
import { testLaws } from "./laws.ts";

testLaws("XmodemReceiver", receiverSubject);
testLaws("XmodemSender", senderSubject);

const [SOH, STX, EOT, ACK, NAK, CAN, C] = [1, 2, 4, 6, 0x15, 0x18, 0x43] as const;

/** Lets the two ends talk over a line that may do something to what is said. */
function transfer(
  sender: XmodemSender,
  receiver: XmodemReceiver,
  line: (bytes: Uint8Array, toReceiver: boolean) => Uint8Array = (bytes) => bytes,
) {
  const told: SenderEvent[] = [];
  const got: ReceiverEvent[] = [];
  let now = 0;
  for (let turn = 0; turn < 20_000; turn++) {
    const ended =
      told.some(({ is }) => is === "done" || is === "failed") &&
      got.some(({ is }) => is === "done" || is === "failed");
    if (ended) break;
    const down = line(sender.takeOutput(), true);
    const up = line(receiver.takeOutput(), false);
    if (down.length + up.length === 0) {
      const next = Math.min(sender.nextTick ?? Infinity, receiver.nextTick ?? Infinity);
      if (next === Infinity) break;
      now = Math.max(now, next);
      told.push(...sender.tick(now));
      got.push(...receiver.tick(now));
      continue;
    }
    now += 1;
    if (down.length > 0) got.push(...receiver.receive(down, now));
    if (up.length > 0) told.push(...sender.receive(up, now));
  }
  const parts = got.flatMap((event) => (event.is === "data" ? [event.bytes] : []));
  return { told, got, bytes: concatBytes(parts), took: now };
}

const file = fc.uint8Array({ maxLength: 5000 });

describe("XMODEM and YMODEM, one end against the other", () => {
  it("YMODEM brings every file whole, with its name and its length", () => {
    fc.assert(
      fc.property(file, fc.boolean(), (bytes, long) => {
        const sender = new XmodemSender({ bytes, long, name: "a file.bin" });
        const { told, got, bytes: came } = transfer(sender, new XmodemReceiver({ batch: true }));
        expect(came).toEqual(bytes);
        expect(got[0]).toEqual({ is: "file", name: "a file.bin", size: bytes.length });
        expect([told.at(-1), got.at(-1)]).toEqual([{ is: "done" }, { is: "done" }]);
      }),
      { numRuns: 100 },
    );
  });

  it("XMODEM brings every file, filled up to whole blocks", () => {
    fc.assert(
      fc.property(file, fc.boolean(), (bytes, long) => {
        const { bytes: came } = transfer(
          new XmodemSender({ bytes, long }),
          new XmodemReceiver({ batch: false }),
        );
        expect(came.subarray(0, bytes.length)).toEqual(bytes);
        expect(came.subarray(bytes.length).every((byte) => byte === 0x1a)).toBe(true);
        expect(came.length - bytes.length).toBeLessThan(1024);
      }),
      { numRuns: 100 },
    );
  });

  it("a line that drops, damages and chatters brings the file whole or says that it failed", () => {
    const trouble = fc.array(fc.constantFrom("no", "no", "no", "no", "drop", "damage", "chatter"), {
      minLength: 7,
      maxLength: 40,
    });
    fc.assert(
      fc.property(file, trouble, fc.boolean(), (bytes, troubles, batch) => {
        let turn = 0;
        const line = (said: Uint8Array): Uint8Array => {
          if (said.length === 0) return said;
          const what = troubles[turn++ % troubles.length];
          if (what === "drop") return said.subarray(0, said.length >> 1);
          if (what === "chatter") return concatBytes([latin1("[  1.0] CC up\r\n"), said]);
          if (what !== "damage") return said;
          const damaged = said.slice();
          damaged[said.length >> 1] = (damaged[said.length >> 1] ?? 0) ^ 0x20;
          return damaged;
        };
        const sender = new XmodemSender({ bytes, long: true, ...(batch ? { name: "f" } : {}) });
        const { told, got, bytes: came } = transfer(sender, new XmodemReceiver({ batch }), line);
        // Never called done with other bytes than were sent.
        if (got.at(-1)?.is === "done") expect(came.subarray(0, bytes.length)).toEqual(bytes);
        if (batch && got.at(-1)?.is === "done") expect(came.length).toBe(bytes.length);
        expect(["done", "failed"]).toContain(told.at(-1)?.is);
      }),
      { numRuns: 300 },
    );
  });

  it("one damaged block costs one more try and nothing else", () => {
    const bytes = latin1("x".repeat(3000));
    let blocks = 0;
    const line = (said: Uint8Array, toReceiver: boolean) => {
      if (!toReceiver || said[0] !== STX || ++blocks !== 2) return said;
      return said.map((byte, n) => (n === 500 ? byte ^ 1 : byte));
    };
    const sender = new XmodemSender({ bytes, long: true, name: "f" });
    const { told, bytes: came } = transfer(sender, new XmodemReceiver({ batch: true }), line);
    expect(came).toEqual(bytes);
    expect(told.filter(({ is }) => is === "again")).toEqual([{ is: "again", tries: 2 }]);
  });
});

describe("XmodemSender", () => {
  const sender = () => new XmodemSender({ bytes: latin1("hello"), long: false });

  it("does not take text for a receiver", () => {
    const one = sender();
    one.receive(latin1("ready to receive C"), 0);
    one.tick(5000);
    one.receive(latin1("\r\nGCC"), 5000);
    one.tick(10_000);
    one.receive(latin1("\r\nC"), 10_000);
    one.receive(latin1("hange it?"), 10_900);
    one.tick(20_000);
    expect(one.takeOutput()).toEqual(new Uint8Array(0));
    one.receive(latin1("\r\nC"), 20_000);
    expect(one.nextTick).toBe(20_000 + ASKED_QUIET);
    expect(one.tick(20_000 + ASKED_QUIET)[0]).toEqual({ is: "started", check: "crc" });
    expect(one.takeOutput()).toEqual(encodeBlock(1, latin1("hello"), "crc"));
  });

  it("takes two C that came apart for a receiver, whatever stood before them", () => {
    const one = sender();
    one.receive(latin1("rb waiting to receive.C"), 0);
    expect(one.tick(9000)).toEqual([]);
    expect(one.receive(latin1("C"), 10_000)[0]).toEqual({ is: "started", check: "crc" });
  });

  it("calls it done where all blocks were taken and the end was not answered, and sends no second EOT", () => {
    const one = sender();
    one.receive(Uint8Array.of(NAK), 0);
    one.receive(Uint8Array.of(ACK), 1);
    one.takeOutput();
    expect(one.tick(11_001)).toEqual([{ is: "done" }]);
    expect(one.takeOutput()).toEqual(new Uint8Array(0));
  });

  it("sends a block with a sum to whom NAKs, and the end twice", () => {
    const one = sender();
    one.receive(Uint8Array.of(NAK), 0);
    const block = one.takeOutput();
    expect([block.length, block[0], block[1], block[2]]).toEqual([132, SOH, 1, 254]);
    expect(block.at(-1)).toBe((latin1("hello").reduce((a, b) => a + b, 0) + 123 * 0x1a) & 0xff);
    one.receive(Uint8Array.of(ACK), 1);
    expect([...one.takeOutput()]).toEqual([EOT]);
    one.receive(Uint8Array.of(NAK), 2);
    expect([...one.takeOutput()]).toEqual([EOT]);
    expect(one.receive(Uint8Array.of(ACK), 3)).toEqual([{ is: "done" }]);
  });

  it("says nothing to a line on which nobody asked, and calls off one that fell silent", () => {
    const alone = sender();
    alone.tick(0);
    expect(alone.tick(60_000)).toEqual([{ is: "failed", why: "nobody asked for the file" }]);
    expect(alone.takeOutput()).toEqual(new Uint8Array(0));
    const begun = sender();
    begun.receive(Uint8Array.of(NAK), 0);
    begun.takeOutput();
    expect(begun.tick(60_000)).toEqual([{ is: "failed", why: "the host fell silent" }]);
    expect(begun.takeOutput()).toEqual(CALL_OFF);
  });

  it("ends at two CAN in a row, not at one", () => {
    const one = sender();
    one.receive(Uint8Array.of(NAK), 0);
    expect(one.receive(Uint8Array.of(CAN, 0x20, CAN), 1)).toEqual([]);
    expect(one.receive(Uint8Array.of(CAN), 2)).toEqual([
      { is: "failed", why: "the host called it off" },
    ]);
  });
});

describe("XmodemReceiver", () => {
  it("asks with C, then with NAK, and gives up in a minute", () => {
    const one = new XmodemReceiver({ batch: false });
    const asked: number[] = [];
    const told: ReceiverEvent[] = [];
    while (one.nextTick !== undefined) {
      told.push(...one.tick(one.nextTick));
      asked.push(...one.takeOutput().subarray(0, 1));
    }
    expect(asked.slice(0, 6)).toEqual([C, C, C, C, NAK, NAK]);
    expect(told).toEqual([{ is: "failed", why: "the host sent nothing" }]);
  });

  it("gives a block that came twice once", () => {
    const one = new XmodemReceiver({ batch: false });
    one.tick(0);
    const block = encodeBlock(1, latin1("a".repeat(128)), "crc");
    expect(one.receive(concatBytes([block, block]), 1)).toHaveLength(1);
    expect([...one.takeOutput()]).toEqual([C, ACK, ACK]);
  });

  it("refuses a block out of order, a second file, and a file that ends too early", () => {
    const order = new XmodemReceiver({ batch: false });
    expect(order.receive(encodeBlock(2, latin1("x"), "crc"), 0).at(-1)?.is).toBe("failed");
    const header = encodeBlock(0, latin1("f\u00005\u0000"), "crc", 0);
    const short = new XmodemReceiver({ batch: true });
    expect(short.receive(concatBytes([header, Uint8Array.of(EOT, EOT)]), 0).at(-1)).toEqual({
      is: "failed",
      why: "5 bytes of the file are missing at its end",
    });
    const second = new XmodemReceiver({ batch: true });
    const whole = concatBytes([header, encodeBlock(1, latin1("hello"), "crc")]);
    second.receive(concatBytes([whole, Uint8Array.of(EOT, EOT)]), 0);
    expect(second.receive(header, 1)).toEqual([
      { is: "failed", why: "the host sends a second file" },
    ]);
  });
});

it("crc16() is that of the protocol", () => {
  // Catalogue of parametrised CRC algorithms: CRC-16/XMODEM, check value.
  expect(crc16(latin1("123456789"))).toBe(0x31c3);
});
