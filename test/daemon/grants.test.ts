import { describe, expect, test } from "vitest";
import type { Grant } from "../../src/config/site-config.ts";
import { EventQueue } from "../../src/core/session/event-queue.ts";
import type { Attachment, RunEvent, Site } from "../../src/core/site/site.ts";
import { GrantedSite } from "../../src/daemon/granted-site.ts";
import { Grants, type Verb } from "../../src/daemon/grants.ts";
import { ATTACH } from "../core/site/site-kit.ts";

const grants: Grant[] = [
  { who: "jana", may: ["*"], on: ["*"] },
  { who: "kim", may: ["attach", "spy", "status"], on: ["web*", "db1"] },
  { who: "*", may: ["status"], on: ["*-public"] },
];
const of = (who: string, list = grants) => new Grants({ grants: list }, who, "oob");

describe("Grants", () => {
  test.each<[string, Verb, string, boolean]>([
    ["jana", "power", "db2", true],
    ["kim", "attach", "web1", true],
    ["kim", "attach", "db1", true],
    ["kim", "attach", "db11", false],
    ["kim", "attach", "xweb1", false],
    ["kim", "power", "web1", false],
    ["lee", "status", "a-public", true],
    ["lee", "status", "a-public-not", false],
    ["lee", "attach", "a-public", false],
    ["oob", "power", "web1", true],
  ])("%s may %s on %s: %s", (who, verb, host, expected) => {
    expect(of(who).may(verb, host)).toBe(expected);
  });

  test("without any grant whoever has a socket may do all", () => {
    expect(of("lee", []).may("power", "web1")).toBe(true);
  });
});

