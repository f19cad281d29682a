import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { interlocks, judge } from "../../../src/core/interlocks/all.ts";
import type { Facts, Feed } from "../../../src/core/interlocks/interlock.ts";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import { usual } from "../watchdog/watchdog-doubles.ts";

const NOW = hours(10);
/** A reading that met another box than the one that was bound. */
const EXCHANGED = {
  code: "PDU_REFUSED",
  hint: "Was the PDU exchanged? Look at its outlets, then ask again",
} as const;
const UNTRUSTED = { code: "PDU_REFUSED", hint: "Pin its certificate" } as const;
const feed = (more: Partial<Feed> = {}): Feed => ({
  id: "pdu-a/3",
  state: "on",
  pending: false,
  sharedWith: [],
  ...more,
});
const cooling = { ...usual, coolDown: minutes(15) };
const lifeline = feed({ lifeline: "it feeds this box" });
const seen = (state: Facts["seen"]["state"], hostClass: string): Facts["seen"] => ({
  state,
  class: hostClass,
  action: state === "busy" ? "hold" : "recover",
  means: `seen ${hostClass}`,
  at: 1,
  line: "",
  proven: true,
  newest: hostClass,
});

/** A host that died, long proven: nothing stands against a cut. */
const clear: Facts = {
  host: "web1",
  asker: "watchdog",
  by: "watchdog",
  person: undefined,
  act: "cycle",
  together: [],
  afterShutdown: false,
  now: NOW,
  wall: new Date(2026, 10, 22, 12, 0).getTime(), // a Sunday, local time
  policy: usual,
  fleet: { suspects: 3, within: minutes(5), cycles: 3, per: hours(1) },
  hold: undefined,
  seat: undefined,
  typedAt: undefined,
  seen: seen("crash", "panic"),
  linkUp: true,
  everAlive: true,
  gapAt: NOW - hours(1),
  suspectSince: NOW - minutes(2),
  probeFailedAt: NOW - seconds(10),
  typedItself: false,
  twoPerson: false,
  second: undefined,
  feeds: [feed(), feed({ id: "pdu-b/3" })],
  cuts: [NOW - hours(7)],
  siteCuts: [NOW - hours(2)],
  suspects: 1,
  clockSteppedAt: NOW - hours(1),
  auditWritable: true,
  deafWay: undefined,
  needsDown: [],
};
const quiet = (text: string): Partial<Facts> => ({ policy: { ...usual, quiet: [text] } });
const hold = { by: "jana", until: clear.wall + hours(1), reason: "RAID" };
const jana = { who: "jana", person: true, since: 0, lastTypedAt: undefined };

