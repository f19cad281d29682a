/** Menus in which a port is found by its name: the number that is typed is that of this very port. */
import { expect, it } from "vitest";
import cyclades from "../../../drivers/console/menu/cyclades-ts.ts";
import digi from "../../../drivers/console/menu/digi.ts";
import opengear from "../../../drivers/console/menu/opengear-pmshell.ts";
import perle from "../../../drivers/console/menu/perle-iolan.ts";
import { Dialogue } from "../../../src/codec/dialogue.ts";
import { utf8 } from "../../../src/lib/bytes.ts";
import type { MenuProfile } from "../../../src/sdk/menu-profile.ts";

function chosen(profile: MenuProfile, rows: readonly string[], prompt: string, more = {}) {
  const values = new Map(Object.entries({ port: "web1", ...more }));
  const dialogue = new Dialogue(profile.steps, "menu", { values });
  const events = dialogue.receive(utf8(`${rows.join("\r\n")}\r\n${prompt}`));
  events.push(...dialogue.settled());
  const failed = events.find((event) => event.is === "failed");
  return failed ? failed.why : new TextDecoder().decode(dialogue.takeOutput());
}

const TS = "Type 'q' to quit, a valid option[1-32], or anything else to refresh : ";
const CASES = [
  {
    name: "cyclades-ts",
    profile: cyclades,
    prompt: TS,
    row: (n: number, name: string) => ` ${n} ${name}`,
  },
  {
    name: "opengear",
    profile: opengear,
    prompt: "Connect to port > ",
    row: (n: number, name: string) => `${n}: ${name}`,
  },
  {
    name: "digi",
    profile: digi,
    prompt: "Select port: ",
    row: (n: number, name: string) => ` ${n}. ${name}`,
  },
  {
    name: "perle",
    profile: perle,
    prompt: "Select port: ",
    row: (n: number, name: string) => ` ${n}  ${name}`,
  },
];

it.each(CASES)(
  "$name: the port of that name, and not one that begins with it",
  ({ profile, prompt, row }) => {
    const rows = [row(3, "web1"), row(5, "web1 spare"), row(6, "web11"), row(7, "db1")];
    expect(chosen(profile, rows, prompt)).toBe("3\r");
    expect(chosen(profile, rows.slice(1), prompt)).toMatch(/no port "web1"/);
  },
);

it.each(CASES)("$name: of two ports of one name none", ({ profile, prompt, row }) => {
  expect(chosen(profile, [row(3, "web1"), row(5, "WEB1")], prompt)).toMatch(
    /more than one port "web1"/,
  );
  expect(chosen(profile, [row(3, "web1"), row(3, "web1")], prompt)).toBe("3\r");
});

it.each(CASES)(
  "$name: a port that is given as a number is not looked for",
  ({ profile, prompt, row }) => {
    expect(chosen(profile, [row(3, "web1")], prompt, { port: "12", number: "12" })).toBe("12\r");
  },
);

it("cyclades-ts, opengear: several ports in one row", () => {
  expect(chosen(cyclades, [" 1 rack-12       12 web1          13 web1-b"], TS)).toBe("12\r");
  expect(chosen(cyclades, [" 1 a-very-long-nm 12 web1 13 web1-b"], TS)).toBe("12\r");
  expect(
    chosen(opengear, ["1: db           2: web1           3: web1 b"], "Connect to port > "),
  ).toBe("2\r");
});

it("perle, opengear: a number in the middle of a row is no port's", () => {
  expect(chosen(perle, [" 3) 1  2 web1"], "Select port: ")).toMatch(/no port "web1"/);
  expect(chosen(opengear, ["2: web1: web1"], "Connect to port > ")).toMatch(/no port "web1"/);
});
