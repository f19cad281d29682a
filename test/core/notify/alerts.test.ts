import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { AFTER_GATHER, AlertSite, entry, LONG } from "./alert-doubles.ts";

describe("Alerts", () => {
  it("one incident is one thread: opened and paged as one message, acted, then resolved", async () => {
    const site = new AlertSite({ chat: entry() });
    await site.start();
    site.open("web1", 12);
    await site.advance(AFTER_GATHER);
    site.note("watch.act", "web1", "begins: cycle its outlets (order 12-cycle-1)", 12);
    await site.advance(AFTER_GATHER);
    site.note("watch.recovered", "web1", "login prompt seen: recovered 80s after", 12);
    site.note("incident.close", "web1", "incident 12 closed as recovered", 12);
    await site.advance(AFTER_GATHER);
    expect(site.texts("chat")).toEqual([
      "open critical demo/incident/12",
      "open warning demo/incident/12",
      "resolved info demo/incident/12",
    ]);
    const alerts = site.sent.map(({ alert }) => alert);
    expect(alerts.map((alert) => alert.first)).toEqual([true, false, false]);
    expect(new Set(alerts.map((alert) => alert.key)).size).toBe(3);
    expect(alerts[0]).toMatchObject({
      title: "web1: kernel panic",
      next: "probe again in 5m",
      commands: ["oob incident show 12", "oob attach web1", "oob hold web1 --for 2h --reason TEXT"],
    });
    // What a console printed is on one line, and nothing of it is obeyed.
    expect(alerts[0]?.seen).toEqual(["^[]0;pwn^GKernel panic^M^JBcc: x"]);
    await site.alerts.stop();
  });

  it("says nothing of what is over before a channel heard of it, and nothing below its severity", async () => {
    const site = new AlertSite({ pager: entry({ severity: "critical" }), chat: entry() });
    await site.start();
    site.note("incident.open", "web1", "incident 12 opened", 12);
    await site.advance(AFTER_GATHER);
    site.note("incident.close", "web1", "incident 12 closed", 12);
    await site.advance(AFTER_GATHER);
    expect(site.texts("pager")).toEqual([]);
    expect(site.texts("chat")).toHaveLength(2);
    await site.alerts.stop();
  });

  it("hosts: only theirs; quiet: what is critical goes out, the rest waits", async () => {
    const site = new AlertSite({
      web: entry({ hosts: ["web1"] }),
      db: entry({ hosts: ["db1"] }),
      late: entry({ quiet: ["11:00-13:00"] }),
    });
    await site.start();
    site.note("incident.open", "web1", "incident 12 opened", 12);
    await site.advance(AFTER_GATHER);
    expect([site.texts("web").length, site.texts("db").length]).toEqual([1, 0]);
    expect(site.texts("late")).toEqual([]);
    await site.advance(minutes(61));
    expect(site.texts("late")).toHaveLength(1);
    await site.alerts.stop();
  });

  it("a host's own channels: the others hear nothing of it", async () => {
    const site = new AlertSite({ chat: entry(), pager: entry() });
    await site.start();
    site.open("web3", 13);
    site.open("web1", 12);
    await site.advance(seconds(5));
    expect(site.texts("chat")).toEqual(["open critical demo/incident/12"]);
    expect(site.texts("pager")).toEqual([
      "open critical demo/incident/13",
      "open critical demo/incident/12",
    ]);
  });

  it("says why what waits has not gone: quiet hours, its limit, others", async () => {
    const site = new AlertSite({
      quiet: entry({ quiet: ["00:00-24:00"] }),
      last: entry({ fallback: minutes(5) }),
      few: entry({ limit: 1 }),
    });
    site.dead.add("quiet");
    await site.start();
    for (const incident of [12, 13])
      site.note("incident.open", "web1", `opened ${incident}`, incident);
    await site.advance(seconds(5));
    const whys = Object.fromEntries(
      (await site.alerts.status()).map((one) => [one.channel, one.why]),
    );
    expect(whys).toMatchObject({
      quiet: "quiet hours: what is not critical waits",
      few: "its limit of 1 in 10m",
    });
  });

  it("a person who holds the host acknowledges its incident", async () => {
    const site = new AlertSite({ chat: entry() });
    await site.start();
    site.open("web1", 12);
    await site.advance(AFTER_GATHER);
    site.audit.note({ type: "hold.set", host: "web1", by: "jana", text: "RAID rebuild" });
    site.audit.note({ type: "hold.set", host: "db1", by: "jana", text: "nothing open there" });
    await site.advance(AFTER_GATHER);
    expect(site.texts("chat").slice(1)).toEqual(["acknowledged info demo/incident/12"]);
    await site.alerts.stop();
  });

  it("a dead channel holds up no other, is told by the others, and sends one message when it is back", async () => {
    const site = new AlertSite({ pager: entry(), chat: entry() });
    site.dead.add("pager");
    await site.start();
    site.open("web1", 12);
    await site.advance(AFTER_GATHER);
    expect(site.texts("chat")).toHaveLength(1);
    await site.advance(minutes(1) + seconds(30));
    site.note("watch.act", "web1", "begins: cycle", 12);
    await site.advance(AFTER_GATHER);
    site.note("watch.act", "web1", "power reads on", 12);
    await site.advance(AFTER_GATHER);
    expect(site.texts("chat")).toContain("open warning demo/channel/pager");
    expect(await site.alerts.status()).toMatchObject([
      { channel: "pager", state: "down", waiting: 2, sent: 0, why: "connection refused" },
      { channel: "chat", state: "ok" },
    ]);
    site.dead.clear();
    await site.advance(LONG);
    const pager = site.sent.filter((one) => one.channel === "pager").map(({ alert }) => alert);
    expect(pager.map((alert) => alert.news.map((one) => one.text))).toEqual([
      ["incident 12 opened", "a person is needed: nothing is done: held by jana"],
      ["begins: cycle", "power reads on"],
    ]);
    expect(site.texts("chat").at(-1)).toBe("resolved info demo/channel/pager");
    await site.alerts.stop();
  });

  it("the same key goes out again after a failure", async () => {
    const site = new AlertSite({ pager: entry() });
    site.dead.add("pager");
    await site.start();
    site.open("web1", 12);
    await site.advance(AFTER_GATHER);
    const queue = readFileSync(join(site.folder, "notify", "queue.json"), "utf8");
    const key = /"key":"([^"]+)"/.exec(queue)?.[1];
    site.dead.clear();
    await site.advance(seconds(20));
    expect(site.sent.map(({ alert }) => alert.key)).toEqual([key]);
    expect(statSync(join(site.folder, "notify", "queue.json")).mode & 0o777).toBe(0o600);
    await site.alerts.stop();
  });

  it.each(["gathered", "queued", "tried"])("survives a kill while it is %s", async (when) => {
    const site = new AlertSite({ pager: entry() });
    site.dead.add("pager");
    await site.start();
    await site.advance(seconds(1));
    site.open("web1", 12);
    if (when === "gathered") await site.settle();
    else await site.advance(when === "queued" ? seconds(2) : minutes(2));
    await site.kill();
    site.dead.clear();
    await site.start();
    await site.advance(AFTER_GATHER);
    expect(site.texts("pager")).toEqual(["open critical demo/incident/12"]);
    await site.kill();
    await site.start();
    await site.advance(LONG);
    expect(site.texts("pager")).toHaveLength(1);
    await site.alerts.stop();
  });

  it("a site that tells people for the first time does not tell its past", async () => {
    const site = new AlertSite({ pager: entry() });
    site.open("web1", 12);
    await site.start();
    await site.advance(AFTER_GATHER);
    expect(site.sent).toEqual([]);
    await site.alerts.stop();
  });

  it("a storm: the first of them, then all others as one with their number", async () => {
    const site = new AlertSite({ pager: entry({ limit: 3 }) });
    await site.start();
    for (let id = 1; id <= 15; id++) site.open(`db${id}`, id);
    await site.advance(AFTER_GATHER);
    expect(site.texts("pager")).toHaveLength(3);
    // A person is called: that does not wait until the ten minutes are over.
    await site.advance(minutes(1));
    expect(site.sent).toHaveLength(4);
    expect(site.sent[3]?.alert.title).toMatch(/^12 alerts: .*; 9 more$/);
    expect(site.sent[3]?.alert.news).toHaveLength(12);
    site.note("incident.close", "db15", "closed as recovered", 15);
    await site.advance(minutes(10));
    expect(site.texts("pager").at(-1)).toBe("resolved info demo/incident/15");
    await site.alerts.stop();
  });

  it("a digest is over when all that went into it is, also after a restart", async () => {
    const site = new AlertSite({ pager: entry({ limit: 1 }) });
    await site.start();
    const ids = [20, 21, 22, 23];
    for (const id of ids) site.open(`db${id}`, id);
    await site.advance(minutes(15));
    const digest = site.sent.find(({ alert }) => alert.thread.includes("/digest/"))?.alert;
    expect(digest?.title).toMatch(/^3 alerts: /);
    await site.kill();
    await site.start();
    const ends = () => site.sent.filter((one) => one.alert.thread === digest?.thread).length - 1;
    for (const id of ids) {
      expect(ends()).toBe(0);
      site.note("incident.close", `db${id}`, `incident ${id} closed`, id);
      await site.advance(minutes(30));
    }
    expect(ends()).toBe(1);
    expect(site.sent.at(-1)?.alert).toMatchObject({ thread: digest?.thread, phase: "resolved" });
  });

  it("a try that is under way ends with oob, and its message waits for the next", async () => {
    const site = new AlertSite({ pager: entry() });
    await site.start();
    site.hangs = true;
    site.open("web1", 12);
    await site.advance(seconds(5));
    expect(site.tries).toBe(1);
    await site.alerts.stop();
    await site.hung;
    site.hangs = false;
    await site.kill();
    await site.start();
    await site.advance(seconds(5));
    expect(site.texts("pager")).toEqual(["open critical demo/incident/12"]);
    expect((await site.alerts.status())[0]).toMatchObject({ state: "ok" });
  });

  it("a channel for emergencies is used when nobody else was told in time", async () => {
    const site = new AlertSite({ chat: entry(), modem: entry({ fallback: minutes(5) }) });
    await site.start();
    site.open("web1", 12);
    await site.advance(minutes(10));
    expect([site.texts("chat").length, site.texts("modem").length]).toEqual([1, 0]);
    site.dead.add("chat");
    site.open("db1", 13);
    await site.advance(minutes(4));
    expect(site.texts("modem")).toEqual([]);
    await site.advance(minutes(3));
    expect(site.texts("modem")).toEqual([
      "open critical demo/incident/13",
      "open warning demo/channel/chat",
    ]);
    await site.alerts.stop();
  });

  it("a channel for emergencies keeps silent of what went out in a digest", async () => {
    const site = new AlertSite({
      chat: entry({ limit: 1 }),
      modem: entry({ fallback: minutes(5) }),
    });
    await site.start();
    for (let id = 1; id <= 5; id++) site.open(`db${id}`, id);
    await site.advance(minutes(20));
    expect([site.texts("chat").length, site.texts("modem").length]).toEqual([2, 0]);
    await site.alerts.stop();
  });

  it("a channel that cannot know whether it reached anybody does not silence that for emergencies", async () => {
    const site = new AlertSite({ log: entry(), modem: entry({ fallback: minutes(5) }) });
    site.blind.add("log");
    await site.start();
    site.open("web1", 12);
    await site.advance(minutes(10));
    expect(site.texts("log")).toHaveLength(1);
    expect(site.texts("modem")).toEqual(["open critical demo/incident/12"]);
    await site.alerts.stop();
  });

  it("test() sends through each channel and tells what came of it", async () => {
    const site = new AlertSite({ pager: entry(), chat: entry() });
    site.dead.add("pager");
    const results = [];
    for await (const one of site.make().test([], "jana")) results.push(one);
    expect(results).toHaveLength(2);
    expect(results).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ channel: "chat", result: "done", text: "HTTP 200" }),
        expect.objectContaining({
          channel: "pager",
          result: "failed",
          error: { code: "INTERNAL" },
        }),
      ]),
    );
    await expect(site.make().test(["chatt"], "jana").next()).rejects.toThrow(
      /"chatt": there is none/,
    );
  });

  it("takes a broken queue file for none", async () => {
    const site = new AlertSite({ chat: entry() });
    mkdirSync(join(site.folder, "notify"));
    writeFileSync(
      join(site.folder, "notify", "queue.json"),
      '{"v":1,"seq":0,"channels":{"chat":{"waiting":[7]}}}',
    );
    await site.start();
    site.open("web1", 12);
    await site.advance(AFTER_GATHER);
    expect(site.texts("chat").at(-1)).toBe("open critical demo/incident/12");
    expect(site.sent[0]?.alert.title).toMatch(/^what waited may be lost.*a channel makes no sense/);
    await site.alerts.stop();
  });
});
