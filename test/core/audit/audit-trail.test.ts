import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuditTrail, verifyAuditTrail } from "../../../src/core/audit/audit-trail.ts";
import type { SiteEvent } from "../../../src/core/site/site.ts";
import { ManualClock } from "../../../src/lib/clock.ts";

const clock = new ManualClock(1_700_000_000_000);
const event = (text: string, host = "web1") => ({ host, type: "test.note", by: "jana", text });
const everything = { hosts: [], follow: false };
let dir: string;

beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "oob-audit-"));
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

const trail = () => join(dir, "audit.jsonl");

async function all(events: AsyncIterable<SiteEvent>): Promise<SiteEvent[]> {
  const got: SiteEvent[] = [];
  for await (const one of events) got.push(one);
  return got;
}

function fullDisk() {
  const disk = { full: false, room: 0 };
  const write = (fd: number, bytes: Uint8Array, at: number): number => {
    if (!disk.full) return fs.writeSync(fd, bytes, at);
    if (disk.room > 0) {
      const part = Math.min(disk.room, bytes.length - at);
      disk.room -= part;
      return fs.writeSync(fd, bytes, at, part);
    }
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  };
  return { disk, write };
}

describe("openAuditTrail()", () => {
  it("numbers and chains records, also over a restart", async () => {
    const first = openAuditTrail(dir, clock);
    expect((await first.commit(event("one"))).seq).toBe(1);
    expect(first.note(event("two")).seq).toBe(2);
    await first.close();
    const second = openAuditTrail(dir, clock);
    expect((await second.commit(event("three", "db1"))).seq).toBe(3);
    expect((await all(second.read(everything))).map((one) => one.text)).toEqual([
      "one",
      "two",
      "three",
    ]);
    expect(await all(second.read({ hosts: ["db1"], follow: false }))).toHaveLength(1);
    expect(await all(second.read({ hosts: [], type: "test", follow: false }))).toHaveLength(3);
    expect(await all(second.read({ hosts: [], type: "tes", follow: false }))).toHaveLength(0);
    await second.close();
    expect(await verifyAuditTrail(dir)).toMatchObject({ records: 3, consistent: true });
    expect(fs.statSync(trail()).mode & 0o777).toBe(0o640);
  });

  it("takes back nothing that was changed: verifying names the record", async () => {
    const audit = openAuditTrail(dir, clock);
    for (const text of ["one", "two", "three"]) await audit.commit(event(text));
    await audit.close();
    const text = fs.readFileSync(trail(), "utf8");
    fs.writeFileSync(trail(), text.replace('"two"', '"owt"'));
    expect(await verifyAuditTrail(dir)).toMatchObject({
      consistent: false,
      problem: { record: 3 },
    });
    fs.writeFileSync(trail(), text.split("\n").toSpliced(1, 1).join("\n"));
    expect(await verifyAuditTrail(dir)).toMatchObject({
      consistent: false,
      problem: { record: 2 },
    });
  });

  it("sets an unfinished last line aside and marks it, whatever was cut", async () => {
    const audit = openAuditTrail(dir, clock);
    await audit.commit(event("kept"));
    await audit.commit(event("torn in the middle"));
    await audit.close();
    const whole = fs.readFileSync(trail());
    const kept = whole.indexOf(10) + 1;
    for (let length = kept + 1; length < whole.length; length += 7) {
      fs.writeFileSync(trail(), whole.subarray(0, length));
      const again = openAuditTrail(dir, clock);
      await again.commit(event("after"));
      const events = await all(again.read(everything));
      expect(events.map((one) => one.type)).toEqual(["test.note", "audit.torn", "test.note"]);
      await again.close();
      expect((await verifyAuditTrail(dir)).consistent).toBe(true);
    }
    const aside = fs.readFileSync(join(dir, "audit.torn"), "utf8").split("\n")[0] ?? "";
    expect(Buffer.from(JSON.parse(aside).base64, "base64").toString()).toMatch(/^\{/);
  });

  it("lets two processes' trails in one folder continue each other", async () => {
    const one = openAuditTrail(dir, clock);
    const two = openAuditTrail(dir, clock);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? one : two).commit(event(`n${n}`))),
    );
    await one.close();
    await two.close();
    expect(await verifyAuditTrail(dir)).toMatchObject({ records: 20, consistent: true });
  });

  it("takes the lock of a process that was killed, and waits for one that lives", async () => {
    const child = spawn("sleep", ["60"]);
    const lock = join(dir, "audit.lock");
    const stat = fs.readFileSync(`/proc/${child.pid}/stat`, "latin1");
    fs.symlinkSync(`${child.pid}:${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`, lock);
    expect(() => openAuditTrail(dir, clock)).toThrow(/it is held/);
    child.kill("SIGKILL");
    await once(child, "exit");
    const audit = openAuditTrail(dir, clock);
    expect((await audit.commit(event("after"))).seq).toBe(1);
    await audit.close();
  });

  it("hear() tells of each event once, of one that a full disk lost as well", async () => {
    const { disk, write } = fullDisk();
    const audit = openAuditTrail(dir, clock, write);
    const heard: string[] = [];
    const unhear = audit.hear?.(({ seq, text }) => heard.push(`${seq} ${text}`));
    audit.note(event("noted"));
    await audit.commit(event("committed"));
    Object.assign(disk, { full: true, room: 0 });
    audit.note(event("lost"));
    unhear?.();
    audit.note(event("unheard"));
    expect(heard).toEqual(["1 noted", "2 committed", "0 lost"]);
    await audit.close();
  });

  it("keeps intents on a full disk, loses notes counted, and puts all in order once there is room", async () => {
    const { disk, write } = fullDisk();
    const audit = openAuditTrail(dir, clock, write);
    await audit.commit(event("before"));
    Object.assign(disk, { full: true, room: 17 });
    expect((await audit.commit(event("intent"))).seq).toBe(2);
    expect(audit.note(event("chatter")).seq).toBe(0);
    expect((await audit.commit(event("outcome"))).seq).toBe(3);
    expect(audit.writable).toBe(true);
    expect((await all(audit.read(everything))).map((one) => one.text)).toEqual([
      "before",
      "intent",
      "outcome",
    ]);
    expect((await verifyAuditTrail(dir)).consistent).toBe(true);
    disk.full = false;
    audit.note(event("room again"));
    expect((await all(audit.read(everything))).map((one) => one.text)).toEqual([
      "before",
      "intent",
      "outcome",
      "1 notes could not be written",
      "room again",
    ]);
    await audit.close();
    expect(await verifyAuditTrail(dir)).toMatchObject({ records: 5, consistent: true });
  });

  it("finds intents in the spare blocks after a kill", async () => {
    const { disk, write } = fullDisk();
    const audit = openAuditTrail(dir, clock, write);
    await audit.commit(event("before"));
    disk.full = true;
    await audit.commit(event("intent"));
    const again = openAuditTrail(dir, clock);
    await again.commit(event("later"));
    expect((await all(again.read(everything))).map((one) => one.seq)).toEqual([1, 2, 3]);
    await again.close();
    expect((await verifyAuditTrail(dir)).consistent).toBe(true);
  });

  it("refuses an intent once the spare blocks are full as well, and says so", async () => {
    const { disk, write } = fullDisk();
    const audit = openAuditTrail(dir, clock, write);
    disk.full = true;
    const long = { ...event("long"), data: { pad: "x".repeat(60_000) } };
    for (let n = 0; n < 4; n++) await audit.commit(long);
    await expect(audit.commit(long)).rejects.toMatchObject({ code: "AUDIT_UNWRITABLE" });
    expect(audit.writable).toBe(false);
    disk.full = false;
    await audit.commit(event("fine"));
    expect(audit.writable).toBe(true);
    await audit.close();
    expect(await verifyAuditTrail(dir)).toMatchObject({ records: 5, consistent: true });
  });

  it("follows: a reader gets what comes, and ends when the trail is closed", async () => {
    const audit = openAuditTrail(dir, clock);
    await audit.commit(event("one"));
    const reader = audit.read({ hosts: [], follow: true })[Symbol.asyncIterator]();
    expect((await reader.next()).value.text).toBe("one");
    const next = reader.next();
    audit.note(event("two"));
    expect((await next).value.text).toBe("two");
    const end = reader.next();
    await audit.close();
    expect((await end).done).toBe(true);
  });

  it("cuts a record that is too long and makes host text harmless", async () => {
    const audit = openAuditTrail(dir, clock);
    await audit.commit({ ...event("\u001b]0;evil\u0007"), data: { pad: "x".repeat(70_000) } });
    const [only] = await all(audit.read(everything));
    expect(only?.text).toBe("^[]0;evil^G");
    expect(only?.data).toEqual({ cut: true });
    await audit.close();
  });
});
