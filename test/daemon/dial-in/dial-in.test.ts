import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MockModem } from "../../../mocks/modem.ts";
import { sameNumber } from "../../../src/daemon/dial-in/dial-in.ts";
import { LockOut } from "../../../src/daemon/dial-in/lock-out.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { CallKit, NUMBER, PASSPHRASE } from "./call-kit.ts";

let kit: CallKit;
beforeEach(() => {
  kit = new CallKit();
});
afterEach(() => kit.end());

describe("a call", () => {
  it("hears nothing but the question for the passphrase, and no echo of it", async () => {
    await kit.start();
    await kit.call();
    expect(kit.shown).toBe("passphrase: ");
    expect(await kit.types(`${PASSPHRASE}\r`)).toBe(
      "\r\n\r\n3 hosts; help lists what can be done\r\noob> ",
    );
    expect(kit.notes).toEqual([`dial-in.call jana: attic: jana calls from ${NUMBER}`]);
  });

  it("takes an answer that comes as soon as the question can be read", async () => {
    await kit.start({}, { toldLate: 1000 });
    kit.modem.callIn(NUMBER);
    while (!kit.shown.endsWith("passphrase: ")) await kit.pass(100);
    expect(await kit.types(`${PASSPHRASE}\r`, seconds(12))).toMatch(/oob> $/);
  });

  it("asks for status, log and power as the person may, and confirms by name", async () => {
    await kit.start();
    await kit.call();
    await kit.types(`${PASSPHRASE}\r`);
    expect(await kit.types("status\r")).toMatch(/web1 +up +on +healthy .*web1 login:/);
    expect(await kit.types("reboot web1\r")).toContain('Cannot "reboot" here');
    kit.site.powerEvents = [{ at: 0, host: "web1", text: "pdu-a/3 off, read back" }];
    expect(await kit.types("power web1 off\r")).toMatch(/off web1: type its name once more: $/);
    expect(await kit.types("web2\r")).toContain("nothing was done");
    expect(kit.site.asked).not.toContainEqual(expect.objectContaining({ verb: "off" }));
    await kit.types("power off web1\r");
    expect(await kit.types("web1\r")).toContain("pdu-a/3 off, read back");
    expect(await kit.types("quit\r", seconds(8))).not.toContain("oob>");
    expect(kit.modem.inCall).toBe(false);
    expect(kit.notes.at(-1)).toBe("dial-in.over jana: attic: the call of jana is over: quit");
  });

  it("stands at a console, and gives the seat back as hung up when the carrier falls", async () => {
    await kit.start();
    await kit.call();
    await kit.types(`${PASSPHRASE}\r`);
    await kit.types("attach web1\r");
    kit.site.attachment.push({ is: "bytes", bytes: Buffer.from("root@web1:~# "), replay: false });
    await kit.pass(500);
    expect(kit.shown).toMatch(/root@web1:~# $/);
    await kit.types("uptime\r");
    expect(kit.site.attachment.written).toBe("uptime\r");
    kit.modem.hangUpThere();
    await kit.pass(seconds(5));
    expect(kit.site.attachment.calls).toEqual(["leave hung-up"]);
    expect(kit.notes.at(-1)).toMatch(/^dial-in\.over jana: .*the carrier fell/);
  });

  it("comes back from a console to the prompt by ^] and a dot, with BREAK and help on the way", async () => {
    await kit.start();
    await kit.call();
    await kit.types(`${PASSPHRASE}\r`);
    await kit.types("spy web1\r");
    await kit.types("\x1db");
    expect(await kit.types("\x1d?")).toContain("^] .  leave");
    expect(await kit.types("\x1d.")).toMatch(/oob> $/);
    expect(kit.site.attachment.calls).toEqual(["break", "leave"]);
  });

  it("ends by itself when nothing is typed, and the next one is answered", async () => {
    await kit.start();
    await kit.call();
    await kit.types(`${PASSPHRASE}\r`);
    await kit.pass(minutes(5) + seconds(10));
    expect(kit.modem.inCall).toBe(false);
    kit.modem.heard.length = 0;
    await kit.call();
    expect(kit.shown).toBe("passphrase: ");
  });
});

describe("callers who are not let in", () => {
  it("three wrong passphrases: hung up, and nobody is answered for a minute, then two", async () => {
    await kit.start();
    for (const locked of [minutes(1), minutes(2)]) {
      kit.modem.heard.length = 0;
      await kit.call();
      for (const wrong of ["guess\r", "guess\r", "guess\r"]) await kit.types(wrong, seconds(4));
      await kit.pass(seconds(8));
      expect(kit.modem.inCall).toBe(false);
      expect(kit.shown).toBe("passphrase: \r\npassphrase: \r\npassphrase: \r\n");
      const answers = kit.modem.commands.filter((one) => one === "ATA").length;
      await kit.call();
      kit.modem.hangUpThere();
      expect(kit.modem.commands.filter((one) => one === "ATA")).toHaveLength(answers);
      expect(kit.notes.at(-1)).toMatch(/^dial-in\.unanswered oob: .*locked for/);
      await kit.pass(locked);
    }
    kit.modem.heard.length = 0;
    await kit.call();
    expect(kit.shown).toBe("passphrase: ");
  });

  it("a restart ends no lock-out, nor does a clock that jumps", async () => {
    const first = new LockOut(join(kit.folder, "x.json"), kit.clock);
    const locked = [1, 2, 3].map(() => {
      first.failed();
      return first.left;
    });
    expect(locked).toEqual([60_000, 120_000, 240_000]);
    expect(new LockOut(join(kit.folder, "x.json"), kit.clock).left).toBe(240_000);
    expect(new LockOut(join(kit.folder, "x.json"), new ManualClock(0)).left).toBe(240_000);
    for (let n = 0; n < 30; n++) first.failed();
    expect(first.left).toBe(3_600_000);
    first.passed();
    expect(new LockOut(join(kit.folder, "x.json"), kit.clock).left).toBe(0);
  });

  it("somebody who calls just after one who is not let in is answered", async () => {
    await kit.start({ callers: [NUMBER] });
    kit.modem.callIn("+3225550143", 2);
    await kit.pass(seconds(14));
    expect(kit.modem.commands).not.toContain("ATA");
    await kit.call();
    expect(kit.shown).toBe("passphrase: ");
    expect(kit.notes).toHaveLength(1);
  });

  it("a number that is not among the callers is not answered, nor a withheld one", async () => {
    await kit.start({ callers: ["02 555 01 42"] });
    for (const number of ["+3225550143", ""]) {
      await kit.call(number);
      expect(kit.modem.commands).not.toContain("ATA");
      kit.modem.hangUpThere();
      await kit.pass(seconds(15));
    }
    expect(kit.notes).toEqual([
      "dial-in.unanswered oob: attic: +3225550143 is not answered: the number is not among the callers",
      "dial-in.unanswered oob: attic: a withheld number is not answered: the number is not among the callers",
    ]);
    await kit.call();
    expect(kit.shown).toBe("passphrase: ");
  });

  it("a wrong number that types nothing locks nobody out", async () => {
    await kit.start();
    await kit.call();
    kit.modem.hangUpThere();
    await kit.pass(seconds(10));
    kit.modem.heard.length = 0;
    await kit.call();
    expect(kit.shown).toBe("passphrase: ");
  });

  it("a passphrase that can be guessed, or that two people share, keeps the modem from answering", async () => {
    const people = ["jana", "max"].map((who) => ({ who, passphrase: { secret: who } }));
    await kit.start({ people }, { secrets: { max: "short" } });
    expect(kit.notes[0]).toContain("the passphrase of max is shorter than 12 characters");
    expect(kit.modem.commands).toEqual([]);
    await kit.stop();
    kit.notes.length = 0;
    await kit.start({ people }, { secrets: { max: PASSPHRASE } });
    expect(kit.notes[0]).toContain("jana and max have the same passphrase");
  });
});

describe("dial-back", () => {
  const people = [{ who: "jana", passphrase: { secret: "jana" }, dialBack: "02 555 01 42" }];

  it("hangs up, calls the number of the configuration, and asks once more", async () => {
    await kit.start({ people });
    await kit.call("+441632960000");
    expect(await kit.types(`${PASSPHRASE}\r`)).toContain("calling you back; hang up");
    await kit.pass(seconds(25));
    expect(kit.modem.commands).toContain("ATDT025550142");
    kit.modem.heard.length = 0;
    await kit.pass(seconds(1));
    expect(await kit.types(`${PASSPHRASE}\r`)).toContain("oob> ");
    expect(kit.notes.at(-1)).toBe("dial-in.call jana: attic: jana calls from 02 555 01 42");
  });

  it("what a slow modem said meanwhile is not taken for what the person types", async () => {
    await kit.start({ people });
    await kit.call();
    kit.modem.faults = { slow: 700 };
    await kit.types(`${PASSPHRASE}\r`, seconds(40));
    expect(kit.modem.inCall).toBe(true);
    expect(kit.shown).toMatch(/hang up\r\npassphrase: $/);
  });

  it("a number that does not answer is trouble in the trail, and the next call is taken", async () => {
    kit.modem = new MockModem(kit.clock, { "025550142": "BUSY" });
    await kit.start({ people });
    await kit.call();
    await kit.types(`${PASSPHRASE}\r`, seconds(30));
    expect(kit.notes.at(-1)).toMatch(/dial-in\.trouble .*the modem says "BUSY"/);
    kit.modem.heard.length = 0;
    await kit.call();
    expect(kit.shown).toBe("passphrase: ");
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
