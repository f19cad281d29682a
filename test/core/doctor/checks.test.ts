import fs, {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  type StatsFs,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { HostEntry } from "../../../src/config/site-config.ts";
import { checkConsoles } from "../../../src/core/doctor/check-consoles.ts";
import { checkDaemon, checkSandbox } from "../../../src/core/doctor/check-daemon.ts";
import { checkForgotten } from "../../../src/core/doctor/check-forgotten.ts";
import { checkClock, checkDisk } from "../../../src/core/doctor/check-machine.ts";
import { checkPermissions } from "../../../src/core/doctor/check-permissions.ts";
import { findHolders } from "../../../src/core/doctor/check-ports.ts";
import type { Finding } from "../../../src/core/doctor/finding.ts";
import { logFolder } from "../../../src/core/log/log-folder.ts";
import { hostFolder } from "../../../src/core/site/host-folder.ts";

const NOW = Date.UTC(2026, 10, 23, 4, 0, 0);
const DAY = 86_400_000;
let folder = "";
const put = (path: string, text: string, mode = 0o600): string => {
  const whole = join(folder, path);
  mkdirSync(join(whole, ".."), { recursive: true, mode: 0o700 });
  writeFileSync(whole, text, { mode });
  chmodSync(whole, mode);
  return whole;
};
const host = (name: string, more: object = {}): [string, HostEntry] => [
  name,
  {
    ...{ name, console: { driver: "serial", options: {} }, outlets: [], watch: { mode: "act" } },
    ...more,
  } as unknown as HostEntry,
];
const bad = (found: readonly Finding[]) =>
  found.filter(({ is }) => is !== "ok").map(({ is, text }) => `${is}: ${text}`);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "oob-doctor-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("checkPermissions()", () => {
  const config = (hosts: [string, HostEntry][] = []) => ({
    file: join(folder, "etc/oob.yaml"),
    drivers: [join(folder, "drivers")],
    runbooks: [],
    credentials: join(folder, "cred"),
    state: join(folder, "state"),
    runtime: join(folder, "run"),
    hosts: new Map(hosts),
  });
  const check = (hosts?: [string, HostEntry][]) =>
    bad(checkPermissions(config(hosts), new Set(["named"]), process.getuid?.() ?? 0));

  test("finds nothing where all is as oob makes it, nor where nothing is there yet", () => {
    expect(check()).toEqual([]);
    put("etc/oob.yaml", "", 0o644);
    put("cred/a", "x");
    put("state/audit.jsonl", "", 0o640);
    put("run/jana.sock", "");
    expect(check([host("web1")])).toEqual([]);
  });

  test("whoever is not the daemon's user is told so, and to give nobody's files away", () => {
    put("etc/oob.yaml", "", 0o644);
    put("state/audit.jsonl", "", 0o640);
    const own = process.getuid?.() ?? 0;
    const daemon = own === 0 ? 4711 : own;
    if (own === 0)
      for (const path of ["etc", "etc/oob.yaml", "state", "state/audit.jsonl"])
        chownSync(join(folder, path), daemon, daemon);
    const found = (asks: number) => checkPermissions(config(), new Set(), asks);
    expect(found(daemon + 1)).toEqual([
      expect.objectContaining({
        is: "unchecked",
        text: expect.stringContaining(`user ${daemon}'s, who is taken`),
      }),
    ]);
    for (const asks of [daemon, 0])
      expect(found(asks)).toEqual([expect.objectContaining({ is: "ok" })]);
  });

  test.each([
    ["etc/oob.yaml", 0o664, /oob.yaml" can be changed/],
    ["etc/conf.d/more.yaml", 0o646, /more.yaml" can be changed/],
    ["drivers/mine.ts", 0o666, /mine.ts" can be changed/],
    ["cred/a", 0o640, /cred\/a" can be read/],
    ["state/audit.jsonl", 0o644, /audit.jsonl" can be read or changed/],
    ["state/console/web1/20261122T101500Z.raw", 0o644, /raw" can be read or changed/],
    ["run/jana.sock", 0o666, /jana.sock" can be opened/],
  ])("%s with mode %o", (path, mode, expected) => {
    put("etc/oob.yaml", "");
    put(path, "x", mode);
    expect(check([host("web1")])).toEqual([expect.stringMatching(expected)]);
  });

  test("folders count as well, and secrets that the configuration names are left to its own check", () => {
    put("cred/named", "x", 0o644);
    expect(check()).toEqual([]);
    chmodSync(join(folder, "cred"), 0o777);
    expect(check()).toEqual([expect.stringMatching(/cred" can be changed by others \(mode 777\)/)]);
  });

  test("of many alike the first are told, and how many more there are", () => {
    for (let n = 0; n < 30; n++) put(`cred/s${n}`, "x", 0o644);
    expect(check()).toHaveLength(21);
    expect(check().at(-1)).toMatch(/10 more/);
  });
});

describe("checkClock()", () => {
  const check = async (now: number, kept: boolean | undefined) =>
    bad(await checkClock(folder, { now: () => now }, async () => kept));

  test("a clock behind the last record of the trail has been set back", async () => {
    put("audit.jsonl", `{"seq":1,"at":${NOW}}\n{"seq":2,"at":${NOW + 1}}\n{"torn`);
    expect(await check(NOW, true)).toEqual([]);
    expect(await check(NOW - 3_600_000, true)).toEqual([
      "problem: the clock stands 1h before the last record of the trail",
    ]);
  });

  test("a clock that nothing keeps, one that nobody knows of, and one that was never set", async () => {
    expect(await check(NOW, false)).toEqual(["warning: nothing keeps the clock right"]);
    expect(await check(NOW, undefined)).toEqual([expect.stringMatching(/^unchecked/)]);
    expect(await check(0, true)).toEqual([
      expect.stringMatching(/1970-01-01.*before oob was built/),
    ]);
  });
});

describe("checkDisk()", () => {
  const check = (bavail: number, ffree: number) =>
    bad(
      checkDisk(
        folder,
        () => ({ blocks: 1000, bfree: bavail + 50, bavail, files: 1000, ffree }) as StatsFs,
      ),
    );

  test.each([
    [500, 500, []],
    [150, 500, [/^warning.*% of its room is used/]],
    [20, 500, [/^problem.*98 % of its room/]],
    [500, 0, [/^problem.*100 % of its inodes are used/]],
  ])("%d blocks and %d inodes left of 1000", (bavail, ffree, expected) => {
    expect(check(bavail, ffree)).toEqual(expected.map((one) => expect.stringMatching(one)));
  });
});

describe("checkConsoles()", () => {
  const check = (hosts: [string, HostEntry][]) =>
    bad(checkConsoles({ state: folder, hosts: new Map(hosts) }));
  const log = (name: string, stem: string, text: string) =>
    put(`${logFolder(folder, name).slice(folder.length)}/${stem}.raw`, text);

  test("names hosts that never printed anything, but not those that are opened on demand", () => {
    log("web1", "20261122T101500Z", "web1 login: ");
    log("web1", "20261122T111500Z", "");
    log("web2", "20261122T101500Z", "");
    const onDemand = host("far", { console: { driver: "modem", options: {}, onDemand: {} } });
    expect(check([host("web1"), host("web2"), host("web3"), onDemand])).toEqual([
      "warning: web2: its console never showed anything",
      "warning: web3: its console never showed anything",
    ]);
  });

  test("a boot that runs over two segments is read whole", () => {
    log("web1", "20261122T101500Z", "[0.0] Linux version 6.1\r\n[0.0] Command line: ro con");
    log("web1", "20261122T111500Z", "sole=ttyS0 loglevel=1\r\nweb1 login: ");
    expect(check([host("web1")])).toEqual([expect.stringMatching(/levels below 1 only/)]);
  });
});

describe("checkDaemon()", () => {
  test("a daemon that is older than its configuration, or than a part of it", () => {
    const file = put("oob.yaml", "");
    const daemon = { pid: 1, since: NOW, config: file };
    utimesSync(file, NOW / 1000, NOW / 1000 - 60);
    expect(bad(checkDaemon(file, daemon, undefined))).toEqual([]);
    put("conf.d/a.yaml", "");
    utimesSync(join(folder, "conf.d/a.yaml"), NOW / 1000, NOW / 1000 + 60);
    expect(bad(checkDaemon(file, daemon, undefined))).toEqual([
      expect.stringMatching(/conf.d\/a.yaml" was changed after the daemon started/),
    ]);
  });

  test("no daemon, another one's, and one that does not answer", () => {
    const file = put("oob.yaml", "");
    const other = put("other.yaml", "");
    const daemon = { pid: 7, since: NOW, config: other };
    expect(bad(checkDaemon(file, undefined, undefined))).toEqual([
      expect.stringMatching(/^warning: no daemon runs/),
    ]);
    expect(bad(checkDaemon(file, daemon, undefined))).toEqual([
      expect.stringMatching(/serves ".*other.yaml"/),
    ]);
    expect(bad(checkDaemon(file, undefined, "it hangs"))).toEqual(["problem: it hangs"]);
    // One that cannot be looked at, as in another user's folder.
    rmSync(other);
    symlinkSync(other, other);
    expect(bad(checkDaemon(file, daemon, undefined))).toEqual([
      expect.stringMatching(/serves ".*other.yaml"/),
    ]);
  });

  test("checkSandbox() reads what the kernel holds the process to", () => {
    const status = (uid: number, privs: number, filter: number) =>
      `Name:\tnode\nUid:\t${uid}\t${uid}\nNoNewPrivs:\t${privs}\nSeccomp:\t${filter}\n`;
    put("7/status", status(999, 1, 2));
    put("7/limits", "Limit  Soft  Hard\nMax core file size        0          0     bytes\n");
    put("8/status", status(0, 0, 0));
    put("8/limits", "Max core file size        unlimited  unlimited  bytes\n");
    expect(bad(checkSandbox(7, folder))).toEqual([]);
    expect(bad(checkSandbox(8, folder))).toEqual([
      expect.stringMatching(/runs as root.*privileges.*system call.*core files/),
    ]);
    expect(bad(checkSandbox(undefined, folder))).toEqual([expect.stringMatching(/^unchecked/)]);
  });
});

test("checkForgotten() tells of long holds, stopped runbooks and hosts without a watchdog", () => {
  const feed = { outlets: [{ pdu: "a", reference: "1" }] };
  const hosts = new Map([host("web1", { ...feed, watch: { mode: "off" } }), host("db1", feed)]);
  const check = () => bad(checkForgotten({ state: folder, hosts }, NOW));
  const hold = (until: number) => ({ until, by: "jana\u001b[2J", reason: "disk", for: 1 });
  put("holds.json", JSON.stringify({ db1: hold(NOW + 9 * DAY), web1: hold(NOW + 60_000) }));
  put(`${hostFolder(folder, "db1").slice(folder.length)}/run-mark.json`, '{"runbook":"fix/fstab"}');
  expect(check()).toEqual([
    "warning: db1: held by jana^[[2J for 9d more: disk",
    "warning: db1: fix/fstab stopped half-way and nobody cleared it",
    "warning: the watchdog is off for web1",
  ]);
  put("holds.json", "{");
  expect(check()[0]).toMatch(/^problem: .*so every host is held/);
});

test("checkForgotten() ends nobody's hold because of a file that is not for whoever asks", () => {
  const path = put("holds.json", "{}");
  const refused = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
  const read = vi.spyOn(fs, "readFileSync").mockImplementationOnce(() => {
    throw refused;
  });
  try {
    expect(checkForgotten({ state: folder, hosts: new Map() }, NOW)).toEqual([
      {
        ...{ is: "unchecked", check: "forgotten", about: path },
        text: "holds were not looked at: EACCES: permission denied",
        todo: "Run oob doctor as root, or as the user of the daemon",
      },
    ]);
  } finally {
    read.mockRestore();
  }
});

test("findHolders() walks /proc once and names who has a port open", () => {
  put("41/comm", "agetty\n");
  mkdirSync(join(folder, "41/fd"));
  symlinkSync("/dev/ttyS9", join(folder, "41/fd/0"));
  symlinkSync("/dev/ttyS9", join(folder, "41/fd/1"));
  mkdirSync(join(folder, "42"));
  expect(findHolders(new Set(["/dev/ttyS9"]), folder)).toEqual(
    new Map([["/dev/ttyS9", [{ pid: 41, name: "agetty" }]]]),
  );
});
