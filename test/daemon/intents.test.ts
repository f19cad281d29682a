import fc from "fast-check";
import { expect, test } from "vitest";
import type { NewEvent } from "../../src/core/audit/audit.ts";
import type { SiteEvent } from "../../src/core/site/site.ts";
import { Intents, type Person } from "../../src/daemon/intents.ts";
import { ManualClock } from "../../src/lib/clock.ts";
import { minutes, seconds } from "../../src/lib/durations.ts";

const kim: Person = { name: "kim", uid: 1001, isNobody: false };
const lee: Person = { name: "lee", uid: 1002, isNobody: false };
const STANDS = minutes(10);
type Write = { readonly event: NewEvent; readonly end: (fails: boolean) => void };

/** A trail whose disk answers when the test says so, or at once. */
function trail({ slow = false } = {}) {
  let seq = 100;
  const events: string[] = [];
  const open: Write[] = [];
  const written = (event: NewEvent): SiteEvent => {
    events.push(`${event.type} ${event.by}`);
    return { seq: seq++, at: 0, ...event };
  };
  const commit = (event: NewEvent) =>
    slow
      ? new Promise<SiteEvent>((resolve, reject) => {
          const end = (fails: boolean) =>
            fails ? reject(new Error("disk full")) : resolve(written(event));
          open.push({ event, end });
        })
      : Promise.resolve(written(event));
  return { events, open, audit: { commit, note: written } };
}

function rig(options = {}) {
  const clock = new ManualClock(0);
  const { events, open, audit } = trail(options);
  const intents = new Intents<string>(audit, clock);
  const ask = (by: Person, act = "cut", command = "oob power cycle db1") =>
    intents.keep({ by, hosts: ["db1"], command, reason: "r", stands: STANDS, act });
  return { clock, events, open, intents, ask };
}

test("a second person's yes gives the act once; who comes after finds nothing", async () => {
  const { intents, ask, events } = rig();
  const { id } = await ask(kim);
  expect(intents.list()).toEqual([
    {
      ...{ id, by: "kim", hosts: ["db1"], command: "oob power cycle db1", reason: "r" },
      ...{ at: 0, until: STANDS },
    },
  ]);
  expect(await intents.approve(id, lee)).toBe("cut");
  await expect(intents.approve(id, lee)).rejects.toMatchObject({ code: "USAGE" });
  expect(intents.list()).toEqual([]);
  expect(events).toEqual(["intent.ask kim", "intent.approve lee"]);
});

test("one account is one person, whatever its name; root and the daemon's user are nobody", async () => {
  const { intents, ask } = rig();
  const { id } = await ask(kim);
  const refused = { code: "NOT_PERMITTED" };
  for (const who of [kim, { ...kim, name: "kim2" }, { name: "root", uid: 0, isNobody: true }])
    await expect(intents.approve(id, who)).rejects.toMatchObject(refused);
  await expect(ask({ name: "root", uid: 0, isNobody: true })).rejects.toMatchObject(refused);
  expect(await intents.approve(id, lee)).toBe("cut");
});

