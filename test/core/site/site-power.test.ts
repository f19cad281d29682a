import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LocalSite, openLocalSite } from "../../../src/core/site/local-site.ts";
import type { PowerEvent, PowerVerb } from "../../../src/core/site/site.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { Rack } from "./site-kit.ts";
import { TOY } from "./toy-pdu.ts";

let rack: Rack;
let site: LocalSite;
let relays: string;
/** Ends the site, and begins another one with this rule, and web2 on this outlet. */
let again: (minInterval: number, web2?: string) => Promise<void>;

beforeEach(async () => {
  rack = await Rack.make(["web1", "web2", "web3"]);
  relays = join(rack.folder, "relays");
  const drivers = join(rack.folder, "drivers");
  await mkdir(relays);
  await mkdir(drivers);
  for (const outlet of ["1", "2"]) await writeFile(join(relays, outlet), "on");
  await writeFile(join(drivers, "toy.ts"), TOY);
  const hosts = new Map(rack.hosts);
  for (const [n, name] of ["web1", "web2"].entries()) {
    const entry = hosts.get(name);
    if (entry)
      hosts.set(name, {
        ...{ ...entry, offFor: 20, outlets: [{ pdu: "toy", reference: `${n + 1}` }] },
        ...(name === "web2" && { after: ["web1"] }),
      });
  }
  const wrong = hosts.get("web3");
  if (wrong) hosts.set("web3", { ...wrong, outlets: [{ pdu: "toy", reference: "99" }] });
  const open = async (minInterval: number) => {
    const rules = { minInterval, stagger: 0, lifeline: [] };
    const pdus = new Map([["toy", { driver: "toy", options: { path: relays }, rules }]]);
    const config = rack.config({ drivers: [drivers], pdus, hosts });
    return openLocalSite(config, { who: "jana", clock: systemClock, env: {}, role: "daemon" });
  };
  site = await open(0);
  again = async (minInterval, web2 = "2") => {
    await site.close();
    const entry = hosts.get("web2");
    if (entry) hosts.set("web2", { ...entry, outlets: [{ pdu: "toy", reference: web2 }] });
    site = await open(minInterval);
  };
});
afterEach(async () => {
  await site.close();
  await rack.close();
});

const told = () => readFile(join(relays, "told"), "utf8").catch(() => "");

async function power(verb: PowerVerb, hosts: string[], more = {}): Promise<PowerEvent[]> {
  const request = { verb, hosts, dryRun: false, force: false, reason: "test", ...more };
  const events: PowerEvent[] = [];
  for await (const event of site.power(request)) events.push(event);
  return events;
}
const results = (events: PowerEvent[]) =>
  events.filter((event) => event.result).map((event) => [event.host, event.result, event.state]);

