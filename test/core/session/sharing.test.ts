import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { VisitBook } from "../../../src/core/session/visit-book.ts";
import { logKit } from "../log/log-kit.ts";
import { Reader, request, sessionKit, until } from "./session-kit.ts";

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const SECOND = 1000;
const MINUTE = 60 * SECOND;

async function kitOf(options: Parameters<typeof sessionKit>[0] = {}) {
  const kit = await sessionKit(options);
  ends.push(() => kit.session.stop());
  const come = async (who: string, changes: Parameters<typeof request>[0] = {}) => {
    const attachment = await kit.session.attach(request({ replayLines: 0, ...changes }), who);
    const reader = new Reader(attachment);
    await until(() => reader.events.length > 0);
    return { attachment, reader };
  };
  return { ...kit, come };
}

describe("who, message, kick", () => {
  it("People.sessions() says who writes, joins and reads, since when, how idle, where from", async () => {
    const { come, session, clock } = await kitOf();
    await come("jana", { from: "10.0.0.7 pts/3\x1b[2J" });
    await clock.advance(10 * SECOND);
    const max = await come("max", { mode: "join" });
    await come("eva", { mode: "read" });
    await max.attachment.write(Buffer.from("ls\r"));
    await clock.advance(5 * SECOND);
    const now = clock.now();
    expect(session.guests.sessions()).toEqual([
      {
        session: "web1/1",
        host: "web1",
        who: "jana",
        mode: "write",
        since: now - 15 * SECOND,
        idle: 15 * SECOND,
        from: "10.0.0.7 pts/3^[[2J",
        typed: 0,
      },
      {
        session: "web1/2",
        host: "web1",
        who: "max",
        mode: "join",
        since: now - 5 * SECOND,
        idle: 5 * SECOND,
        typed: 3,
      },
      {
        session: "web1/3",
        host: "web1",
        who: "eva",
        mode: "read",
        since: now - 5 * SECOND,
        idle: 5 * SECOND,
        typed: 0,
      },
    ]);
  });

  it("People.sessions() shows automation that has the seat, without a session to kick", async () => {
    const { session } = await kitOf();
    const lent = session.borrow("watchdog", "probe");
    expect(session.guests.sessions()).toMatchObject([{ who: "watchdog", mode: "write" }]);
    expect(session.guests.sessions()[0]?.session).toBeUndefined();
    expect(() => session.guests.kick(1, "jana", "")).toThrow(/Cannot find session web1\/1/);
    lent.release();
  });

  it("message() reaches the others, not the host and not its author, and is audited", async () => {
    const { come, wire, audit } = await kitOf();
    const jana = await come("jana");
    const max = await come("max");
    const told = await jana.attachment.message("feed A goes off\x1b[2J");
    expect(told.map((one) => one.who)).toEqual(["max"]);
    await until(() => max.reader.told.length > 0);
    expect(max.reader.told).toEqual(["message from jana: feed A goes off^[[2J"]);
    expect(jana.reader.told).toEqual(["max came"]);
    expect(wire.typed).toEqual([]);
    expect(audit.at(-1)).toMatchObject({
      type: "session.message",
      by: "jana",
      text: "jana: feed A goes off^[[2J",
      data: { to: ["max"] },
    });
  });

  it("say() from outside reaches one session, or all", async () => {
    const { come, session } = await kitOf();
    const jana = await come("jana");
    const max = await come("max");
    expect(session.guests.say("eva", "you", { id: 2 }).map((one) => one.session)).toEqual([
      "web1/2",
    ]);
    expect(session.guests.say("eva", "all")).toHaveLength(2);
    await until(() => max.reader.told.length === 2);
    expect(max.reader.told).toEqual(["message from eva: you", "message from eva: all"]);
    expect(jana.reader.told).toEqual(["max came", "message from eva: all"]);
    expect(() => session.guests.say("eva", "you", { id: 9 })).toThrow(/web1\/9/);
  });

  it("kick() ends the session: its person and the others are told by whom and why, and so is the trail", async () => {
    const { come, session, audit } = await kitOf();
    const jana = await come("jana");
    const max = await come("max");
    expect(session.guests.kick(1, "eva", "gone home").who).toBe("jana");
    await jana.reader.ended;
    expect(jana.reader.events.at(-1)).toEqual({
      is: "ended",
      why: "you were sent away by eva: gone home",
    });
    const text = "jana was sent away by eva: gone home; the seat is free";
    await until(() => max.reader.told.includes(text));
    expect(audit.find((event) => event.type === "session.kick")).toMatchObject({
      text,
      by: "eva",
      data: { who: "jana", reason: "gone home" },
    });
    await expect(jana.attachment.write(Buffer.from("x"))).rejects.toMatchObject({
      code: "SEAT_TAKEN",
    });
    expect(session.people).toEqual(["max"]);
    await max.attachment.write(Buffer.from("x"));
  });

  it("who asks for a seat that is taken is told who writes and how idle they are", async () => {
    const { come, clock } = await kitOf();
    await come("jana");
    const max = await come("max");
    await clock.advance(12 * SECOND);
    await max.attachment.setMode("write", "");
    await until(() => max.reader.told.length > 0);
    expect(max.reader.told).toEqual(["jana is writing (idle 12s); you are reading"]);
  });
});

