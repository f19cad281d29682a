import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseScheduleTime } from "../../../src/config/schedule-time.ts";
import { type LocalSite, openLocalSite } from "../../../src/core/site/local-site.ts";
import type { RunEvent, RunRequest } from "../../../src/core/site/site.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { Rack } from "./site-kit.ts";

/** The hosts of the rack show what is typed, and nothing else. */
const GOOD = `title: good
risk: type
steps:
  - act: say it
    do: [{ send: hello }, { expect: hello, within: 20s }]
  - verdict: look
    text: "{{host}} said it"
`;
const HALF = `title: half
risk: type
steps:
  - act: say it
    do: [{ send: hello }, { expect: something else, within: 100ms }]
`;

let rack: Rack;
let site: LocalSite;
beforeEach(async () => {
  rack = await Rack.make(["web1", "web2", "web3"]);
  const runbooks = join(rack.folder, "runbooks");
  await mkdir(runbooks);
  await writeFile(join(runbooks, "good.yaml"), GOOD);
  await writeFile(join(runbooks, "half.yaml"), HALF);
  await writeFile(
    join(runbooks, "look.yaml"),
    GOOD.replace("risk: type", "risk: read").replace(
      / {2}- act[\s\S]*do: \[.*\n/,
      "  - { send: hello }\n",
    ),
  );
  const times = [parseScheduleTime("06:30") ?? { text: "", days: [], hour: 0, minute: 0 }];
  const schedule = [{ host: "web1", runbook: "good", times, set: {}, allowDisrupt: false }];
  const config = rack.config({ runbooks: [runbooks], schedule });
  site = await openLocalSite(config, { who: "alice", clock: systemClock, env: {}, role: "direct" });
});
afterEach(async () => {
  await site.close();
  await rack.close();
});

async function run(runbook: string, hosts: readonly string[], more: Partial<RunRequest> = {}) {
  const ends: RunEvent[] = [];
  const request = { runbook, hosts, set: {}, dryRun: false, reason: "", ...more };
  for await (const event of site.run(request)) if (event.result !== undefined) ends.push(event);
  return ends.map(({ host, result, text }) => `${host} ${result}: ${text}`);
}
const marked = async () => {
  const rows = await site.status([], { power: false });
  return rows.filter(({ mark }) => mark !== undefined).map(({ host }) => host);
};

test("a change that failed marks its host, is refused there, and is not begun elsewhere", async () => {
  const ends = await run("half", ["web1", "web2", "web3"], { parallel: 1 });
  expect(ends.map((end) => end.slice(0, 11))).toEqual([
    "web1 failed",
    "web2 refuse",
    "web3 refuse",
  ]);
  expect(ends[1]).toBe("web2 refused: Cannot begin half: it failed on web1");
  expect(await marked()).toEqual(["web1"]);
  expect((await site.why("web1", { interlocks: false })).mark).toMatchObject({
    runbook: "half",
    by: "alice",
    act: "say it",
  });
  const [refused] = await run("good", ["web1"]);
  expect(refused).toMatch(
    /^web1 refused: Cannot run good on web1: half stopped half-way there, in "say it"/,
  );
  expect(await run("look", ["web1"])).toEqual(["web1 done: web1 said it"]);
  expect(await run("good", ["web1"], { dryRun: true })).toEqual(["web1 done: web1 said it"]);
  expect(await run("good", ["web1"], { force: true })).toEqual(["web1 done: web1 said it"]);
  expect(await marked()).toEqual(["web1"]);
  expect(await site.clearMarks(["web1", "web2"], "looked")).toMatchObject([{ host: "web1" }]);
  expect(await marked()).toEqual([]);
  expect(await run("good", ["web1"])).toEqual(["web1 done: web1 said it"]);
});

test("who sees it fail half-way is told what stands now, and what to type", async () => {
  const hints: (string | undefined)[] = [];
  const request = { runbook: "half", hosts: ["web1"], set: {}, dryRun: false, reason: "" };
  for await (const event of site.run(request))
    if (event.result === "failed") hints.push(event.error?.hint);
  expect(hints).toEqual([
    expect.stringMatching(/It stopped half-way\. Look at the host, then: oob runbook clear web1$/),
  ]);
  for await (const event of site.run({ ...request, runbook: "look", set: { no: "1" } }))
    expect(event.error?.hint).toBe("See: oob runbook show look");
});

test("--keep-going begins on the others, and each is marked for itself", async () => {
  const ends = await run("half", ["web1", "web2"], { parallel: 1, keepGoing: true });
  expect(ends.map((end) => end.slice(0, 11))).toEqual(["web1 failed", "web2 failed"]);
  expect(await marked()).toEqual(["web1", "web2"]);
});

test("reports of runs are kept and read; the fleet's page goes by them", async () => {
  await run("good", ["web1"]);
  expect(await site.reports([])).toMatchObject([
    { host: "web1", runbook: "good", verdict: "look", text: "web1 said it" },
  ]);
  const { report, html, markdown } = await site.report("web1");
  expect(report.acts).toMatchObject([{ what: "say it" }]);
  expect(html).toContain("web1 said it");
  expect(markdown).toContain("# good");
  await expect(site.report("web2")).rejects.toThrow("Cannot show a report of web2: there is none");
  const page = await site.daily([], "good");
  expect(page.hosts.map(({ host, verdict }) => `${host} ${verdict}`)).toEqual([
    "web2 missing",
    "web3 missing",
    "web1 look",
  ]);
  await expect(site.daily([], "goood")).rejects.toMatchObject({
    message: 'Cannot show reports of "goood": there is no such runbook',
    hint: 'Did you mean "good"?',
  });
});

test("a file of one's own says so, and that it stands in front of one that ships", async () => {
  await writeFile(join(rack.folder, "runbooks", "avc.yaml"), GOOD);
  const config = rack.config({ runbooks: [join(rack.folder, "runbooks")] });
  const other = await openLocalSite(config, {
    ...{ who: "alice", clock: systemClock, env: {}, role: "direct" },
  });
  const found = new Map((await other.runbooks()).map((one) => [one.name, one]));
  await other.close();
  expect(found.get("avc")).toMatchObject({ hides: true, title: "good" });
  expect(found.get("avc")?.file).toMatch(/runbooks\/avc\.yaml$/);
  expect(found.get("half")?.hides).toBeUndefined();
  expect(found.get("half")?.file).toMatch(/half\.yaml$/);
  expect(found.get("collect")?.file).toBeUndefined();
});

test("the schedule stands in the list of runbooks and in the status", async () => {
  const good = (await site.runbooks()).find(({ name }) => name === "good");
  expect(good?.scheduled?.hosts).toBe(1);
  const [web1, web2] = await site.status([], { power: false });
  expect(web1?.scheduled).toEqual({ runbook: "good", at: good?.scheduled?.next });
  expect(web2?.scheduled).toBeUndefined();
});
