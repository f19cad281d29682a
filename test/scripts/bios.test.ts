import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type FirmwareFaults,
  type MockEntry,
  MockFirmwareSetUp,
} from "../../mocks/firmware-set-up.ts";
import biosSet from "../../scripts/bios-set.ts";
import biosShow from "../../scripts/bios-show.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { runKit } from "../core/runbook/run-kit.ts";

const PAGES: Readonly<Record<string, readonly MockEntry[]>> = {
  "": [
    { label: "Device Manager", page: "Device Manager" },
    { label: "Boot Maintenance Manager", page: "Boot Maintenance Manager" },
    { label: "Continue" },
    { label: "Reset" },
  ],
  "Device Manager": [
    { label: "Platform", page: "Platform" },
    { label: "Port", page: "Port one" },
    { label: "Port", page: "Port two" },
  ],
  Platform: [
    { label: "Resolution", value: "800x600", choices: ["640x480", "800x600", "1024x768"] },
    { label: "Locked", value: "on", choices: ["on", "off"], greyed: true },
    { label: "Serial Port", value: "X", tick: true },
  ],
  "Port one": [{ label: "Speed", value: "9600" }],
  "Port two": [{ label: "Speed", value: "115200" }],
  "Boot Maintenance Manager": [{ label: "Auto Boot Time-out", value: "3" }, { label: "Go Back" }],
};
const realTimer = setTimeout;
vi.setConfig({ testTimeout: 240_000 });

beforeAll(async () => {
  // Loaded before any machine's time runs.
  await import("@xterm/headless");
  // The screen is read ten thousand times, and each time its emulator sets a timer of no delay, which takes 1 ms or more.
  vi.stubGlobal("setTimeout", (run: () => void, ms = 0) =>
    ms > 0 ? realTimer(run, ms) : setImmediate(run),
  );
});
afterAll(() => {
  vi.unstubAllGlobals();
});

const PLATFORM = { page: "Device Manager/Platform", entry: "Resolution", value: "1024x768" };

async function firmwareKit(faults: FirmwareFaults = {}) {
  let machine: MockFirmwareSetUp | undefined;
  const kit = await runKit({
    credentials: null,
    swiftTimers: true,
    machine: (parts: { clock: Clock; write: (bytes: Uint8Array) => void }) => {
      machine = new MockFirmwareSetUp({ ...parts, pages: PAGES, faults });
      return machine;
    },
  });
  if (!machine) throw new Error("no machine");
  kit.power.state = "on";
  return { ...kit, machine };
}

describe("bios-show", () => {
  it("reads pages by their path, changes nothing, and the host boots on", async () => {
    const kit = await firmwareKit();
    const { result, story, end } = await kit.run(biosShow, {
      page: "Device Manager/Platform; Device Manager/Port#2",
    });
    expect(result, story).toBe("done");
    expect(story).toContain("|   Resolution: 800x600");
    expect(story).toContain("|   Serial Port: on");
    expect(story).toContain("|   Speed: 115200");
    expect(end?.text).toContain("2 pages of web1 read, nothing changed; it boots on");
    expect(kit.machine.phase).toBe("booted");
    expect(kit.machine.stored.size).toBe(0);
  });

  it("outlets that cannot be read are told at once, by a rehearsal too, and nothing is typed", async () => {
    const kit = await firmwareKit();
    kit.power.state = "unknown";
    for (const dryRun of [true, false]) {
      const { end } = await kit.run(biosShow, {}, { dryRun });
      expect(end).toMatchObject({ result: "failed", error: { code: "POWER_UNKNOWN" } });
    }
    expect(kit.wire.typed.join("")).toBe("");
    expect(kit.power.cycles).toBe(0);
  });

  it("--dry-run cycles nothing and types nothing", async () => {
    const kit = await firmwareKit();
    const { story } = await kit.run(biosShow, {}, { dryRun: true });
    expect(story).toContain("would: restart web1: cycle its power");
    expect(kit.power.cycles).toBe(0);
    expect(kit.wire.typed).toEqual([]);
  });

  it("an entry that is not there: names those that are, and the host boots on", async () => {
    const kit = await firmwareKit();
    const { end, story } = await kit.run(biosShow, { page: "Device Manager/Nothing" });
    expect(end).toMatchObject({ result: "failed", step: "pages" });
    expect(end?.text).toContain('there is no "Nothing" on the page; it has "Platform", "Port"');
    expect(story).toContain(
      "was led out of its firmware: what was not saved is discarded, and it boots on",
    );
    expect(kit.machine.phase).toBe("booted");
  });

  it("two entries of the same name are not guessed", async () => {
    const kit = await firmwareKit();
    const { end } = await kit.run(biosShow, { page: "Device Manager/Port" });
    expect(end?.text).toContain('its page has 2 entries "Port": say "Port#1"');
    expect(kit.machine.phase).toBe("booted");
  });

  it("a firmware that boots before its key: says what came first, types no more", async () => {
    const kit = await firmwareKit({ window: 1 });
    const { end } = await kit.run(biosShow);
    expect(end?.text).toContain("Linux came first");
    expect(kit.wire.typed.every((key) => key === "\x1b[12~")).toBe(true);
    expect(kit.machine.phase).toBe("booted");
  });

  it("a host that boots on in mid-run: says what it shows, types nothing into its system", async () => {
    const kit = await firmwareKit({ bootsOnAfter: 9000 });
    const { end } = await kit.run(biosShow, { page: "Device Manager/Platform" });
    expect(end).toMatchObject({ result: "failed" });
    expect(end?.text).toContain("Linux version 6.1.0");
    expect(kit.machine.stored.size).toBe(0);
  });

  it("a box that nobody expects: told, not answered", async () => {
    const text = "Warning: the battery of the clock is empty. Replace it";
    const kit = await firmwareKit({ popsUp: { page: "Platform", text } });
    const { end, story } = await kit.run(biosShow, { page: "Device Manager/Platform" });
    expect(end).toMatchObject({ result: "failed" });
    expect(story).toContain("the battery of the clock is empty");
    expect(kit.machine.stored.size).toBe(0);
  });
});

