import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { DialogueMove } from "../src/codec/dialogue-steps.ts";
import { readOptions } from "../src/config/option-values.ts";
import { createDetector } from "../src/core/detect/create-detector.ts";
import { type DriverFile, shippedFiles } from "../src/core/registry/driver-files.ts";
import { DRIVER_KINDS, type DriverKind, lacking } from "../src/core/registry/driver-shapes.ts";
import { loadModule } from "../src/core/registry/load-module.ts";
import { utf8 } from "../src/lib/bytes.ts";
import { parseDuration } from "../src/lib/durations.ts";
import type { BootLoader } from "../src/sdk/boot-loader.ts";
import type { FirmwareMap } from "../src/sdk/firmware/firmware-map.ts";
import type { ConsoleDriver } from "../src/sdk/link.ts";
import type { MenuProfile } from "../src/sdk/menu-profile.ts";
import type { NotifyDriver } from "../src/sdk/notify/alert.ts";
import type { OptionSpecs } from "../src/sdk/options.ts";
import type { PowerDriver } from "../src/sdk/power.ts";
import type { Rule } from "../src/sdk/rule.ts";
import type { Runbook } from "../src/sdk/runbook.ts";
import type { SerialPduProfile } from "../src/sdk/serial-pdu-profile.ts";
import type { SnmpProfile } from "../src/sdk/snmp-profile.ts";

interface Shipped<T> {
  readonly file: DriverFile;
  readonly declared: T;
}

async function shipped<T>(kind: DriverKind): Promise<Shipped<T>[]> {
  const files = await shippedFiles(kind);
  return Promise.all(
    files.map(async (file) => ({ file, declared: (await loadModule(file)) as T })),
  );
}

const [consoles, powers, snmp, serial, menus, boots, firmware, notifies, rules, runbooks] =
  await Promise.all([
    shipped<ConsoleDriver>("console"),
    shipped<PowerDriver>("power"),
    shipped<SnmpProfile>("snmp"),
    shipped<SerialPduProfile>("serial"),
    shipped<MenuProfile>("menu"),
    shipped<BootLoader>("boot"),
    shipped<FirmwareMap>("firmware"),
    shipped<NotifyDriver>("notify"),
    shipped<Rule>("rule"),
    shipped<Runbook>("runbook"),
  ]);
const all: Record<DriverKind, Shipped<unknown>[]> = {
  console: consoles,
  power: powers,
  snmp,
  serial,
  menu: menus,
  boot: boots,
  firmware,
  notify: notifies,
  rule: rules,
  runbook: runbooks,
};
const named = <T>(list: readonly Shipped<T>[]) =>
  list.map(({ file, declared }) => [file.name, declared] as const);
const everyFile = DRIVER_KINDS.flatMap((kind) =>
  all[kind].map(({ file, declared }) => [`${kind} ${file.name}`, kind, file, declared] as const),
);

