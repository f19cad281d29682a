import { describe, expect, it } from "vitest";
import sysrqReboot from "../../scripts/sysrq-reboot.ts";
import { runKit } from "../core/runbook/run-kit.ts";

describe("sysrq-reboot", () => {
  it("asks h first, then s, u, b, each answered, and sees the login prompt", async () => {
    const kit = await runKit({ chatter: 5 });
    await kit.boot();
    const { result, story } = await kit.run(sysrqReboot);
    expect(result, story).toBe("done");
    expect(kit.wire.typed.join("")).toBe("hsub");
    expect(story).not.toContain("was not seen");
  });

  it("a BREAK that is lost: stops after h, and takes the letter back", async () => {
    const kit = await runKit({ losesBreak: true });
    await kit.boot();
    const { end } = await kit.run(sysrqReboot);
    expect(end).toMatchObject({ result: "failed", step: "SysRq" });
    expect(end?.text).toContain("waited 8s for the kernel's answer to SysRq h");
    expect(kit.wire.typed.join("")).toBe("h\x15");
    expect(kit.host.phase).toBe("login");
  });

  it("a kernel that has SysRq disabled: says so, reboots nothing", async () => {
    const kit = await runKit({ faults: { sysrqDisabled: true } });
    await kit.boot();
    const { end } = await kit.run(sysrqReboot);
    expect(end?.text).toContain("Cannot use SysRq h at web1: its kernel has it disabled");
    expect(kit.wire.typed.join("")).toBe("h");
  });

  it("a mute host: nothing but h and its erasure is typed", async () => {
    const kit = await runKit();
    await kit.boot();
    kit.host.hang();
    const { end } = await kit.run(sysrqReboot);
    expect(end).toMatchObject({ result: "failed", error: { code: "EXPECT_TIMEOUT" } });
    expect(kit.wire.typed.join("")).toBe("h\x15");
  });

  it("--dry-run sends no BREAK", async () => {
    const kit = await runKit();
    await kit.boot();
    const { story } = await kit.run(sysrqReboot, {}, { dryRun: true });
    expect(story).toContain("would: see that the kernel answers BREAK h");
    expect(kit.wire.typed).toEqual([]);
  });
});
