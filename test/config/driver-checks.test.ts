import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkConfig } from "../../src/config/load-config.ts";
import { formatProblem } from "../../src/config/problems.ts";
import { Registry } from "../../src/core/registry/registry.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-checks-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Errors as "line:column path: message", by the drivers that ship and those in the folder. */
async function errorsOf(yaml: string): Promise<string[]> {
  const file = join(folder, "oob.yaml");
  await writeFile(file, yaml);
  const { problems } = await checkConfig(file, {}, (folders) => new Registry(folders));
  return problems
    .filter(({ severity }) => severity === "error")
    .map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
}

describe("config check finds what only the opening of a device would refuse", () => {
  test.each([
    ["driver: snmp, host: h, user: oob", '1:43 pdus.p.user: user "oob" has no auth'],
    ["driver: snmp, host: h", "pdus.p.user: SNMP version 3 needs a user"],
    ["driver: snmp, host: h, community: secret:c", "pdus.p.community: SNMP version 2c is clear"],
    ["driver: snmp, host: h, user: u, priv: secret:p", "pdus.p.priv: priv without auth"],
    [
      "driver: snmp, host: h, user: u, insecure: true, profile: apc-rpdu3",
      '1:71 pdus.p.profile: there is no profile "apc-rpdu3"',
    ],
    ["driver: qemu", "pdus.p.path: give either a path, or host and port"],
    ["driver: qemu, path: /q, host: h, port: 1", "pdus.p.path: give either"],
  ])("power { %s }", async (entry, wanted) => {
    const errors = await errorsOf(`pdus: { p: { ${entry} } }`);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(wanted);
  });

  test("a driver that has no address of its own needs the way to it", async () => {
    expect(await errorsOf('hosts: { h: { console: { driver: modem, number: "123" } } }')).toEqual([
      '1:34 hosts.h.console.driver: driver "modem" needs "via:", the way to it',
    ]);
  });

  test.each([
    [
      "driver: serial, path: ttyS0",
      '1:48 hosts.h.console.path: expected an absolute path, got "ttyS0"',
    ],
    ["driver: serial, path: /dev/null, format: 9x1", '1:67 hosts.h.console.format: "9x1" is no'],
    ['driver: exec, command: ""', "hosts.h.console.command: it is empty"],
    ["driver: exec, command: []", "hosts.h.console.command: it is empty"],
    [
      "driver: tcp, host: h, port: 1, via: { driver: exec, command: cat }",
      '1:57 hosts.h.console.via: driver "tcp" goes through no other device',
    ],
    ["driver: telnet", '1:24 hosts.h.console.host: option "host" is missing'],
    [
      "driver: telnet, port: 7, via: { driver: exec, command: cat }",
      '1:42 hosts.h.console.port: option "port" has no meaning beside "via"',
    ],
  ])("console { %s }", async (entry, wanted) => {
    const errors = await errorsOf(`hosts: { h: { console: { ${entry} } } }`);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(wanted);
  });

  test("a driver through another needs no address, and gets none from the defaults", async () => {
    const through = "{ driver: telnet, via: { driver: tcp, host: h, port: 1 } }";
    const defaults = "defaults: { console: { port: 7000 } }";
    expect(await errorsOf(`${defaults}\nhosts: { h: { console: ${through} } }`)).toEqual([]);
  });

  test("and what is right is let through", async () => {
    expect(
      await errorsOf(`pdus:
  a: { driver: snmp, host: h, user: u, auth: secret:a, profile: apc-rpdu2 }
  b: { driver: snmp, host: h, community: secret:a, insecure: true }
  c: "qemu:/run/q"
hosts: { h: { console: { driver: serial, path: /dev/null, format: 7e1 } } }
`),
    ).toEqual([]);
  });

  test("in a URL too", async () => {
    expect(await errorsOf('pdus: { p: "snmp://oob@h?version=3" }')).toEqual([
      expect.stringContaining('1:12 pdus.p: option "user": user "oob" has no auth'),
    ]);
  });

  test("a driver of the user's that throws while it checks is told, not fallen over", async () => {
    await mkdir(join(folder, "console"));
    await writeFile(
      join(folder, "console/odd.ts"),
      `import { defineConsole } from "oob/sdk";
export default defineConsole({ summary: "odd", sources: ["none at all"], options: {}, address: "path", identity: [],
  through: true, check() { throw new Error("oops"); }, open: () => Promise.reject(new Error("no")) });`,
    );
    const yaml = `drivers: ${folder}
hosts: { h: { console: { driver: odd, via: { driver: exec, command: cat } } } }`;
    expect(await errorsOf(yaml)).toEqual([
      "2:34 hosts.h.console.driver: its check of options failed: oops",
    ]);
  });
});

test("config check leaves a host that is a URL to a user's own driver that is no host-port", async () => {
  await mkdir(join(folder, "power"));
  await writeFile(
    join(folder, "power/odd.ts"),
    `import { definePower } from "oob/sdk";
export default definePower({ summary: "odd", sources: ["none at all"], address: "none",
  options: { host: { kind: "text", summary: "URL of the controller" } }, open: () => { throw new Error("no"); } });`,
  );
  expect(
    await errorsOf(`drivers: ${folder}\npdus: { p: { driver: odd, host: "http://10.0.0.5/x" } }`),
  ).toEqual([]);
});

describe("config check refuses settings that would silently do nothing", () => {
  test.each([
    ["sessions: { escape: ctrl-a }", '1:21 sessions.escape: expected "^]"'],
    ['grants: [{ who: "@ops", may: "*" }]', "grants[0].who: expected the name of a user"],
    ['grants: [{ who: jana, may: "*", on: ["@web"] }]', "grants[0].on[0]: expected the name"],
    ['users: ["@ops"]', "users[0]: expected the name of a user (groups are not supported)"],
  ])("%s", async (yaml, wanted) => {
    expect(await errorsOf(yaml)).toEqual([expect.stringContaining(wanted)]);
  });

  test.each(["^]", "^A", "^Ec", "&", "~", "none"])("but knows the escape %s", async (name) => {
    expect(await errorsOf(`sessions: { escape: "${name}" }`)).toEqual([]);
  });
});

test("config check warns of a password in a command, and does not show it", async () => {
  const file = join(folder, "oob.yaml");
  await writeFile(
    file,
    'hosts: { h: { console: { driver: exec, command: "sshpass -p hunter2 ssh ts1" } } }\n',
  );
  const { problems } = await checkConfig(file, {}, (folders) => new Registry(folders));
  expect(problems.map(({ severity, path, message }) => [severity, path, message])).toContainEqual([
    "warning",
    "hosts.h.console.command",
    'a password seems to stand in the open behind "-p"',
  ]);
  for (const problem of problems) expect(formatProblem(problem)).not.toContain("hunter2");
});