/** What makes each interlock object, and what is near it and does not. */
const cases: Record<string, { objects: Partial<Facts>[]; passes: Partial<Facts>[] }> = {
  "audit-unwritable": { objects: [{ auditWritable: false }], passes: [] },
  held: { objects: [{ hold }, { hold, act: "sysrq" }], passes: [{ hold, act: "on" }] },
  "seat-held": {
    objects: [{ seat: jana }],
    passes: [
      { seat: jana, by: "jana" },
      { seat: jana, asker: "runbook", by: "runbook x", person: "jana" },
    ],
  },
  "second-person": {
    objects: [
      { twoPerson: true },
      { twoPerson: true, second: "lee" },
      { twoPerson: true, person: "kim", second: "kim" },
      { twoPerson: true, asker: "person", by: "kim", person: "lee", second: "kim" },
      { twoPerson: true, asker: "runbook", by: "runbook x", second: "lee" },
      { twoPerson: true, act: "sysrq", person: "kim" },
    ],
    passes: [
      { twoPerson: true, person: "kim", second: "lee" },
      { twoPerson: true, asker: "person", by: "kim", second: "lee" },
      { twoPerson: true, act: "on" },
    ],
  },
  "person-typed": {
    objects: [{ typedAt: NOW - minutes(9) }],
    passes: [{ typedAt: NOW - minutes(10) }],
  },
  "own-typing": { objects: [{ typedItself: true }], passes: [] },
  "dump-running": { objects: [{ seen: seen("busy", "crash-dump") }], passes: [] },
  busy: {
    objects: [
      { seen: seen("busy", "fsck") },
      { seen: seen("busy", "reboot") },
      { seen: seen("busy", "fsck"), afterShutdown: true },
    ],
    passes: [
      { seen: seen("stuck", "login-hang") },
      { seen: seen("busy", "reboot"), afterShutdown: true },
    ],
  },
  "quiet-hours": {
    objects: [
      quiet("Sun 11:00-13:00 backup"),
      quiet("12:00-12:01"),
      quiet("Sat 22:00-12:30 over midnight"),
      quiet("Sunday 11:00-13:00"),
      quiet("a typing error"),
    ],
    passes: [
      quiet("Sun 02:00-05:00"),
      quiet("Mon 11:00-13:00"),
      quiet("11:00-12:00"),
      quiet("Sun 22:00-12:30"),
    ],
  },
  blind: {
    objects: [{ linkUp: false }, { everAlive: false }, { gapAt: NOW - minutes(1) }],
    passes: [{ gapAt: undefined }],
  },
  "stale-evidence": {
    objects: [
      { suspectSince: undefined },
      { suspectSince: NOW - seconds(59), probeFailedAt: NOW },
      { probeFailedAt: undefined },
      { probeFailedAt: NOW - seconds(61) },
      { probeFailedAt: NOW - minutes(3) },
    ],
    passes: [{ suspectSince: NOW - seconds(60) }],
  },
  needs: { objects: [{ needsDown: ["nas1"] }], passes: [] },
  "fleet-breaker": { objects: [{ suspects: 4 }], passes: [{ suspects: 3 }] },
  "feeds-missing": { objects: [{ feeds: [] }], passes: [{ feeds: undefined, act: "sysrq" }] },
  "outlet-missing": {
    objects: [{ feeds: [feed(), feed({ state: "unknown", missing: true, error: "it has 1, 2" })] }],
    passes: [{ feeds: [feed({ state: "unknown", missing: true })], act: "on" }],
  },
  "outlet-unknown": {
    objects: [
      { feeds: [feed(), feed({ state: "unknown", error: "timed out" })] },
      { feeds: [feed({ state: "unknown" })], asker: "person" },
      { feeds: [feed({ state: "unknown", cause: EXCHANGED })], asker: "watchdog" },
      { feeds: [feed({ state: "unknown", cause: EXCHANGED })], asker: "runbook" },
      { feeds: [feed({ state: "unknown", cause: UNTRUSTED })], asker: "person" },
    ],
    passes: [
      { feeds: [feed({ state: "unknown" })], act: "on" },
      { feeds: [feed({ state: "unknown", cause: EXCHANGED })], asker: "person" },
    ],
  },
  "outlet-shared": {
    objects: [
      { feeds: [feed({ sharedWith: ["db1"] })] },
      { feeds: [feed({ sharedWith: ["db1", "db2"] })], together: ["db1"], asker: "person" },
    ],
    passes: [
      { feeds: [feed({ sharedWith: ["db1"] })], together: ["db1", "db7"], asker: "person" },
      { feeds: [feed({ sharedWith: ["db1"] })], act: "on" },
    ],
  },
  lifeline: {
    objects: [
      { feeds: [lifeline] },
      { feeds: [feed(), lifeline], act: "off", asker: "person" },
      { feeds: [lifeline], act: "cycle", asker: "person", together: ["db1"] },
      { feeds: [lifeline], act: "cycle", asker: "runbook", person: "jana" },
      { feeds: [lifeline], act: "single-user" },
    ],
    passes: [
      { feeds: [lifeline], act: "cycle", asker: "person" },
      { feeds: [lifeline], act: "on" },
    ],
  },
  "over-limit": {
    objects: [
      { feeds: [feed({ state: "off", load: { amps: 16, limit: 16 } })], act: "on" },
      { feeds: [feed({ state: "off", load: { amps: 14, limit: 16, drew: 2.5 } })], act: "on" },
      { feeds: [feed({ state: "unknown", load: { amps: 17, limit: 16 } })], act: "on" },
    ],
    passes: [
      { feeds: [feed({ state: "off", load: { amps: 13, limit: 16, drew: 2.5 } })], act: "on" },
      { feeds: [feed({ state: "on", load: { amps: 17, limit: 16 } })], act: "on" },
      { feeds: [feed({ load: { amps: 17, limit: 16 } })], act: "cycle" },
    ],
  },
  "already-off": {
    objects: [
      { feeds: [feed({ state: "off" })] },
      { feeds: [feed({ pending: true })] },
      { feeds: [feed({ state: "off" }), feed()] },
    ],
    passes: [{ feeds: [feed(), feed()] }],
  },
  "deaf-way": { objects: [{ deafWay: "nothing came from ts1" }], passes: [] },
  "budget-host": {
    objects: [
      { cuts: [NOW - hours(1), NOW - hours(2)] },
      { cuts: [NOW - hours(1), NOW - hours(2)], act: "soft" },
    ],
    passes: [{ cuts: [NOW - hours(1), NOW - hours(6)] }, { cuts: [NOW, NOW], act: "sysrq" }],
  },
  "budget-site": {
    objects: [{ siteCuts: [NOW, NOW, NOW] }],
    passes: [{ siteCuts: [NOW, NOW, NOW - hours(1)] }],
  },
  "cool-down": {
    objects: [
      { cuts: [NOW - minutes(14)], policy: cooling },
      { cuts: [NOW - minutes(14)], policy: cooling, caseBegan: NOW - minutes(3), act: "soft" },
    ],
    passes: [
      { cuts: [NOW - minutes(15)], policy: cooling },
      { cuts: [NOW - minutes(1)], policy: usual },
      // What the case itself has done is its own ladder; a person knows what was tried.
      { cuts: [NOW - minutes(1)], policy: cooling, caseBegan: NOW - minutes(3) },
      { cuts: [NOW - minutes(14)], policy: cooling, person: "jana" },
      { cuts: [NOW - minutes(14)], policy: cooling, act: "sysrq" },
    ],
  },
  "clock-stepped": {
    objects: [{ clockSteppedAt: NOW - minutes(9) }],
    passes: [{ clockSteppedAt: NOW - minutes(10) }, { clockSteppedAt: undefined }],
  },
};

