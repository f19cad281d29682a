import { expect, test } from "vitest";
import { Pace, untilAnswered } from "../../../src/core/snmp/repeated-read.ts";
import type { Callback } from "../../../src/core/snmp/snmp-wire.ts";
import { ManualClock } from "../../../src/lib/clock.ts";

const TIMEOUT = 2000;
const silence = Object.assign(new Error("timed out"), { name: "RequestTimedOutError" });

/** An agent that answers the copies of a read after these times; undefined: never. */
function agent(...answers: readonly (number | undefined)[]) {
  const clock = new ManualClock();
  const sent: number[] = [];
  const send = (done: Callback<string>) => {
    const answer = answers[sent.length];
    sent.push(clock.monotonic());
    if (answer === undefined) clock.after(TIMEOUT, () => done(silence));
    else clock.after(answer, () => done(null, `answer ${sent.length}`));
  };
  return { clock, sent, send };
}

test("untilAnswered() sends a lost read again long before its time-out", async () => {
  const { clock, sent, send } = agent(undefined, undefined, 10);
  const pace = new Pace(TIMEOUT);
  const read = untilAnswered(send, { clock, pace, patience: 6000 });
  await clock.advance(1000);
  expect(await read).toBe("answer 3");
  expect(sent).toEqual([0, 250, 550]);
  await clock.advance(60_000);
  expect(sent).toHaveLength(3);
});

test("untilAnswered() takes a slow answer to the first copy, and is more patient then", async () => {
  const { clock, sent, send } = agent(1200, undefined, undefined, undefined, undefined, 10);
  const pace = new Pace(TIMEOUT);
  const read = untilAnswered(send, { clock, pace, patience: 6000 });
  await clock.advance(1200);
  expect(await read).toMatch(/^answer/);
  expect(pace.wait).toBeGreaterThan(1200);
  const copies = sent.length;
  const next = untilAnswered(send, { clock, pace, patience: 6000 });
  await clock.advance(1200);
  expect(sent.length - copies).toBe(1);
  await clock.advance(10_000);
  await next;
});

test("untilAnswered() of a mute agent ends when its patience and the last copy's time are over", async () => {
  const { clock, sent, send } = agent();
  const pace = new Pace(TIMEOUT);
  const failed = untilAnswered(send, { clock, pace, patience: 6000 }).catch(
    (error: unknown) => error,
  );
  await clock.advance(8000);
  expect(await failed).toBe(silence);
  expect(sent.length).toBeGreaterThan(7);
  expect(sent.at(-1)).toBeLessThan(6000);
});

test("untilAnswered() repeats nothing after an error that is an answer", async () => {
  const clock = new ManualClock();
  let sent = 0;
  const refused = new Error("noSuchName");
  const send = (done: Callback<string>) => {
    sent++;
    clock.after(5, () => done(refused));
  };
  const pace = new Pace(TIMEOUT);
  const failed = untilAnswered(send, { clock, pace, patience: 6000 }).catch(
    (error: unknown) => error,
  );
  await clock.advance(10_000);
  expect(await failed).toBe(refused);
  expect(sent).toBe(1);
});
