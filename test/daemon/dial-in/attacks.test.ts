/** What somebody with the telephone number, or a host that somebody took over, could do by a call. */
import { rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { CallKit, NUMBER, PASSPHRASE } from "./call-kit.ts";

let kit: CallKit;
beforeEach(() => {
  kit = new CallKit();
});
afterEach(() => kit.end());

/** As far as the prompt. */
async function comeIn(): Promise<void> {
  kit.modem.callIn(NUMBER);
  await kit.pass(seconds(12));
  await kit.types(`${PASSPHRASE}\r`);
}

const hostPrints = (text: string) =>
  kit.site.attachment.push({ is: "bytes", bytes: Buffer.from(text), replay: false });

describe("a host that somebody took over", () => {
  it("cannot bring the modem to its commands by +++ and dial elsewhere", async () => {
    await kit.start();
    await comeIn();
    await kit.types("attach web1\r");
    await kit.pass(seconds(5));
    hostPrints("+++");
    await kit.pass(seconds(5));
    hostPrints("ATH\rATDT0900123456\r");
    await kit.pass(seconds(5));
    expect(kit.modem.commands).not.toContain("ATH");
    expect(kit.modem.inCall).toBe(true);
  });

  it("nor by one + at a time", async () => {
    await kit.start();
    await comeIn();
    await kit.types("attach web1\r");
    await kit.pass(seconds(5));
    for (let n = 0; n < 3; n++) {
      hostPrints("+");
      await kit.pass(200);
    }
    await kit.pass(seconds(5));
    hostPrints("ATH\r");
    await kit.pass(seconds(5));
    expect(kit.modem.inCall).toBe(true);
  });
});

describe("somebody who calls", () => {
  it("cannot bring the modem to its commands by the echo of +++", async () => {
    await kit.start();
    await comeIn();
    await kit.pass(seconds(5));
    for (let n = 0; n < 3; n++) await kit.types("+", 200);
    await kit.pass(seconds(5));
    await kit.types("ATDT0900123456\r");
    expect(kit.modem.commands).not.toContain("ATDT0900123456");
    expect(await kit.types("\r")).toContain("oob> ");
  });

  it("types nothing into the console behind ^] and a dot", async () => {
    await kit.start();
    await comeIn();
    await kit.types("attach web1\r");
    await kit.types("\x1d.status\r");
    expect(kit.site.attachment.written).toBe("");
  });

  it("is hung up on when nothing is typed at a console", async () => {
    await kit.start();
    await comeIn();
    await kit.types("attach web1\r");
    for (let n = 0; n < 7; n++) {
      hostPrints("boot message\r\n");
      await kit.pass(minutes(1));
    }
    expect(kit.modem.inCall).toBe(false);
    expect(kit.site.attachment.calls).toContain("leave hung-up");
  });

  it("can leave a console that takes nothing more", async () => {
    kit.site.attachment.write = () => new Promise(() => {});
    await kit.start();
    await comeIn();
    await kit.types("attach web1\r");
    await kit.types("ls\r");
    expect(await kit.types("\x1d.", seconds(12))).toContain("oob> ");
  });

  it("grows no memory by typing at a console that takes nothing", async () => {
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let written = 0;
    kit.site.attachment.write = async (bytes) => {
      await gate;
      written += bytes.length;
    };
    await kit.start();
    await comeIn();
    await kit.types("attach web1\r");
    for (let n = 0; n < 100; n++) await kit.types("x".repeat(1000), 100);
    open();
    await kit.pass(seconds(3));
    expect(written).toBeGreaterThan(1000);
    expect(written).toBeLessThan(10_000);
  });

  it("frees the modem by hanging up at a console that takes nothing more", async () => {
    kit.site.attachment.write = () => new Promise(() => {});
    await kit.start();
    await comeIn();
    await kit.types("attach web1\r");
    await kit.types("ls\r");
    kit.modem.hangUpThere();
    await kit.pass(seconds(20));
    expect(kit.site.attachment.calls).toEqual(["leave hung-up"]);
    kit.modem.heard.length = 0;
    kit.modem.callIn(NUMBER);
    await kit.pass(seconds(12));
    expect(kit.shown).toBe("passphrase: ");
  });

  it("is not answered by the modem itself, whatever init left in S0", async () => {
    kit.modem.faults = { answersAfter: 1 };
    await kit.start({ callers: ["025550199"], init: ["ATZ"] });
    kit.modem.callIn(NUMBER);
    await kit.pass(seconds(12));
    expect(kit.modem.inCall).toBe(false);
  });

  it("types no RING to a modem that answers by itself: it hangs up", async () => {
    kit.modem.faults = { answersAfter: 1, refuses: ["S0"] };
    await kit.start({ callers: ["025550199"] }, { lines: false });
    kit.modem.callIn(NUMBER);
    await kit.pass(seconds(7));
    await kit.types("\r\nRING\r\nNMBR = 025550199\r\nRING\r\n", seconds(5));
    await kit.types("\r\nCONNECT 9600\r\n", seconds(5));
    expect(kit.shown).not.toContain("passphrase");
    await kit.pass(seconds(10));
    expect(kit.modem.inCall).toBe(false);
    expect(kit.notes.join("\n")).toContain(
      "Cannot answer calls on attic: its modem does by itself",
    );
  });

  it("on a slow line is hung up on by no long output, and leaves in the midst of it", async () => {
    await kit.start({}, { baud: 300 });
    await comeIn();
    await kit.types("attach web1\r", seconds(10));
    hostPrints("x".repeat(20_000));
    await kit.pass(seconds(70));
    expect(kit.modem.inCall).toBe(true);
    expect(await kit.types("\x1d.", seconds(20))).toMatch(/oob> $/);
  });
});

describe("a disk that takes nothing", () => {
  it("keeps nobody out who knows the passphrase, and locks who does not", async () => {
    await kit.start();
    kit.modem.callIn(NUMBER);
    await kit.pass(seconds(12));
    rmSync(kit.folder, { recursive: true });
    writeFileSync(kit.folder, "");
    for (let n = 0; n < 3; n++) await kit.types("guess\r");
    await kit.pass(seconds(10));
    expect(kit.notes.join("\n")).toContain("how often calls failed cannot be written down");
    expect(kit.notes.at(-1)).toContain("gave no passphrase; nobody is answered for 1m");
    await kit.pass(minutes(1));
    await comeIn();
    expect(kit.shown).toMatch(/oob> $/);
  });
});

describe("the end of a call", () => {
  it("types nothing of the modem's own words into a console", async () => {
    await kit.start({ carrier: "text" }, { lines: false });
    await comeIn();
    await kit.types("attach web1\r");
    await kit.types("y");
    kit.modem.hangUpThere();
    await kit.pass(seconds(20));
    expect(kit.site.attachment.written).toBe("y");
    expect(kit.site.attachment.calls).toEqual(["leave hung-up"]);
  });

  it("makes no guess of a passphrase that was half typed", async () => {
    await kit.start({ carrier: "text" }, { lines: false });
    kit.modem.callIn(NUMBER);
    await kit.pass(seconds(12));
    await kit.types("correct horse");
    kit.modem.hangUpThere();
    await kit.pass(seconds(20));
    expect(kit.notes.at(-1)).toMatch(/gave no passphrase$/);
  });

  it("is not taken for it where a person types NO CARRIER, and no Enter is lost", async () => {
    await kit.start();
    await comeIn();
    await kit.types("attach web1\r");
    for (const text of ["\r", "\r\r\n", "\r\nNO CARRIER\r\n", "\r\nNO CAR", "x"]) {
      kit.site.attachment.written = "";
      await kit.types(text, seconds(6));
      expect(kit.site.attachment.written).toBe(text);
    }
  });

  it("is not left to luck when oob stops while the modem answers", async () => {
    kit.modem.faults = { answering: seconds(10) };
    await kit.start({}, { lines: false });
    kit.modem.callIn(NUMBER);
    await kit.pass(seconds(8));
    expect(kit.modem.commands).toContain("ATA");
    await kit.stop();
    await kit.pass(seconds(30));
    expect(kit.modem.inCall).toBe(false);
  });

  it("that is not proven is told", async () => {
    await kit.start();
    await comeIn();
    kit.modem.faults = { ignoresDtr: true, ignoresEscape: true };
    await kit.types("quit\r", seconds(40));
    expect(kit.modem.inCall).toBe(true);
    expect(kit.notes.join("\n")).toMatch(/not proven that the line is free/);
  });

  it("that is not proven is no time to call back", async () => {
    const people = [{ who: "jana", passphrase: { secret: "jana" }, dialBack: "02 555 01 42" }];
    await kit.start({ people });
    kit.modem.callIn(NUMBER);
    await kit.pass(seconds(12));
    kit.modem.faults = { ignoresDtr: true, ignoresEscape: true };
    await kit.types(`${PASSPHRASE}\r`, minutes(1));
    expect(kit.modem.commands).not.toContain("ATDT025550142");
  });
});

describe("dial-back", () => {
  const people = [{ who: "jana", passphrase: { secret: "jana" }, dialBack: "02 555 01 42" }];

  it("waits for a caller who rings in between to give up: dialling would answer them", async () => {
    await kit.start({ people });
    await comeIn();
    kit.modem.callIn("+441632960000", 8);
    await kit.pass(seconds(25));
    expect(kit.modem.commands).not.toContain("ATDT025550142");
  });
});
