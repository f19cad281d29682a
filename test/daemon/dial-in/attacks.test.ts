/** What somebody with the telephone number, or a host that somebody took over, could do by a call. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MockModem } from "../../../mocks/modem.ts";
import type { DialInEntry } from "../../../src/config/site-config.ts";
import { DialIn } from "../../../src/daemon/dial-in/dial-in.ts";
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
  await stop();
  rmSync(folder, { recursive: true });
});

async function stop(): Promise<void> {
  const stopped = dialIn?.stop();
  dialIn = undefined;
  await pass(seconds(30));
  await stopped;
}

async function pass(time: number): Promise<void> {
  for (let gone = 0; gone < time; gone += 100) {
    await clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** `lines`: the way to the modem has DTR and DCD. */
async function start(change: Partial<DialInEntry> = {}, lines = true, baud = 0): Promise<void> {
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
      const link = lineTo(modem, lines);
      let sent: Promise<void> = Promise.resolve();
      const write = (bytes: Uint8Array) => {
        sent = sent.then(() => clock.sleep((bytes.length * 10_000) / baud));
        return sent.then(() => link.write(bytes));
      };
      if (baud > 0) return { link: { ...link, write }, close: () => link.close() };
      return { link, close: () => link.close() };
    },
    secret: async () => PASSPHRASE,
    siteFor: () => site,
    lockOut: new LockOut(join(folder, "attic.json"), clock),
    note: (type, by, text) => notes.push(`${type} ${by}: ${text}`),
    progress: () => {},
  });
  dialIn.start();
  await pass(seconds(5));
}

const shown = () => Buffer.from(modem.heard).toString("latin1");

async function types(text: string, wait = seconds(3)): Promise<string> {
  const before = modem.heard.length;
  modem.print(text);
  await pass(wait);
  return shown().slice(before);
}

/** As far as the prompt. */
async function comeIn(): Promise<void> {
  modem.callIn(NUMBER);
  await pass(seconds(12));
  await types(`${PASSPHRASE}\r`);
}

const hostPrints = (text: string) =>
  site.attachment.push({ is: "bytes", bytes: Buffer.from(text), replay: false });

describe("a host that somebody took over", () => {
  it("cannot bring the modem to its commands by +++ and dial elsewhere", async () => {
    await start();
    await comeIn();
    await types("attach web1\r");
    await pass(seconds(5));
    hostPrints("+++");
    await pass(seconds(5));
    hostPrints("ATH\rATDT0900123456\r");
    await pass(seconds(5));
    expect(modem.commands).not.toContain("ATH");
    expect(modem.inCall).toBe(true);
  });

  it("nor by one + at a time", async () => {
    await start();
    await comeIn();
    await types("attach web1\r");
    await pass(seconds(5));
    for (let n = 0; n < 3; n++) {
      hostPrints("+");
      await pass(200);
    }
    await pass(seconds(5));
    hostPrints("ATH\r");
    await pass(seconds(5));
    expect(modem.inCall).toBe(true);
  });
});

describe("somebody who calls", () => {
  it("cannot bring the modem to its commands by the echo of +++", async () => {
    await start();
    await comeIn();
    await pass(seconds(5));
    for (let n = 0; n < 3; n++) await types("+", 200);
    await pass(seconds(5));
    await types("ATDT0900123456\r");
    expect(modem.commands).not.toContain("ATDT0900123456");
    expect(await types("\r")).toContain("oob> ");
  });

  it("types nothing into the console behind ^] and a dot", async () => {
    await start();
    await comeIn();
    await types("attach web1\r");
    await types("\x1d.status\r");
    expect(site.attachment.written).toBe("");
  });

  it("is hung up on when nothing is typed at a console", async () => {
    await start();
    await comeIn();
    await types("attach web1\r");
    for (let n = 0; n < 7; n++) {
      hostPrints("boot message\r\n");
      await pass(minutes(1));
    }
    expect(modem.inCall).toBe(false);
    expect(site.attachment.calls).toContain("leave hung-up");
  });

  it("can leave a console that takes nothing more", async () => {
    site.attachment.write = () => new Promise(() => {});
    await start();
    await comeIn();
    await types("attach web1\r");
    await types("ls\r");
    expect(await types("\x1d.", seconds(12))).toContain("oob> ");
  });

  it("grows no memory by typing at a console that takes nothing", async () => {
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let written = 0;
    site.attachment.write = async (bytes) => {
      await gate;
      written += bytes.length;
    };
    await start();
    await comeIn();
    await types("attach web1\r");
    for (let n = 0; n < 100; n++) await types("x".repeat(1000), 100);
    open();
    await pass(seconds(3));
    expect(written).toBeGreaterThan(1000);
    expect(written).toBeLessThan(10_000);
  });

  it("frees the modem by hanging up at a console that takes nothing more", async () => {
    site.attachment.write = () => new Promise(() => {});
    await start();
    await comeIn();
    await types("attach web1\r");
    await types("ls\r");
    modem.hangUpThere();
    await pass(seconds(20));
    expect(site.attachment.calls).toEqual(["leave hung-up"]);
    modem.heard.length = 0;
    modem.callIn(NUMBER);
    await pass(seconds(12));
    expect(shown()).toBe("passphrase: ");
  });

  it("is not answered by the modem itself, whatever init left in S0", async () => {
    modem.faults = { answersAfter: 1 };
    await start({ callers: ["025550199"], init: ["ATZ"] });
    modem.callIn(NUMBER);
    await pass(seconds(12));
    expect(modem.inCall).toBe(false);
  });

  it("types no RING to a modem that answers by itself: it hangs up", async () => {
    modem.faults = { answersAfter: 1, refuses: ["S0"] };
    await start({ callers: ["025550199"] }, false);
    modem.callIn(NUMBER);
    await pass(seconds(7));
    await types("\r\nRING\r\nNMBR = 025550199\r\nRING\r\n", seconds(5));
    await types("\r\nCONNECT 9600\r\n", seconds(5));
    expect(shown()).not.toContain("passphrase");
    await pass(seconds(10));
    expect(modem.inCall).toBe(false);
    expect(notes.join("\n")).toContain("Cannot answer calls on attic: its modem does by itself");
  });

  it("on a slow line is hung up on by no long output, and leaves in the midst of it", async () => {
    await start({}, true, 300);
    await comeIn();
    await types("attach web1\r", seconds(10));
    hostPrints("x".repeat(20_000));
    await pass(seconds(70));
    expect(modem.inCall).toBe(true);
    expect(await types("\x1d.", seconds(20))).toMatch(/oob> $/);
  });
});

