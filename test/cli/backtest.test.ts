import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { logFolder } from "../../src/core/log/log-folder.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import { Bench, BOOT, LOGIN, PANIC } from "../core/backtest/backtest-kit.ts";
import { logKit } from "../core/log/log-kit.ts";
import { runCli } from "./run-cli.ts";

let bench: Bench;
let env: Record<string, string>;
beforeEach(() => {
  bench = new Bench();
  env = { HOME: bench.folder, OOB_STATE: bench.folder, OOB_RUNTIME: bench.folder };
});
afterEach(() => bench.remove());

const backtest = (...argv: string[]) => runCli(["backtest", ...argv], { env });

/** A configuration with one host that the watchdog may cut, and its log. */
async function siteOf(watch: string): Promise<string> {
  const kit = logKit({ state: bench.folder });
  const log = kit.open("web1");
  log.mark("up", "tcp");
  log.append(latin1(`${BOOT}${LOGIN}${PANIC}`));
  await log.close();
  const yaml = [
    "version: 1",
    `state: ${bench.folder}`,
    "pdus: { pdu-a: { driver: snmp, host: 192.0.2.1, version: 2c, community: secret:pdu, insecure: true } }",
    `hosts: { web1: { console: tcp://192.0.2.2:7001, outlets: pdu-a/3, watch: ${watch} } }`,
  ];
  const path = join(bench.folder, "oob.yaml");
  writeFileSync(path, `${yaml.join("\n")}\n`);
  return path;
}

test("oob backtest FILE tells the story of a panic: when, why, by what, and what came after", async () => {
  const { code, stdout, stderr } = await backtest(bench.log(`${BOOT}${LOGIN}${PANIC}`));
  expect(code).toBe(0);
  expect(stdout.replaceAll(bench.folder, "")).toMatch(
    new RegExp(
      [
        String.raw`^/web1\.log  raw log; times assumed: .*`,
        "    mode act, by the preset act; assumed: no probe is answered, outlets read on",
        "",
        String.raw`\+00:13:\d\d  cycle  the Linux kernel panicked and halted`,
        "    Kernel panic - not syncing: Fatal exception in interrupt",
        String.raw`    rule linux/panic  at byte \d+`,
        String.raw`    \+00:1\d:\d\d  probe     Enter sent 3 times in 25s: no answer`,
        String.raw`    \+00:1\d:\d\d  open      incident 1 opened`,
        String.raw`    \+00:1\d:\d\d  confirmed it stands for 1m.* and nobody answers`,
        String.raw`    \+00:1\d:\d\d  WOULD cycle  cycle permitted: \d+ interlocks asked, none objected`,
        "              nothing more came in this log",
        "",
        String.raw`web1  0\.2 h, [\d.]+ kB: 1 suspicion, 1 incident, 0 pages, 1 would-be act`,
        "    of the acts: 1 after which nothing more came",
        "$",
      ].join("\n"),
    ),
  );
  expect(stderr).toMatch(/^0\.2 h played in .* hours a second\n$/);
});

test("--json: stories, logs and the summary, one object a line", async () => {
  const path = bench.log(`${BOOT}${LOGIN}${PANIC}`);
  const { code, stdout } = await backtest(path, path, "--json");
  expect(code).toBe(0);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ type, v }) => `${type} ${v}`)).toEqual(
    ["story", "log", "story", "log", "summary"].map((type) => `${type} 1`),
  );
  expect(lines[0]).toMatchObject({
    log: path,
    class: "panic",
    evidence: { rule: "linux/panic", offset: expect.any(Number) },
    acts: [{ rung: "cycle", at: expect.stringMatching(/Z$/), after: { is: "nothing" } }],
  });
  expect(lines[1]).toMatchObject({ format: "raw", mode: "act", acts: 1, suspicions: 1 });
  expect(lines[4]).toMatchObject({ logs: 2, failed: 0, acts: 2, after: { nothing: 2, lived: 0 } });
});

test("a host of the configuration is played by its own entry, or by --policy", async () => {
  const config = await siteOf("observe");
  const own = await backtest("web1", "--config", config);
  expect(own.stderr).not.toContain("oob:");
  expect(own.code).toBe(0);
  expect(own.stdout).toMatch(/oob log; times known\n {4}mode observe, by the entry of web1;/);
  expect(own.stdout).toMatch(/observed {2}the Linux kernel panicked/);
  const folder = logFolder(bench.folder, "web1");
  const act = await backtest(folder, "--config", config, "--policy", "act", "--os", "linux");
  expect(act.stdout).toMatch(/mode act, by "act";[\s\S]*WOULD cycle/);
});

test("--policy names a file with the watch: of an entry", async () => {
  const policy = join(bench.folder, "policy.yaml");
  writeFileSync(policy, "watch: { mode: ask, confirm-for: 2m, silence: 0s }\n");
  const { code, stdout } = await backtest(bench.log(`${BOOT}${LOGIN}${PANIC}`), "--policy", policy);
  expect(code).toBe(0);
  expect(stdout).toMatch(/page {6}the Linux kernel panicked.*asking to cycle its outlets/);
  expect(stdout).toMatch(/1 page, 0 would-be acts/);
});

test.each([
  [
    "watch: { mode: act, silense: 5m }",
    /policy\.yaml:1:\d+: watch\.silense: unknown key "silense"/,
  ],
  ["silence: 5m", /"watch" is missing/],
])("a policy %j is refused with exit 2, and its place is shown", async (text, message) => {
  const policy = join(bench.folder, "policy.yaml");
  writeFileSync(policy, `${text}\n`);
  const { code, stdout, stderr } = await backtest(bench.log(PANIC), "--policy", policy);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(message);
});

test("no such policy, exit 2", async () => {
  const { code, stderr } = await backtest(bench.log(PANIC), "--policy", "brave");
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /Cannot read policy "brave"[\s\S]*Give one of off, observe, ask, act, careful/,
  );
});

test("a log that is not there fails with exit 1, and the others are played", async () => {
  const { code, stdout, stderr } = await backtest(join(bench.folder, "no.log"), bench.log(LOGIN));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^oob: Cannot read log ".*no\.log": there is no such file$/m);
  expect(stderr).not.toMatch(/ENOENT|hours a second/);
  expect(stdout).toMatch(/web1 {2}0\.0 h, .*: 0 suspicions/);
});

test("a folder without segments, and part of a log, say what to name instead", async () => {
  mkdirSync(join(bench.folder, "empty"));
  const { code, stderr } = await backtest(join(bench.folder, "empty"));
  expect(code).toBe(1);
  expect(stderr).toMatch(/no console log is in ".*empty"\n.*Name files, or folders/);
});

test("withdrawn suspicions are counted, and shown with --all", async () => {
  const path = bench.log(`${BOOT}${LOGIN}${PANIC}[  820.000000] usb 1-1: new\r\n${LOGIN}`);
  const plain = await backtest(path);
  expect(plain.stdout).not.toMatch(/withdrawn/);
  expect(plain.stdout).toMatch(/1 suspicion, 0 incidents/);
  expect((await backtest(path, "--all")).stdout).toMatch(/withdrawn {2}the Linux kernel panicked/);
});
