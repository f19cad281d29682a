import { afterEach, describe, expect, it } from "vitest";
import { logKit } from "../log/log-kit.ts";
import { Reader, request, sessionKit, until } from "./session-kit.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function kitOf(options: Parameters<typeof sessionKit>[0] = {}) {
  const kit = await sessionKit(options);
  stops.push(() => kit.session.stop());
  const come = async (who: string, changes: Parameters<typeof request>[0] = {}) => {
    const attachment = await kit.session.attach(request(changes), who);
    const reader = new Reader(attachment);
    await until(
      () => reader.events.some((event) => event.is === "bytes") || changes.replayLines === 0,
    );
    return { attachment, reader };
  };
  return { ...kit, come };
}

const isBytes = (event: { is: string }) => event.is === "bytes";
const SECOND = 1000;

describe("Session", () => {
  it("welcomes, repaints, then goes on live, with no byte doubled or missing between", async () => {
    const { wire, clock, come } = await kitOf();
    wire.print("Debian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: ");
    await clock.advance(60);
    const { reader } = await come("jana");
    wire.print("ro");
    await clock.advance(60);
    wire.print("ot");
    await clock.advance(60);
    expect(reader.events[0]).toMatchObject({
      is: "welcome",
      escape: "^]",
      seat: { mine: "write" },
    });
    expect(reader.replay).toContain("Debian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login:");
    expect(reader.text).toBe("root");
  });

  it("paints the screen as it was when the person came, also while the host prints on", async () => {
    const { wire, clock, session } = await kitOf();
    wire.print("before ");
    await clock.advance(60);
    const attachment = await session.attach(request(), "jana");
    const reader = new Reader(attachment);
    wire.print("while ");
    await clock.advance(60);
    wire.print("after");
    await clock.advance(60);
    await until(() => reader.text.endsWith("after"));
    expect(reader.text).toBe("while after");
    expect(reader.replay).toContain("before");
    expect(reader.replay).not.toContain("while");
  });

  it("goes on in the middle of an escape sequence as its beginning wants it", async () => {
    const { wire, clock, come } = await kitOf();
    wire.print("red: \x1b[3");
    await clock.advance(60);
    const { reader } = await come("jana");
    wire.print("1mwords\x1b]0;evil\x07");
    await clock.advance(60);
    expect(reader.text).toBe("\x1b[31mwords");
  });

  it("lets nothing dangerous through to a safe viewer, text alone to a strict one, all to a raw one", async () => {
    const { wire, clock, come } = await kitOf();
    const safe = await come("a", { mode: "read" });
    const strict = await come("b", { mode: "read", filter: "strict" });
    const raw = await come("c", { mode: "read", filter: "raw" });
    const hostile = "\x1b[1mx\x1b]52;c;bHM=\x07\x1b[21t\x9b5n";
    wire.print(Buffer.from(hostile, "latin1"));
    await clock.advance(60);
    expect(safe.reader.text).toBe("\x1b[1mx5n");
    expect(strict.reader.text).toBe("x5n");
    expect(
      Buffer.concat(
        raw.reader.events.flatMap((event) =>
          event.is === "bytes" && !event.replay ? [event.bytes] : [],
        ),
      ).toString("latin1"),
    ).toBe(hostile);
  });

  it("gives text alone to everybody where the configuration says strict", async () => {
    const { wire, clock, come } = await kitOf({ filter: "strict" });
    const guests = [await come("a"), await come("b", { mode: "read", filter: "raw" })];
    wire.print("\x1b[1mx\x1b]52;c;bHM=\x07y");
    await clock.advance(60);
    for (const { reader } of guests) {
      expect(reader.events[0]).toMatchObject({ is: "welcome", filter: "strict" });
      expect(reader.text).toBe("xy");
    }
  });

  it("does not type what a terminal answers by itself, except for those who asked for raw", async () => {
    const { wire, come } = await kitOf();
    const safe = await come("a");
    const raw = await come("b", { mode: "join", filter: "raw" });
    const answer = Buffer.from("\x1b[?1;2c");
    await safe.attachment.write(answer);
    await safe.attachment.write(Buffer.from("k\x1b[12;40Rey"));
    expect(wire.typed).toEqual(["key"]);
    await raw.attachment.write(answer);
    expect(wire.typed).toEqual(["key", answer.toString()]);
  });

  it("shows a host of code page 437 as UTF-8", async () => {
    const { wire, clock, come, session } = await kitOf({ encoding: "cp437" });
    const { reader } = await come("jana");
    wire.print(Buffer.from([0xc9, 0xcd, 0xbb]));
    await clock.advance(60);
    expect(reader.text).toBe("╔═╗");
    expect((await session.shot()).rows[0]).toBe("╔═╗");
    expect(await session.lastLines(1)).toEqual(["╔═╗"]);
  });

  it("gives every byte to others while one viewer never reads, and that one a count and a repaint later", async () => {
    const { wire, clock, come, session } = await kitOf();
    const stalled = await session.attach(request({ mode: "read", replayLines: 0 }), "asleep");
    const { reader } = await come("awake", { mode: "read" });
    let sent = "";
    for (let n = 0; n < 200; n++) {
      const text = `${"x".repeat(4000)} line ${n}\r\n`;
      sent += text;
      wire.print(text);
      await clock.advance(60);
    }
    expect(reader.text).toBe(sent);
    const late = new Reader(stalled);
    await until(() => late.events.some((event) => event.is === "bytes" && event.replay));
    wire.print("live again");
    await clock.advance(60);
    const skipped = late.events.find((event) => event.is === "skipped");
    expect(skipped).toEqual({ is: "skipped", bytes: sent.length });
    expect(late.replay).toContain("line 199");
    expect(late.text).toBe("live again");
    expect(late.events.filter(isBytes).at(0)).toMatchObject({ replay: true });
  });

  it("bounds what waits for a viewer that does not read, single bytes too", async () => {
    const { wire, clock, session } = await kitOf();
    const stalled = await session.attach(request({ mode: "read", replayLines: 0 }), "asleep");
    session.notice("kept");
    for (let n = 0; n < 4000; n++) session.bytes(Buffer.from("x"), n, 0);
    const late = new Reader(stalled);
    await until(() => late.events.some((event) => event.is === "skipped"));
    expect(late.told).toContain("kept");
    expect(late.events.find((event) => event.is === "skipped")).toMatchObject({ bytes: 4000 });
    wire.print("y");
    await clock.advance(60);
  });

  it("tells people and the audit trail when the console goes down and comes back, each once", async () => {
    const { wire, clock, come, audit, detector } = await kitOf();
    const { reader } = await come("jana");
    wire.refusals = [1, 2, 3].map(() => new Error("no route to ts1"));
    wire.hangUp();
    await clock.advance(20 * SECOND);
    expect(reader.told.filter((text) => text.startsWith("console"))).toEqual([
      "console down: the other side hung up; it is opened again by itself",
      "console down: no route to ts1; it is opened again by itself",
      "console up: wire",
    ]);
    expect(audit.map((event) => event.type).filter((type) => type.startsWith("console"))).toEqual([
      "console.up",
      "console.down",
      "console.down",
      "console.up",
    ]);
    expect(detector.gaps).toBe(1);
  });

  it("places evidence in the whole stream, and recalls what was logged a moment before it began", async () => {
    const kit = logKit();
    const first = await sessionKit({ kit });
    first.wire.print("0123456789 panic");
    await kit.clock.advance(60);
    await first.session.stop();
    // The file's time is the machine's; bring the clock there.
    kit.clock.stepWall(Date.now() - kit.clock.now());
    const second = await kitOf({ kit });
    expect(second.session.opinion).toMatchObject({ state: "crash", since: 11 });
    expect(second.session.everAlive).toBe(true);
    const found: number[] = [];
    second.session.follow({ evidence: (all) => found.push(...all.map((one) => one.at)) });
    second.wire.print("..panic");
    await kit.clock.advance(60);
    expect(found).toEqual([18]);
    await second.session.stop();
    kit.clock.stepWall(11 * 60 * SECOND);
    const third = await kitOf({ kit });
    expect(third.session.opinion.state).toBe("healthy");
  });

  it("goes on reading, logging and showing when detection breaks, and says so once", async () => {
    const { wire, clock, come, audit, detector } = await kitOf();
    const { reader } = await come("jana");
    detector.fails = true;
    for (const text of ["a", "b", "c"]) {
      wire.print(text);
      await clock.advance(60);
    }
    expect(reader.text).toBe("abc");
    expect(audit.filter((event) => event.type === "detect.failed")).toHaveLength(1);
  });

  it("reads at once while somebody is here, at its own pace when nobody is", async () => {
    const { wire, clock, come, session } = await kitOf();
    const { attachment } = await come("jana");
    await clock.advance(60);
    let at = 0;
    session.follow({
      bytes: () => {
        at = clock.monotonic();
      },
    });
    wire.print("a");
    await clock.advance(1);
    wire.print("b");
    const then = clock.monotonic();
    await clock.advance(1);
    expect(at - then).toBeLessThanOrEqual(1);
    await attachment.leave();
    expect(session.people).toEqual([]);
  });
});

