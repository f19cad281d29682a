import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Grant, SiteConfig } from "../../src/config/site-config.ts";
import { type LocalSite, openLocalSite } from "../../src/core/site/local-site.ts";
import type { PowerEvent, PowerRequest, RunEvent, RunRequest } from "../../src/core/site/site.ts";
import { GrantedSite } from "../../src/daemon/granted-site.ts";
import { Grants } from "../../src/daemon/grants.ts";
import { Intents } from "../../src/daemon/intents.ts";
import { type Act, SecondPerson } from "../../src/daemon/second-person.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { minutes } from "../../src/lib/durations.ts";
import { Rack } from "../core/site/site-kit.ts";
import { TOY } from "../core/site/toy-pdu.ts";

const TYPES =
  'title: types\nrisk: type\nsteps:\n  - act: say it\n    do: [{ send: hello }, { expect: hello, within: 20s }]\n  - verdict: look\n    text: "{{host}} said it"\n';
const LOOKS =
  'title: looks\nrisk: read\nsteps:\n  - { send: hello }\n  - verdict: look\n    text: "{{host}} said it"\n';

const WAITS =
  'title: waits\nrisk: type\nsteps:\n  - act: say it\n    do: [{ send: hello }, { expect: never said, within: 10m }]\n  - verdict: look\n    text: "{{host}}"\n';

let rack: Rack;
let config: SiteConfig;
let site: LocalSite;
let relays: string;
let intents: Intents<Act>;
let refusals: string[];
beforeEach(async () => {
  rack = await Rack.make(["db1", "web1"]);
  relays = join(rack.folder, "relays");
  for (const folder of ["relays", "drivers", "runbooks"]) await mkdir(join(rack.folder, folder));
  for (const outlet of ["1", "2"]) await writeFile(join(relays, outlet), "on");
  await writeFile(join(rack.folder, "drivers", "toy.ts"), TOY);
  await writeFile(join(rack.folder, "runbooks", "types.yaml"), TYPES);
  await writeFile(join(rack.folder, "runbooks", "looks.yaml"), LOOKS);
  for (const [name, reference] of [
    ["db1", "1"],
    ["web1", "2"],
  ] as const) {
    const entry = rack.hosts.get(name);
    const two = name === "db1" ? { precious: true, twoPerson: minutes(10) } : {};
    if (entry)
      rack.hosts.set(name, { ...entry, ...two, offFor: 20, outlets: [{ pdu: "toy", reference }] });
  }
  const rules = { minInterval: 0, stagger: 0, lifeline: [] };
  const pdus = new Map([["toy", { driver: "toy", options: { path: relays }, rules }]]);
  const folders = {
    drivers: [join(rack.folder, "drivers")],
    runbooks: [join(rack.folder, "runbooks")],
  };
  config = rack.config({ ...folders, pdus });
  site = await openLocalSite(config, { who: "oob", clock: systemClock, env: {}, role: "daemon" });
  intents = new Intents(site.audit, systemClock);
  refusals = [];
});
afterEach(async () => {
  intents.close();
  await site.close();
  await rack.close();
});

const UIDS: Readonly<Record<string, number>> = { kim: 1001, lee: 1002, max: 1003, root: 0 };
/** What somebody reaches at their socket. */
function as(name: string, list: readonly Grant[] = []): GrantedSite {
  const refused = (verb: string, host: string) => refusals.push(`${name} ${verb} ${host}`);
  const grants = new Grants({ grants: list }, name, "oob");
  const uid = UIDS[name] ?? 1;
  const person = { name, uid, isNobody: uid === 0 };
  const own = site.as(name);
  const parts = { intents, person, grants, config, clock: systemClock, refused };
  return new GrantedSite(own, grants, config, new SecondPerson(own, parts));
}

