import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WindowsSac, type WindowsSacFaults } from "../../mocks/windows-sac.ts";
import sacRestart from "../../scripts/sac-restart.ts";
import sacShow from "../../scripts/sac-show.ts";
import { readSacChannels, readSacIdentity } from "../../src/sdk/sac/sac.ts";
import { runKit } from "../core/runbook/run-kit.ts";

/** A Windows server, simulated: not tried on hardware. */
async function kitOf(faults: WindowsSacFaults = {}) {
  const made: WindowsSac[] = [];
  const kit = await runKit({
    os: "windows",
    machine: (parts) => {
      const machine = new WindowsSac(parts, faults);
      made.push(machine);
      return machine;
    },
  });
  const [windows] = made;
  if (!windows) throw new Error("no machine");
  return { ...kit, windows };
}

describe("sac-show", () => {
  it("says who answers, and asks nothing that changes anything", async () => {
    const kit = await kitOf();
    const { end, result, story } = await kit.run(sacShow, { log: "true" });
    expect(result, story).toBe("done");
    expect(end?.text).toContain("WEB1 answers");
    expect(kit.windows.commands).toEqual(["id", "s", "ch", "t", "d"]);
  });

  it("turns the pages of a long answer", async () => {
    const kit = await kitOf({ processes: 55 });
    const { result, story } = await kit.run(sacShow, { log: "true" });
    expect(result, story).toBe("done");
    expect(kit.windows.commands).toEqual(["id", "s", "ch", "t", "d"]);
  });

  it("comes back from a command prompt that somebody left on the line, and says that it is open", async () => {
    const kit = await kitOf({ channel: true });
    const { end, story } = await kit.run(sacShow);
    expect(end?.text, story).toContain("WEB1 answers, 1 command prompt open");
  });

  it("a server that stopped with an error is told", async () => {
    const kit = await kitOf({ stopped: true });
    const { end, story } = await kit.run(sacShow);
    expect(end?.text, story).toContain("stopped with an error");
    expect(kit.windows.commands).toEqual(["id", "d"]);
  });
});

describe("sac-restart", () => {
  it("restarts by SAC, and ends when the command prompt is offered again", async () => {
    const kit = await kitOf();
    const { end, result, story } = await kit.run(sacRestart);
    expect(result, story).toBe("done");
    expect(end?.text).toContain("web1 is back");
    expect(kit.windows.commands).toEqual(["id", "restart"]);
    expect(kit.power.cycles).toBe(0);
  });

  it("crash=true has it write its memory first", async () => {
    const kit = await kitOf();
    const { result, story } = await kit.run(sacRestart, { crash: "true" });
    expect(result, story).toBe("done");
    expect(story).toContain("it stopped with an error");
    expect(kit.windows.commands).toEqual(["id", "crashdump"]);
  });

  it("one that stopped is restarted by !SAC", async () => {
    const kit = await kitOf({ stopped: true });
    const { result, story } = await kit.run(sacRestart);
    expect(result, story).toBe("done");
    expect(story).toContain('type "restart" at !SAC');
  });

  it("another machine at this console is left alone", async () => {
    const kit = await kitOf({ name: "SQL7" });
    const { end } = await kit.run(sacRestart);
    expect(end?.text).toContain('calls itself "SQL7", wanted "web1"');
    expect(kit.windows.commands).toEqual(["id"]);
    const named = await kit.run(sacRestart, { name: "sql7" });
    expect(named.result, named.story).toBe("done");
  });

  it("a dump that Windows refuses, and a server that does not come back, are failed", async () => {
    const refused = await (await kitOf({ noDump: true })).run(sacRestart, { crash: "true" });
    expect(refused.end?.text).toContain('took "crashdump" and shows its prompt again');
    const lost = await (await kitOf({ neverBack: true })).run(sacRestart);
    expect(lost.end).toMatchObject({ result: "failed", error: { code: "EXPECT_TIMEOUT" } });
  });

  it("types nothing in a dry run, and is refused where the system is another", async () => {
    const kit = await kitOf();
    const { result, story } = await kit.run(sacRestart, {}, { dryRun: true });
    expect(result, story).toBe("done");
    expect(kit.wire.typed.join("")).toBe("");
    const linux = await runKit({ os: "linux" });
    expect((await linux.run(sacShow)).end?.text).toContain("it is for windows");
  });
});

describe("readSacIdentity(), readSacChannels()", () => {
  it("never throw, and hold no more than they may", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        expect(Object.keys(readSacIdentity(text)).length).toBeLessThanOrEqual(30);
        expect(readSacChannels(text).length).toBeLessThanOrEqual(100);
      }),
    );
    expect(readSacChannels("0 (AV)    SAC\r\n1 (IV)    Cmd0001".replaceAll("\r", ""))).toEqual([
      { number: 0, name: "SAC", active: true },
      { number: 1, name: "Cmd0001", active: false },
    ]);
  });
});