/** Numbers with dots, and what the profiles' notation allows in their place. */
const OBJECT = /^1\.3\.6\.1(?:\.(?:\d+|\*|\{n(?:\+1)?\}|\{0\}))+(?:#\.\w+)?$/;

test("drivers of every promised kind ship", () => {
  for (const kind of [
    "console",
    "power",
    "snmp",
    "serial",
    "menu",
    "boot",
    "firmware",
    "notify",
    "rule",
    "runbook",
  ] as const)
    expect(all[kind].length, kind).toBeGreaterThan(0);
});

describe.each(everyFile)("%s", (_name, kind, file, declared) => {
  const { sources, summary, means } = declared as {
    sources?: unknown;
    summary?: unknown;
    means?: unknown;
  };

  test("declares one thing, whole, as its default export and nothing else", () => {
    expect(lacking(kind, declared)).toEqual([]);
    const exported = readFileSync(file.path, "utf8").match(/^export\b.*/gm) ?? [];
    expect(exported).toHaveLength(1);
    expect(exported[0]).toMatch(/^export default /);
  });

  test("says what it is and where it is known from", () => {
    const text = kind === "rule" ? means : summary;
    expect(text).toEqual(expect.stringMatching(/^.{8,140}$/));
    expect(text).not.toMatch(/\.$/);
    expect(sources).toEqual(expect.arrayContaining([expect.stringMatching(/\S{3,}/)]));
  });
});

/** Options describe themselves, and their defaults are values that they accept. */
function expectSoundOptions(options: OptionSpecs): void {
  for (const [name, spec] of Object.entries(options)) {
    expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(spec.summary, name).toMatch(/\S{2,}/);
    if (spec.kind === "choice") expect(spec.choices?.length, name).toBeGreaterThan(1);
    if (spec.default === undefined) continue;
    expect(spec.kind, `${name}: a secret has no default`).not.toBe("secret");
    expect(readOptions({ [name]: spec }, {}).problems, name).toEqual([]);
    if (spec.kind === "duration" && typeof spec.default === "string")
      expect(parseDuration(spec.default)).toBeDefined();
  }
}

describe.each(named(consoles))("console driver %s", (_name, driver) => {
  test("describes its options, and its address and identity are among them", () => {
    expectSoundOptions(driver.options);
    const address = {
      path: ["path"],
      "host-port": ["host", "port"],
      command: ["command"],
      none: [],
    };
    for (const option of [...address[driver.address], ...driver.identity])
      expect(Object.keys(driver.options)).toContain(option);
    expect(driver.identity.length).toBeGreaterThan(0);
  });
});

test.each(named(notifies))("channel %s describes its options", (_name, driver) => {
  expectSoundOptions(driver.options);
});

test.each(named(powers))("power driver %s describes its options", (_name, driver) => {
  expectSoundOptions(driver.options);
});

test.each(named(runbooks))("runbook %s describes its options and has a limit", (_name, runbook) => {
  expectSoundOptions(runbook.options);
  expect(["read", "type", "disrupt"]).toContain(runbook.risk);
  expect(runbook.timeout).toBeGreaterThan(0);
});

describe.each(named(snmp))("SNMP profile %s", (_name, profile) => {
  test("no value means two things", () => {
    const { on, off, pending = [], absent = [] } = profile.read;
    const values = [...on, ...off, ...pending, ...absent].map(String);
    expect(new Set(values).size).toBe(values.length);
    expect(on.length).toBeGreaterThan(0);
    expect(off.length).toBeGreaterThan(0);
  });

  test("its objects are numbers with dots, columns without the instance", () => {
    const oids = [
      ...profile.match.sysObjectID,
      ...profile.match.probe,
      profile.read.oid,
      profile.name,
      profile.label,
      profile.write?.on.oid,
      profile.write?.off.oid,
    ].filter((oid) => oid !== undefined);
    for (const oid of oids) expect(oid).toMatch(OBJECT);
  });

  test("on and off are written by different commands", () => {
    const { write } = profile;
    if (!write) return;
    expect([write.on.oid, write.on.value]).not.toEqual([write.off.oid, write.off.value]);
  });
});

test("no two SNMP profiles are told apart by nothing", () => {
  const seen = new Map<string, string>();
  for (const [name, { match }] of named(snmp)) {
    const key = `${match.probe[0]} ${match.rank}`;
    expect(seen.get(key), `${name} and ${seen.get(key)} have the same probe and rank`).toBe(
      undefined,
    );
    seen.set(key, name);
  }
});

/** Evidence from the detector with this rule alone; the text ends a line or stands as a prompt. */
function raises(rule: Rule, text: string): boolean {
  const detector = createDetector([rule]);
  const seen = detector.see(utf8(rule.prompt ? text : `${text}\r\n`), 0);
  return seen.length > 0;
}

/** Some rules only close what others raised: of those the pattern tells. */
function finds(rule: Rule, text: string): boolean {
  const hinted = rule.hints.some((hint) => text.toLowerCase().includes(hint));
  return raises(rule, text) || (hinted && rule.pattern.test(text) && !rule.unless?.test(text));
}

describe.each(named(rules))("rule %s", (_name, rule) => {
  test.each(rule.matches.map((text) => [text]))("matches %j", (text) => {
    expect(finds(rule, text)).toBe(true);
  });

  test.each(rule.rejects.map((text) => [text]))("rejects %j", (text) => {
    expect(raises(rule, text)).toBe(false);
  });

  test("has examples of both kinds, hints in lower case, and bounded patterns without memory", () => {
    expect(rule.matches.length).toBeGreaterThan(0);
    expect(rule.rejects.length).toBeGreaterThan(0);
    for (const hint of rule.hints) expect(hint).toBe(hint.toLowerCase());
    for (const pattern of [rule.pattern, rule.unless]) {
      if (!pattern) continue;
      expect(pattern.flags).not.toMatch(/[gy]/);
      // A gap without a bound in the middle of a pattern makes time quadratic on hostile text.
      expect(pattern.source.replace(/\\./g, "x").replace(/\[[^\]]*\]/g, "x")).not.toMatch(
        /\.[*+](?!\$?\)*\$?$)/,
      );
    }
  });
});

