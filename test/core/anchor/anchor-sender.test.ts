import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AnchorEntry } from "../../../src/config/anchor-entry.ts";
import { AnchorSender } from "../../../src/core/anchor/anchor-sender.ts";
import { anchorStatus } from "../../../src/core/anchor/anchor-view.ts";
import { anchoredTo, anchorFile } from "../../../src/core/seal/anchored.ts";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import { SigningSite } from "./anchor-kit.ts";

const entry: AnchorEntry = {
  name: "loghost",
  every: minutes(1),
  way: { is: "folder", path: "/nowhere" },
};

/** A sender whose anchor is this test. */
function senderOf(site: SigningSite) {
  let reach: () => void = () => undefined;
  const kit = {
    reached: new Promise<void>((resolve) => {
      reach = resolve;
    }),
    sent: [] as string[][],
    notes: [] as string[],
    refuses: undefined as string | undefined,
    hangs: false,
    sender: new AnchorSender(entry, {
      ...{ state: site.state, clock: site.clock },
      audit: { note: (event) => void kit.notes.push(`${event.type}: ${event.text}`) as never },
      async send(_, lines, signal) {
        reach();
        if (kit.hangs)
          await new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason as Error));
          });
        if (kit.refuses !== undefined) throw new Error(kit.refuses);
        kit.sent.push([...lines]);
      },
    }),
    /** Lets time pass, and the round that it brought end. */
    async pass(ms: number) {
      await site.clock.advance(ms);
      await kit.sender.idle();
      // What a round leaves to do is a timer again.
      await site.clock.advance(0);
    },
  };
  return kit;
}

describe("an anchor", () => {
  it("gets the newest checkpoint of each log, once, behind the key that signed it", async () => {
    const site = new SigningSite();
    site.checkpoint("web1", 5);
    const web = site.checkpoint("web1", 9);
    const later = site.checkpoint("db1", 3, { segment: "20261122T111500Z" });
    site.checkpoint("db1", 2);
    const kit = senderOf(site);
    kit.sender.start();
    await kit.pass(0);
    expect(kit.sent).toEqual([[...site.keys, later, web]]);
    await kit.pass(minutes(1));
    expect(kit.sent).toHaveLength(1);
    const next = site.checkpoint("web1", 12);
    await kit.pass(minutes(1));
    expect(kit.sent.slice(1)).toEqual([[...site.keys, next]]);
    expect(anchoredTo(site.state, "web1")).toMatchObject([{ anchor: "loghost", entries: 12 }]);
    expect(anchoredTo(site.state, "db1")).toMatchObject([{ anchor: "loghost", entries: 3 }]);
    await kit.sender.stop();
  });

  it("is not sent again after a restart what it has, and gets the key of a new day with the last", async () => {
    const site = new SigningSite();
    site.checkpoint("web1", 5);
    const before = senderOf(site);
    before.sender.start();
    await before.pass(0);
    await before.sender.stop();
    await site.clock.advance(hours(24));
    const fresh = site.checkpoint("web1", 8);
    const kit = senderOf(site);
    kit.sender.start();
    await kit.pass(0);
    expect(kit.sent).toEqual([[...site.keys, fresh]]);
    expect(site.keys).toHaveLength(2);
    await kit.pass(hours(24));
    const third = site.checkpoint("web1", 9);
    await kit.pass(minutes(1));
    expect(kit.sent.at(-1)).toEqual([...site.keys.slice(1), third]);
    await kit.sender.stop();
  });

  it("gets a chain that went backwards, too: the other side has to see it", async () => {
    const site = new SigningSite();
    site.checkpoint("web1", 50);
    const kit = senderOf(site);
    kit.sender.start();
    await kit.pass(0);
    rmSync(join(site.state, "console", "web1"), { recursive: true });
    const back = site.checkpoint("web1", 7);
    await kit.pass(minutes(1));
    expect(kit.sent.at(-1)?.at(-1)).toBe(back);
    expect(anchoredTo(site.state, "web1")).toMatchObject([{ entries: 7 }]);
    await kit.sender.stop();
  });

  it("is tried again, longer apart each time; only the newest waits; its trouble and its end are told once", async () => {
    const site = new SigningSite();
    site.checkpoint("web1", 1);
    const kit = senderOf(site);
    kit.refuses = "connection refused";
    kit.sender.start();
    await kit.pass(0);
    await kit.pass(seconds(5));
    expect(kit.notes).toEqual([]);
    await kit.pass(seconds(15));
    expect(kit.notes).toEqual([
      'anchor.failed: anchor "loghost" takes no checkpoints: connection refused',
    ]);
    await kit.pass(seconds(59));
    await kit.pass(seconds(1));
    expect(anchorStatus(site.state, [entry], site.clock.now())).toMatchObject([
      { state: "failing", why: "connection refused", logs: 0 },
    ]);
    site.checkpoint("web1", 2);
    const newest = site.checkpoint("web1", 3);
    await kit.pass(minutes(5));
    expect(anchorStatus(site.state, [entry], site.clock.now() + minutes(5))).toMatchObject([
      { state: "late" },
    ]);
    await kit.sender.stop();
    // The next process knows of it, and tells the end.
    const again = senderOf(site);
    again.sender.start();
    await again.pass(0);
    expect(again.sent).toEqual([[...site.keys, newest]]);
    expect(again.notes).toEqual([
      'anchor.restored: anchor "loghost" takes checkpoints again, after 6m 20s',
    ]);
    expect(anchorStatus(site.state, [entry], site.clock.now())).toMatchObject([{ state: "ok" }]);
    await again.sender.stop();
  });

  it("that hangs holds up nobody who stops, and counts as not sent", async () => {
    const site = new SigningSite();
    site.checkpoint("web1", 1);
    const kit = senderOf(site);
    kit.hangs = true;
    kit.sender.start();
    await site.clock.advance(0);
    await kit.reached;
    await kit.sender.stop();
    expect(anchoredTo(site.state, "web1")).toEqual([]);
    expect(kit.notes).toEqual([]);
  });

  it("gets nothing of keys that were replaced, and a whole list where its file makes no sense", async () => {
    const site = new SigningSite();
    site.checkpoint("web1", 4);
    site.checkpoint("old1", 4);
    const other = new SigningSite();
    const foreign = other.checkpoint("old1", 9);
    writeFileSync(join(site.state, "console", "old1", "20261122T101500Z.cp"), `${foreign}\n`);
    const kit = senderOf(site);
    kit.sender.start();
    await kit.pass(0);
    expect(kit.sent.flat().filter((line) => line.includes("old1"))).toEqual([]);
    await kit.sender.stop();
    const path = anchorFile(site.state, "loghost");
    writeFileSync(path, readFileSync(path, "utf8").slice(0, -9));
    const again = senderOf(site);
    again.sender.start();
    await again.pass(0);
    expect(again.sent).toHaveLength(1);
    await again.sender.stop();
  });

  it("of a site that seals nothing gets nothing", async () => {
    const site = new SigningSite();
    const kit = senderOf(site);
    kit.sender.start();
    await kit.pass(0);
    expect(kit.sent).toEqual([]);
    expect(anchorStatus(site.state, [entry], site.clock.now())).toEqual([
      { anchor: "loghost", way: "folder /nowhere", state: "unused", logs: 0 },
    ]);
    await kit.sender.stop();
  });
});
