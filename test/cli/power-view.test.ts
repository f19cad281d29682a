import { expect, test } from "vitest";
import type { LoadPoint, OutletLoad } from "../../src/core/site/load-view.ts";
import type { OutletStatus } from "../../src/core/site/site.ts";
import { hours } from "../../src/lib/durations.ts";
import { runCli } from "./run-cli.ts";
import { AT, hostStatus, SiteDouble } from "./site-double.ts";

const outlet = (id: string, more: Partial<OutletStatus> = {}): OutletStatus => ({
  id,
  state: "on",
  pending: false,
  readAt: AT,
  ...more,
});

const TTY = { stdoutTty: true, columns: 100 };
const UTF8 = { LANG: "en_GB.UTF-8", NO_COLOR: "1" };
const lines = (text: string) => text.trimEnd().split("\n");

function rated() {
  const feeds = [
    outlet("pdu-a/1", { amps: 4.5, watts: 1010, rating: { amps: 10 } }),
    outlet("pdu-b/1", { amps: 10.5, watts: 2400, rating: { watts: 2300 } }),
  ];
  const unmetered = [outlet("pdu-c/9", { name: "db" })];
  return new SiteDouble([
    hostStatus("web1", { power: "on", outlets: feeds }),
    hostStatus("db1", { power: "on", outlets: unmetered }),
  ]);
}

test("power status draws bars against the rating on a terminal, and sums feeds that are all metered", async () => {
  const { stdout } = await runCli(["power", "status", "web1", "db1"], {
    site: rated(),
    ...TTY,
    env: UTF8,
  });
  expect(lines(stdout)).toEqual([
    "HOST  POWER  OUTLET       STATE   AMPS  WATTS  LOAD              NAME",
    "web1  on     pdu-a/1      on      4.50   1010  ████▌░░░░░  45%   ",
    "             pdu-b/1      on     10.50   2400  ██████████ 104%!  ",
    "             all 2 feeds         15.00   3410                    ",
    "db1   on     pdu-c/9      on         -      -  -                 db",
  ]);
});

test("power status draws bars in ASCII where the terminal takes no more", async () => {
  const { stdout } = await runCli(["power", "status", "web1"], {
    site: rated(),
    ...TTY,
    env: { LANG: "C", NO_COLOR: "1" },
  });
  expect(stdout).toContain("#####.....  45%");
  expect(stdout).toMatch(/^[\n -~]+$/);
});

test("power status has colour on a terminal alone, and bars in no pipe", async () => {
  const terminal = await runCli(["power", "status", "web1"], { site: rated(), ...TTY, env: {} });
  expect(terminal.stdout).toContain("\u001b[31m########## 104%!");
  const pipe = await runCli(["power", "status", "web1"], { site: rated(), env: UTF8 });
  expect(pipe.stdout).not.toMatch(/LOAD|█|%|\u001b/);
  expect(pipe.stdout).toMatch(/all 2 feeds +15\.00 +3410/);
});

test("power status sums no feeds of which one is not metered, and calls the unknown by name", async () => {
  const outlets = [
    outlet("pdu-a/1", { amps: 1, watts: 200 }),
    outlet("pdu-b/1", { state: "unknown", error: "no answer" }),
  ];
  const site = new SiteDouble([hostStatus("web1", { power: "unknown", outlets })]);
  const { code, stdout, stderr } = await runCli(["power", "status", "web1"], { site });
  expect(stdout).not.toContain("feeds");
  expect(stderr).toBe("power unknown: web1\n");
  expect(code).toBe(6);
});

const SINCE = AT - hours(24);
const STEP = hours(1);
const point = (i: number, watts?: number, state: LoadPoint["state"] = "on"): LoadPoint => ({
  at: SINCE + i * STEP,
  readings: 60,
  state,
  ...(watts !== undefined && { watts: { least: watts - 1, mean: watts, most: watts + 1 } }),
});
const history = (points: LoadPoint[], more: Partial<OutletLoad> = {}): OutletLoad => ({
  ...{ host: "web1", outlet: "pdu-a/1", since: SINCE, until: AT, step: STEP, points, ...more },
});

test("power history draws a curve: what was off and what was not read can be told apart", async () => {
  const site = new SiteDouble([hostStatus("web1")]);
  site.loadList = [
    history(
      [point(0, 100), point(1, 50), point(2, undefined, "off"), point(5, 100), point(23, 90)],
      {
        sign: "draws 0 W",
      },
    ),
  ];
  const { code, stdout, stderr } = await runCli(["power", "history", "web1"], {
    site,
    ...TTY,
    env: UTF8,
  });
  expect(code).toBe(0);
  expect(lines(stdout)).toEqual([
    "HOST  OUTLET    NOW  LEAST  MEAN   MOST  1D, 1H EACH",
    "web1  pdu-a/1  90 W   49 W  85 W  101 W  █▅_  █                 ▇",
  ]);
  expect(stderr).toContain("pdu-a/1: draws 0 W");
  expect(site.asked).toContainEqual({ loads: { hosts: ["web1"], since: SINCE, steps: 40 } });
});

