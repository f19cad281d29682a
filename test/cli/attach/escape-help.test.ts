import { describe, expect, it } from "vitest";
import { breakLines, helpLines, menuLines } from "../../../src/cli/attach/escape-help.ts";
import {
  ESCAPE_PROFILES,
  type EscapeProfile,
  escapeProfile,
} from "../../../src/codec/escape-profile.ts";

/** A terminal of 100 columns, "[oob] " taken off. */
const COLUMNS = 94;

function profileOf(name: string): EscapeProfile {
  const profile = escapeProfile(name);
  if (!profile) throw new Error(`no profile "${name}"`);
  return profile;
}

describe.each(ESCAPE_PROFILES.map((one) => [one.name, one] as const))(
  "help of %s",
  (name, profile) => {
    it("helpLines() fit 100 columns and 24 rows, and name every key that does something", () => {
      const lines = helpLines(profile, COLUMNS);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(COLUMNS);
      expect(lines.length).toBeLessThan(20);
      const words = lines.join(" ").split(/\s+/);
      for (const { keys } of profile.keys.filter((one) => !/^(?:l[5-9a-z]| )$/.test(one.keys)))
        expect(words).toContain(keys.replace(/\^M$/, "") || "Enter");
      expect(lines).toMatchSnapshot();
      expect(menuLines(profile, COLUMNS).every((line) => line.length <= COLUMNS)).toBe(true);
    });

    it("helpLines() is one column on a narrow terminal", () => {
      if (name !== "none")
        expect(helpLines(profile, 40).length).toBeGreaterThan(helpLines(profile, COLUMNS).length);
    });
  },
);

it("breakLines() lists conserver's sequences as it does", () => {
  expect(breakLines(profileOf("^Ec"))).toEqual([
    "l0  BREAK",
    "l1  BREAK",
    "l2  types Enter ~^B",
    "l3  types #.",
    "l4  types Enter, a pause, ~, a pause, ^B",
  ]);
});
