import { expect, test } from "vitest";
import type { SeatView } from "../../../src/core/site/site.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { OobError } from "../../../src/lib/errors.ts";
import { RunningCli } from "../run-cli.ts";
import { AT, SiteDouble } from "../site-double.ts";

const SINCE = AT - 60_000;
const writes = (who: string) => ({ who, since: SINCE, mode: "write" as const });
const writer = (who: string) => ({ who, since: SINCE, idle: 0 });

/** Somebody who wrote as `before` says, and finds the console as `after` says when the daemon is back. */
async function backAfterRestart(before: SeatView, after: SeatView) {
  const site = Object.assign(new SiteDouble(), { seat: before });
  const next = Object.assign(new SiteDouble(), { seat: after });
  Object.assign(site, { reopen: async () => next });
  const clock = new ManualClock(AT);
  const world = { site, clock, stdinTty: true, stdoutTty: true };
  const person = new RunningCli(["attach", "web1"], world);
  await person.saw(/replay: screen/);
  site.attachment.fail(new OobError("DAEMON_UNREACHABLE", "Lost the daemon: it ended"));
  await person.saw(/waiting until it answers/);
  while (next.asked.length === 0) await clock.advance(500);
  await person.saw(/the daemon is back after[\s\S]*replay: screen/);
  return { person, asked: next.asked, calls: next.attachment.calls };
}

test("attach after a restart joins those again beside whom it wrote", async () => {
  const before: SeatView = { mine: "write", others: [writes("jana")] };
  const { asked, calls } = await backAfterRestart(before, {
    mine: "read",
    writer: writer("jana"),
    others: [writes("jana")],
  });
  expect(asked).toEqual([{ attach: expect.objectContaining({ mode: "write" }) }]);
  expect(calls).toEqual(["mode join wrote before the restart"]);
});

test.each([
  ["who wrote alone", []],
  ["who wrote beside another", [writes("max")]],
  ["who wrote beside one of two", [writes("jana")]],
])(
  "attach after a restart puts nobody beside a stranger: %s reads, and is told",
  async (_, others) => {
    const { person, calls } = await backAfterRestart(
      { mine: "write", others },
      { mine: "read", writer: writer("jana"), others: [writes("jana"), writes("eve")] },
    );
    const who = others.some((one) => one.who === "jana") ? "eve" : "jana";
    await person.saw(new RegExp(`you had the seat, and ${who} took it meanwhile   write: \\^\\]`));
    expect(calls).toEqual([]);
  },
);

test("attach after a restart lets a reader read", async () => {
  const { person, calls } = await backAfterRestart(
    { mine: "read", writer: writer("jana"), others: [writes("jana")] },
    { mine: "read", writer: writer("eve"), others: [writes("eve")] },
  );
  expect(person.stdout).not.toContain("you had the seat");
  expect(calls).toEqual([]);
});