test("two who approve at once, while the disk is slow: one of them gets it", async () => {
  const { intents, ask, open } = rig({ slow: true });
  const asking = ask(kim);
  open.shift()?.end(false);
  const { id } = await asking;
  const both = [intents.approve(id, lee), intents.approve(id, { ...lee, name: "max", uid: 1003 })];
  const ends = Promise.allSettled(both);
  for (const one of open.splice(0)) one.end(false);
  expect((await ends).map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
});

test("a yes that could not be written down, or was written too late, does nothing, also later", async () => {
  for (const late of [false, true]) {
    const { intents, ask, open, clock, events } = rig({ slow: true });
    const asking = ask(kim);
    open.shift()?.end(false);
    const { id } = await asking;
    const yes = intents.approve(id, lee);
    const failed = expect(yes).rejects.toThrow(late ? "its time ended" : "disk full");
    if (late) await clock.advance(STANDS);
    open.shift()?.end(!late);
    await clock.advance(0);
    for (const one of open.splice(0)) one.end(false);
    await failed;
    await expect(intents.approve(id, lee)).rejects.toMatchObject({ code: "USAGE" });
    if (late) expect(events.at(-1)).toBe("intent.expire oob");
  }
});

test("what has expired, was withdrawn, or was there when the daemon ended is gone, and that is written", async () => {
  const { intents, ask, clock, events } = rig();
  const expires = await ask(kim);
  await clock.advance(STANDS - 1);
  const withdrawn = await ask(kim);
  expect(intents.list()).toHaveLength(2);
  await clock.advance(1);
  await expect(intents.approve(expires.id, lee)).rejects.toThrow("there is none");
  await intents.withdraw(withdrawn.id, "kim", "");
  await expect(intents.approve(withdrawn.id, lee)).rejects.toThrow("there is none");
  const dropped = await ask(kim);
  intents.close();
  await expect(intents.approve(dropped.id, lee)).rejects.toThrow("there is none");
  const ends = events.filter((event) => !event.startsWith("intent.ask"));
  expect(ends).toEqual(["intent.expire oob", "intent.withdraw kim", "intent.expire oob"]);
});

test("nobody fills the list, and what cannot be read whole is not kept", async () => {
  const { intents, ask } = rig();
  for (const command of ["x".repeat(2001), "oob power cycle db1\nsomething else"])
    await expect(ask(kim, "cut", command)).rejects.toMatchObject({ code: "GUARD_REFUSED" });
  for (let n = 0; n < 20; n++) await ask(kim);
  await expect(ask(kim)).rejects.toThrow("20 of kim wait already");
  await ask(lee);
  await intents.withdraw(intents.list()[0]?.id ?? 0, "kim", "");
  await ask(kim);
});

type Step =
  | { readonly is: "ask" | "approve" | "withdraw"; readonly uid: number; readonly n: number }
  | { readonly is: "write"; readonly n: number; readonly fails: boolean }
  | { readonly is: "wait"; readonly ms: number };

const number = fc.nat({ max: 5 });
const uid = fc.constantFrom(0, 1, 2, 3);
const word = (is: "ask" | "approve" | "withdraw") =>
  fc.record({ is: fc.constant(is), uid, n: number });
const write = (fails: boolean) =>
  fc.record({ is: fc.constant("write" as const), n: number, fails: fc.constant(fails) });
const wait = fc.record({
  is: fc.constant("wait" as const),
  ms: fc.constantFrom(0, 1, seconds(1), STANDS - 1, STANDS, STANDS + 1),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: word("ask") },
  { weight: 5, arbitrary: word("approve") },
  { weight: 1, arbitrary: word("withdraw") },
  { weight: 9, arbitrary: write(false) },
  { weight: 1, arbitrary: write(true) },
  { weight: 1, arbitrary: wait },
);

test("whatever the order of words, disks and time: one act an intent at most, by two, in its time", async () => {
  let acts = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50 }), async (steps) => {
      const { intents, ask, open, clock } = rig({ slow: true });
      const ids: number[] = [];
      const askedBy = new Map<number, number>();
      const ends = new Map<number, number>();
      const withdrawn = new Set<number>();
      const done: { id: number; act: string; by: number; at: number; withdrawn: boolean }[] = [];
      const work: Promise<unknown>[] = [];
      const person = (n: number): Person => ({ name: `p${n}`, uid: n, isNobody: n === 0 });
      // Refusals are as good as any end.
      const later = (one: Promise<unknown>) => void work.push(one.catch(() => {}));
      for (const one of steps) {
        const id = "uid" in one ? (ids[one.n % Math.max(1, ids.length)] ?? 1) : 0;
        if (one.is === "wait") await clock.advance(one.ms);
        else if (one.is === "write")
          open.splice(one.n % Math.max(1, open.length), 1)[0]?.end(one.fails);
        else if (one.is === "ask")
          later(
            ask(person(one.uid), `act of ${one.uid}`).then((kept) => {
              ids.push(kept.id);
              askedBy.set(kept.id, one.uid);
              ends.set(kept.id, clock.monotonic() + STANDS);
            }),
          );
        else if (one.is === "approve")
          later(
            intents.approve(id, person(one.uid)).then((act) => {
              const found = { act, by: one.uid, at: clock.monotonic() };
              done.push({ id, ...found, withdrawn: withdrawn.has(id) });
            }),
          );
        else {
          // Gone from here on, whether or not its disk comes back.
          const wasThere = intents.list().some((kept) => kept.id === id);
          later(intents.withdraw(id, "x", ""));
          if (wasThere) withdrawn.add(id);
        }
        await clock.advance(0);
      }
      intents.close();
      const settled = Promise.allSettled(work);
      while (open.length > 0) {
        open.shift()?.end(false);
        await clock.advance(0);
      }
      await settled;
      acts += done.length;
      expect(new Set(done.map(({ id }) => id)).size).toBe(done.length);
      for (const { id, act, by, at, withdrawn: gone } of done) {
        expect(act).toBe(`act of ${askedBy.get(id)}`);
        expect([0, askedBy.get(id)]).not.toContain(by);
        expect(at).toBeLessThan(ends.get(id) ?? 0);
        expect(gone).toBe(false);
      }
    }),
    { numRuns: 200 },
  );
  // The steps lead somewhere.
  expect(acts).toBeGreaterThan(20);
});
