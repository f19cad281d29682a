import { expect, test } from "vitest";
import type { PortState } from "../../../src/core/port/console-port.ts";
import { UpAndDown } from "../../../src/core/session/up-and-down.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { seconds } from "../../../src/lib/durations.ts";

function start() {
  const clock = new ManualClock();
  const noted: string[] = [];
  const told = new UpAndDown({
    clock,
    notice: () => {},
    note: (type, text) => noted.push(`${type}: ${text}`),
  });
  let before: PortState = { is: "closed" };
  const goes = (state: PortState) => {
    told.tell(state, before);
    before = state;
  };
  const up = () => goes({ is: "up", label: "ts1", since: clock.now() });
  const down = () => goes({ is: "down", why: "the other side hung up", retryAt: 0 });
  return { clock, noted, up, down, close: () => goes({ is: "closed" }) };
}

test("a server that accepts and hangs up at once fills no audit trail, and is told when it stays", async () => {
  const { clock, noted, up, down } = start();
  for (let n = 0; n < 100; n++) {
    up();
    await clock.advance(100);
    down();
    await clock.advance(seconds(5));
  }
  expect(noted).toHaveLength(6);
  expect(noted.at(-1)).toBe(
    "console.down: console down: the other side hung up; it comes and goes: told when it stays up",
  );
  up();
  await clock.advance(seconds(15));
  expect(noted.slice(6)).toEqual(["console.up: console up: ts1"]);
  down();
  up();
  expect(noted.slice(7)).toEqual([
    "console.down: console down: the other side hung up",
    "console.up: console up: ts1",
  ]);
});

test("nothing is told of a console that was closed in the meantime", async () => {
  const { clock, noted, up, down, close } = start();
  for (let n = 0; n < 5; n++) {
    up();
    down();
  }
  up();
  close();
  await clock.advance(seconds(60));
  expect(noted).toHaveLength(6);
});
