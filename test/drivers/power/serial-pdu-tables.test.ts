/** Tables that the mocks do not print: as manuals and recordings have them. */
import { expect, it } from "vitest";
import { Dialogue } from "../../../src/codec/dialogue.ts";
import { utf8 } from "../../../src/lib/bytes.ts";
import { serialProfiles } from "./serial-pdu-wire.ts";

const profiles = await serialProfiles();

function rowsOf(family: string, step: string, lines: readonly string[], prompt: string) {
  const profile = profiles.get(family);
  const values = new Map([["table", "yes"]]);
  const dialogue = new Dialogue(profile?.steps ?? {}, step, { values });
  const events = dialogue.receive(utf8(`${lines.join("\r\n")}\r\n${prompt}`));
  events.push(...dialogue.settled());
  expect(dialogue.over).toBe("done");
  return events
    .flatMap((event) => (event.is === "captured" ? [event.values] : []))
    .filter(({ outlet }) => outlet !== undefined);
}

it.each([
  {
    what: "wti-nps: state before password, a busy plug, a name like a state",
    family: "wti-nps",
    lines: [
      "Plug| Name            | Status | Delay | Password        | Default",
      "----+-----------------+--------+-------+-----------------+--------",
      " 1  | ON              |  OFF   |   5   | (undefined)     |  ON    ",
      " 2  | (undefined)     |  ON *  |   5   | (undefined)     |  ON    ",
      " 3  | a|b             |  ON    |   5   | (undefined)     |  ON    ",
      "----+-----------------+--------+-------+-----------------+--------",
    ],
    prompt: "NPS>",
    rows: [
      { outlet: "1", name: "ON", state: "OFF" },
      { outlet: "2", state: "ON", busy: "*" },
    ],
  },
  {
    what: "baytech-rpc3: DS-RPC, colons, a name with a colon",
    family: "baytech-rpc3",
    lines: [
      "DS-RPC Power Control",
      "(c)1997 by BayTech Rev. F0.04",
      "Circuit Breaker : On",
      "1) . . . OUTLET 1 : Off",
      "2) . . . x : Off  : On",
    ],
    prompt: "RPC >",
    rows: [
      { outlet: "1", name: "OUTLET 1", state: "Off" },
      { outlet: "2", name: "x : Off", state: "On" },
    ],
  },
  {
    what: "baytech-rpc3: NC models",
    family: "baytech-rpc3",
    lines: ["", "Outlet  1       : On ", "Outlet 20       : Off "],
    prompt: "RPC-28A>",
    rows: [
      { outlet: "1", name: "", state: "On" },
      { outlet: "20", name: "", state: "Off" },
    ],
  },
  {
    what: "baytech-rpc3: a number with a digit too many is no outlet",
    family: "baytech-rpc3",
    lines: ["Outlet 112 : Off", "Outlet 12  : On"],
    prompt: "RPC-28A>",
    rows: [{ outlet: "12", name: "", state: "On" }],
  },
  {
    what: "servertech-sentry: two words are one state where there is no name",
    family: "servertech-sentry",
    lines: [".AA1  Wake On   On", ".AA2  Wake   On   On", ".AA3  web 3  On", ".AA4  db4 Off  Off"],
    prompt: "Switched CDU: ",
    rows: [
      { outlet: ".AA1", state: "Wake On", control: "On" },
      { outlet: ".AA2", name: "Wake", state: "On", control: "On" },
      { outlet: ".AA4", name: "db4", state: "Off", control: "Off" },
    ],
  },
  {
    what: "cyclades-pm: no names",
    family: "cyclades-pm",
    lines: ["Outlet\tName\tStatus\tUsers", "1\t\tUnlocked ON\t", "2\t\tLocked OFF\tadmin"],
    prompt: "pm>",
    rows: [
      { outlet: "1", state: "ON" },
      { outlet: "2", state: "OFF", locked: "Locked" },
    ],
  },
  {
    what: "cyclades-pm: a state with something behind it is no row",
    family: "cyclades-pm",
    lines: ["1\t\tUnlocked ON\t", "2\t\tUnlocked OFF\x01\t", "3\t\tLocked ON-\t"],
    prompt: "pm>",
    rows: [{ outlet: "1", state: "ON" }],
  },
])("$what", ({ family, lines, prompt, rows }) => {
  expect(rowsOf(family, "table", lines, prompt)).toEqual(rows);
});
