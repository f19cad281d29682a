import type { RemoteInfo } from "node:dgram";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TrapEar } from "../../../src/daemon/traps/trap-ear.ts";
import { type TrapNews, type TrapSource, trapNewsOf } from "../../../src/daemon/traps/trap-talk.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { minutes } from "../../../src/lib/durations.ts";
import { nested, tlv, trap1, trap2c, trap3nobody } from "./trap-bytes.ts";

const PDU_A: TrapSource = {
  pdu: "pdu-a",
  addresses: ["10.0.0.5", "fd00::5"],
  login: { version: "2c", community: "right" },
  communities: ["right"],
};
const PDU_B: TrapSource = { ...PDU_A, pdu: "pdu-b", communities: ["other"] };
const PDU_3: TrapSource = {
  pdu: "pdu-3",
  addresses: ["10.0.0.6"],
  login: { version: "3", user: "oob", auth: { protocol: "sha", secret: "longenough" } },
  communities: [],
};

function ear(sources: readonly TrapSource[] = [PDU_A]) {
  const clock = new ManualClock();
  const news: TrapNews[] = [];
  const sent: unknown[] = [];
  const one = new TrapEar(sources, {
    clock,
    tell: (told) => news.push(told),
    wire: { send: (...args: unknown[]) => sent.push(args) } as never,
  });
  const hear = (bytes: Uint8Array, address = "10.0.0.5") =>
    one.hear(Buffer.from(bytes), { address, port: 162, family: "IPv4", size: 0 } as RemoteInfo);
  const traps = () =>
    news.flatMap((told) => (told.is === "trap" ? [`${told.pdu} ${told.what}`] : []));
  const dropped = async () => {
    await clock.advance(minutes(1));
    return news.flatMap((told) => (told.is === "dropped" ? [told.why] : []));
  };
  return { clock, news, sent, hear, traps, dropped };
}

test("TrapEar tells of traps of versions 1 and 2c with the PDU's community, from any of its addresses", () => {
  const { hear, traps } = ear();
  hear(trap2c("right"));
  hear(trap1("right"));
  hear(trap2c("right"), "fd00::5");
  hear(trap2c("right"), "::ffff:10.0.0.5");
  expect(traps()).toEqual([
    "pdu-a 1.3.6.1.6.3.1.1.5.3",
    "pdu-a 1.3.6.1.4.1.9",
    "pdu-a 1.3.6.1.6.3.1.1.5.3",
    "pdu-a 1.3.6.1.6.3.1.1.5.3",
  ]);
});

test("TrapEar tells nothing of another address, another community, or a user without a name", async () => {
  const { hear, traps, dropped } = ear([PDU_A, PDU_3]);
  hear(trap2c("right"), "10.0.0.9");
  hear(trap2c("wrong"));
  hear(trap2c(""));
  hear(trap3nobody());
  hear(trap3nobody(), "10.0.0.6");
  hear(trap2c("oob"), "10.0.0.6");
  expect(traps()).toEqual([]);
  expect(await dropped()).toEqual([
    { "from no PDU of ours": 1, "no trap, or of another community or user": 5 },
  ]);
});

test("TrapEar knows two PDUs behind one address by their communities", () => {
  const { hear, traps } = ear([PDU_A, PDU_B]);
  hear(trap2c("other"));
  hear(trap2c("right"));
  expect(traps().map((told) => told.split(" ")[0])).toEqual(["pdu-b", "pdu-a"]);
  const same = ear([PDU_A, { ...PDU_A, pdu: "pdu-c" }]);
  same.hear(trap2c("right"));
  expect(same.traps().map((told) => told.split(" ")[0])).toEqual(["pdu-a", "pdu-c"]);
});

test("TrapEar takes a burst, then so many a second, and counts the rest", async () => {
  const { clock, hear, traps, dropped } = ear();
  for (let i = 0; i < 500; i++) hear(trap2c("right"));
  expect(traps()).toHaveLength(60);
  await clock.advance(10_000);
  for (let i = 0; i < 500; i++) hear(trap2c("right"));
  expect(traps()).toHaveLength(80);
  expect(await dropped()).toEqual([{ "too many": 920 }]);
});

test("TrapEar lives through truncated, nested, overlong and random datagrams, and through those of others' making", () => {
  const whole = trap2c("right");
  for (let end = 0; end < whole.length; end++) {
    const { hear, traps } = ear();
    hear(whole.subarray(0, end));
    expect(traps()).toEqual([]);
  }
  const { hear, traps } = ear();
  hear(Buffer.concat([whole, Buffer.from([0])]));
  expect(traps()).toEqual([]);
  hear(nested(2000));
  hear(Buffer.alloc(60_000, 0x30));
  hear(tlv(0x30, nested(1500)));
  hear(Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]));
  hear(Buffer.from([0x30, 0x80, 0x02, 0x01]));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const random = ear();
      random.hear(Buffer.concat([Buffer.from([0x30]), bytes]));
      return random.traps().length === 0;
    }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(trap2c("right"), trap1("right"), trap3nobody()),
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 6 }),
      (bytes, changes) => {
        const mutated = Buffer.from(bytes);
        for (const [at, value] of changes) mutated[at % mutated.length] = value;
        ear([PDU_A, PDU_3]).hear(mutated);
      },
    ),
    { numRuns: 500 },
  );
});

test("trapNewsOf() takes from the process nothing but what it may say", () => {
  expect(trapNewsOf({ is: "trap", pdu: "a", from: "10.0.0.5", what: "1.3.6.1" })).toMatchObject({
    what: "1.3.6.1",
  });
  expect(trapNewsOf({ is: "trap", pdu: "a", from: "x", what: "\u001b[2J" })).toMatchObject({
    what: "?",
  });
  for (const wrong of [undefined, null, "trap", { is: "trap" }, { is: "power" }, { is: "ready" }])
    expect(trapNewsOf(wrong)).toBeUndefined();
});
