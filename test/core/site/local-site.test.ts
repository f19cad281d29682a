import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LocalSite, openLocalSite } from "../../../src/core/site/local-site.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { ATTACH, Rack, untilShown } from "./site-kit.ts";

let rack: Rack;
const open: LocalSite[] = [];

beforeEach(async () => {
  rack = await Rack.make(["web1", "web2"]);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((site) => site.close()));
  await rack.close();
});

async function site(role: "daemon" | "direct", more = {}): Promise<LocalSite> {
  const opened = await openLocalSite(rack.config(more), {
    who: "jana",
    clock: systemClock,
    env: {},
    role,
  });
  open.push(opened);
  return opened;
}

describe("openLocalSite()", () => {
  test("direct: opens the console that is wanted, and no other", async () => {
    const direct = await site("direct");
    const at = await direct.attach({ ...ATTACH, host: "web1" });
    await at.write(Buffer.from("hello\r\n"));
    expect(await untilShown(at, "hello")).toContain("hello");
    expect(rack.connected("web2")).toBe(0);
    const rows = await direct.status([], { power: true });
    expect(rows.map((row) => [row.host, row.console.is, row.writer])).toEqual([
      ["web1", "up", "jana"],
      ["web2", "closed", undefined],
    ]);
    await at.leave();
  });

  test("direct: a screen waits for the first words of the console that it opened", async () => {
    const direct = await site("direct");
    const printed = rack.print("web1", "Sun Nov 22\r\n");
    expect((await direct.screen("web1")).rows[0]).toBe("Sun Nov 22");
    await printed;
  });

  test("daemon: opens every console and keeps it", async () => {
    const daemon = await site("daemon");
    await rack.print("web1", "one\r\n");
    await rack.print("web2", "two\r\n");
    const at = await daemon.as("kim").attach({ ...ATTACH, host: "web2", mode: "read" });
    await rack.print("web2", "three\r\n");
    await untilShown(at, "three");
    const [row] = await daemon.status(["web2"], { power: false });
    expect(row).toMatchObject({ console: { is: "up" }, lastLine: "three", watchers: ["kim"] });
  });

  test("a console has one owner: the second process is told who the first one is", async () => {
    const first = await site("direct");
    await (await first.attach({ ...ATTACH, host: "web1" })).note("x");
    const second = await site("direct");
    await expect(second.attach({ ...ATTACH, host: "web1" })).rejects.toMatchObject({
      code: "PORT_BUSY",
      message: expect.stringContaining("oob (jana)"),
    });
    const other = await second.attach({ ...ATTACH, host: "web2" });
    await other.leave();
  });

  test("a daemon leaves a host alone that a command has open, says so, and takes it over afterwards", async () => {
    const direct = await site("direct");
    const at = await direct.attach({ ...ATTACH, host: "web1" });
    const daemon = await site("daemon");
    const rows = daemon.watch(["web1"])[Symbol.asyncIterator]();
    const until = async (is: string) => {
      for (;;) {
        const [row] = (await rows.next()).value ?? [];
        if (row?.console.is === is) return row.console;
      }
    };
    expect((await until("down")).why).toContain("oob (jana)");
    expect(rack.connected("web1")).toBe(1);
    await expect(daemon.attach({ ...ATTACH, host: "web1" })).rejects.toMatchObject({
      code: "PORT_BUSY",
    });
    await at.leave();
    await direct.close();
    await until("up");
    await rows.return?.();
  });

  test("hosts and PDUs that are not there, and reasons that are demanded", async () => {
    const direct = await site("direct", { requireReason: true });
    await expect(direct.screen("web9")).rejects.toMatchObject({ code: "HOST_UNKNOWN" });
    await expect(direct.outlets("pdu-x")).rejects.toMatchObject({ code: "HOST_UNKNOWN" });
    const request = {
      verb: "off",
      hosts: ["web1"],
      dryRun: false,
      force: false,
      reason: "",
    } as const;
    expect(() => direct.power(request)).toThrow(/without a reason/);
  });

  test("power of a host without outlets is refused, and the refusal is the end for that host", async () => {
    const direct = await site("direct");
    const events = [];
    const request = {
      verb: "off",
      hosts: ["web1"],
      dryRun: false,
      force: true,
      reason: "",
    } as const;
    for await (const event of direct.power(request)) events.push(event);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ host: "web1", result: "refused" });
  });

  test("holds, events and the log are there for everybody", async () => {
    const daemon = await site("daemon");
    await rack.print("web1", "a line\r\n");
    await daemon.as("kim").hold(["web1"], 60_000, "RAID rebuild");
    const [row] = await daemon.status(["web1"], { power: false });
    expect(row?.hold).toMatchObject({ by: "kim", reason: "RAID rebuild" });
    const types = [];
    for await (const event of daemon.events({ hosts: ["web1"], follow: false }))
      types.push(event.type);
    expect(types).toContain("hold.set");
    const query = { host: "web1", follow: true, raw: false };
    for await (const record of daemon.log(query))
      if (record.is === "line" && record.text === "a line") break;
    await daemon.release(["web1"]);
  });

  test("a followed stream ends at once when its reader leaves", async () => {
    const daemon = await site("daemon");
    const rows = daemon.watch([])[Symbol.asyncIterator]();
    expect((await rows.next()).value).toHaveLength(2);
    const events = daemon.events({ hosts: ["web9-none"].slice(1), type: "no.such", follow: true });
    const waiting = events[Symbol.asyncIterator]();
    const next = waiting.next();
    await waiting.return?.();
    expect((await next).done).toBe(true);
    await rows.return?.();
  });

  test("a runbook that does not exist ends for each host with an error", async () => {
    const direct = await site("direct");
    const request = { runbook: "tidy", hosts: ["web1", "web2"], set: {}, dryRun: true, reason: "" };
    const events = [];
    for await (const event of direct.run(request)) events.push(event);
    expect(events.map((event) => [event.host, event.result, event.error?.code])).toEqual([
      ["web1", "refused", "RUNBOOK_INVALID"],
      ["web2", "refused", "RUNBOOK_INVALID"],
    ]);
  });
});
