import { expect, test } from "vitest";
import type { AnchorStatus } from "../../src/core/notify/notify-view.ts";
import { hours, minutes } from "../../src/lib/durations.ts";
import { runCli } from "./run-cli.ts";
import { AT, SiteDouble } from "./site-double.ts";

const ANCHORS: readonly AnchorStatus[] = [
  { anchor: "paper", way: "serial /dev/ttyS3 1200", state: "ok", logs: 3, deliveredAt: AT - 5000 },
  {
    ...{ anchor: "loghost", way: "syslog loghost:6514", state: "late", logs: 2 },
    ...{ deliveredAt: AT - hours(4), failingSince: AT - hours(3), why: "connection refused" },
  },
  {
    ...{ anchor: "worm", way: "folder /mnt/worm", state: "failing", logs: 0 },
    ...{ failingSince: AT - minutes(1), why: "ENOENT" },
  },
];

function siteWith(anchors: readonly AnchorStatus[]): SiteDouble {
  const site = new SiteDouble();
  site.anchorList = anchors;
  return site;
}

test("oob anchor list shows what each anchor has, and why it does not take more", async () => {
  const { code, stdout } = await runCli(["anchor", "list"], { site: siteWith(ANCHORS) });
  expect(code).toBe(0);
  const rows = stdout.split("\n").map((line) => line.split(/ {2,}/));
  expect(rows.slice(0, 4)).toEqual([
    ["ANCHOR", "STATE", "LOGS", "LAST", "WAY", "WHY"],
    ["paper", "ok", "3", "5s ago", "serial /dev/ttyS3 1200", "-"],
    ["loghost", "LATE 3h", "2", "4h ago", "syslog loghost:6514", "connection refused"],
    ["worm", "failing 1m", "0", "-", "folder /mnt/worm", "ENOENT"],
  ]);
  const json = await runCli(["anchor", "list", "--json"], { site: siteWith(ANCHORS) });
  expect(JSON.parse(json.stdout)).toMatchObject({
    v: 1,
    anchors: [{ anchor: "paper" }, { state: "late", failingSince: expect.any(String) }, {}],
  });
  const none = await runCli(["anchor", "list"]);
  expect([none.code, none.stdout]).toEqual([0, ""]);
  expect(none.stderr).toContain("no anchor is configured");
});

test("oob status says which anchor is late, and nothing of one that merely stumbled", async () => {
  const { stderr } = await runCli(["status"], { site: siteWith(ANCHORS) });
  expect(stderr).toContain("logs are not anchored: loghost for 3h  See: oob anchor list\n");
  const fine = await runCli(["status"], { site: siteWith(ANCHORS.slice(2)) });
  expect(fine.stderr).not.toContain("anchored");
  const json = await runCli(["status", "--json"], { site: siteWith(ANCHORS) });
  expect(JSON.parse(json.stdout).anchors).toHaveLength(3);
});