const objectors = (more: Partial<Facts>) =>
  judge({ ...clear, ...more })
    .filter((verdict) => !verdict.passes)
    .map((verdict) => verdict.interlock);

describe("judge()", () => {
  it("lets the watchdog cut a host that is proven dead", () => {
    expect(objectors({})).toEqual([]);
  });

  it.each(interlocks.map((interlock) => interlock.name))(
    "%s objects to its cases and only to those",
    (name) => {
      const { objects, passes } = cases[name] ?? { objects: [], passes: [] };
      expect(objects.length).toBeGreaterThan(0);
      for (const more of objects) expect(objectors(more)).toContain(name);
      for (const more of passes) expect(objectors(more)).not.toContain(name);
    },
  );

  it("runs every interlock of the folder, and keeps all verdicts", () => {
    const files = readdirSync(new URL("../../../src/core/interlocks/", import.meta.url))
      .filter((name) => name !== "all.ts" && name !== "interlock.ts")
      .map((name) => name.replace(".ts", ""));
    expect(interlocks.map((interlock) => interlock.name).sort()).toEqual(files.sort());
    expect(judge({ ...clear, auditWritable: false, hold, linkUp: false })).toHaveLength(
      files.length,
    );
    expect(objectors({ auditWritable: false, hold, linkUp: false })).toHaveLength(3);
  });

  it("has a row in the guide for each, with what --force may override", () => {
    const guide = readFileSync(
      new URL("../../../docs/guides/watchdog.md", import.meta.url),
      "utf8",
    );
    const rows = [...guide.matchAll(/^\| ([a-z][a-z-]+) \| [^|]+ \| ([^|]+) \| (\S+) \|$/gm)];
    const written = rows.slice(1).map(([, name, who, force]) => `${name}: ${who}, ${force}`);
    const real = interlocks.map(({ name, askers, forceable }) => {
      const asked = askers.includes("person") || askers.includes("runbook");
      const who = askers.includes("person")
        ? "all"
        : askers.map((one) => one.replace("runbook", "runbooks")).join(", ");
      return `${name}: ${who}, ${asked ? (forceable ? "yes" : "no") : "-"}`;
    });
    expect(written.sort()).toEqual(real.sort());
  });

  it("asks a person's command only what concerns persons, and says what --force may override", () => {
    const verdicts = judge({ ...clear, asker: "person", by: "bo", suspectSince: undefined });
    expect(verdicts.every((verdict) => verdict.passes)).toBe(true);
    const fixed = verdicts
      .filter((verdict) => !verdict.forceable)
      .map((verdict) => verdict.interlock);
    expect(fixed).toEqual([
      "audit-unwritable",
      "second-person",
      "feeds-missing",
      "outlet-missing",
      "outlet-unknown",
      "lifeline",
      "outlet-shared",
    ]);
  });
});
