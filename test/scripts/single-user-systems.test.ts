/** Systems that no emulator here can run: machines built from their manual pages and sources. */
import { describe, expect, it } from "vitest";
import { UnixHost, type UnixHostOptions } from "../../mocks/unix-host.ts";
import { UNIX_TEXTS, type UnixTexts } from "../../mocks/unix-texts.ts";
import multiUser from "../../scripts/multi-user.ts";
import singleUser from "../../scripts/single-user.ts";
import { PASSWORD, runKit } from "../core/runbook/run-kit.ts";

const SYSTEMS = ["freebsd", "openbsd", "netbsd", "illumos"] as const;

async function kitOf(
  system: (typeof SYSTEMS)[number],
  faults: Pick<UnixHostOptions, "insecure" | "losesKeys"> = {},
) {
  const made: UnixHost[] = [];
  const kit = await runKit({
    os: `${system}-9`,
    machine: (parts) => {
      const host = new UnixHost({ ...parts, ...faults, system, password: PASSWORD });
      made.push(host);
      return host;
    },
  });
  await kit.boot();
  const host = made[0] as UnixHost;
  return { kit, host };
}

describe("single-user on other systems", () => {
  it.each(SYSTEMS)("%s: boot -s, the state proven, back to the login prompt", async (system) => {
    const { kit, host } = await kitOf(system);
    const { result, story } = await kit.run(singleUser, { command: "id -u" });
    expect(result, story).toBe("done");
    expect(host.told).toEqual(["boot -s"]);
    expect(story).toContain(`${system} boots with "-s"`);
    expect(story).toMatch(/it is in (?:init's single-user shell|run level S of illumos)/);
    if (system !== "illumos") expect(story).toMatch(/\| kern\.securelevel: (?:-1|0)/);
    expect(host.phase).toBe("login");
  });

  it.each(SYSTEMS)("%s by power cycle", async (system) => {
    const { kit, host } = await kitOf(system);
    const { result, story } = await kit.run(singleUser, { by: "cycle" });
    expect(result, story).toBe("done");
    expect(kit.power.cycles).toBe(1);
    expect(host.phase).toBe("login");
  });

  it("a BSD whose console is insecure is given root's password first", async () => {
    const { kit, host } = await kitOf("freebsd", { insecure: true });
    const { result, story, events } = await kit.run(singleUser);
    expect(result, story).toBe("done");
    expect(JSON.stringify(events)).not.toContain(PASSWORD);
    expect(host.phase).toBe("login");
  });

  it("a loader that loses keys is given up, and boots as it always does", async () => {
    const { kit, host } = await kitOf("freebsd", { losesKeys: true });
    const { end } = await kit.run(singleUser, { by: "reboot" });
    expect(end).toMatchObject({ result: "failed", step: "restart" });
    expect(end?.text).toMatch(/did not come back as it was typed; the host boots unchanged/);
    await kit.pass(() => host.phase === "login", 60_000);
  });

  it("stays in single-user mode, and multi-user leads it back", async () => {
    const { kit, host } = await kitOf("openbsd");
    expect((await kit.run(singleUser, { stay: "true" })).result).toBe("done");
    expect(host.phase).toBe("shell");
    const { result, story } = await kit.run(multiUser);
    expect(result, story).toBe("done");
    expect(story).toContain("it is in init's single-user shell");
    expect(host.phase).toBe("login");
  });

  it.each(SYSTEMS)(
    "%s: a host that waits at its loader's prompt is booted from there",
    async (system) => {
      const { kit, host } = await kitOf(system);
      kit.power.state = "off";
      host.power(false);
      host.power(true);
      const { promptKey = " " } = UNIX_TEXTS[system] as UnixTexts;
      host.receive(new TextEncoder().encode(promptKey));
      await kit.clock.advance(500);
      const { result, story } = await kit.run(singleUser, { by: "loader" });
      expect(result, story).toBe("done");
    },
  );

  it("a system without single-user mode is refused before it is touched", async () => {
    const kit = await runKit({ os: "windows" });
    await kit.boot();
    const { end } = await kit.run(singleUser);
    expect(end).toMatchObject({ result: "failed", error: { code: "RUNBOOK_INVALID" } });
    expect(kit.wire.typed).toEqual([]);
  });
});
