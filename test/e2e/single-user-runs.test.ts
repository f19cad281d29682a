/**
 * A hundred runs of single-user on the simulated host, each with its own timing: how fast it boots, how long its menu
 * stands, how late and in what pieces its bytes come, how much its kernel talks meanwhile, and by what way it is
 * restarted. The seed is printed: OOB_SEED runs the same again.
 */
import { describe, expect, it } from "vitest";
import { MockHost } from "../../mocks/host.ts";
import singleUser from "../../scripts/single-user.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { PASSWORD, runKit } from "../core/runbook/run-kit.ts";

const RUNS = 100;
const SEED = Number(process.env.OOB_SEED ?? 6);
const WAYS = ["auto", "reboot", "sysrq", "cycle"] as const;

/** Mulberry32: the same numbers for the same seed. */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A line that brings bytes late, in pieces, in their order. */
function lateLine(clock: Clock, random: () => number, write: (bytes: Uint8Array) => void) {
  const latest = random() * 120;
  let free = 0;
  return (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.slice(at, at + 1 + Math.floor(random() * 400));
      at += piece.length;
      free = Math.max(free, clock.monotonic() + random() * latest);
      clock.after(free - clock.monotonic(), () => write(piece));
    }
  };
}

describe("single-user, a hundred times", () => {
  it("ends in single-user mode and back at the login prompt every time", async () => {
    const failures: string[] = [];
    let virtual = 0;
    for (let n = 0; n < RUNS; n++) {
      const random = dice(SEED * 1000 + n);
      const by = WAYS[Math.floor(random() * WAYS.length)] ?? "auto";
      const made: MockHost[] = [];
      const kit = await runKit({
        chatter: random() < 0.5 ? 0 : random() * 5,
        machine: ({ clock, write }) => {
          const host = new MockHost({
            name: "web1",
            clock,
            write: lateLine(clock, random, write),
            password: PASSWORD,
            grubSeconds: 5 + Math.floor(random() * 5),
            pace: 0.5 + random(),
          });
          made.push(host);
          return host;
        },
      });
      await kit.boot();
      const { result, story, tookMs } = await kit.run(singleUser, { by });
      virtual += tookMs;
      const phase = made[0]?.phase;
      if (result !== "done" || phase !== "login")
        failures.push(`run ${n} by ${by}: ${result}, host at ${phase}\n${story}`);
    }
    process.stdout.write(
      `FIGURE single-user on the simulated host: ${RUNS - failures.length} of ${RUNS} runs, ${(virtual / RUNS / 1000).toFixed(1)} s of its time each, seed ${SEED}\n`,
    );
    expect(failures.join("\n\n")).toBe("");
  }, 900_000);
});