describe("GrantedSite", () => {
  const hosts = new Map(["web1", "db2"].map((name) => [name, { name, outlets: [] }]));
  const made: string[] = [];
  const behind = {
    via: "daemon",
    hosts: async () => [...hosts.keys()],
    status: async (names: readonly string[]) => {
      made.push(`status ${names.join()}`);
      return [];
    },
    attach: async () => ({ setMode: async () => {} }) as unknown as Attachment,
    power: () => {
      made.push("power");
      return [];
    },
    who: async (names: readonly string[]) => {
      made.push(`who ${names.join()}`);
      return [
        { session: "web1/1", host: "web1", who: "jana" },
        { session: "web1/2", host: "web1", who: "kim" },
      ];
    },
    kick: async (session: string, reason: string) => made.push(`kick ${session} ${reason}`),
    message: async (to: string, text: string) => made.push(`message ${to} ${text}`),
    calls: async () => [{ host: "web1" }, { host: "db2" }],
    line: ({ host, act }: { host: string; act: string }) => {
      made.push(`line ${host} ${act}`);
      return [];
    },
    incident: async () => ({ summary: { host: "db2" }, report: "" }),
  } as unknown as Site;
  const site = (who: string) => new GrantedSite(behind, of(who), { hosts } as never);
  const refused = { code: "NOT_PERMITTED" };

  test("shows only the hosts that are granted, and asks only for those", async () => {
    expect(await site("kim").hosts()).toEqual(["web1"]);
    await site("kim").status([], { power: false });
    expect(made.at(-1)).toBe("status web1");
    await site("nobody").status([], { power: false });
    expect(await site("nobody").hosts()).toEqual([]);
    expect(made.filter((one) => one.startsWith("status"))).toEqual(["status web1"]);
    await expect(site("kim").status(["db2"], { power: false })).rejects.toMatchObject(refused);
  });

  test("switches nothing without the grant, not even for a part of the hosts", async () => {
    const request = {
      verb: "off",
      hosts: ["web1", "db2"],
      dryRun: false,
      force: true,
      reason: "",
    } as const;
    const events = site("kim").power(request)[Symbol.asyncIterator]();
    await expect(events.next()).rejects.toMatchObject(refused);
    expect(made).not.toContain("power");
  });

  test("whoever leaves a run ends it at once, also while it waits", async () => {
    let given = "";
    const queue = new EventQueue<RunEvent>(() => {
      given = "up";
    });
    const running = { ...behind, run: () => queue } as unknown as Site;
    const request = { runbook: "single-user", hosts: ["web1"], set: {}, dryRun: false, reason: "" };
    const ask = (who: string) => new GrantedSite(running, of(who), { hosts } as never).run(request);
    expect(() => ask("kim")).toThrow(expect.objectContaining(refused));
    const events = ask("jana")[Symbol.asyncIterator]();
    const next = events.next();
    void events.return?.();
    expect(given).toBe("up");
    expect(await next).toMatchObject({ done: true });
  });

  describe("power", () => {
    const valued = new Map([
      ["web1", { precious: false }],
      ["db2", { precious: true }],
    ]);
    const asked: unknown[] = [];
    const answering = {
      ...behind,
      power: (request: unknown) => {
        asked.push(request);
        return [];
      },
    } as unknown as Site;
    const order = { verb: "off", dryRun: false, force: true, reason: "" } as const;
    const ask = async (request: object) => {
      const jana = new GrantedSite(answering, of("jana"), { hosts: valued } as never);
      const all = { ...order, hosts: ["web1"], ...request };
      for await (const _ of jana.power(all));
    };

    test.each([
      [{}, "y"],
      [{ confirm: "yes" }, "y"],
      [{ verb: "cycle", confirm: "db2" }, "y"],
      [{ hosts: ["db2"], confirm: "y" }, "db2"],
      [{ hosts: ["db2"], verb: "on" }, "db2"],
      [{ hosts: ["web1", "db2"], confirm: "db2" }, "2"],
      [{ hosts: ["web1", "db2"], verb: "on" }, "2"],
    ])("without its confirmation %j is refused", async (request, wanted) => {
      await expect(ask(request)).rejects.toMatchObject({
        code: "NOT_CONFIRMED",
        hint: `Its "confirm" has to be "${wanted}". Nothing was done`,
      });
      expect(asked).toEqual([]);
    });

    test.each([
      { confirm: "y" },
      { confirm: "web1" },
      { verb: "on" },
      { dryRun: true },
      { verb: "identify" },
      { hosts: ["db2"], confirm: "db2" },
      { hosts: ["web1", "db2", "web1"], confirm: "2" },
    ])("confirmed, or harmless: %j goes on", async (request) => {
      await ask(request);
      expect(asked.splice(0)).toHaveLength(1);
    });
  });

  test("who may only spy cannot write later, and nobody sees unfiltered bytes without all rights", async () => {
    const spy = [{ who: "kim", may: ["spy"], on: ["*"] }];
    const reader = new GrantedSite(behind, of("kim", spy), { hosts } as never);
    await expect(reader.attach({ ...ATTACH, host: "web1" })).rejects.toMatchObject(refused);
    const at = await reader.attach({ ...ATTACH, host: "web1", mode: "read" });
    await expect(at.setMode("force", "because")).rejects.toMatchObject(refused);
    const raw = { ...ATTACH, host: "web1", filter: "raw" } as const;
    await expect(site("kim").attach(raw)).rejects.toMatchObject(refused);
    await site("jana").attach(raw);
  });

  test("incidents of other hosts stay closed", async () => {
    await expect(site("kim").incident(1)).rejects.toMatchObject(refused);
  });

  test("kick needs its own grant, but for one's own sessions", async () => {
    await expect(site("kim").kick("web1/1", "gone")).rejects.toMatchObject({
      ...refused,
      message: 'Cannot "kick" on web1: not granted to kim',
    });
    await expect(site("kim").kick("db2/1", "gone")).rejects.toMatchObject(refused);
    await expect(site("kim").kick("web1", "gone")).rejects.toMatchObject({ code: "USAGE" });
    expect(made.filter((one) => one.startsWith("kick"))).toEqual([]);
    await site("kim").kick("web1/2", "left at home");
    await site("jana").kick("web1/2", "gone");
    expect(made.filter((one) => one.startsWith("kick"))).toEqual([
      "kick web1/2 left at home",
      "kick web1/2 gone",
    ]);
  });

  test("calls of hosts that are granted are shown; calling needs the right to attach", async () => {
    expect(await site("kim").calls([])).toEqual([{ host: "web1" }]);
    await expect(site("kim").calls(["db2"])).rejects.toMatchObject(refused);
    for (const act of ["ask", "dial", "hangup"] as const) {
      expect(() => site("kim").line({ host: "db2", act })).toThrow("not granted to kim");
      site("jana").line({ host: "db2", act });
    }
    expect(made.filter((one) => one.startsWith("line"))).toHaveLength(3);
  });

  test("who shows the hosts that are granted; a message needs the right to look on", async () => {
    await site("kim").who([]);
    expect(made.at(-1)).toBe("who web1");
    await expect(site("kim").who(["db2"])).rejects.toMatchObject(refused);
    await site("kim").message("web1", "hello");
    await site("kim").message("web1/1", "hello");
    await expect(site("kim").message("db2", "hello")).rejects.toMatchObject(refused);
    await expect(site("lee").message("web1/1", "hello")).rejects.toMatchObject(refused);
    expect(made.filter((one) => one.startsWith("message"))).toHaveLength(2);
  });
});