describe("the seat", () => {
  it("is free, taken, joined, forced; everybody is told and every change is audited", async () => {
    const { come, session, audit, wire } = await kitOf();
    const jana = await come("jana");
    const max = await come("max");
    expect(max.reader.events[0]).toMatchObject({
      seat: {
        mine: "read",
        writer: { who: "jana", idle: 0 },
        others: [{ who: "jana", mode: "write" }],
      },
    });
    await expect(max.attachment.write(Buffer.from("x"))).rejects.toMatchObject({
      code: "SEAT_TAKEN",
      message: 'Cannot type to web1: "jana" is writing',
    });
    // Whoever is here sees in the seat who comes.
    const last = (events: readonly { is: string }[]) => events.findLast(({ is }) => is === "seat");
    await until(() => last(jana.reader.events) !== undefined);
    expect(last(jana.reader.events)).toMatchObject({
      text: "max came",
      seat: { mine: "write", others: [{ who: "max", mode: "read" }] },
    });
    await max.attachment.setMode("join", "");
    await max.attachment.write(Buffer.from("x"));
    await jana.attachment.write(Buffer.from("y"));
    expect(wire.typed).toEqual(["x", "y"]);
    const eva = await come("eva", { mode: "force", reason: "web1 is mine" });
    await eva.attachment.write(Buffer.from("z"));
    await expect(jana.attachment.write(Buffer.from("y"))).rejects.toMatchObject({
      code: "SEAT_TAKEN",
    });
    await until(() => jana.reader.told.length >= 4);
    expect(jana.reader.told).toEqual([
      "max came",
      "max writes beside jana",
      "eva came",
      "eva took the seat from jana and max: web1 is mine",
    ]);
    expect(session.seat).toMatchObject({ who: "eva", person: true });
    expect(session.people).toEqual(["jana", "max", "eva"]);
    expect(
      audit.filter((event) => event.type === "session.seat").map((event) => event.text),
    ).toEqual([
      "jana writes",
      "max writes beside jana",
      "eva took the seat from jana and max: web1 is mine",
    ]);
    await eva.attachment.leave();
    expect(session.seat).toBeUndefined();
    expect(audit.at(-1)).toMatchObject({ type: "session.leave", data: { typed: 1 } });
  });

  it("is taken again by typing after it was free, but never by who came to read", async () => {
    const { come, session } = await kitOf();
    const jana = await come("jana");
    const spy = await come("spy", { mode: "read" });
    const max = await come("max");
    await jana.attachment.leave();
    await expect(spy.attachment.write(Buffer.from("x"))).rejects.toMatchObject({
      code: "SEAT_TAKEN",
    });
    await max.attachment.write(Buffer.from("x"));
    expect(session.seat?.who).toBe("max");
    await expect(jana.attachment.write(Buffer.from("x"))).rejects.toMatchObject({
      code: "SEAT_TAKEN",
    });
  });

  it("becomes free when its writer is idle too long", async () => {
    const { come, clock, session, audit } = await kitOf();
    const { attachment, reader } = await come("jana");
    await clock.advance(20 * 60 * SECOND);
    await attachment.write(Buffer.from("x"));
    await clock.advance(29 * 60 * SECOND);
    expect(session.seat?.who).toBe("jana");
    await clock.advance(61 * SECOND);
    expect(session.seat).toBeUndefined();
    expect(reader.told.at(-1)).toBe("jana was idle for 30m and reads now; the seat is free");
    expect(audit.at(-1)?.data).toEqual({ mode: "idle" });
  });

  it("is lent to automation only while free, and a person gets it at once", async () => {
    const { come, session, wire, detector } = await kitOf();
    const jana = await come("jana");
    expect(() => session.borrow("runbook x", "test")).toThrow(
      expect.objectContaining({ code: "SEAT_TAKEN" }),
    );
    await jana.attachment.setMode("read", "");
    const lent = session.borrow("runbook x", "daily look");
    await lent.write(Buffer.from("uptime\r"));
    expect(detector.typedText).toBe("uptime\r");
    expect(session.lastTypedAt).toBeUndefined();
    expect(() => session.borrow("watchdog", "")).toThrow(
      expect.objectContaining({ code: "SEAT_TAKEN" }),
    );
    await jana.attachment.setMode("write", "");
    expect(lent.signal.aborted).toBe(true);
    await expect(lent.write(Buffer.from("reboot\r"))).rejects.toMatchObject({ code: "SEAT_TAKEN" });
    lent.release();
    expect(session.seat?.who).toBe("jana");
    expect(wire.typed).toEqual(["uptime\r"]);
    expect(jana.reader.told.at(-1)).toBe("jana took the seat from runbook x");
  });

  it("is lent by whoever asked for the automation, who reads then and gets it back by typing", async () => {
    const { come, session, clock } = await kitOf();
    const jana = await come("jana");
    await jana.attachment.write(Buffer.from("ls\r"));
    const typedAt = clock.monotonic();
    expect([session.typedByOthers("jana"), session.typedByOthers("max")]).toEqual([
      undefined,
      typedAt,
    ]);
    const lends = (person: string) => person === "jana";
    expect(() => session.borrow("runbook x", "", (one) => one === "max")).toThrow(
      expect.objectContaining({ code: "SEAT_TAKEN" }),
    );
    const lent = session.borrow("runbook x", "", lends);
    await lent.write(Buffer.from("uptime\r"));
    expect(session.seat?.who).toBe("runbook x");
    expect(() => session.borrow("runbook y", "", () => true)).toThrow(
      expect.objectContaining({ code: "SEAT_TAKEN" }),
    );
    await clock.advance(1000);
    await jana.attachment.write(Buffer.from("q"));
    expect(lent.signal.aborted).toBe(true);
    await jana.attachment.setMode("read", "");
    const max = await come("max");
    await max.attachment.write(Buffer.from("w\r"));
    expect(session.typedByOthers("max")).toBe(typedAt + 1000);
  });

  it("is needed for BREAK, which is bounded, marked and audited", async () => {
    const { come, wire, audit } = await kitOf();
    const jana = await come("jana");
    const max = await come("max");
    await expect(max.attachment.sendBreak()).rejects.toMatchObject({ code: "SEAT_TAKEN" });
    await jana.attachment.sendBreak();
    await jana.attachment.sendBreak(60_000);
    expect(wire.breaks).toEqual([300, 300]);
    expect(audit.filter((event) => event.type === "session.break")).toHaveLength(2);
  });

  it("tells the detector, followers and nobody else what was typed", async () => {
    const { come, session, detector, audit, clock } = await kitOf();
    const followed: string[] = [];
    session.follow({ typed: (bytes) => followed.push(Buffer.from(bytes).toString()) });
    const { attachment } = await come("jana");
    await clock.advance(1000);
    await attachment.write(Buffer.from("s3cret\r"));
    expect([detector.typedText, followed]).toEqual(["s3cret\r", ["s3cret\r"]]);
    expect(session.lastTypedAt).toBe(clock.monotonic());
    await attachment.note("disk swapped \x1b[2J");
    await attachment.leave();
    expect(JSON.stringify(audit)).not.toContain("s3cret");
    expect(audit.find((event) => event.type === "session.note")?.text).toBe(
      "jana: disk swapped ^[[2J",
    );
  });

  it("ends with the console: everybody is sent away with the reason, automation loses its seat", async () => {
    const { session } = await sessionKit();
    const lent = session.borrow("watchdog", "probe");
    const reader = new Reader(await session.attach(request({ mode: "read" }), "jana"));
    await session.stop();
    await reader.ended;
    expect(reader.events.at(-1)).toEqual({ is: "ended", why: "the console is closed" });
    expect(lent.signal.aborted).toBe(true);
  });

  it("is left by a reader that stops reading its events", async () => {
    const { session } = await kitOf();
    const attachment = await session.attach(request(), "jana");
    for await (const event of attachment.events) {
      expect(event.is).toBe("welcome");
      break;
    }
    expect([session.people, session.seat]).toEqual([[], undefined]);
  });
});

