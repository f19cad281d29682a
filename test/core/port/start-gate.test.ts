import { expect, it } from "vitest";
import { StartGate } from "../../../src/core/port/start-gate.ts";
import { ManualClock } from "../../../src/lib/clock.ts";

const clock = new ManualClock();
const never = new AbortController().signal;
const progress = () => undefined;

/** A gate with `count` attempts at it; the names of those that began. */
function busy(count: number, attempt: () => Promise<void>) {
  const gate = new StartGate(clock);
  const began: string[] = [];
  const come = (name: string, server: string, signal = never) => {
    const done = gate.run(server, { signal, progress }, () => {
      began.push(name);
      return attempt();
    });
    done.catch(() => undefined);
    return done;
  };
  for (let i = 1; i <= count; i++) void come(`dead${i}`, "dead");
  return { began, come };
}

const fails = () => Promise.reject(new Error("refused"));

it("StartGate lets eight begin at once, and a few consoles never wait", async () => {
  const { began } = busy(8, fails);
  expect(began).toHaveLength(8);
});

it("StartGate begins 20 attempts a second, however soon they fail", async () => {
  const { began } = busy(1000, fails);
  await clock.advance(10_000);
  expect(began.length).toBeGreaterThanOrEqual(200);
  expect(began.length).toBeLessThanOrEqual(216);
});

it("StartGate is not held up by attempts that hang", async () => {
  const { began } = busy(1000, () => clock.sleep(10_000));
  await clock.advance(3_500);
  expect(began).toHaveLength(32);
});

it("StartGate lets a console of another server in before the many of a dead one", async () => {
  const { began, come } = busy(1000, fails);
  await clock.advance(1000);
  void come("live", "live");
  await clock.advance(400);
  expect(began).toContain("live");
  expect(began.length).toBeLessThan(40);
});

it("StartGate forgets who gives up, and gives the reason", async () => {
  const { began, come } = busy(8, fails);
  const gone = new AbortController();
  const given = come("gone", "live", gone.signal);
  void come("next", "live");
  gone.abort(new Error("nobody waits"));
  await expect(given).rejects.toThrow("nobody waits");
  await clock.advance(400);
  expect(began.slice(8)).toEqual(["next"]);
  const alone = new AbortController();
  const { come: again, began: then } = busy(8, fails);
  void again("gone", "live", alone.signal);
  alone.abort(new Error("nobody waits"));
  await clock.advance(2000);
  void again("later", "other");
  expect(then.at(-1)).toBe("later");
});

it("StartGate gives back what an attempt gives", async () => {
  const gate = new StartGate(clock);
  await expect(gate.run("a", { signal: never, progress }, () => Promise.resolve(7))).resolves.toBe(
    7,
  );
});