describe("bios-set", () => {
  it("refuses two pages: it never sets the entry of the first alone", async () => {
    const kit = await firmwareKit();
    const { result, story } = await kit.run(biosSet, {
      ...PLATFORM,
      page: "Device Manager/Platform; Boot Maintenance Manager",
    });
    expect(result, story).not.toBe("done");
    expect(story).toContain('Boot Maintenance Manager" names 2 pages');
    expect(kit.power.cycles ?? 0).toBe(0);
    expect(kit.machine.stored.size).toBe(0);
  });

  it.each([
    ["a choice", PLATFORM, "Platform/Resolution", "1024x768"],
    [
      "a tick",
      { page: "Device Manager/Platform", entry: "Serial Port", value: "off" },
      "Platform/Serial Port",
      " ",
    ],
    [
      "a number",
      { page: "Boot Maintenance Manager", entry: "Auto Boot Time-out", value: "30" },
      "Boot Maintenance Manager/Auto Boot Time-out",
      "30",
    ],
  ])("sets %s, and proves it after a restart", async (_kind, set, stored, value) => {
    const kit = await firmwareKit();
    const { result, story, end } = await kit.run(biosSet, set);
    expect(result, story).toBe("done");
    expect(end?.text).toContain("proven after a restart; it boots on");
    expect([...kit.machine.stored]).toEqual([[stored, value]]);
    expect(kit.power.cycles).toBe(2);
    expect(kit.machine.phase).toBe("booted");
  });

  it("a set-up that stands there already: no outlet is touched, and its own restart proves it", async () => {
    const kit = await firmwareKit();
    kit.machine.power(true);
    await kit.pass(() => kit.machine.phase === "waits");
    kit.machine.receive(new TextEncoder().encode("\x1b[12~"));
    await kit.pass(() => kit.machine.phase === "set-up");
    const { result, story } = await kit.run(biosSet, { ...PLATFORM, by: "standing" });
    expect(result, story).toBe("done");
    expect(kit.power.cycles).toBe(0);
    expect(kit.machine.restarts).toBe(1);
    expect([...kit.machine.stored]).toEqual([["Platform/Resolution", "1024x768"]]);
    expect(kit.machine.phase).toBe("booted");
  });

  it("a set-up that is being drawn when it is looked for is waited for, and led out of", async () => {
    const kit = await firmwareKit({ lag: 3000, window: 60_000 });
    kit.machine.power(true);
    await kit.pass(() => kit.machine.phase === "waits");
    kit.machine.receive(new TextEncoder().encode("\x1b[12~"));
    const { result, story } = await kit.run(biosShow, { by: "standing" });
    expect(result, story).toBe("done");
    expect(kit.power.cycles).toBe(0);
    expect(kit.machine.phase).toBe("booted");
  });

  it("what somebody else changed and did not save is not saved with it", async () => {
    const kit = await firmwareKit({ keepsChanges: true });
    kit.machine.power(true);
    await kit.pass(() => kit.machine.phase === "waits");
    // A person ticks the serial port off, and leaves it at that.
    for (const key of ["\x1b[12~", "\r", "\r", "\x1b[B", "\r"]) {
      kit.machine.receive(new TextEncoder().encode(key));
      await kit.clock.advance(100);
    }
    expect(kit.machine.unsaved).toBe(1);
    const { end } = await kit.run(biosSet, { ...PLATFORM, by: "standing" });
    expect(end).toMatchObject({ result: "failed" });
    expect(end?.text).toContain("something was changed there before, and is not saved");
    expect(kit.machine.stored.size).toBe(0);
  });

  it("nothing that is known stands there: not a key is typed", async () => {
    const kit = await firmwareKit();
    const { end } = await kit.run(biosSet, { ...PLATFORM, by: "standing" });
    expect(end?.text).toContain("no screen of ovmf stands there; nothing was typed");
    expect(kit.wire.typed).toEqual([]);
  });

  it("what is so already: nothing is saved, no second restart", async () => {
    const kit = await firmwareKit();
    const { end, story } = await kit.run(biosSet, { ...PLATFORM, value: "800x600" });
    expect(end?.text, story).toContain('was "800x600" already; nothing was changed, it boots on');
    expect(kit.power.cycles).toBe(1);
    expect(kit.machine.stored.size).toBe(0);
  });

  it("loses every third key: the same end", async () => {
    const kit = await firmwareKit({ loses: (key) => key % 3 === 2 });
    const { result, story } = await kit.run(biosSet, PLATFORM);
    expect(result, story).toBe("done");
    expect([...kit.machine.stored]).toEqual([["Platform/Resolution", "1024x768"]]);
  });

  it("a slow line: the same end", async () => {
    const kit = await firmwareKit({ lag: 3000, window: 60_000 });
    const { result, story } = await kit.run(biosSet, PLATFORM);
    expect(result, story).toBe("done");
    expect([...kit.machine.stored]).toEqual([["Platform/Resolution", "1024x768"]]);
  });

  it("a value that is not offered: names those that are, saves nothing, boots on", async () => {
    const kit = await firmwareKit();
    const { end } = await kit.run(biosSet, { ...PLATFORM, value: "1x1" });
    expect(end?.text).toContain('offers no "1x1"; it offers "640x480", "800x600", "1024x768"');
    expect(kit.machine.stored.size).toBe(0);
    expect(kit.machine.phase).toBe("booted");
  });

  it("a greyed entry is not set", async () => {
    const kit = await firmwareKit();
    const { end } = await kit.run(biosSet, { ...PLATFORM, entry: "Locked", value: "off" });
    expect(end?.text).toContain('"Locked" is greyed: it cannot be chosen');
    expect(kit.machine.stored.size).toBe(0);
    expect(kit.machine.phase).toBe("booted");
  });

  it("a firmware that forgets: failed, with what it reads after the restart", async () => {
    const kit = await firmwareKit({ forgets: true });
    const { end } = await kit.run(biosSet, PLATFORM);
    expect(end).toMatchObject({ result: "failed", step: "proof" });
    expect(end?.text).toContain('was saved as "1024x768", and reads "800x600" after a restart');
    expect(kit.machine.phase).toBe("booted");
  });

  it("a run that is given up with a change on the screen: nothing is saved, the host boots on", async () => {
    const kit = await firmwareKit();
    const stop = new AbortController();
    const run = kit.run(biosSet, PLATFORM, { signal: stop.signal });
    const watch = async () => {
      await kit.pass(() => kit.machine.unsaved > 0);
      stop.abort();
    };
    const [{ end, story }] = await Promise.all([run, watch()]);
    expect(end, story).toMatchObject({ result: "failed", error: { code: "INTERRUPTED" } });
    expect(story).toContain("was led out of its firmware: what was not saved is discarded");
    expect(kit.machine.stored.size).toBe(0);
    expect(kit.machine.unsaved).toBe(0);
    expect(kit.machine.phase).toBe("booted");
  });

  it("a person who takes the seat: nothing is typed after that, and it is said where it stands", async () => {
    const kit = await firmwareKit();
    let typed = 0;
    const run = kit.run(biosSet, PLATFORM);
    const watch = async () => {
      await kit.pass(() => kit.machine.unsaved > 0);
      await kit.takeSeat();
      typed = kit.wire.typed.length;
    };
    const [{ end, story }] = await Promise.all([run, watch()]);
    expect(end, story).toMatchObject({ error: { code: "SEAT_TAKEN" } });
    expect(story).toContain("may stand in its firmware, with changes that are not saved");
    expect(kit.wire.typed.length).toBe(typed);
    expect(kit.machine.stored.size).toBe(0);
  });
});
