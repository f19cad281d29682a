import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkConfig, loadConfig } from "../../src/config/load-config.ts";
import { catalog } from "./catalog.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-config-"));
  file = join(folder, "oob.yaml");
});
afterEach(() => rm(folder, { recursive: true }));

const HOSTS = `groups: { db: "db[1-2]" }
hosts:
  web1: { console: "telnet://ts1:1", schedule: { daily-check: "Mon,Thu 22:15", avc: off } }
  "db[1-2]": { console: "telnet://ts1:2{n}" }
`;

const planned = async (schedule: string) => {
  await writeFile(file, `${schedule}\n${HOSTS}`);
  const config = await loadConfig(file, {}, () => catalog);
  return config.schedule.map(({ host, runbook, times, set, allowDisrupt }) => {
    const at = times.map(({ text }) => text).join(" ");
    return `${host} ${runbook} ${at}${allowDisrupt ? " disrupt" : ""} ${JSON.stringify(set)}`;
  });
};

test("the site's for all hosts, for some, and a host's own in front of it", async () => {
  const schedule = `schedule:
  daily-check: "06:30"
  avc: { at: ["06:00", "Sun 18:00"], set: { days: 2 } }
  fix-raid: { at: "Sun 03:00", hosts: "@db,!db2", allow-disrupt: true }`;
  expect(await planned(schedule)).toEqual([
    "web1 daily-check Mon,Thu 22:15 {}",
    "db1 daily-check 06:30 {}",
    "db2 daily-check 06:30 {}",
    'db1 avc 06:00 Sun 18:00 {"days":"2"}',
    'db2 avc 06:00 Sun 18:00 {"days":"2"}',
    "db1 fix-raid Sun 03:00 disrupt {}",
  ]);
});

test("without a schedule only what hosts say themselves", async () => {
  expect(await planned("")).toEqual(["web1 daily-check Mon,Thu 22:15 {}"]);
});

test("a runbook that is not there is warned of where it stands, and nothing else is lost by it", async () => {
  const own = 'hosts: { web1: { console: "telnet://ts1:1", schedule: { daly-check: "06:30" } } }';
  await writeFile(file, `schedule: { fix-riad: "Sun 03:00" }\n${own}\n`);
  const { problems } = await checkConfig(file, {}, () => catalog);
  expect(
    problems.map(({ line, column, message, hint, severity }) =>
      [`${line}:${column}`, message, hint, severity].join(" | "),
    ),
  ).toEqual([
    '1:13 | there is no runbook "fix-riad": its runs will fail | Did you mean "fix-raid"? | warning',
    '2:57 | there is no runbook "daly-check": its runs will fail | Did you mean "daily-check"? | warning',
  ]);
  expect((await loadConfig(file, {}, () => catalog)).schedule).toHaveLength(2);
});

const TIME = 'expected a time such as "06:30", "Sun 03:00" or "Mon-Fri 06:30"';
test.each([
  ['{ daily-check: "25:00" }', `1:26 schedule.daily-check[0]: ${TIME}, got "25:00"`],
  ["{ daily-check: { at: noon } }", `1:32 schedule.daily-check.at[0]: ${TIME}, got "noon"`],
  ["{ daily-check: { at: [] } }", "1:32 schedule.daily-check.at: expected at least one time"],
  [
    '{ daily-check: { at: "06:30", host: web1 } }',
    '1:41 schedule.daily-check.host: unknown key "host"',
  ],
  [
    '{ daily-check: { at: "06:30", hosts: web9 } }',
    '1:48 schedule.daily-check.hosts: Cannot find host "web9": no entry has this name',
  ],
  ["{ daily-check: { set: {} } }", '1:26 schedule.daily-check.at: "at" is missing'],
  ['"06:30"', '1:11 schedule: expected runbooks with their times, got "06:30"'],
])("%s has its place", async (schedule, told) => {
  await writeFile(file, `schedule: ${schedule}\n${HOSTS}`);
  const { problems } = await checkConfig(file, {}, () => catalog);
  const errors = problems.filter(({ severity }) => severity === "error");
  expect(
    errors.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`),
  ).toEqual([told]);
});
