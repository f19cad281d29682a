import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { VERBS } from "../../src/config/schema.ts";
import { Grants } from "../../src/daemon/grants.ts";
import { Refusals } from "../../src/daemon/refusals.ts";
import { ownName } from "../../src/daemon/socket-path.ts";
import { ManualClock } from "../../src/lib/clock.ts";
import { runCli } from "../cli/run-cli.ts";

let folder = "";
let config = "";
const env = { HOME: "/nonexistent" };
const run = (...argv: string[]) => runCli(["access", ...argv, "--config", config], { env });
const HOSTS = `hosts:\n  web1: { console: telnet://127.0.0.1:1 }\n  web2: { console: telnet://127.0.0.1:2 }\n  db1: { console: telnet://127.0.0.1:3 }\n`;
const write = (rest: string) =>
  writeFileSync(config, `state: ${folder}/state\nruntime: ${folder}/run\n${HOSTS}${rest}`);
const GRANTS = `
users: [jana, kim]
roles:
  operator: [attach, spy, log, status]
grants:
  - { who: jana, may: "*", except: power, on: "db*" }
  - { who: jana, may: [operator, hold], on: [web1, web2] }
  - { who: kim, may: operator, on: "web*" }
  - { who: kim, may: "*", except: [power, run], on: web1 }
  - { who: ghost, may: status }
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "oob-ac-"));
  mkdirSync(join(folder, "state"), { mode: 0o750 });
  config = join(folder, "oob.yaml");
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each<[string, string, string, number, string, RegExp]>([
  [
    "kim",
    "web2",
    "attach",
    0,
    "grant",
    /^yes {2}kim attach web2: grant 3: kim may operator on web\*$/m,
  ],
  ["kim", "web1", "hold", 0, "grant", /grant 4: kim may \* except power, run on web1$/m],
  ["kim", "web1", "power", 4, "except", /^no .*grant 4: .*that leaves it out$/m],
  ["kim", "web1", "*", 4, "except", /that leaves it out/],
  ["kim", "db1", "status", 4, "none", /no grant gives it/],
  ["jana", "db1", "power", 4, "except", /grant 1: jana may \* except power on db\*; that leaves/],
  ["nobody", "web1", "status", 4, "none", /nobody has no socket/],
  [ownName(), "db1", "power", 0, "owner", /runs the daemon/],
])("oob access why %s %s %s: exit %i, by %s", async (user, host, verb, exit, by, text) => {
  write(GRANTS);
  const { code, stdout, stderr } = await run("why", user, host, verb);
  expect(code).toBe(exit);
  expect(stdout + stderr).toMatch(text);
  const { stdout: json } = await run("why", user, host, verb, "--json");
  expect(JSON.parse(json)).toMatchObject({ v: 1, user, host, verb, allowed: exit === 0, by });
});

test("a host or a verb that does not exist is no answer, exit 2", async () => {
  write(GRANTS);
  expect(await run("why", "kim", "wbe1", "power")).toMatchObject({
    ...{ code: 2, stdout: "" },
    stderr: expect.stringMatching(/Cannot find host "wbe1"\n.*"web1"/),
  });
  expect((await run("why", "kim", "web1", "powr")).stderr).toMatch(/Did you mean "power"/);
  expect((await run("why", "kim", "web1")).code).toBe(2);
});

test("oob access list shows what everybody may, and who has no socket", async () => {
  write(GRANTS);
  const { stdout } = await run("list");
  expect(stdout).toMatch(/^kim +attach spy log status hold kick +web1$/m);
  expect(stdout).toMatch(/^kim +attach spy log status +web2$/m);
  expect(stdout).toMatch(/^ghost \(no socket\) +status +web1 web2 db1$/m);
  expect(JSON.parse((await run("list", "nobody", "--json")).stdout)).toEqual({
    v: 1,
    users: [{ user: "nobody", socket: false, may: [] }],
  });
});

test("without grants whoever has a socket may, and that is said", async () => {
  write("users: [kim]\n");
  const { code, stdout } = await run("why", "kim", "db1", "power");
  expect([code, stdout]).toEqual([0, expect.stringMatching(/there are no grants/)]);
});

test.each([
  ["grants: []\n", /an empty list of grants\n[^\n]*\n[^\n]*\n.*leave grants: out/],
  [
    "grants: [{ who: kim, may: operatr }]\nroles: { operator: [log] }\n",
    /"operatr" is neither a verb nor a role\n[^\n]*\n[^\n]*\n.*"operator"/,
  ],
  ["grants: [{ who: kim, may: log, except: pwer }]\n", /expected one of .*"power"/],
  [
    "roles: { power: [log] }\ngrants: [{ who: kim, may: power }]\n",
    /role "power" has the name of a verb/,
  ],
])("%j is a mistake of the configuration", async (rest, expected) => {
  write(rest);
  const { code, stderr } = await run("list");
  expect([code, stderr]).toEqual([2, expect.stringMatching(expected)]);
});

test("rule() permits nothing that no grant names, whatever the grants are", () => {
  const word = fc.constantFrom(...VERBS, "*");
  const who = fc.constantFrom("jana", "kim", "*");
  const on = fc.constantFrom("web1", "web*", "*", "db1");
  const grant = fc.record({
    ...{ who, may: fc.array(word, { maxLength: 3 }), on: fc.array(on, { maxLength: 2 }) },
    except: fc.array(fc.constantFrom(...VERBS), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(grant, { minLength: 1 }), fc.constantFrom(...VERBS), (grants, verb) => {
      const expected = grants.some(
        ({ who: to, may, on: where, except }) =>
          (to === "kim" || to === "*") &&
          (may.includes("*") || may.includes(verb)) &&
          !except.includes(verb) &&
          where.some((one) => one === "*" || one === "web*" || one === "web1"),
      );
      const ruling = new Grants({ grants }, "kim", "root").rule(verb, "web1");
      expect(ruling.allowed).toBe(expected);
      expect(["grant", "except", "none"]).toContain(ruling.by);
    }),
  );
});

test("what is refused stands in the trail, once a minute for one user and verb", async () => {
  const clock = new ManualClock(0);
  const noted: string[] = [];
  const note = (event: { by: string; text: string; host?: string }) => {
    noted.push(`${event.host ?? "-"} ${event.by}: ${event.text}`);
    return { seq: 1, at: 0, type: "", ...event };
  };
  const refusals = new Refusals({ note }, clock, new Set(["db2"]));
  const grants = new Grants({ grants: [{ who: "a", may: [], on: [] }] }, "kim", "root", (v, h) =>
    refusals.note("kim", v, h),
  );
  const ask = (host: string) => expect(() => grants.demand("power", [host])).toThrow(/not granted/);
  ask("db1\u001b[2J");
  for (let n = 0; n < 100; n++) ask(`db${n}`);
  expect(noted).toEqual(['- kim: refused: "power" on db1^[[2J is not granted']);
  await clock.advance(60_000);
  ask("db2");
  // The name of a host is in its field, too: that is how "oob audit db2" finds it.
  expect(noted[1]).toBe('db2 kim: refused: "power" on db2 is not granted');
  expect(noted).toHaveLength(2);
});
