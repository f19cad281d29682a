import { describe, expect, it } from "vitest";
import powerCycle from "../../scripts/power-cycle.ts";
import { runKit } from "../core/runbook/run-kit.ts";

describe("power-cycle", () => {
  it("cycles once and sees the login prompt of the new boot", async () => {
    const kit = await runKit();
    await kit.boot();
    const { result, story, tookMs } = await kit.run(powerCycle);
    expect(result, story).toBe("done");
    expect(kit.power.cycles).toBe(1);
    expect(tookMs).toBeGreaterThan(kit.power.offFor + 4000);
  });

  it("a host that stays mute after the cycle: failed, at its first sign of life", async () => {
    const kit = await runKit();
    await kit.boot();
    // The outlet reads back, but feeds something else.
    kit.power.cycle = async () => ({ power: "on", verified: true });
    kit.host.hang();
    const { end } = await kit.run(powerCycle, { "boot-within": "2m" });
    expect(end).toMatchObject({ result: "failed", step: "first sign of life" });
    expect(end?.text).toContain("waited 2m for any text");
  });

  it("a login prompt between the order and the relay, then silence, is no host that came back", async () => {
    const kit = await runKit();
    await kit.boot();
    kit.power.cycle = async (readOff) => {
      kit.wire.print(
        new TextEncoder().encode("\r\nDebian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: "),
      );
      await kit.clock.sleep(1000);
      await kit.power.off();
      readOff();
      return { power: "on", verified: true };
    };
    const { end } = await kit.run(powerCycle, { "boot-within": "2m" });
    expect(end).toMatchObject({ result: "failed", step: "first sign of life" });
  });

  it("a boot that stops half-way: failed, at the login prompt", async () => {
    const kit = await runKit({ faults: { hangsAtBoot: true } });
    await kit.boot();
    const { end } = await kit.run(powerCycle);
    expect(end).toMatchObject({ result: "failed", step: "login prompt" });
    expect(end?.text).toMatch(
      /waited 10m for a login prompt, the console last said ".*EXT4-fs|.*"/,
    );
  });

  it("refuses where the outlets cannot be read", async () => {
    const kit = await runKit();
    await kit.boot();
    kit.power.state = "unknown";
    const { end } = await kit.run(powerCycle);
    expect(end).toMatchObject({ result: "refused", error: { code: "POWER_UNKNOWN" } });
    expect(kit.power.cycles).toBe(0);
  });

  it("--dry-run reads the outlets and switches nothing", async () => {
    const kit = await runKit();
    await kit.boot();
    const { end, story } = await kit.run(powerCycle, {}, { dryRun: true });
    expect(story).toContain("would: cycle the power of web1");
    expect(end).toMatchObject({
      result: "done",
      text: "web1 was left as it is, its power is on",
    });
    expect(kit.power.cycles).toBe(0);
    expect(kit.host.phase).toBe("login");
  });

  it("a person who takes the seat during the cycle: the outlets come back on before it says so", async () => {
    const kit = await runKit();
    await kit.boot();
    let asked = false;
    const { end } = await kit.run(
      powerCycle,
      {},
      {
        watch: (event) => {
          if (asked || !event.text.startsWith("cycle the power")) return;
          asked = true;
          kit.clock.after(1000, () => void kit.takeSeat());
        },
      },
    );
    expect(end).toMatchObject({ result: "failed", step: "cycle", error: { code: "SEAT_TAKEN" } });
    expect(end?.text).toContain('"bob" took the seat in step "cycle"');
    expect(kit.power.state).toBe("on");
  });
});
