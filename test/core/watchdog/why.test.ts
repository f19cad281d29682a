import { afterEach, describe, expect, it } from "vitest";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { Bench } from "./watchdog-doubles.ts";

let bench: Bench;
afterEach(() => bench.end());

const why = () => bench.watchdog.whyOf("web1")!;

describe("Watchdog.whyOf()", () => {
  it("tells of a healthy host what it saw, that all is calm, and when silence would count", async () => {
    bench = await new Bench(["web1"]).start();
    await bench.pass(minutes(2));
    expect(why().phase).toBe("calm");
    expect(why().facts).toEqual([
      "the console last spoke 2m ago",
      "a login prompt was seen, no prompt answered what was typed since: for its silence alone a person is asked",
    ]);
    expect(why().evidence.at(-1)).toMatchObject({
      class: "login-prompt",
      line: "web1 login:",
      at: 0,
      seenAt: Date.UTC(2026, 10, 22, 12),
    });
    expect(why().foreseen[0]).toMatchObject({ at: Date.UTC(2026, 10, 22, 12, 10) });
    // A calm host's bytes are no decision, but move the day on which silence counts.
    bench.console().prints("cron\r\n");
    expect(why().foreseen[0]).toMatchObject({ at: Date.UTC(2026, 10, 22, 12, 12) });
  });

  it("tells of a panicked host evidence, probes with answers, and the very time of the cut", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().panics();
    await bench.pass(seconds(58));
    const { evidence, probes, foreseen, facts } = why();
    expect(evidence.at(-1)).toMatchObject({ class: "panic", action: "recover" });
    expect(probes).toHaveLength(1);
    expect(probes[0]).toMatchObject({
      answer: "none",
      steps: [{ answer: "nothing" }, {}, {}, { tried: "outlets" }],
    });
    expect(facts.join("\n")).toMatch(/suspected because .* panic .*this process saw it come/);
    const cut = foreseen.find(({ rung }) => rung === "cycle");
    await bench.pass(cut!.at! - bench.clock.now() + seconds(5));
    expect(bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
  });

  it("while an answer is waited for, tells when a person is called, and that it is this", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().panics();
    await bench.pass(seconds(35));
    expect(why().next.text).toBe(
      "waiting for an answer to the probe; a person is called if it stays so",
    );
    expect(why().next.at).toBe(bench.clock.now() - seconds(35) + minutes(15));
  });

  it("knows the rung that mode act would climb, also where it does not act", async () => {
    for (const mode of ["ask", "observe"] as const) {
      bench = await new Bench(["web1"], { mode, ladder: ["nudge", "sysrq", "cycle"] }).start();
      bench.console().panics();
      expect([mode, why().rung]).toEqual([mode, "cycle"]);
      if (mode === "ask") await bench.end();
    }
  });

  it("knows of evidence of before the start that it was not seen to come", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().panics();
    await bench.restart({ keeps: true });
    expect(why().evidence.at(-1)?.seenAt).toBeUndefined();
    expect(bench.watchdog.whyOf("nobody")).toBeUndefined();
  });
});