describe.each(named(menus))("menu profile %s", (_name, profile) => {
  const { steps, enter, leave, reverse } = profile;

  test("every step that is named exists, and the dialogue ends", () => {
    const moves = Object.values(steps).flatMap(
      ({ expect: cases, otherwise }): readonly DialogueMove[] =>
        otherwise ? [...cases, otherwise] : cases,
    );
    const named = [enter, leave, reverse?.clear, ...moves.map(({ go }) => go)];
    for (const step of named.filter((one) => one !== undefined))
      expect(Object.keys(steps)).toContain(step);
    expect(moves.some(({ done }) => done)).toBe(true);
    for (const { go, done, fail } of moves)
      expect([go, done, fail].filter((one) => one !== undefined).length).toBeLessThan(2);
  });

  test("its patterns are bounded and keep no memory", () => {
    const cases = Object.values(steps).flatMap((step) => step.expect);
    const patterns = cases.map((one) => ("line" in one ? one.line : one.prompt));
    for (const pattern of [...patterns, profile.own]) {
      if (!pattern) continue;
      expect(pattern.flags).not.toMatch(/[gy]/);
      // One gap without a bound in the middle makes time quadratic; blanks at the end do not.
      expect(pattern.source).not.toMatch(/(?<!\\)[*+](?!\$)|\{\d+,\}/);
    }
  });

  test("a secret is sent at prompts alone, and never after the port was chosen", () => {
    for (const [name, step] of Object.entries(steps))
      for (const one of step.expect) {
        if (!/\{(?:password|enable)/.test(one.send ?? "")) continue;
        expect("prompt" in one, name).toBe(true);
        expect(name).not.toBe("open");
      }
  });
});

describe.each(named(serial))("serial PDU %s", (_name, profile) => {
  const { steps, opens, begins, typed, states } = profile;
  const moves = (name: string): readonly DialogueMove[] => {
    const { expect: cases = [], otherwise } = steps[name] ?? {};
    return otherwise ? [...cases, otherwise] : cases;
  };
  /** Steps that can follow this one. */
  const following = (name: string, seen = new Set<string>()): ReadonlySet<string> => {
    for (const { go } of moves(name))
      if (go !== undefined && !seen.has(go)) following(go, seen.add(go));
    return seen;
  };

  test("every step that is named exists, and can be reached", () => {
    const reached = new Set([opens, begins, ...following(opens), ...following(begins)]);
    // withLogin() has copied it to where it is needed.
    const { ready: _ready, ...all } = steps;
    expect([...reached].filter((name) => name !== "ready").sort()).toEqual(Object.keys(all).sort());
    expect([...following(begins)]).toContain(typed);
  });

  test("no way leads from a command back to where one is typed", () => {
    const { length } = [...following(typed)].filter((name) =>
      [name, ...following(name)].some((one) => moves(one).some(({ go }) => go === typed)),
    );
    expect(length).toBe(0);
    for (const name of [typed, ...following(typed)])
      for (const { send = "" } of moves(name)) expect(send).not.toMatch(/\{(?:outlet|turn)/);
  });

  test("a secret is typed at prompts alone, and once", () => {
    const asking = Object.keys(steps).filter((name) =>
      moves(name).some(({ send = "" }) => send.includes("{password}")),
    );
    for (const name of asking) {
      for (const one of steps[name]?.expect ?? [])
        if (one.send?.includes("{password}")) expect("prompt" in one).toBe(true);
      const then = moves(name).find(({ send = "" }) => send.includes("{password}"))?.go ?? "";
      expect([then, ...following(then)].filter((one) => asking.includes(one))).toEqual([]);
    }
  });

  test("its patterns are bounded and keep no memory, and no word means two things", () => {
    const cases = Object.values(steps).flatMap((step) => step.expect);
    for (const pattern of cases.map((one) => ("line" in one ? one.line : one.prompt))) {
      expect(pattern.flags).not.toMatch(/[gy]/);
      const bare = pattern.source.replace(/\\./g, "x").replace(/\[[^\]]*\]/g, "x");
      expect(bare).not.toMatch(/[*+](?!\$)|\{\d+,\}/);
    }
    for (const word of states.on) expect(states.off).not.toContain(word);
    for (const word of [...states.on, ...states.off]) expect(word).toBe(word.toLowerCase());
  });
});

test.each(named(boots))(
  "boot loader %s: its patterns keep no memory between calls",
  (_n, loader) => {
    for (const pattern of [loader.shows, loader.announces])
      expect(pattern.flags).not.toMatch(/[gy]/);
  },
);