describe("a BREAK of automation and what belongs to it", () => {
  it("hold back what a person typed, who loses the seat meanwhile: it does not go out", async () => {
    const { session, wire } = await kitOf();
    const typedThere: string[] = [];
    wire.onTyped = (text) => void typedThere.push(text);
    let go = () => {};
    wire.breaking = new Promise((resolve) => {
      go = resolve;
    });
    wire.onBreak = () => wire.breaking;
    const both = session.borrow("watchdog", "probe").breakThen(250, "break");
    const jana = await session.attach(request({ mode: "force" }), "jana");
    const late = jana.write(new TextEncoder().encode("jana"));
    const otto = await session.attach(request({ mode: "force" }), "otto");
    const refused = expect(late).rejects.toMatchObject({ code: "SEAT_TAKEN" });
    const typed = otto.write(new TextEncoder().encode("otto"));
    go();
    await Promise.all([both, refused, typed]);
    expect(typedThere.join("")).toBe("otto");
  });

  it("stay together: a person who takes the seat in between types behind them", async () => {
    const { session, wire } = await kitOf();
    const order: string[] = [];
    wire.onBreak = async () => {
      order.push("BREAK");
      await wire.breaking;
    };
    wire.onTyped = (text) => void order.push(text);
    for (const next of ["break", new TextEncoder().encode("h")] as const) {
      let go = () => {};
      wire.breaking = new Promise((resolve) => {
        go = resolve;
      });
      const lent = session.borrow("watchdog", "probe");
      const both = lent.breakThen(250, next);
      const attachment = await session.attach(request({ mode: "force" }), "jana");
      expect(lent.signal.aborted).toBe(true);
      const typed = attachment.write(new TextEncoder().encode("b"));
      await new Promise((resolve) => setImmediate(resolve));
      expect(order).toEqual(["BREAK"]);
      go();
      await Promise.all([both, typed]);
      expect(order).toEqual(["BREAK", next === "break" ? "BREAK" : "h", "b"]);
      await attachment.leave();
      order.length = 0;
    }
  });
});