describe("a disk that takes nothing", () => {
  it("keeps nobody out who knows the passphrase, and locks who does not", async () => {
    await start();
    modem.callIn(NUMBER);
    await pass(seconds(12));
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "");
    for (let n = 0; n < 3; n++) await types("guess\r");
    await pass(seconds(10));
    expect(notes.join("\n")).toContain("how often calls failed cannot be written down");
    expect(notes.at(-1)).toContain("gave no passphrase; nobody is answered for 1m");
    await pass(minutes(1));
    await comeIn();
    expect(shown()).toMatch(/oob> $/);
  });
});

describe("the end of a call", () => {
  it("types nothing of the modem's own words into a console", async () => {
    await start({ carrier: "text" }, false);
    await comeIn();
    await types("attach web1\r");
    await types("y");
    modem.hangUpThere();
    await pass(seconds(20));
    expect(site.attachment.written).toBe("y");
    expect(site.attachment.calls).toEqual(["leave hung-up"]);
  });

  it("makes no guess of a passphrase that was half typed", async () => {
    await start({ carrier: "text" }, false);
    modem.callIn(NUMBER);
    await pass(seconds(12));
    await types("correct horse");
    modem.hangUpThere();
    await pass(seconds(20));
    expect(notes.at(-1)).toMatch(/gave no passphrase$/);
  });

  it("is not taken for it where a person types NO CARRIER, and no Enter is lost", async () => {
    await start();
    await comeIn();
    await types("attach web1\r");
    for (const text of ["\r", "\r\r\n", "\r\nNO CARRIER\r\n", "\r\nNO CAR", "x"]) {
      site.attachment.written = "";
      await types(text, seconds(6));
      expect(site.attachment.written).toBe(text);
    }
  });

  it("is not left to luck when oob stops while the modem answers", async () => {
    modem.faults = { answering: seconds(10) };
    await start({}, false);
    modem.callIn(NUMBER);
    await pass(seconds(8));
    expect(modem.commands).toContain("ATA");
    await stop();
    await pass(seconds(30));
    expect(modem.inCall).toBe(false);
  });

  it("that is not proven is told", async () => {
    await start();
    await comeIn();
    modem.faults = { ignoresDtr: true, ignoresEscape: true };
    await types("quit\r", seconds(40));
    expect(modem.inCall).toBe(true);
    expect(notes.join("\n")).toMatch(/not proven that the line is free/);
  });

  it("that is not proven is no time to call back", async () => {
    const people = [{ who: "jana", passphrase: { secret: "jana" }, dialBack: "02 555 01 42" }];
    await start({ people });
    modem.callIn(NUMBER);
    await pass(seconds(12));
    modem.faults = { ignoresDtr: true, ignoresEscape: true };
    await types(`${PASSPHRASE}\r`, minutes(1));
    expect(modem.commands).not.toContain("ATDT025550142");
  });
});

describe("dial-back", () => {
  const people = [{ who: "jana", passphrase: { secret: "jana" }, dialBack: "02 555 01 42" }];

  it("waits for a caller who rings in between to give up: dialling would answer them", async () => {
    await start({ people });
    await comeIn();
    modem.callIn("+441632960000", 8);
    await pass(seconds(25));
    expect(modem.commands).not.toContain("ATDT025550142");
  });
});
