import { beforeEach, describe, expect, test } from "vitest";
import {
  ended,
  hostWith,
  ORDER,
  RelayBank,
  recovered,
  run,
  startPower,
  TwoFeeds,
} from "./power-sim.ts";

let site: TwoFeeds;
const A1 = hostWith("a/1");
const order = (id: string) => ({ ...ORDER, id });
const start = (more: Parameters<typeof startPower>[3] = {}) =>
  startPower(site.banks, site.disk, site.clock, more);
const outcomes = () =>
  site.disk.events
    .filter(({ type }) => type === "power.outcome")
    .map(({ data }) => `${String(data?.id)} ${String(data?.result)}`);

/** Alarms that a process tells of which begins now. */
async function alarmsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  const before = site.disk.events.length;
  await run(site.clock, work());
  const told = site.disk.events.slice(before).filter(({ type }) => type === "power.alarm");
  return told.map(({ text }) => text);
}

const isOn = () => site.banks.a.relay("1").on;

beforeEach(() => {
  site = new TwoFeeds();
});

/** An act that ends well, and whose outcome finds the disk full. */
async function endsUnwritten(verb: "off" | "cycle", id: string): Promise<void> {
  site.disk.wrote = ({ type }) => {
    if (type === "power.intent") site.disk.full = true;
  };
  const report = await ended(site.clock, start().power.switchHost(A1, verb, order(id)));
  expect(report.result).toBe("done");
  site.disk.wrote = () => {};
  site.disk.full = false;
}

/** A cycle whose process is killed while the outlet is off. */
async function killedDark(id: string): Promise<void> {
  const { power, process } = start();
  void power.switchHost(A1, "cycle", order(id)).catch(() => undefined);
  for (let n = 0; n < 100 && isOn(); n++) await site.clock.advance(100);
  await site.clock.advance(1000);
  process.dead = true;
  expect(isOn()).toBe(false);
}

describe("an act without an outcome, after which the outlet was switched again", () => {
  test("a cycle does not bring on what a person has switched off since", async () => {
    await endsUnwritten("cycle", "1");
    await ended(site.clock, start().power.switchHost(A1, "off", order("2")));
    await run(site.clock, recovered(start().power));
    expect(isOn()).toBe(false);
    expect(outcomes()).toEqual(["2 done", "1 unknown"]);
  });

  test("keeps nobody from taking up the newer one: the host comes on", async () => {
    await endsUnwritten("off", "1");
    await ended(site.clock, start().power.switchHost(A1, "on", order("2")));
    await killedDark("3");
    await run(site.clock, recovered(start().power));
    expect(isOn()).toBe(true);
    expect(outcomes().at(-1)).toBe("3 done");
  });
});

describe("a cycle that a kill left dark", () => {
  test("and that cannot be brought back is an alarm on record", async () => {
    await killedDark("1");
    site.banks.a.command = "refused";
    const alarms = await alarmsOf(() => recovered(start().power));
    expect(isOn()).toBe(false);
    expect(alarms).toEqual([expect.stringContaining("web1 MAY BE WITHOUT POWER")]);
  });

  test("too long ago to be touched: an alarm on record", async () => {
    await killedDark("1");
    await site.clock.advance(3_700_000);
    const alarms = await alarmsOf(() => recovered(start().power));
    expect(isOn()).toBe(false);
    expect(alarms).toEqual([expect.stringContaining("web1 MAY BE WITHOUT POWER")]);
  });

  test("and of a PDU that is configured no more: an alarm on record", async () => {
    await killedDark("1");
    const { power } = startPower({ b: site.banks.b }, site.disk, site.clock);
    expect(await alarmsOf(() => recovered(power))).toHaveLength(1);
  });

  test("and that is on by now is none", async () => {
    await killedDark("1");
    expect(await alarmsOf(() => recovered(start().power))).toEqual([]);
    expect(isOn()).toBe(true);
  });
});

test("the wait for a turn takes nothing of the time in which an on is tried", async () => {
  const bank = new RelayBank(site.clock, ["1", "2", "3", "4"]);
  const rules = { a: { minInterval: 0, stagger: 60_000, lifeline: [] } };
  const { power } = startPower({ a: bank }, site.disk, site.clock, { rules });
  const first = power.switchHost(A1, "cycle", order("1"));
  for (let n = 0; n < 100 && bank.falls("1") === 0; n++) await site.clock.advance(100);
  const others = ["2", "3", "4"].map((id) =>
    power.switchHost(hostWith(`a/${id}`), "off", order(id)),
  );
  for (let n = 0; n < 400 && bank.sent.length < 4; n++) await site.clock.advance(1000);
  // Busy, as some are, when the turn comes at last.
  bank.command = "refused";
  for (let n = 0; n < 400 && bank.sent.length < 5; n++) await site.clock.advance(1000);
  expect(bank.sent.at(-1)).toEqual({ instance: "1", command: "on" });
  bank.command = "ok";
  expect((await ended(site.clock, first)).power).toBe("on");
  await run(site.clock, Promise.all(others));
});
