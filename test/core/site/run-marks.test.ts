import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Audit, NewEvent } from "../../../src/core/audit/audit.ts";
import { RunMarks } from "../../../src/core/site/run-marks.ts";
import { ManualClock } from "../../../src/lib/clock.ts";

let state: string;
let events: NewEvent[];
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "oob-marks-"));
  events = [];
});
afterEach(() => rm(state, { recursive: true }));

const clock = new ManualClock(Date.UTC(2026, 10, 23));
const note = (event: NewEvent) => ({ ...event, seq: events.push(event), at: clock.now() });
const audit: Audit = {
  note,
  commit: async (event) => note(event),
  writable: true,
  read: async function* () {},
  close: async () => {},
};
const open = () => new RunMarks(state, clock, audit, ["web1", "web2"]);

test("a run that ends, and one that never acted, leave no mark", async () => {
  const marks = open();
  const whole = marks.begin("web1", "fix-fstab", "alice");
  whole.act("put /etc/fstab back");
  whole.ended();
  await marks.begin("web2", "fix-fstab", "alice").left("no shell", false);
  expect([marks.of("web1"), marks.of("web2"), open().of("web1")]).toEqual(Array(3).fill(undefined));
  expect(events).toEqual([]);
});

test("one that stopped after an act is marked, over a restart, until it is cleared", async () => {
  const marks = open();
  const run = marks.begin("web1", "fix-fstab", "alice");
  run.act("remount / for writing");
  run.act("put /etc/fstab back");
  await run.left("the line broke", false);
  const mark = {
    runbook: "fix-fstab",
    by: "alice",
    act: "put /etc/fstab back",
    why: "the line broke",
  };
  expect(marks.of("web1")).toMatchObject(mark);
  const later = open();
  expect(later.of("web1")).toMatchObject(mark);
  expect(() => later.demandClear("web1", "fix-fsck")).toThrow(
    'Cannot run fix-fsck on web1: fix-fstab stopped half-way there, in "put /etc/fstab back": the line broke',
  );
  expect(() => later.demandClear("web2", "fix-fsck")).not.toThrow();
  expect(await later.clear(["web1", "web2"], "bob", "looked")).toMatchObject([{ host: "web1" }]);
  expect([later.of("web1"), open().of("web1")]).toEqual([undefined, undefined]);
  expect(events.map(({ type, by }) => `${type} ${by}`)).toEqual(["run.left oob", "run.clear bob"]);
});

test("what a guard refused at the first act was not done; a second act was", async () => {
  const marks = open();
  const first = marks.begin("web1", "power-cycle", "alice");
  first.act("cycle web1");
  await first.left("held by bob", true);
  expect(marks.of("web1")).toBeUndefined();
  const second = marks.begin("web1", "power-cycle", "alice");
  second.act("reboot web1");
  second.act("cycle web1");
  await second.left("held by bob", true);
  expect(marks.of("web1")).toMatchObject({ why: "held by bob" });
});

test("a run that waited for another one's end brings no mark of it back, and hides none", async () => {
  const marks = open();
  const first = marks.begin("web1", "fix-fstab", "alice");
  first.act("put /etc/fstab back");
  const second = marks.begin("web1", "fix-raid", "bob");
  const refused = marks.begin("web1", "fix-fsck", "carol");
  await refused.left("the seat is taken", true);
  first.ended();
  second.act("add the disk");
  second.ended();
  await expect(readFile(join(state, "hosts", "web1", "run-mark.json"))).rejects.toThrow("ENOENT");

  const third = marks.begin("web1", "fix-fstab", "alice");
  third.act("put /etc/fstab back");
  const fourth = marks.begin("web1", "fix-raid", "bob");
  await third.left("the line broke", false);
  fourth.act("add the disk");
  fourth.ended();
  expect(marks.of("web1")).toMatchObject({ runbook: "fix-fstab", why: "the line broke" });
});

test("a forced run that ends well leaves the mark that stood before", async () => {
  const marks = open();
  const bad = marks.begin("web1", "fix-fstab", "alice");
  bad.act("put /etc/fstab back");
  await bad.left("the line broke", false);
  const forced = marks.begin("web1", "fix-fsck", "bob");
  forced.act("check the disk");
  expect(marks.of("web1")).toBeUndefined(); // It is being worked at.
  forced.ended();
  expect(marks.of("web1")).toMatchObject({ runbook: "fix-fstab" });
});

test("a file that cannot be read marks its host", async () => {
  const marks = open();
  const run = marks.begin("web1", "fix-fstab", "alice");
  run.act("put /etc/fstab back");
  await writeFile(join(state, "hosts/web1/run-mark.json"), '{"runbook":');
  expect(open().of("web1")?.why).toMatch(/cannot be read/);
});

test("a process that is killed in the midst of an act leaves a mark, and the next one says so", async () => {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const script = join(state, "act.ts");
  const lines = [
    `import { RunMarks } from ${JSON.stringify(`${root}src/core/site/run-marks.ts`)};`,
    "const clock = { now: () => 1000 };",
    `const marks = new RunMarks(${JSON.stringify(state)}, clock as never, {} as never, []);`,
    'marks.begin("web1", "fix-fstab", "alice").act("put /etc/fstab back");',
    'console.log("acting"); setInterval(() => {}, 1000);',
  ];
  await writeFile(script, lines.join("\n"));
  const child = spawn(join(root, "node_modules/.bin/jiti"), [script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  expect(open().of("web1")).toBeUndefined(); // It runs.
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  expect(open().of("web1")).toMatchObject({ runbook: "fix-fstab", act: "put /etc/fstab back" });
  expect(events.map(({ type, text }) => `${type} ${text}`)).toEqual([
    'run.left fix-fstab stopped half-way, in "put /etc/fstab back": the process that ran it ended in the midst of it',
  ]);
  expect(
    JSON.parse(await readFile(join(state, "hosts/web1/run-mark.json"), "utf8")),
  ).not.toHaveProperty("running");
});

test("the way back that an act told last is told to whoever runs the next one", async () => {
  const marks = open();
  const run = marks.begin("web1", "bios-set", "alice");
  run.act("cycle its power", "oob run bios-show web1 --set by=standing");
  run.act("set a value, and save");
  await run.left("it was killed", false);
  expect(open().of("web1")?.undo).toBe("oob run bios-show web1 --set by=standing");
  try {
    open().demandClear("web1", "bios-set");
    expect.unreachable();
  } catch (thrown) {
    expect(thrown).toMatchObject({
      hint: "The way back: oob run bios-show web1 --set by=standing; then: oob runbook clear web1  (or run it with --force)",
    });
  }
});
