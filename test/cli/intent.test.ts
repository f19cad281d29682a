import { expect, test } from "vitest";
import { RunningCli } from "./run-cli.ts";
import { AT, SiteDouble } from "./site-double.ts";

function waiting(): SiteDouble {
  const site = new SiteDouble();
  site.intentList = [
    {
      ...{ id: 4711, by: "kim", hosts: ["db1"], command: "oob power cycle db1 --force" },
      ...{ reason: "hangs in fsck", at: AT - 60_000, until: AT + 540_000 },
    },
  ];
  site.powerEvents = [{ at: AT, host: "db1", text: "cycled", result: "done" }];
  return site;
}

test("list tells who wants what, and how long it stands", async () => {
  const cli = new RunningCli(["intent", "list"], { site: waiting() });
  expect(await cli.code).toBe(0);
  expect(cli.stdout).toMatch(/4711 .* kim .* 9m .*oob power cycle db1 --force {2}"hangs in fsck"/);
  const json = new RunningCli(["intent", "list", "--json"], { site: waiting() });
  expect(await json.code).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({
    v: 1,
    intents: [{ id: 4711, by: "kim", until: "2026-11-22T08:00:02.000Z" }],
  });
  const none = new RunningCli(["intent", "list"]);
  expect(await none.code).toBe(0);
  expect(none.stderr).toContain("nobody waits for a second person");
});

test("approve shows all of it, wants the host's name, and tells what is done", async () => {
  for (const answer of [[], ["--yes"], ["--confirm", "web1"]]) {
    const refused = new RunningCli(["intent", "approve", "4711", ...answer], { site: waiting() });
    expect(await refused.code).toBe(5);
    expect(refused.site.asked).toEqual([]);
  }
  const cli = new RunningCli(["intent", "approve", "4711", "--confirm", "db1"], {
    site: waiting(),
  });
  expect(await cli.code).toBe(0);
  expect(cli.stderr).toContain("kim wants: oob power cycle db1 --force");
  expect(cli.stdout).toMatch(/db1 {2}cycled {2}done/);
  expect(cli.site.asked).toEqual([{ approveIntent: 4711, confirm: "db1" }]);
});

test("approve of what is gone, and words that are no number, are exit 2 and ask nothing of the site", async () => {
  for (const words of [["approve", "4712"], ["approve"], ["approve", "x"], ["forget", "1"]]) {
    const cli = new RunningCli(["intent", ...words, "--confirm", "db1"], { site: waiting() });
    expect(await cli.code).toBe(2);
    expect(cli.site.asked).toEqual([]);
  }
});

test("an act that failed is the exit code; withdraw says that it is not done", async () => {
  const site = waiting();
  site.powerEvents = [{ at: AT, host: "db1", text: "no answer", result: "unknown" }];
  const cli = new RunningCli(["intent", "approve", "4711", "--confirm", "db1", "--json"], { site });
  expect(await cli.code).toBe(6);
  expect(JSON.parse(cli.stdout)).toMatchObject({ host: "db1", result: "unknown" });
  const gone = new RunningCli(["intent", "withdraw", "4711", "--reason", "late"], { site });
  expect(await gone.code).toBe(0);
  expect(gone.stdout).toBe("intent 4711  withdrawn, and not done: oob power cycle db1 --force\n");
  expect(site.asked.at(-1)).toEqual({ withdrawIntent: 4711, reason: "late" });
});
