/** The whole of `oob doctor` on sites in a folder: no device, no systemd, no daemon but our own. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { examine } from "../../src/daemon/doctor.ts";
import { startDaemon } from "../../src/daemon/main.ts";
import { runCli } from "../cli/run-cli.ts";

let folder = "";
// No timedatectl is found there: nobody says whether the clock is kept.
const env = { PATH: "/nonexistent", HOME: "/nonexistent" };
const write = (name: string, text: string, mode = 0o600) => {
  writeFileSync(join(folder, name), text, { mode });
  chmodSync(join(folder, name), mode);
};
const site = (rest: string) =>
  write(
    "oob.yaml",
    `state: ${folder}/state\nruntime: ${folder}/run\ncredentials: ${folder}/cred\n${rest}`,
  );

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "oob-dr-")));
  mkdirSync(join(folder, "cred"), { mode: 0o700 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const SICK = `
pdus:
  pdu-b: { driver: snmp, host: 127.0.0.1, version: 2c, community: secret:pdu-b, insecure: true }
hosts:
  web1: { console: { driver: serial, path: /dev/no-such-port }, outlets: [pdu-b/1], login: { user: root, secret: w } }
  web2: { console: telnet://127.0.0.1:7001, oss: linux }
`;

test("a sick site: each finding says what to do, no secret is shown, exit 1", async () => {
  site(SICK);
  write("cred/pdu-b", "Public\n");
  write("cred/w", "long and unknown phrase\n", 0o644);
  write("cred/old", "kept words\n", 0o644);
  const { code, stdout, stderr } = await runCli(["doctor", "--config", join(folder, "oob.yaml")], {
    env,
  });
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^\d problems, \d warnings, 2 not/)]);
  for (const wanted of [
    /✗ configuration .*unknown key "oss"\n +Did you mean "os"\?/,
    /✗ configuration .*secret "w" can be read by others\n +chmod 600/,
    /✗ permissions .*cred\/old" can be read by others/,
    /✗ secrets .*secret "pdu-b" \(pdu-b\) is one that everybody tries first/,
    /! clear-text .*pdu-b: SNMP v2c/,
    /\? clock /,
    /✗ ports .*web1: there is no "\/dev\/no-such-port"/,
    /! consoles .*web1: its console never showed anything/,
    /! daemon .*no daemon runs/,
    /\? sandbox /,
  ])
    expect(stdout).toMatch(wanted);
  expect(stdout).not.toMatch(/phrase|"Public|kept words/);
});

test("secrets that could not be read are not called well", async () => {
  site("hosts:\n  web1: { console: telnet://127.0.0.1:7001, login: { user: root, secret: w } }\n");
  write("cred/w", "public\n", 0o644);
  const found = async () => {
    const { findings } = await examine({ config: join(folder, "oob.yaml"), env });
    return findings.filter(({ check }) => check === "secrets");
  };
  expect(await found()).toEqual([
    expect.objectContaining({ is: "unchecked", text: expect.stringMatching(/^1 of 1 secrets/) }),
  ]);
  chmodSync(join(folder, "cred/w"), 0o600);
  expect(await found()).toEqual([
    expect.objectContaining({ is: "problem", text: expect.stringMatching(/everybody tries/) }),
  ]);
});

test.runIf(process.getuid?.() === 0)("root reads the secrets of the daemon's user", async () => {
  site("hosts:\n  web1: { console: telnet://127.0.0.1:7001, login: { user: root, secret: w } }\n");
  write("cred/w", "public\n");
  mkdirSync(join(folder, "state"), { mode: 0o750 });
  for (const name of ["state", "cred", "cred/w"]) chownSync(join(folder, name), 4711, 4711);
  const { findings } = await examine({ config: join(folder, "oob.yaml"), env });
  const of = (wanted: string) => findings.filter(({ check }) => check === wanted);
  expect(of("configuration")).toEqual([expect.objectContaining({ is: "ok" })]);
  expect(of("secrets")).toEqual([expect.objectContaining({ is: "problem", about: "w" })]);
});

test("where sockets cannot be listed, no daemon is said to be missing", async () => {
  site("hosts: { web1: { console: telnet://127.0.0.1:7001 } }\n");
  symlinkSync(join(folder, "run"), join(folder, "run"));
  const { findings } = await examine({ config: join(folder, "oob.yaml"), env });
  expect(findings.filter(({ check }) => check === "daemon")).toEqual([
    expect.objectContaining({ is: "unchecked", text: expect.stringContaining("cannot be seen") }),
  ]);
});

test("--json has the same, with a todo for all that is not well", async () => {
  site(SICK);
  const { stdout } = await runCli(["doctor", "--json", "--config", join(folder, "oob.yaml")], {
    env,
  });
  const { v, ok, findings } = JSON.parse(stdout);
  expect([v, ok]).toEqual([1, false]);
  for (const { is, check, text, todo } of findings) {
    expect([check, text]).toEqual([expect.any(String), expect.any(String)]);
    expect(typeof todo).toBe(is === "ok" ? "undefined" : "string");
  }
});

test("with --ask the site reads every PDU; one that does not answer is a problem", async () => {
  site("pdus:\n  pdu-a: { driver: qemu, path: /nonexistent }\n");
  const ran = await runCli(["doctor", "--ask", "--config", join(folder, "oob.yaml")], { env });
  expect(ran.stdout).toMatch(/(?:✓|✗) pdus /);
  expect(ran.opened).toHaveLength(1);
  const without = await runCli(["doctor", "--config", join(folder, "oob.yaml")], { env });
  expect(without.opened).toEqual([]);
  expect(without.stdout).not.toMatch(/ pdus /);
});

test("a daemon that runs is found by its socket, and its age is compared with the file's", async () => {
  site(`hosts:\n  web1: { console: "unix:${folder}/none" }\n`);
  const config = join(folder, "oob.yaml");
  const daemon = await startDaemon({ config, env, say: () => {} });
  try {
    const look = async () =>
      (await examine({ config, env, synchronised: async () => true })).findings.find(
        ({ check }) => check === "daemon",
      );
    expect(await look()).toMatchObject({
      is: "ok",
      text: `runs (pid ${process.pid}) with the configuration on disk`,
    });
    const later = Date.now() / 1000 + 60;
    utimesSync(config, later, later);
    expect(await look()).toMatchObject({
      is: "warning",
      text: expect.stringMatching(/was changed after/),
    });
  } finally {
    await daemon.stop("test");
  }
});

test("without any configuration it says so, exit 2", async () => {
  const { code, stderr } = await runCli(["doctor", "--config", join(folder, "none.yaml")], { env });
  expect([code, stderr]).toEqual([expect.any(Number), expect.stringMatching(/none\.yaml/)]);
});
