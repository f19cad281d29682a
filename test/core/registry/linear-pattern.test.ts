import { expect, test } from "vitest";
import { everywhere } from "../../../src/codec/dialogue-steps.ts";
import { linearPattern, linearPatterns } from "../../../src/core/registry/linear-pattern.ts";
import { Registry } from "../../../src/core/registry/registry.ts";
import { OobError } from "../../../src/lib/errors.ts";
import type { SerialPduProfile } from "../../../src/sdk/serial-pdu-profile.ts";

const rules = await new Registry().rules();

test("linearPattern() finds what the RegExp finds, in the examples of every rule that ships", async () => {
  let compared = 0;
  for (const rule of rules)
    for (const pattern of [rule.pattern, ...(rule.unless ? [rule.unless] : [])]) {
      const linear = await linearPattern(pattern, "it").catch((thrown: unknown) => {
        // Some of ours look around; a user's rule says so at its load.
        expect(thrown).toBeInstanceOf(OobError);
        expect(pattern.source).toMatch(/\(\?<?[=!]|\\[1-9]/);
        return undefined;
      });
      if (linear === undefined) continue;
      for (const text of [...rule.matches, ...rule.rejects]) {
        const line = Buffer.from(text).toString("binary");
        const [ours, theirs] = [linear.exec(line), pattern.exec(line)];
        expect([ours?.[0], ours?.index], `${rule.id} ${text}`).toEqual([
          theirs?.[0],
          theirs?.index,
        ]);
        expect(linear.test(line)).toBe(theirs !== null);
        compared++;
      }
    }
  expect(compared).toBeGreaterThan(400);
});

test.each([
  [/^b.c$/, "a\nb\nc"],
  [/^b$/m, "a\nb\nc"],
  [/a.b/s, "a\nb"],
  [/\xe9|\u00fc/, "caf\u00e9"],
  [/(?<word>\w+) (x)?\d{2,3}\b/, "is 123 mm"],
  [/[^\]]\/\[/, "a/["],
  [/STRASSE/i, "strasse"],
])("linearPattern() means by %s what JavaScript means", async (pattern, text) => {
  const linear = await linearPattern(pattern, "it");
  expect(linear.exec(text)?.[0]).toBe(pattern.exec(text)?.[0]);
  expect(linear).toBeInstanceOf(RegExp);
  expect(text.replace(linear, "-")).toBe(text.replace(pattern, "-"));
});

test("linearPattern() takes time that grows with the text alone", async () => {
  const linear = await linearPattern(/^(?:a|a?)+$/, "it");
  const began = performance.now();
  expect(linear.test(`${"a".repeat(4096)}!`)).toBe(false);
  expect(performance.now() - began).toBeLessThan(2000);
});

test("linearPattern() is matched again and again by its copy, and ^ stays where the text begins", async () => {
  const pattern = /(?:^|\s)(?<number>\d): (?<name>[a-z]+)/;
  const linear = everywhere(await linearPattern(pattern, "it"));
  const text = "1: db 2: web";
  const found = () => linear.exec(text)?.groups?.name;
  expect([found(), found(), found(), found()]).toEqual(["db", "web", undefined, "db"]);
  const first = everywhere(await linearPattern(/^(?:a|a?)+b?/, "it"));
  expect([first.exec("aab aab")?.[0], first.exec("aab aab")?.[0]]).toEqual(["aab", undefined]);
  const began = performance.now();
  expect(everywhere(await linearPattern(/^(?:a|a?)+$/, "it")).test(`${"a".repeat(4096)}!`)).toBe(
    false,
  );
  expect(performance.now() - began).toBeLessThan(2000);
});

test("linearPatterns() takes every menu profile that ships, so that a user may begin with a copy", async () => {
  const registry = new Registry();
  for (const name of await registry.names("menu")) {
    const profile = await registry.menu(name);
    const linear = await linearPatterns(profile, name);
    expect(Object.keys(linear.steps)).toEqual(Object.keys(profile.steps));
  }
});

test("linearPatterns() takes every dialogue of a serial PDU, too", async () => {
  const profiles = await new Registry().profiles<SerialPduProfile>("serial");
  expect(profiles.size).toBeGreaterThan(0);
  for (const [name, profile] of profiles) {
    const linear = await linearPatterns(profile, name);
    expect(Object.keys(linear.steps)).toEqual(Object.keys(profile.steps));
  }
});

test("linearPattern() gives named groups as RegExp does", async () => {
  const pattern = /(?<number>\d{1,3}) (?:is (?<state>on|off))?/;
  const linear = await linearPattern(pattern, "it");
  for (const text of ["outlet 7 is on", "12 "])
    expect({ ...linear.exec(text)?.groups }).toEqual(
      JSON.parse(JSON.stringify({ ...pattern.exec(text)?.groups })),
    );
  expect((await linearPattern(/\d/, "it")).exec("1")?.groups).toBeUndefined();
});
