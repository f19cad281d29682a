import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkConfig, loadConfig } from "../../src/config/load-config.ts";
import { formatProblem } from "../../src/config/problems.ts";
import { Registry } from "../../src/core/registry/registry.ts";

const registry = new Registry();
let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-config-"));
  file = join(folder, "oob.yaml");
});
afterEach(() => rm(folder, { recursive: true }));

const HEAD = 'hosts: { db1: { console: "telnet://ts1:1" } }\n';
const PIN = "ab".repeat(32);

test("log.anchors: reads every way there is", async () => {
  await writeFile(
    file,
    `${HEAD}log:
  anchors:
    - { name: loghost, syslog: "loghost.example.org", pin: "sha256:${PIN}" }
    - { name: signed, syslog: "[fd00::1]:7000", ca: /etc/oob/ca.pem, every: 5m }
    - { name: local, syslog: "tcp://127.0.0.1:601" }
    - { name: paper, serial: /dev/ttyS3, baud: 1200, flow: xonxoff }
    - { name: worm, folder: /mnt/worm }
    - { name: muc1, exec: [ssh, "anchors@muc1", "cat >> all"] }
`,
  );
  const { log } = await loadConfig(file, {}, () => registry);
  const syslog = { is: "syslog", tls: true };
  expect(log.anchors).toEqual([
    {
      name: "loghost",
      every: 60_000,
      way: { ...syslog, host: "loghost.example.org", port: 6514, pin: PIN },
    },
    {
      name: "signed",
      every: 300_000,
      way: { ...syslog, host: "fd00::1", port: 7000, ca: "/etc/oob/ca.pem" },
    },
    { name: "local", every: 60_000, way: { ...syslog, tls: false, host: "127.0.0.1", port: 601 } },
    {
      name: "paper",
      every: 60_000,
      way: { is: "serial", path: "/dev/ttyS3", baud: 1200, flow: "xonxoff" },
    },
    { name: "worm", every: 60_000, way: { is: "folder", path: "/mnt/worm" } },
    {
      name: "muc1",
      every: 60_000,
      way: { is: "exec", words: ["ssh", "anchors@muc1", "cat >> all"], timeout: 60_000 },
    },
  ]);
});

test.each([
  ["{ name: a }", "expected one of syslog, serial, folder, exec, got none"],
  ["{ name: a, folder: /x, exec: y }", "got folder and exec"],
  ["{ name: ../a, folder: /x }", "expected a name of a-z"],
  ["{ name: a, folder: x }", "expected an absolute path"],
  ["{ name: a, folder: /x, baud: 9600 }", '"baud" is for anchors of serial, this is one of folder'],
  ['{ name: a, syslog: "tcp://loghost:601" }', 'expected TLS, as in "loghost:6514"'],
  ['{ name: a, syslog: "log host" }', 'expected a receiver of syslog such as "loghost:6514"'],
  ['{ name: a, syslog: "loghost:70000" }', "expected a receiver of syslog"],
  ['{ name: a, syslog: loghost, pin: "md5:00" }', 'expected "sha256:" and 64 hexadecimal digits'],
  [`{ name: a, syslog: loghost, pin: "sha256:${PIN}", ca: /x }`, "expected pin or ca, got both"],
  [`{ name: a, syslog: "tcp://127.0.0.1", pin: "sha256:${PIN}" }`, "no certificate without TLS"],
  ['{ name: a, exec: [""] }', "expected program and arguments"],
  ["{ name: a, folder: /x, every: 10ms }", "expected from 1s to 24h"],
  ["{ name: a, folder: /x }, { name: a, folder: /y }", 'there are two anchors "a"'],
  [
    "{ name: a, folder: /x }, { name: b, folder: /y }, { name: c, folder: /z }",
    "at most 2 anchors of folder",
  ],
  ["{ name: a, foldr: /x }", 'unknown key "foldr"'],
])("log.anchors: refuses %s", async (anchors, problem) => {
  await writeFile(file, `${HEAD}log: { anchors: [ ${anchors} ] }\n`);
  const { problems } = await checkConfig(file, {}, () => registry);
  const texts = problems.filter((one) => one.severity === "error").map(formatProblem);
  expect(texts.join("\n")).toContain(problem);
});