test("power history is ASCII without UTF-8, and has no curve in a pipe", async () => {
  const site = new SiteDouble([hostStatus("web1")]);
  const zero = { least: 0, mean: 0, most: 0 };
  const off = { ...point(2, undefined, "off"), watts: zero };
  site.loadList = [history([point(0, 100), point(1, 50), off, { ...point(3), watts: zero }])];
  const { stdout } = await runCli(["power", "history", "web1"], {
    site,
    ...TTY,
    env: { LANG: "C" },
  });
  expect(stdout).toMatch(/@\+_\./);
  const pipe = await runCli(["power", "history", "web1"], { site });
  expect(lines(pipe.stdout)[1]).toBe("web1  pdu-a/1    -    0 W  38 W  101 W");
});

test("power history says why there is nothing", async () => {
  const site = new SiteDouble([hostStatus("web1")]);
  site.loadList = [history([], { note: "pdu-a meters none of these outlets" })];
  const { stdout, stderr } = await runCli(["power", "history", "web1"], { site });
  expect(stdout).toMatch(/web1 +pdu-a\/1 +- +- +- +-/);
  expect(stderr).toBe("pdu-a/1: not read now: pdu-a meters none of these outlets\n");
});

test("power history --json has what was read, with times in UTC, and nothing that was not", async () => {
  const site = new SiteDouble([hostStatus("web1")]);
  site.loadList = [history([point(1, 50), point(2, undefined, "off")])];
  const { stdout } = await runCli(["power", "history", "web1", "--since", "2h", "--json"], {
    site,
  });
  expect(JSON.parse(stdout)).toEqual({
    v: 1,
    outlets: [
      {
        ...{ host: "web1", outlet: "pdu-a/1", stepSeconds: 3600 },
        ...{ since: new Date(SINCE).toISOString(), until: new Date(AT).toISOString() },
        points: [
          {
            ...{ at: new Date(SINCE + STEP).toISOString(), readings: 60, state: "on" },
            watts: { least: 49, mean: 50, most: 51 },
          },
          { at: new Date(SINCE + 2 * STEP).toISOString(), readings: 60, state: "off" },
        ],
      },
    ],
  });
  expect(site.asked).toContainEqual({
    loads: { hosts: ["web1"], since: AT - hours(2), steps: 288 },
  });
});

test("power status says on a terminal the whole reason that its table cuts off", async () => {
  const error =
    "Cannot read 10.9.0.21:161: no answer, and this is a long story about why that is so";
  const outlets = [outlet("pdu-a/1", { state: "unknown", error })];
  const site = new SiteDouble([hostStatus("web1", { power: "unknown", outlets })]);
  const { stdout, stderr } = await runCli(["power", "status", "web1"], { site, ...TTY, env: UTF8 });
  expect(stdout).not.toContain(error);
  expect(stderr).toBe(`pdu-a/1: ${error}\npower unknown: web1\n`);
});

test("status shows what the loads tell of a host that is not well, and of no other", async () => {
  const load = "pdu-a/3 draws 0 W";
  const crashed = { state: "crash" as const, class: "panic", why: "panic", since: AT };
  const site = new SiteDouble([
    hostStatus("web1", { health: crashed, load, incident: 7, lastLine: "end Kernel panic" }),
    hostStatus("web2", { load, lastLine: "web2 login:" }),
  ]);
  const { stdout } = await runCli(["status"], { site });
  expect(stdout).toContain("[incident 7] [pdu-a/3 draws 0 W] end Kernel panic\n");
  expect(stdout).toMatch(/web2 .* {2}web2 login:\n/);
});

test("status shows what the loads tell of a host whose console is down", async () => {
  const console = { is: "down" as const, label: "telnet", why: "no answer" };
  const site = new SiteDouble([hostStatus("db1", { load: "pdu-a/3 draws 0 W", console })]);
  const { stdout } = await runCli(["status"], { site });
  expect(stdout).toContain("[pdu-a/3 draws 0 W] [no answer]\n");
});

test("power status without hosts means all, and says what to do about a PDU that cannot be read", async () => {
  const cause = { code: "PDU_SILENT", hint: "Is the community right?" };
  const dark = {
    state: "unknown",
    error: "Cannot read pdu-a (10.9.0.21:161): no answer",
    cause,
  } as const;
  const feeds = [outlet("pdu-a/1", dark), outlet("pdu-a/2", dark)];
  const site = new SiteDouble([
    hostStatus("web1", { power: "unknown", outlets: feeds }),
    hostStatus("db1", { power: "on", outlets: [outlet("pdu-c/9")] }),
  ]);
  const { code, stdout, stderr } = await runCli(["power", "status"], { site, ...TTY, env: UTF8 });
  expect(code).toBe(6);
  expect(stdout).toMatch(/^web1 .*\n.*\n?db1 /m);
  expect(
    stderr.split("\n").filter((line) => line.includes("Is the community right?")),
  ).toHaveLength(1);
  const off = await runCli(["power", "off", "--yes"], { site });
  expect(off.code).toBe(2);
});
