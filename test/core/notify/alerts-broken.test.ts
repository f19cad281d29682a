import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sealLink } from "../../../src/core/incident/link-token.ts";
import { hours, minutes } from "../../../src/lib/durations.ts";
import { AFTER_GATHER, AlertSite, entry, LONG } from "./alert-doubles.ts";

describe("Alerts where something around them is broken", () => {
  it("the second start does not tell the past either, where nothing happened since the first", async () => {
    const site = new AlertSite({ pager: entry() });
    site.open("web1", 12);
    await site.start();
    await site.advance(AFTER_GATHER);
    await site.kill();
    await site.start();
    await site.advance(AFTER_GATHER);
    expect(site.texts("pager")).toEqual([]);
    await site.alerts.stop();
  });

  it("channels that were away for a year do not tell that year, but that they do not", async () => {
    const site = new AlertSite({ pager: entry() });
    await site.start();
    site.open("web1", 12);
    await site.advance(AFTER_GATHER);
    await site.kill();
    for (let id = 100; id < 150; id++) site.open("db1", id);
    await site.clock.advance(hours(8760));
    site.open("db2", 200);
    await site.start();
    await site.advance(AFTER_GATHER);
    expect(site.sent.slice(1).map(({ alert }) => alert.title)).toEqual([
      "db2: kernel panic",
      "100 events are not told: older than 3d",
    ]);
    await site.alerts.stop();
  });

  it("a channel that says what it was sent puts no link into the trail, nor before who looks at it", async () => {
    const site = new AlertSite({ pager: entry() });
    const claim = { incident: 12, may: "answer", until: 0, to: "channel pager" } as const;
    const token = sealLink(claim, new Uint8Array(32));
    site.link = `https://oob.example/i/${token}`;
    site.says = (alert) => `cannot post "look: ${alert.link}"`;
    site.dead.add("pager");
    await site.start();
    site.open("web1", 12);
    await site.advance(LONG);
    const [pager] = await site.alerts.status();
    expect(JSON.stringify(pager)).toContain("https://oob.example/i/…");
    const told: string[] = [JSON.stringify(pager)];
    for await (const { text } of site.audit.read({ hosts: [], type: "notify", follow: false }))
      told.push(text);
    expect(told.join()).toContain("takes nothing: cannot post");
    expect(told.join()).not.toContain(token.slice(0, 20));
    await site.alerts.stop();
  });

  it("an audit trail that cannot be read at the start keeps nobody from being told what comes", async () => {
    const site = new AlertSite({ pager: entry() });
    await site.start();
    await site.alerts.stop();
    const { audit } = site;
    site.audit = {
      commit: (event) => audit.commit(event),
      note: (event) => audit.note(event),
      hear: (listen) => audit.hear?.(listen) ?? (() => undefined),
      writable: true,
      read: async function* (query) {
        yield* audit.read({ ...query, type: "none" });
        throw new Error("EIO: i/o error, read");
      },
      close: () => audit.close(),
    };
    await site.start();
    site.open("web1", 12);
    await site.advance(AFTER_GATHER);
    expect(site.texts("pager")).toContain("open critical demo/incident/12");
    expect(site.sent.map(({ alert }) => alert.title).join()).toContain("EIO");
    await site.alerts.stop();
  });

  it("a queue file that cannot be read is told: what waited in it is lost", async () => {
    const site = new AlertSite({ chat: entry() });
    mkdirSync(join(site.folder, "notify"));
    writeFileSync(join(site.folder, "notify", "queue.json"), '{"v":1,"seq":5,"chan');
    await site.start();
    await site.advance(AFTER_GATHER);
    expect(site.sent.map(({ alert }) => alert.title)).toEqual([
      expect.stringMatching(/^what waited may be lost/),
    ]);
    await site.alerts.stop();
  });

  it("on a full disk two hosts of one moment have two keys", async () => {
    const site = new AlertSite({ chat: entry() });
    const { audit, clock } = site;
    const listeners = new Set<Parameters<NonNullable<typeof audit.hear>>[0]>();
    site.audit = {
      commit: (event) => audit.commit(event),
      note: (event) => {
        const noted = { seq: 0, at: clock.now(), ...event };
        for (const listen of listeners) listen(noted);
        return noted;
      },
      hear: (listen) => {
        listeners.add(listen);
        return () => listeners.delete(listen);
      },
      writable: false,
      read: (query) => audit.read(query),
      close: () => audit.close(),
    };
    await site.start();
    site.open("db1", 1);
    site.open("db2", 2);
    await site.advance(AFTER_GATHER);
    expect(new Set(site.sent.map(({ alert }) => alert.key)).size).toBe(2);
    await site.alerts.stop();
  });

  it("a clock set five days on makes nothing old: what waited for the network is told", async () => {
    const site = new AlertSite({ pager: entry() });
    site.dead.add("pager");
    await site.start();
    site.open("web1", 12);
    await site.advance(AFTER_GATHER);
    site.clock.stepWall(hours(120));
    site.dead.clear();
    await site.advance(minutes(1));
    expect(site.texts("pager")).toEqual(["open critical demo/incident/12"]);
    await site.alerts.stop();
  });

  it("600 troubles of other hosts meanwhile, and the end of an incident is still told", async () => {
    const site = new AlertSite({ pager: entry({ limit: 1000 }) });
    await site.start();
    site.open("web1", 12);
    await site.advance(AFTER_GATHER);
    for (let n = 0; n < 600; n++) {
      site.note("watch.error", `db${n}`, "the watch stumbled");
      if (n % 100 === 99) await site.advance(AFTER_GATHER);
    }
    site.note("incident.close", "web1", "closed as recovered", 12);
    await site.advance(AFTER_GATHER);
    expect(site.sent.at(-1)?.alert).toMatchObject({ phase: "resolved", first: false });
    await site.alerts.stop();
  });

  it("a clock set back makes a channel for emergencies wait no longer", async () => {
    const site = new AlertSite({ chat: entry(), modem: entry({ fallback: minutes(5) }) });
    site.dead.add("chat");
    await site.start();
    site.open("web1", 12);
    await site.advance(AFTER_GATHER);
    site.clock.stepWall(-hours(120));
    await site.advance(minutes(6));
    expect(site.texts("modem")[0]).toBe("open critical demo/incident/12");
    expect(readFileSync(join(site.folder, "notify", "queue.json"), "utf8")).toContain('"v":1');
    await site.alerts.stop();
  });
});
