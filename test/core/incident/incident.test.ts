import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Incidents } from "../../../src/core/incident/incident.ts";
import type { Case } from "../../../src/core/policy/state.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { minutes } from "../../../src/lib/durations.ts";
import { ScriptedConsole } from "../watchdog/watchdog-doubles.ts";

const of: Case = {
  cause: {
    is: "evidence",
    certain: true,
    live: true,
    class: "panic",
    means: "the kernel panicked",
    at: 100,
  },
  opened: true,
  tried: [],
  told: [],
  booted: false,
  answered: true,
  began: 0,
};
let dir: string;
const clock = new ManualClock(Date.UTC(2026, 10, 22, 3));

beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "oob-incident-"));
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

it("Incidents counts up, over restarts and over folders without a record", () => {
  const first = new Incidents(dir, clock);
  expect(first.open("web1", of).record.id).toBe(1);
  expect(first.open("db1", of).record.id).toBe(2);
  fs.mkdirSync(join(dir, "incidents", "7-web1"));
  const second = new Incidents(dir, clock);
  expect(second.list([]).map((one) => one.record.id)).toEqual([2, 1]);
  expect(second.list(["web1"]).map((one) => one.record.id)).toEqual([1]);
  expect(second.open("web1", of).record.id).toBe(8);
});

it("Incidents of two processes never share a number", () => {
  const one = new Incidents(dir, clock);
  const two = new Incidents(dir, clock);
  expect(
    [one.open("web1", of), two.open("db1", of), one.open("db2", of)].map((i) => i.record.id),
  ).toEqual([1, 2, 3]);
});

it("Incident reads the same after a restart", () => {
  const incident = new Incidents(dir, clock).open("web1", of);
  incident.tell("watch.suspect", "seen");
  const id = incident.begins("cycle");
  incident.step(id, "outlet off, read back");
  incident.ends(id, "done", "power on");
  expect(incident.begins("cycle")).toBe("1-cycle-2");
  expect(new Incidents(dir, clock).find(1)?.record).toEqual(incident.record);
});

it("incident.json may be shown on a terminal, whatever an interlock or a device said", () => {
  const incident = new Incidents(dir, clock).open("web1", of);
  const text = "seat of \u009b2J\u202ebo\u{e0041}\u001b[c";
  incident.judged("cycle", [{ interlock: "seat", passes: false, text, forceable: true }]);
  expect(fs.readFileSync(join(incident.folder, "incident.json"), "utf8")).toMatch(/^[\n -~]*$/);
  expect(new Incidents(dir, clock).find(1)?.record).toEqual(incident.record);
});

it("Incident keeps going in memory where its folder cannot be written, and says so", () => {
  const incident = new Incidents(dir, clock).open("web1", of);
  fs.rmSync(incident.folder, { recursive: true });
  fs.writeFileSync(incident.folder, "a file in the way");
  incident.tell("watch.suspect", "seen");
  expect(incident.record.story).toHaveLength(1);
  expect(incident.problem).toMatch(/Cannot write incident 1 of web1/);
});

it("Incident.capture() keeps bytes with their offset, and the screen", async () => {
  const console = new ScriptedConsole("web1", clock);
  console.prints("one\r\ntwo\u001b[2J\r\n");
  const incident = new Incidents(dir, clock).open("web1", of);
  await incident.capture("before", console);
  expect(incident.record.before).toMatchObject({ file: "before.raw" });
  const kept = fs.readFileSync(join(incident.folder, "before.raw"));
  expect(incident.record.before?.bytes).toBe(kept.length);
  expect(incident.record.screenBefore).toEqual(["one", "two^[[2J"]);
});

it("Incident.page() tells what was seen, proven and done, without a byte that a terminal obeys", async () => {
  const console = new ScriptedConsole("web1", clock);
  console.shows("crash", "panic", "recover", "Kernel panic\u001b]0;evil\u0007 `rm -rf`");
  const incident = new Incidents(dir, clock).open("web1", of);
  incident.sees(console.opinion.evidence);
  incident.probed({
    answer: "none",
    text: "1 tries, no answer",
    steps: [{ at: clock.now(), tried: "CR", answer: "nothing" }],
  });
  incident.judged("cycle", [
    { interlock: "held", passes: false, text: "hold by jana", forceable: true },
  ]);
  const id = incident.begins("cycle");
  incident.step(id, "pdu/1 off, read back");
  await clock.advance(minutes(2));
  incident.ends(id, "done", "power on, read back");
  incident.close("recovered", "login prompt seen");
  const page = fs.readFileSync(join(incident.folder, "report.md"), "utf8");
  for (const part of [
    "# Incident 1: web1, recovered",
    "- first sign 2026-11-22 03:00:00 UTC, as all times here\n- cycle 03:00:00, +0s: done in 2m\n- ended 03:02:00, +2m: login prompt seen",
    "      Kernel panic^[]0;evil^G `rm -rf`",
    "CR: nothing",
    "cycle (order 1-cycle-1): done in 2m, power on, read back",
    "pdu/1 off, read back",
    "objected: held: hold by jana",
  ])
    expect(page).toContain(part);
  expect(page).not.toContain("\u001b");
});

it("Incident.text: what is wrong and what to do stand first, boots are counted, no line wraps in 100 columns", () => {
  const console = new ScriptedConsole("web1", clock);
  const incident = new Incidents(dir, clock).open("web1", of);
  for (let boot = 0; boot < 3; boot++) {
    console.shows("busy", "boot", "none", "Linux version 6.1.0");
    console.shows("crash", "panic", "recover", `Kernel panic ${boot} ${"trace ".repeat(60)}`);
  }
  incident.sees(console.opinion.evidence);
  const long = "the outlet of this host cannot be read, and so nothing is done: ".repeat(6);
  incident.tell("watch.page", `the kernel panicked, and nothing answers: asking to cycle. ${long}`);
  incident.tell("watch.step", "pdu/1 off, read back");
  const { text } = incident;
  expect(text.indexOf("## What next")).toBeLessThan(text.indexOf("## What was seen"));
  expect(text).toContain("oob incident approve 1");
  expect(text).toContain("(3 times, last at byte");
  expect(text.match(/Linux version/g)).toBeNull();
  expect(text).not.toContain("step: pdu/1");
  const told = text.split("\n").filter((line) => !line.startsWith("    "));
  for (const line of told) expect(line.length).toBeLessThanOrEqual(100);
});
