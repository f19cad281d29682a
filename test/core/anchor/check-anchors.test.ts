import { mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkAnchors } from "../../../src/core/doctor/check-anchors.ts";
import { newsOf } from "../../../src/core/notify/alert-news.ts";
import { anchorFile, anchorFolder } from "../../../src/core/seal/anchored.ts";
import { hours, minutes } from "../../../src/lib/durations.ts";
import { NOON, newState } from "../log/log-kit.ts";

const anchors = ["a", "b"].map((name) => ({
  ...{ name, every: minutes(1), way: { is: "folder", path: `/mnt/${name}` } as const },
}));
const log = { sync: 0, segmentBytes: 0, keepDays: undefined, keepBytes: undefined };

function findingsOf(states: Readonly<Record<string, object>>) {
  const state = newState();
  mkdirSync(anchorFolder(state));
  for (const [name, more] of Object.entries(states))
    writeFileSync(
      anchorFile(state, name),
      JSON.stringify({ v: 1, site: "s", keys: 1, logs: {}, ...more }),
    );
  return checkAnchors({ state, log: { ...log, anchors } } as never, NOON).map(
    ({ is, text }) => `${is}: ${text}`,
  );
}

test("checkAnchors() tells a site without anchors, and anchors that are late, fail or never took anything", () => {
  expect(checkAnchors({ state: "/none", log } as never, NOON)).toMatchObject([
    { is: "warning", text: expect.stringContaining("no checkpoint of a log leaves") },
  ]);
  const fine = { deliveredAt: NOON - hours(9) };
  expect(findingsOf({ a: fine, b: fine })).toEqual([
    "ok: checkpoints of the logs are kept by a, b",
  ]);
  expect(findingsOf({ a: fine, b: { failingSince: NOON - minutes(3), why: "ENOENT" } })).toEqual([
    'warning: anchor "b" (folder /mnt/b) takes nothing for 3m: ENOENT',
  ]);
  expect(findingsOf({ a: { ...fine, failingSince: NOON - hours(3), why: "refused" } })).toEqual([
    'problem: anchor "a" (folder /mnt/a) takes nothing for 3h: refused',
    'warning: anchor "b" (folder /mnt/b) never took anything',
  ]);
});

test("newsOf() makes trouble of an anchor and its end one thread that people are told", () => {
  const event = { seq: 7, at: NOON, by: "oob", text: "x", data: { anchor: "loghost" } };
  expect(newsOf({ ...event, type: "anchor.failed" }, () => undefined)).toMatchObject({
    ...{ thread: "anchor/loghost", severity: "warning", phase: "open" },
  });
  expect(newsOf({ ...event, type: "anchor.restored" }, () => undefined)).toMatchObject({
    ...{ thread: "anchor/loghost", phase: "resolved" },
  });
});
