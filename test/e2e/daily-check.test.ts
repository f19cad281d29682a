/**
 * The daily look at a real Debian 12 over its console: one boot, faults made on it, each found; then what it costs over a
 * 115200 and over a 9600 line (OOB_LONG=1 paces the first look at 9600 as well). Stand-ins: fail2ban-client, the logs of
 * auditd and nginx; nft is real where this machine has it.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/core/site/site.ts";
import type { RunReport } from "../../src/sdk/run-report.ts";
import { lendsNft, makeDisk, makeFeeds } from "./daily/make-disk.ts";
import { TestSite } from "./rig/daemon.ts";
import { buildHosts, missing } from "./rig/host-images.ts";
import { Machine } from "./rig/machine.ts";
import { PacedLine } from "./rig/paced-line.ts";

const MINUTES = 60_000;
/** Where the line is not what is measured. */
const FAST = 200_000;
const long = process.env.OOB_LONG === "1";

/** Runs a script on the host: how the faults are made. */
const ON_HOST = `
import { defineRunbook, textOf } from "oob/sdk";

/** Runs a script on the host. */
export default defineRunbook({
  title: "Run a script",
  summary: "Logs in and runs a script",
  risk: "type",
  sources: ["sh(1)"],
  needs: ["login"],
  options: { script: { kind: "text", required: true, summary: "what to run" } },
  timeout: 600_000,
  async run({ console, options, act }) {
    await console.login();
    const done = await act("run it", () => console.capture(textOf(options, "script")));
    if (done?.status !== 0) throw new Error(\`it ended with \${done?.status}: \${done?.text}\`);
    return done.text.slice(-2000);
  },
});
`;

const own = mkdtempSync(join(tmpdir(), "oob-daily-"));
let machine: Machine;
let line: PacedLine;
let test: TestSite;
let feeds = "";
let knownGood = "";

async function run(runbook: string, set: Readonly<Record<string, string>> = {}, dryRun = false) {
  const events: RunEvent[] = [];
  const request = { runbook, hosts: ["deb1"], set, dryRun, reason: "e2e" };
  for await (const event of test.site.run(request)) events.push(event);
  const story = events.map((event) => `${event.step ?? ""}: ${event.text}`).join("\n");
  return { end: events.at(-1), story };
}

async function onHost(script: string): Promise<string> {
  const { end, story } = await run("on-host", { script });
  expect(end, story).toMatchObject({ result: "done" });
  return end?.text ?? "";
}

/** Runs a part of the look; gives its report. */
async function look(runbook: string, set: Readonly<Record<string, string>> = {}) {
  const { end, story } = await run(runbook, set);
  expect(end, story).toMatchObject({ result: "done" });
  const report = lastReport(runbook);
  const rows = (is: "news" | "table") =>
    report.sections.flatMap((section) => (section.is === is ? section.rows : []));
  return { report, news: rows("news"), table: rows("table"), story };
}

function lastReport(runbook: string): RunReport {
  const folder = join(test.folder, "state/hosts/deb1/reports");
  const name = readdirSync(folder)
    .filter((file) => file.startsWith(`${runbook}-2`) && file.endsWith(".json"))
    .sort((a, b) => (a.replace(".json", "") < b.replace(".json", "") ? -1 : 1))
    .at(-1);
  if (name === undefined) throw new Error(`no report of ${runbook}`);
  return JSON.parse(readFileSync(join(folder, name), "utf8")) as RunReport;
}

/** The same for people. */
function lastPage(): string {
  const folder = join(test.folder, "state/hosts/deb1/reports");
  const pages = readdirSync(folder).filter((name) => /^daily-check-2.*\.txt$/.test(name));
  return readFileSync(join(folder, pages.sort((a, b) => (a < b ? -1 : 1)).at(-1) ?? ""), "utf8");
}