describe("an idle writer", () => {
  it("is warned a minute before, as are all; a key or asking for the seat keeps it", async () => {
    const { come, clock, session } = await kitOf();
    const jana = await come("jana");
    const max = await come("max");
    const warning = "jana types nothing: in 1m the seat is free; any key keeps it";
    const count = () => max.reader.told.filter((text) => text === warning).length;
    await clock.advance(29 * MINUTE - SECOND);
    expect(count()).toBe(0);
    await clock.advance(2 * SECOND);
    await until(() => count() === 1 && jana.reader.told.includes(warning));
    await jana.attachment.setMode("write", "");
    await clock.advance(5 * MINUTE);
    expect(session.seat?.who).toBe("jana");
    await clock.advance(24 * MINUTE + SECOND);
    await until(() => count() === 2);
    await clock.advance(MINUTE);
    expect(session.seat).toBeUndefined();
    await until(() => max.reader.told.some((text) => /^jana was idle for 30m/.test(text)));
    // Said once a stretch of silence.
    expect(count()).toBe(2);
  });
});

describe("who was here last", () => {
  it("stands in the welcome: who, until when, how they went", async () => {
    const { come, clock } = await kitOf();
    const seatOf = ({ reader }: Awaited<ReturnType<typeof come>>) => {
      const [welcome] = reader.events;
      return welcome?.is === "welcome" ? welcome.seat.lastWriter : undefined;
    };
    const jana = await come("jana");
    expect(seatOf(jana)).toBeUndefined();
    const left = clock.now();
    await jana.attachment.leave();
    await clock.advance(MINUTE);
    const max = await come("max");
    expect(seatOf(max)).toEqual({ who: "jana", until: left, how: "left" });
    await max.attachment.leave("lost");
    const eva = await come("eva");
    expect(seatOf(eva)).toMatchObject({ who: "max", how: "lost the connection" });
    const ida = await come("ida", { mode: "force", reason: "fan on fire" });
    expect(seatOf(ida)).toMatchObject({ who: "eva", how: "was put off by ida: fan on fire" });
  });

  it("is not changed by readers, nor by automation", async () => {
    const { come, session, clock } = await kitOf();
    const jana = await come("jana");
    await jana.attachment.leave();
    const { attachment } = await come("spy", { mode: "read" });
    await attachment.leave();
    session.borrow("runbook x", "").release();
    await clock.advance(MINUTE);
    const max = await come("max");
    expect(max.reader.events[0]).toMatchObject({ seat: { lastWriter: { who: "jana" } } });
  });

  it("when a person typed is known after a restart, and after a kill it is as if they had typed until then", async () => {
    const folder = mkdtempSync(join(tmpdir(), "oob-visits-"));
    const path = join(folder, "visit.json");
    const kit = logKit();
    const ago = ({ session }: { session: { readonly lastTypedAt: number | undefined } }) =>
      session.lastTypedAt === undefined ? undefined : kit.clock.monotonic() - session.lastTypedAt;
    const first = await kitOf({ kit, visits: new VisitBook(path) });
    expect(ago(first)).toBeUndefined();
    const max = await first.session.attach(request(), "max");
    await max.write(Buffer.from("x"));
    await kit.clock.advance(1000);
    await max.leave();
    await first.session.stop();
    await kit.clock.advance(60_000);
    const second = await kitOf({ kit, visits: new VisitBook(path) });
    expect(ago(second)).toBe(61_000);
    await second.session.attach(request(), "jana");
    // Killed here: nothing of it is closed.
    await kit.clock.advance(60_000);
    const third = await kitOf({ kit, visits: new VisitBook(path) });
    expect(ago(third)).toBe(0);
    await kit.clock.advance(60_000);
    // Once: a process that is killed again and again must not keep hands off for ever.
    expect(ago(await kitOf({ kit, visits: new VisitBook(path) }))).toBe(60_000);
    rmSync(folder, { recursive: true });
  });

  it("VisitBook keeps it over a restart, also who was there when the process was killed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "oob-visits-"));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "web1", "last-visit.json");
    const first = await kitOf({ visits: new VisitBook(path) });
    await first.come("jana");
    // As after kill -9: nobody said goodbye.
    const killed = JSON.parse(readFileSync(path, "utf8"));
    expect(killed).toMatchObject({ who: "jana", how: "was there when oob ended" });
    const second = await kitOf({ visits: new VisitBook(path) });
    const max = await second.come("max");
    expect(max.reader.events[0]).toMatchObject({
      seat: { lastWriter: { who: "jana", how: "was there when oob ended" } },
    });
    await max.attachment.leave();
    expect(new VisitBook(path).last).toMatchObject({ who: "max", how: "left" });
  });

  it("VisitBook takes a file that is no visit for none", () => {
    const folder = mkdtempSync(join(tmpdir(), "oob-visits-"));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    for (const text of ["", "{", "null", "[]", '{"who":1}', '{"who":"a","how":"b"}']) {
      writeFileSync(join(folder, "visit"), text);
      expect(new VisitBook(join(folder, "visit")).last).toBeUndefined();
    }
  });
});