const CYCLE: PowerRequest = {
  ...{
    verb: "cycle",
    hosts: ["db1"],
    dryRun: false,
    force: false,
    reason: "stuck",
    confirm: "db1",
  },
};
const RUN: RunRequest = {
  runbook: "types",
  hosts: ["db1"],
  set: {},
  dryRun: false,
  reason: "look",
};

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const events: T[] = [];
  for await (const event of stream) events.push(event);
  return events;
}
const results = (events: readonly (PowerEvent | RunEvent)[]) =>
  events.flatMap(({ host, result, error }) =>
    result === undefined ? [] : [`${host} ${result} ${error?.code ?? "-"}`],
  );
const told = () => readFile(join(relays, "told"), "utf8").catch(() => "");
const trail = async () => {
  const events = await all(site.events({ hosts: ["db1"], follow: false }));
  return events.filter(({ type }) => /^(?:intent|guard)\./.test(type));
};
const waits = { code: "SECOND_PERSON" };

describe("a two-person host", () => {
  test("is cut when a second person approved, once, as the first one asked, and the trail has both", async () => {
    await expect(all(as("kim").power(CYCLE))).rejects.toMatchObject({
      ...waits,
      message: 'Cannot "oob power cycle db1" alone: it waits for a second person, for 10m',
    });
    expect(await told()).toBe("");
    const [intent] = await as("lee").intents();
    expect(intent).toMatchObject({ by: "kim", command: "oob power cycle db1", hosts: ["db1"] });
    const id = intent?.id ?? 0;
    expect(results(await all(as("lee").approveIntent(id, "db1")))).toEqual(["db1 done -"]);
    expect(await told()).toBe("1 off\n1 on\n");
    await expect(all(as("max").approveIntent(id, "db1"))).rejects.toThrow("there is none");
    expect(await told()).toBe("1 off\n1 on\n");
    const events = await trail();
    expect(events.map(({ type, by }) => `${type} ${by}`)).toEqual([
      "intent.ask kim",
      "intent.approve lee",
      "guard.permit kim",
    ]);
    expect(events[0]?.seq).toBe(id);
    expect(events[2]?.data).toMatchObject({ second: "lee" });
  });

  test("is not cut by its own asker, by root, without the name of the host, or without the grant", async () => {
    await expect(all(as("kim").power(CYCLE))).rejects.toMatchObject(waits);
    const id = (await as("kim").intents())[0]?.id ?? 0;
    const refused = { code: "NOT_PERMITTED" };
    await expect(all(as("kim").approveIntent(id, "db1"))).rejects.toMatchObject(refused);
    await expect(all(as("root").approveIntent(id, "db1"))).rejects.toMatchObject(refused);
    expect(refusals).toEqual(["kim approve db1", "root approve db1"]);
    for (const answer of [undefined, "y", "1", "web1"])
      await expect(all(as("lee").approveIntent(id, answer))).rejects.toMatchObject({
        code: "NOT_CONFIRMED",
      });
    const looks: Grant[] = [{ who: "lee", may: ["status", "run", "hold"], on: ["*"] }];
    await expect(all(as("lee", looks).approveIntent(id, "db1"))).rejects.toMatchObject(refused);
    await expect(as("lee", looks).withdrawIntent(id, "")).rejects.toMatchObject(refused);
    await expect(all(as("root").power(CYCLE))).rejects.toMatchObject(refused);
    expect(await told()).toBe("");
    await as("kim").withdrawIntent(id, "");
    await expect(all(as("lee").approveIntent(id, "db1"))).rejects.toThrow("there is none");
  });

  test("holds up the whole order, with every word of it; on needs nobody", async () => {
    const order: PowerRequest = {
      ...{ ...CYCLE, verb: "off", hosts: ["web1", "db1"], force: true, confirm: "2" },
      graceful: { within: 90_000, thenHard: true },
    };
    await expect(all(as("kim").power(order))).rejects.toMatchObject(waits);
    const [intent] = await as("kim").intents();
    expect(intent?.command).toBe(
      "oob power off web1 db1 --force --graceful --within '1m 30s' --then-hard",
    );
    expect(await told()).toBe("");
    expect(results(await all(as("kim").power({ ...CYCLE, verb: "on" })))).toEqual(["db1 done -"]);
    expect(
      results(await all(as("kim").power({ ...CYCLE, hosts: ["web1"], confirm: "y" }))),
    ).toEqual(["web1 done -"]);
  });

  test("is asked for with the reason that the configuration demands, or not at all", async () => {
    config = { ...config, requireReason: true };
    const usage = { code: "USAGE", hint: "Give --reason TEXT" };
    await expect(all(as("kim").power({ ...CYCLE, reason: "" }))).rejects.toMatchObject(usage);
    await expect(all(as("kim").run({ ...RUN, reason: " " }))).rejects.toMatchObject(usage);
    expect(await as("lee").intents()).toEqual([]);
    await expect(all(as("kim").power(CYCLE))).rejects.toMatchObject(waits);
  });

  test("two approvals at once cut once", async () => {
    await expect(all(as("kim").power(CYCLE))).rejects.toMatchObject(waits);
    const id = (await as("kim").intents())[0]?.id ?? 0;
    const both = [all(as("lee").approveIntent(id, "db1")), all(as("max").approveIntent(id, "db1"))];
    const ends = await Promise.allSettled(both);
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await told()).toBe("1 off\n1 on\n");
  });

  test("is not changed by a runbook of one person; what only reads runs", async () => {
    await expect(all(as("kim").run(RUN))).rejects.toMatchObject(waits);
    const [intent] = await as("lee").intents();
    expect(intent?.command).toBe("oob run types db1");
    const events = await all(as("lee").approveIntent(intent?.id ?? 0, "db1"));
    expect(results(events)).toEqual(["db1 done -"]);
    expect(results(await all(as("kim").run({ ...RUN, runbook: "looks" })))).toEqual(["db1 done -"]);
  });

  test("whoever approved a runbook and leaves ends it, also while it waits", async () => {
    await writeFile(join(rack.folder, "runbooks", "waits.yaml"), WAITS);
    await expect(all(as("kim").run({ ...RUN, runbook: "waits" }))).rejects.toMatchObject(waits);
    const [intent] = await as("lee").intents();
    const events = as("lee")
      .approveIntent(intent?.id ?? 0, "db1")
      [Symbol.asyncIterator]();
    expect((await events.next()).value).toMatchObject({ text: "say it" });
    const waiting = events.next();
    await events.return?.();
    expect(await waiting).toMatchObject({ done: true });
    for await (const { type } of site.events({ hosts: ["db1"], follow: true }))
      if (type === "run.left") break;
  }, 60_000);

  test("the approval of what the watchdog asks, and the proof of its PDU's map, wait as well", async () => {
    await expect(
      all(
        as("kim").proveMap({
          ...{ pdu: "toy", outlet: "2", called: "spare", fromOn: true },
          reason: "new",
        }),
      ),
    ).rejects.toMatchObject(waits);
    expect((await as("lee").intents())[0]?.command).toBe("oob pdu map toy 2 spare --from-on");
    expect(await told()).toBe("");
  });
});

describe("without the daemon's doors", () => {
  const direct = (request: PowerRequest) => all(site.as("kim").power(request));

  test("the guard refuses, also with force, and also one's own name as the second", async () => {
    for (const more of [{}, { force: true }, { second: "kim" }])
      expect(results(await direct({ ...CYCLE, ...more }))).toEqual(["db1 refused SECOND_PERSON"]);
    expect(results(await direct({ ...CYCLE, dryRun: true }))).toEqual([
      "db1 refused SECOND_PERSON",
    ]);
    expect(results(await all(site.as("kim").run(RUN)))).toEqual(["db1 refused SECOND_PERSON"]);
    const prove = { pdu: "toy", outlet: "2", called: "spare", fromOn: true, reason: "new" };
    expect(() => site.proveMap(prove)).toThrow("two people have to want it on db1");
    expect(await told()).toBe("");
  });

  test("what the configuration plans may type, and may not cut", async () => {
    const planned = { ...RUN, scheduled: true };
    expect(results(await all(site.as("schedule").run(planned)))).toEqual(["db1 done -"]);
    const cut = { ...planned, runbook: "power-cycle" };
    expect(results(await all(site.as("schedule").run(cut)))).toEqual(["db1 refused SECOND_PERSON"]);
  });
});
