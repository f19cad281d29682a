import { describe, expect, it } from "vitest";
import shutdown from "../../scripts/shutdown.ts";
import { runKit } from "../core/runbook/run-kit.ts";

const typed = (kit: Awaited<ReturnType<typeof runKit>>) => kit.wire.typed.join("");

describe("shutdown", () => {
  it("logs in, types poweroff once, and is done when the kernel says that it is down", async () => {
    const kit = await runKit({ chatter: 3 });
    await kit.boot();
    const { result, story } = await kit.run(shutdown, { command: "poweroff" });
    expect(result, story).toBe("done");
    expect(typed(kit).match(/ poweroff\r/g)).toHaveLength(1);
    expect(story).toContain("web1 is down: its kernel said so");
    expect(kit.power.cycles).toBe(0);
  });

  it("a shutdown that hangs is failed after its time, with the last words", async () => {
    const kit = await runKit({ faults: { hangsAtShutdown: true } });
    await kit.boot();
    const { end } = await kit.run(shutdown, { command: "poweroff", within: "1m" });
    expect(end).toMatchObject({ result: "failed", error: { code: "EXPECT_TIMEOUT" } });
    expect(end?.text).toContain("Reached target Shutdown.");
  });

  it("a command that the host has not is failed at once", async () => {
    const kit = await runKit();
    await kit.boot();
    const { end, tookMs } = await kit.run(shutdown, { command: "shutdown -p now" });
    expect(end).toMatchObject({ result: "failed", error: { code: "RUNBOOK_FAILED" } });
    expect(end?.text).toContain("not found");
    expect(tookMs).toBeLessThan(60_000);
  });

  it("an os of which no command is known, and a dry run, type nothing", async () => {
    const kit = await runKit();
    await kit.boot();
    const { end } = await kit.run(shutdown);
    expect(end?.text).toContain('no command is known for os "unknown"');
    const rehearsed = await kit.run(shutdown, { command: "poweroff" }, { dryRun: true });
    expect(rehearsed.story).toContain('would: shut web1 down by "poweroff"');
    expect(typed(kit)).toBe("");
  });

  it("kernel text that the host only quotes is no power-down", async () => {
    const kit = await runKit({ faults: { hangsAtShutdown: true } });
    await kit.boot();
    const watch = ({ text }: { text: string }) => {
      if (text.startsWith("shut web1 down"))
        kit.wire.print(new TextEncoder().encode("log: reboot: Power down\r\n"));
    };
    const { end } = await kit.run(shutdown, { command: "poweroff", within: "30s" }, { watch });
    expect(end?.result).toBe("failed");
  });
});