describe("LocalSite.power()", () => {
  test("cycles several hosts at once through a user's driver, read back, intent and outcome on record", async () => {
    expect(
      results(await power("cycle", ["web1", "web2"])).sort((one, other) =>
        String(one[0]).localeCompare(String(other[0])),
      ),
    ).toEqual([
      ["web1", "done", "on"],
      ["web2", "done", "on"],
    ]);
    expect((await told()).split("\n").filter((line) => line.startsWith("1"))).toEqual([
      "1 off",
      "1 on",
    ]);
    const types = [];
    for await (const event of site.events({ hosts: ["web1"], follow: false }))
      if (/^(?:guard|power)/.test(event.type)) types.push(`${event.type} ${event.by}`);
    expect(types).toEqual(["guard.permit jana", "power.intent jana", "power.outcome jana"]);
  });

  test("an outlet that takes the command and does nothing is not called off", async () => {
    await writeFile(join(relays, "stuck"), "1");
    const [end] = (await power("off", ["web1"])).slice(-1);
    expect(end).toMatchObject({ result: "failed", state: "on" });
    expect(end?.error?.code).toBe("POWER_UNVERIFIED");
  });

  test.each(["off", "cycle"] as const)(
    "%s --graceful that would be refused then is refused before the host goes down",
    async (verb) => {
      await power("cycle", ["web1"]);
      await again(3_600_000);
      const events = await power(verb, ["web1"], { graceful: { within: 1000, thenHard: true } });
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({ result: "refused", error: { code: "GUARD_REFUSED" } });
      expect(events[0]?.text).toContain("its min-interval is 1h");
    },
  );

  test("hosts on one outlet, which a lost answer hides: it is not cut under the one that is held", async () => {
    await again(0, "label:1");
    await site.hold(["web2"], 60_000, "RAID rebuild");
    await writeFile(join(relays, "silent"), "");
    const events = await power("off", ["web1", "web2"]);
    expect(results(events).map(([, result]) => result)).toEqual(["refused", "refused"]);
    expect(await told()).toBe("");
  });

  test("what is refused for a map in doubt costs nothing of the budget", async () => {
    await writeFile(join(relays, "also"), "2");
    expect(await power("off", ["web1"])).toContainEqual(
      expect.objectContaining({ error: expect.objectContaining({ code: "NEIGHBOUR_MOVED" }) }),
    );
    expect(results(await power("cycle", ["web2"])).map(([, result]) => result)).toEqual([
      "refused",
    ]);
    for await (const event of site.events({ hosts: ["web2"], follow: false }))
      expect(event.type).not.toBe("guard.permit");
    await rm(join(relays, "also"));
    const forced = await power("on", ["web2"], { force: true });
    expect(results(forced)).toEqual([["web2", "done", "on"]]);
  });

  test("--dry-run reads and tells, and sends nothing", async () => {
    const events = await power("off", ["web1"], { dryRun: true });
    expect(events.map((event) => event.text)).toEqual([
      "toy/1 reads on: would switch web1 off",
      "would switch web1 off; nothing was changed",
    ]);
    expect(await told()).toBe("");
  });

  test("--dry-run says each step, with its times and who comes first", async () => {
    const texts = async (...[verb, hosts, more]: Parameters<typeof power>) =>
      (await power(verb, hosts, { dryRun: true, ...more })).map(
        ({ host, text }) => `${host} ${text}`,
      );
    expect(await texts("cycle", ["web1"])).toEqual([
      "web1 toy/1 reads on: would cycle web1",
      "web1 would switch toy/1 off, wait 20ms, switch on, each read back",
      "web1 would cycle web1; nothing was changed",
    ]);
    const graceful = { within: 90_000, thenHard: false };
    expect(await texts("off", ["web1"], { graceful })).toEqual([
      "web1 toy/1 reads on: would switch web1 off",
      "web1 step 1: would type the shutdown at its console and wait until it is seen down, 1m 30s at most; if it is not, cut nothing",
      "web1 step 2: would switch toy/1 off, each read back",
      "web1 would switch web1 off; nothing was changed",
    ]);
    expect(
      (await texts("on", ["web2", "web1"])).filter((text) => text.includes("changed")),
    ).toEqual([
      "web1 would switch web1 on; nothing was changed",
      "web2 would switch web2 on, after web1; nothing was changed",
    ]);
    expect(await told()).toBe("");
  });

  test("an outlet that the device has not is OUTLET_UNKNOWN, and says which there are", async () => {
    const [end] = await power("cycle", ["web3"]);
    expect(end).toMatchObject({
      result: "refused",
      text: 'Cannot cycle web3: Cannot use outlet "99" of toy: the device has no such outlet; it has 1, 2',
      error: { code: "OUTLET_UNKNOWN" },
    });
  });

  test("a hold refuses, for dry runs as well, and nothing is sent", async () => {
    await site.hold(["web1"], 60_000, "RAID rebuild");
    for (const dryRun of [true, false]) {
      const [end] = await power("cycle", ["web1"], { dryRun });
      expect(end).toMatchObject({ result: "refused", error: { code: "HELD" } });
    }
    expect(await told()).toBe("");
  });

  test("whoever stops listening, or closes the site, leaves no host off", async () => {
    const request = {
      verb: "cycle",
      hosts: ["web1"],
      dryRun: false,
      force: false,
      reason: "x",
    } as const;
    for await (const event of site.power(request)) if (event.state === "off") break;
    expect([...site.moving]).toEqual(["web1"]);
    await site.close();
    expect(await readFile(join(relays, "1"), "utf8")).toBe("on");
    expect(await told()).toBe("1 off\n1 on\n");
  });
});