async function untilLogin(): Promise<void> {
  const end = performance.now() + 5 * MINUTES;
  for (;;) {
    const { rows } = await test.site.screen("deb1");
    if (/login: *(?:\[ [\s\S]*)?$/.test(rows.join("\n").trimEnd())) return;
    if (performance.now() > end) throw new Error(`no login prompt: ${rows.join("\n")}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const ALLOW = "tcp/22=sshd,udp/68";
const everyday = () => ({
  ...{ feeds, "known-good": knownGood, allow: ALLOW, jails: "true", never: "10.0.0.0/8" },
});

/** Runs the whole look over a line of this speed; says what it cost. */
async function measured(baud: number, what: string) {
  line.bytesPerSecond = baud / 10;
  const [began, from, to] = [performance.now(), line.fromHost, line.toHost];
  const looked = await look("daily-check", everyday());
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(
    `FIGURE daily-check, ${what}, ${baud} baud: ${seconds.toFixed(1)} s, ${line.fromHost - from} bytes from the host, ${line.toHost - to} bytes to it\n`,
  );
  return looked;
}

describe.skipIf(missing !== undefined)(`the daily look at Debian (${missing ?? "QEMU"})`, () => {
  beforeAll(async () => {
    const { debian } = await buildHosts({ debian: true });
    feeds = makeFeeds(own);
    knownGood = join(own, "known-good.txt");
    writeFileSync(knownGood, "# ours\n^/$\n^/static/\n");
    machine = new Machine("deb1", {
      disk: debian.disk,
      spareDisk: makeDisk(own),
      memoryMib: 512,
    });
    line = await PacedLine.open(machine.unixPath);
    line.bytesPerSecond = FAST;
    const books = join(own, "books");
    mkdirSync(books);
    writeFileSync(join(books, "on-host.ts"), ON_HOST);
    machine.powerOn();
    test = new TestSite(
      `runbooks: [${books}]
hosts:
  deb1:
    console: { driver: tcp, host: 127.0.0.1, port: ${line.port} }
    os: linux/debian-12
    login: { user: root, secret: root }
    watch: { mode: observe, hands-off: 1ms }
`,
      { root: "oob" },
    );
    await test.start();
    await untilLogin();
    const said = await onHost("mkdir -p /mnt && mount /dev/vdb /mnt && sh /mnt/setup.sh 2>&1");
    expect(said).toContain("READY");
  }, 10 * MINUTES);

  afterAll(async () => {
    await test?.stop();
    await line?.close();
    machine?.dispose();
    rmSync(own, { recursive: true, force: true });
  });

  it(
    "daily-check makes every part, over 115200 baud",
    async () => {
      const first = await measured(115_200, "first look");
      const verdicts = Object.fromEntries(
        first.table.filter((row) => "part" in row).map((row) => [row.part, row.verdict]),
      );
      expect(verdicts, first.story).toMatchObject({
        advisories: "act",
        "deleted-libs": "act",
        listeners: "ok",
        fail2ban: "ok",
        avc: "look",
        probes: "look",
        "jail-logs": "look",
        "ssh-guard": "look",
      });
      const all = JSON.stringify(first.report.sections);
      expect(all).toMatch(/httpd_t[^}]*shadow_t/);
      expect(all).toContain("oob-jail.service: openssl");
      expect(first.table).toContainEqual({
        service: "oob-old.service",
        program: "sleep",
        file: "/usr/local/lib/libold.so.1",
        remedy: "restart",
      });
      const probes = first.table.filter((row) => "path" in row);
      expect(probes[0]).toMatchObject({ status: "200", path: "/.env", count: 2 });
      expect(probes.some(({ path }) => path === "/")).toBe(false);
      expect(first.news).toContainEqual({
        ...{ what: "would be blocked", address: "192.0.2.7", failed: 12, addresses: 1 },
      });
      if (long) process.stdout.write(lastPage());
    },
    15 * MINUTES,
  );

  it(
    "what happened since stands on top, over a 9600 line",
    async () => {
      await onHost(
        "systemctl start oob-listen; : > /run/fail2ban-one; echo 'Nov 24 01:02:03 jail1 app[1]: disk failure' >> /srv/jail1/var/log/messages",
      );
      const next = await measured(9600, "the day after");
      line.bytesPerSecond = FAST;
      const text = JSON.stringify(next.news);
      expect(next.report.verdict).toBe("act");
      expect(text).toContain('"listener":"tcp/0.0.0.0:4444","program":"perl"');
      expect(text).toContain('"change":"DOWN","jail":"nginx-http-auth"');
      expect(text).toContain("disk failure");
      if (long) process.stdout.write(lastPage());
    },
    15 * MINUTES,
  );

  it(
    "deleted-libs restart=true restarts the service, and proves it",
    async () => {
      const { report, table } = await look("deleted-libs", { restart: "true" });
      expect(report.acts).toMatchObject([{ what: "restart oob-old.service" }]);
      expect(JSON.stringify(table)).not.toContain("libold");
    },
    10 * MINUTES,
  );

  it(
    `ssh-guard blocks by ${lendsNft ? "nft" : "a stand-in for nft"} when told to`,
    async () => {
      expect(await onHost("nft list table inet oob_block 2>&1 || echo none")).toContain("none");
      const set = { window: "24h", never: "10.0.0.0/8", block: "true" };
      const { news } = await look("ssh-guard", set);
      expect(news).toMatchObject([{ what: "blocked", address: "192.0.2.7" }]);
      expect(await onHost("nft list table inet oob_block")).toMatch(/192\.0\.2\.7 timeout/);
    },
    10 * MINUTES,
  );

  it(
    "a fail2ban that is down, and a part that cannot be made, are never ok",
    async () => {
      await onHost("touch /run/fail2ban-down");
      const { report, news } = await look("daily-check", {
        ...{ feeds: "/nowhere", skip: "logwatch,probes,ssh-guard,avc,jail-logs,listeners" },
      });
      expect(news.filter((row) => "part" in row)).toMatchObject([
        { part: "advisories", verdict: "failed" },
        { part: "fail2ban", verdict: "act" },
      ]);
      expect(report.verdict).toBe("act");
    },
    10 * MINUTES,
  );

  it.runIf(long)(
    "the first look of a host that is new, over 9600 baud",
    async () => {
      rmSync(join(test.folder, "state/hosts/deb1/memory"), { recursive: true, force: true });
      await measured(9600, "first look");
    },
    15 * MINUTES,
  );
});
