import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MockModem } from "../../../mocks/modem.ts";
import type { DialInEntry } from "../../../src/config/site-config.ts";
import { DialIn, sameNumber } from "../../../src/daemon/dial-in/dial-in.ts";
import { LockOut } from "../../../src/daemon/dial-in/lock-out.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { SiteDouble } from "../../cli/site-double.ts";
import { lineTo } from "../../drivers/console/modem-wire.ts";

const NUMBER = "+3225550142";
const PASSPHRASE = "correct horse battery";

let folder: string;
let clock: ManualClock;
let modem: MockModem;
let site: SiteDouble;
let notes: string[];
let dialIn: DialIn | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "oob-dial-in-"));
  clock = new ManualClock(1_800_000_000_000);
  modem = new MockModem(clock, { "025550142": "answers" });
  site = new SiteDouble();
  notes = [];
});

afterEach(async () => {
  const stopped = dialIn?.stop();
  await pass(seconds(30));
  await stopped;
  dialIn = undefined;
  rmSync(folder, { recursive: true });
});

async function pass(time: number): Promise<void> {
  for (let gone = 0; gone < time; gone += 100) {
    await clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function start(
  change: Partial<DialInEntry> = {},
  secrets: Readonly<Record<string, string>> = {},
): Promise<void> {
  const entry: DialInEntry = {
    name: "attic",
    modem: { driver: "serial", options: {} },
    init: undefined,
    callers: "any",
    people: [{ who: "jana", passphrase: { secret: "jana" } }],
    idle: minutes(5),
    carrier: "auto",
    guard: 1200,
    ...change,
  };
  dialIn = new DialIn({
    entry,
    clock,
    open: async () => {
      const link = lineTo(modem, true);
      return { link, close: () => link.close() };
    },
    secret: async ({ secret }) =>
      ({ jana: PASSPHRASE, max: "another long one", ...secrets })[secret] ?? "",
    siteFor: () => site,
    lockOut: new LockOut(join(folder, "attic.json"), clock),
    note: (type, by, text) => notes.push(`${type} ${by}: ${text}`),
    progress: () => {},
  });
  dialIn.start();
  await pass(seconds(3));
}

/** What the caller's terminal shows. */
const shown = () => Buffer.from(modem.heard).toString("latin1");

async function call(number = NUMBER): Promise<void> {
  modem.callIn(number);
  await pass(seconds(12));
}

async function types(text: string, wait = seconds(3)): Promise<string> {
  const before = modem.heard.length;
  modem.print(text);
  await pass(wait);
  return shown().slice(before);
}

describe("a call", () => {
  it("hears nothing but the question for the passphrase, and no echo of it", async () => {
    await start();
    await call();
    expect(shown()).toBe("passphrase: ");
    expect(await types(`${PASSPHRASE}\r`)).toBe(
      "\r\n\r\n3 hosts; help lists what can be done\r\noob> ",
    );
    expect(notes).toEqual([`dial-in.call jana: attic: jana calls from ${NUMBER}`]);
  });

  it("asks for status, log and power as the person may, and confirms by name", async () => {
    await start();
    await call();
    await types(`${PASSPHRASE}\r`);
    expect(await types("status\r")).toMatch(/web1 +up +on +healthy .*web1 login:/);
    expect(await types("reboot web1\r")).toContain('Cannot "reboot" here');
    site.powerEvents = [{ at: 0, host: "web1", text: "pdu-a/3 off, read back" }];
    expect(await types("power web1 off\r")).toMatch(/off web1: type its name once more: $/);
    expect(await types("web2\r")).toContain("nothing was done");
    expect(site.asked).not.toContainEqual(expect.objectContaining({ verb: "off" }));
    await types("power off web1\r");
    expect(await types("web1\r")).toContain("pdu-a/3 off, read back");
    expect(await types("quit\r", seconds(8))).not.toContain("oob>");
    expect(modem.inCall).toBe(false);
    expect(notes.at(-1)).toBe("dial-in.over jana: attic: the call of jana is over: quit");
  });

  it("stands at a console, and gives the seat back as hung up when the carrier falls", async () => {
    await start();
    await call();
    await types(`${PASSPHRASE}\r`);
    await types("attach web1\r");
    site.attachment.push({ is: "bytes", bytes: Buffer.from("root@web1:~# "), replay: false });
    await pass(500);
    expect(shown()).toMatch(/root@web1:~# $/);
    await types("uptime\r");
    expect(site.attachment.written).toBe("uptime\r");
    modem.hangUpThere();
    await pass(seconds(5));
    expect(site.attachment.calls).toEqual(["leave hung-up"]);
    expect(notes.at(-1)).toMatch(/^dial-in\.over jana: .*the carrier fell/);
  });

  it("comes back from a console to the prompt by ^] and a dot, with BREAK and help on the way", async () => {
    await start();
    await call();
    await types(`${PASSPHRASE}\r`);
    await types("spy web1\r");
    await types("\x1db");
    expect(await types("\x1d?")).toContain("^] .  leave");
    expect(await types("\x1d.")).toMatch(/oob> $/);
    expect(site.attachment.calls).toEqual(["break", "leave"]);
  });

  it("ends by itself when nothing is typed, and the next one is answered", async () => {
    await start();
    await call();
    await types(`${PASSPHRASE}\r`);
    await pass(minutes(5) + seconds(10));
    expect(modem.inCall).toBe(false);
    modem.heard.length = 0;
    await call();
    expect(shown()).toBe("passphrase: ");
  });
});

describe("callers who are not let in", () => {
  it("three wrong passphrases: hung up, and nobody is answered for a minute, then two", async () => {
    await start();
    for (const locked of [minutes(1), minutes(2)]) {
      modem.heard.length = 0;
      await call();
      for (const wrong of ["guess\r", "guess\r", "guess\r"]) await types(wrong, seconds(4));
      await pass(seconds(8));
      expect(modem.inCall).toBe(false);
      expect(shown()).toBe("passphrase: \r\npassphrase: \r\npassphrase: \r\n");
      const answers = modem.commands.filter((one) => one === "ATA").length;
      await call();
      modem.hangUpThere();
      expect(modem.commands.filter((one) => one === "ATA")).toHaveLength(answers);
      expect(notes.at(-1)).toMatch(/^dial-in\.unanswered oob: .*locked for/);
      await pass(locked);
    }
    modem.heard.length = 0;
    await call();
    expect(shown()).toBe("passphrase: ");
  });

  it("a restart ends no lock-out, nor does a clock that jumps", async () => {
    const first = new LockOut(join(folder, "x.json"), clock);
    const locked = [1, 2, 3].map(() => {
      first.failed();
      return first.left;
    });
    expect(locked).toEqual([60_000, 120_000, 240_000]);
    expect(new LockOut(join(folder, "x.json"), clock).left).toBe(240_000);
    expect(new LockOut(join(folder, "x.json"), new ManualClock(0)).left).toBe(240_000);
    for (let n = 0; n < 30; n++) first.failed();
    expect(first.left).toBe(3_600_000);
    first.passed();
    expect(new LockOut(join(folder, "x.json"), clock).left).toBe(0);
  });

  it("a number that is not among the callers is not answered, nor a withheld one", async () => {
    await start({ callers: ["02 555 01 42"] });
    for (const number of ["+3225550143", ""]) {
      await call(number);
      expect(modem.commands).not.toContain("ATA");
      modem.hangUpThere();
      await pass(seconds(15));
    }
    expect(notes).toEqual([
      "dial-in.unanswered oob: attic: +3225550143 is not answered: the number is not among the callers",
      "dial-in.unanswered oob: attic: a withheld number is not answered: the number is not among the callers",
    ]);
    await call();
    expect(shown()).toBe("passphrase: ");
  });

  it("a wrong number that types nothing locks nobody out", async () => {
    await start();
    await call();
    modem.hangUpThere();
    await pass(seconds(10));
    modem.heard.length = 0;
    await call();
    expect(shown()).toBe("passphrase: ");
  });

  it("a passphrase that can be guessed, or that two people share, keeps the modem from answering", async () => {
    const people = ["jana", "max"].map((who) => ({ who, passphrase: { secret: who } }));
    await start({ people }, { max: "short" });
    expect(notes[0]).toContain("the passphrase of max is shorter than 12 characters");
    expect(modem.commands).toEqual([]);
    await dialIn?.stop();
    notes = [];
    await start({ people }, { max: PASSPHRASE });
    expect(notes[0]).toContain("jana and max have the same passphrase");
  });
});

describe("dial-back", () => {
  const people = [{ who: "jana", passphrase: { secret: "jana" }, dialBack: "02 555 01 42" }];

  it("hangs up, calls the number of the configuration, and asks once more", async () => {
    await start({ people });
    await call("+441632960000");
    expect(await types(`${PASSPHRASE}\r`)).toContain("calling you back; hang up");
    await pass(seconds(25));
    expect(modem.commands).toContain("ATDT025550142");
    modem.heard.length = 0;
    await pass(seconds(1));
    expect(await types(`${PASSPHRASE}\r`)).toContain("oob> ");
    expect(notes.at(-1)).toBe("dial-in.call jana: attic: jana calls from 02 555 01 42");
  });

  it("a number that does not answer is trouble in the trail, and the next call is taken", async () => {
    modem = new MockModem(clock, { "025550142": "BUSY" });
    await start({ people });
    await call();
    await types(`${PASSPHRASE}\r`, seconds(30));
    expect(notes.at(-1)).toMatch(/dial-in\.trouble .*the modem says "BUSY"/);
    modem.heard.length = 0;
    await call();
    expect(shown()).toBe("passphrase: ");
  });
});

describe("sameNumber()", () => {
  it.each([
    ["+32 2 555 01 42", "025550142", true],
    ["+3225550142", "0032 2555 0142", true],
    ["+3225550142", "+3225550143", false],
    ["142", "+3225550142", false],
    ["", "+3225550142", false],
  ])("%s and %s: %s", (one, other, same) => {
    expect(sameNumber(one, other)).toBe(same);
  });
});
