import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkConfig, loadConfig } from "../../src/config/load-config.ts";
import { DEMO_ANNOUNCEMENT, findConfig, placesOf } from "../../src/config/places.ts";
import { formatProblem } from "../../src/config/problems.ts";
import type { SiteConfig } from "../../src/config/site-config.ts";
import { messageOf, OobError } from "../../src/lib/errors.ts";
import { catalog } from "./catalog.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-config-"));
  file = join(folder, "oob.yaml");
});
afterEach(() => rm(folder, { recursive: true }));

const load = async (yaml: string): Promise<SiteConfig> => {
  await writeFile(file, yaml);
  return loadConfig(file, {}, () => catalog);
};

/** Problems as "line:column path: message | hint". */
const problemsOf = async (yaml: string): Promise<string[]> => {
  await writeFile(file, yaml);
  const { problems } = await checkConfig(file, {}, () => catalog);
  return problems
    .filter((problem) => problem.severity === "error")
    .map(
      ({ line, column, path, message, hint }) =>
        `${line}:${column} ${path}: ${message}${hint === undefined ? "" : ` | ${hint}`}`,
    );
};

describe("loadConfig()", () => {
  test("two-person: how long the first word stands; nothing acts there by itself, and it is precious", async () => {
    const config = await load(`
users: [kim, lee]
defaults: { watch: act }
hosts:
  a: { console: "telnet://ts1:1", two-person: true, precious: false }
  b: { console: "telnet://ts1:2", two-person: 30m, watch: observe }
  c: { console: "telnet://ts1:3", two-person: false }
`);
    const hosts = [...config.hosts.values()];
    expect(hosts.map((host) => [host.twoPerson, host.precious, host.watch.mode])).toEqual([
      [600_000, true, "ask"],
      [1_800_000, true, "observe"],
      [undefined, false, "act"],
    ]);
  });

  test("two-person wants two people, who are not root", async () => {
    const host = 'hosts:\n  a: { console: "telnet://ts1:1", two-person: true }\n';
    for (const users of ["", "users: [kim]\n", "users: [kim, root]\n", "users: [kim, kim]\n"])
      expect((await problemsOf(`${users}${host}`)).join()).toMatch(
        /hosts\.a\.two-person: there are not two people under "users:"/,
      );
    const wrong = await problemsOf(`users: [kim, lee]\n${host.replace("true", "5s")}`);
    expect(wrong.join()).toMatch(/expected true, false, or from 30s to 24h/);
  });

  test("on-detach: words, keys in text, the time and the proof; the host's own goes first", async () => {
    const config = await load(`
defaults: { on-detach: logout }
hosts:
  a: { console: "telnet://ts1:1" }
  b: { console: "telnet://ts1:2", on-detach: nothing }
  c: { console: "telnet://ts1:3", on-detach: { logout: '^Cexit\\r', within: 10s, proof: "Press RETURN" } }
  d: { console: "telnet://ts1:4", on-detach: drop-dtr }
`);
    expect([...config.hosts.values()].map((host) => host.onDetach)).toEqual([
      { is: "logout", type: "exit\r", within: 30_000 },
      { is: "nothing" },
      { is: "logout", type: "\u0003exit\r", within: 10_000, proof: "Press RETURN" },
      { is: "drop-dtr", within: 30_000 },
    ]);
  });

  test.each([
    "reboot",
    "{ logout: '' }",
    "{ logout: x, drop-dtr: true }",
    "{ logout: x, after: 3s }",
    "{ logout: x, within: 3 }",
    "[]",
  ])("on-detach: %s is refused", async (value) => {
    const [problem] = await problemsOf(
      `hosts:\n  a: { console: "telnet://ts1:1", on-detach: ${value} }\n`,
    );
    expect(problem).toMatch(
      /^2:\d+ hosts\.a\.on-detach: expected "nothing", "logout", "drop-dtr", or a mapping/,
    );
  });

  test("reads the form of the design", async () => {
    const config = await load(`
pdus:
  pdu-a: { driver: snmp, host: 10.0.0.5, version: 3, user: oob, community: secret:pdu-a }
  pdu-b: { driver: serial-pdu, profile: baytech-rpc3, via: { driver: serial, path: /dev/ttyS3 } }
hosts:
  web1:
    console: { driver: telnet, host: ts1, port: 7003, keepalive: 30s }
    outlets: [pdu-a/3, pdu-b/5]
    os: linux
    watch: careful
`);
    expect(config.pdus.get("pdu-b")).toEqual({
      driver: "serial-pdu",
      options: { profile: "baytech-rpc3" },
      via: { driver: "serial", options: { path: "/dev/ttyS3", baud: 9600, format: "8n1" } },
    });
    expect(config.pdus.get("pdu-a")?.options).toMatchObject({
      version: "3",
      community: { secret: "pdu-a" },
    });
    const web1 = config.hosts.get("web1");
    expect(web1?.console.options).toEqual({
      host: "ts1",
      port: 7003,
      keepalive: 30_000,
    });
    expect(web1?.outlets).toEqual([
      { pdu: "pdu-a", reference: "3" },
      { pdu: "pdu-b", reference: "5" },
    ]);
    expect(web1?.watch).toMatchObject({ mode: "act", confirmFor: 300_000, silence: 0 });
  });

  test("expands ranges, with {n} in console and outlets", async () => {
    const config = await load(`
defaults: { console: { baud: 115200 }, os: linux, break: 500ms }
pdus: { a: "snmp://10.0.0.5" }
hosts:
  "db[01-03,7]":
    console: { driver: telnet, host: "ts{n}", port: "70{n}" }
    outlets: ["a/{n}"]
    precious: true
`);
    expect([...config.hosts.keys()]).toEqual(["db01", "db02", "db03", "db7"]);
    expect(config.hosts.get("db02")).toMatchObject({
      console: { options: { host: "ts02", port: 7002, baud: 115_200 } },
      outlets: [{ pdu: "a", reference: "02" }],
      os: "linux",
      precious: true,
      breakMs: 500,
    });
  });

  test("a host's watch replaces what stands in defaults, key by key; the preset fills in the rest", async () => {
    const config = await load(`
defaults: { watch: { mode: ask, budget: { cycles: 5, per: 1d }, sysrq: true } }
hosts:
  a: { console: "exec:cat" }
  b: { console: "exec:cat", watch: { mode: act, ladder: [cycle], silence: 5m, quiet: "Sun 02:00-05:00 backup" } }
  c: { console: "exec:cat", watch: off }
`);
    const { a, b, c } = Object.fromEntries(config.hosts);
    expect(a?.watch).toMatchObject({ mode: "ask", sysrq: true, budget: { cycles: 5 } });
    expect(b?.watch).toMatchObject({
      mode: "act",
      ladder: ["cycle"],
      silence: 300_000,
      sysrq: true,
      quiet: ["Sun 02:00-05:00 backup"],
      confirmFor: 60_000,
    });
    expect(c?.watch.mode).toBe("off");
  });

  test("collect: how long what dies with a cut is taken before it, and no longer than a probe is good for", async () => {
    const config = await load(`
hosts:
  a: { console: "exec:cat", watch: { mode: act, collect: 0s } }
  b: { console: "exec:cat", watch: act }
`);
    expect(config.hosts.get("a")?.watch.collect).toBe(0);
    expect(config.hosts.get("b")?.watch.collect).toBe(20_000);
    await expect(
      load('hosts:\n  a: { console: "exec:cat", watch: { mode: act, collect: 31s } }\n'),
    ).rejects.toThrow(/a duration of at most 30s/);
  });

  test("cool-down, always-on, and the rung soft", async () => {
    const config = await load(`
hosts:
  a: { console: "exec:cat", watch: { mode: act, ladder: [soft, cycle], cool-down: 1h, always-on: true } }
  b: { console: "exec:cat", watch: act }
`);
    const { a, b } = Object.fromEntries(config.hosts);
    expect(a?.watch).toMatchObject({
      ladder: ["soft", "cycle"],
      coolDown: 3_600_000,
      alwaysOn: true,
    });
    expect(b?.watch).toMatchObject({ coolDown: 900_000 });
    expect(b?.watch.alwaysOn).toBeUndefined();
  });

  test("silence counts by the clock or by the console's habit, the host's word over that of defaults", async () => {
    const config = await load(`
defaults: { watch: { mode: act, silence: habit } }
hosts:
  a: { console: "exec:cat" }
  b: { console: "exec:cat", watch: { silence: 5m } }
`);
    expect(config.hosts.get("a")?.watch).toMatchObject({ silence: 0, byHabit: true });
    expect(config.hosts.get("b")?.watch).toMatchObject({ silence: 300_000 });
    expect(config.hosts.get("b")?.watch.byHabit).toBeUndefined();
  });

  test("ping takes an address, and nothing that a program could take for an option", async () => {
    const host = (ping: string) =>
      `hosts: { a: { console: "exec:cat", watch: { ping: "${ping}" } } }`;
    for (const address of ["10.0.0.5", "fe80::1%eth0", "web1.example.net"])
      expect((await load(host(address))).hosts.get("a")?.watch.ping).toBe(address);
    for (const address of ["-f", "10.0.0.5 -f", "$(id)", ""])
      await expect(load(host(address))).rejects.toThrow(/ping/);
  });

  test("watch is observe where nothing is said: the watchdog acts only where it is told to", async () => {
    const config = await load('hosts: { a: { console: "exec:cat" } }');
    expect(config.hosts.get("a")?.watch.mode).toBe("observe");
  });

  test("merges conf.d, and refuses a host that is defined twice", async () => {
    await mkdir(join(folder, "conf.d"));
    await writeFile(join(folder, "conf.d/b.yaml"), 'hosts:\n  b: { console: "exec:cat" }\n');
    const config = await load('hosts: { a: { console: "exec:cat" } }');
    expect([...config.hosts.keys()]).toEqual(["a", "b"]);
    await writeFile(join(folder, "conf.d/c.yaml"), 'hosts:\n  "a": { console: "exec:cat" }\n');
    expect(await problemsOf('hosts: { a: { console: "exec:cat" } }')).toEqual([
      `2:3 hosts.a: "a" is defined twice | The other one is in ${file}`,
    ]);
  });

  test("reads settings and says no more than the defaults where nothing is given", async () => {
    const config = await load(`
version: 1
site: fra1
state: /srv/oob
users: [jana, kim]
grants: [{ who: jana, may: [attach, power] }]
require-reason: true
sessions: { escape: "~", idle-timeout: 5m }
log: { sync: 2s, segment: 4M, segment-age: 6h, compress: true, keep: { size: 1G } }
`);
    expect(config).toMatchObject({
      site: "fra1",
      state: "/srv/oob",
      users: ["jana", "kim"],
      grants: [{ who: "jana", may: ["attach", "power"], on: ["*"] }],
      requireReason: true,
      escape: "~",
      filter: "safe",
      idleTimeout: 300_000,
      log: {
        ...{ sync: 2000, segmentBytes: 4 * 1024 ** 2, segmentAge: 6 * 3_600_000 },
        ...{ compress: true, keepDays: undefined, keepBytes: 1024 ** 3 },
      },
    });
  });

  test("throws CONFIG_INVALID with every problem, its place and a caret", async () => {
    await writeFile(
      file,
      "hosts:\n  web2:\n    console: { driver: telnet, host: ts1, port: 70o3 }\n",
    );
    const error = await loadConfig(file, {}, () => catalog).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OobError);
    expect((error as OobError).code).toBe("CONFIG_INVALID");
    expect((error as OobError).message).toBe(
      `Cannot use configuration "${file}": 1 problem
${file}:3:49: hosts.web2.console.port: expected a whole number from 1 to 65535, got "70o3"
        console: { driver: telnet, host: ts1, port: 70o3 }
                                                    ^^^^`,
    );
  });

  test("throws CONFIG_NOT_FOUND where the named file is not there", async () => {
    await expect(loadConfig(join(folder, "no.yaml"), {}, () => catalog)).rejects.toMatchObject({
      code: "CONFIG_NOT_FOUND",
    });
  });
});

describe("checkConfig()", () => {
  test("lists all problems of all parts, in order, with nearest names", async () => {
    expect(
      await problemsOf(`versin: 1
pdus:
  pdu-a: { driver: snmpp, host: 10.0.0.5 }
  Pdu_B: { driver: snmp, host: 10.0.0.6, portt: 1 }
  pm: { driver: snmp, host: "https://oob@10.0.0.7:10101/x" }
hosts:
  web1:
    console: { driver: telnet, port: 0 }
    outlets: [pdu-b/1, pdu-a, pdu-a/2, pdu-a/2]
    watch: carefull
    pecious: true
  Web2: { console: { driver: serial, path: /dev/ttyS0, format: 8n2 } }
  web3: { console: { drivr: telnet } }
  "db[3-1]": { console: "exec:cat" }
  web4: { console: "telnt://ts1:1" }
  web5: { os: 7 }
log: { sync: 1 }
`),
    ).toEqual([
      '1:1 versin: unknown key "versin" | Did you mean "version"?',
      '3:20 pdus.pdu-a.driver: no power driver "snmpp" | Did you mean "snmp"?',
      `4:3 pdus.Pdu_B: "Pdu_B" is no name for a PDU | At most 63 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit`,
      '4:42 pdus.Pdu_B.portt: unknown option "portt" | Did you mean "port"?',
      "5:29 pdus.pm.host: expected a name or an address, got a URL or a path | Leave out the scheme and what stands behind the name: host: 10.0.0.7",
      '8:14 hosts.web1.console.host: option "host" is missing | host: where it is',
      "8:38 hosts.web1.console.port: expected a whole number from 1 to 65535, got 0",
      '9:15 hosts.web1.outlets[0]: there is no PDU "pdu-b" | Did you mean "pdu-a"?',
      '9:24 hosts.web1.outlets[1]: expected "pdu/outlet", got "pdu-a" | Name the outlet too: "pdu-a/1"',
      '9:40 hosts.web1.outlets[3]: outlet "pdu-a/2" is listed twice',
      '10:12 hosts.web1.watch: expected one of off, observe, ask, act, careful, or a mapping, got "carefull" | Did you mean "careful"?',
      '11:5 hosts.web1.pecious: unknown key "pecious" | Did you mean "precious"?',
      `12:3 hosts.Web2: "Web2" is no host name | At most 63 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit`,
      '12:64 hosts.Web2.console.format: expected one of "8n1", "7e1", got "8n2" | Did you mean "8n1"?',
      '13:20 hosts.web3.console.driver: "driver" is missing | Is "drivr" meant to be "driver"?',
      '14:3 hosts.db[3-1]: "db[3-1]" counts backwards in "3-1"',
      '15:20 hosts.web4.console: Cannot open "telnt://ts1:1": there is no driver "telnt" | Did you mean "telnet"?',
      '16:9 hosts.web5.console: "console" is missing',
      "16:15 hosts.web5.os: expected text, got 7",
      '17:14 log.sync: expected a duration such as "30s", got 1',
    ]);
  });

  test("knows the keys of nested mappings and of list items", async () => {
    expect(
      await problemsOf(`log: { keep: { dayz: 3 } }
grants: [{ who: a, except: [kick, powr], may: log, onn: [x] }]
hosts: { a: { console: "exec:cat", watch: { silense: 5m, budget: { cycles: 200 } }, login: { user: root }, outlet: a/1 } }
`),
    ).toEqual([
      '1:16 log.keep.dayz: unknown key "dayz" | Did you mean "days"?',
      expect.stringMatching(
        /^2:35 grants\[0\]\.except\[1\]: expected one of .* Did you mean "power"\?$/,
      ),
      '2:52 grants[0].onn: unknown key "onn" | Did you mean "on"?',
      '3:45 hosts.a.watch.silense: unknown key "silense" | Did you mean "silence"?',
      '3:66 hosts.a.watch.budget.per: "per" is missing',
      "3:76 hosts.a.watch.budget.cycles: expected a whole number from 0 to 100, got 200",
      '3:92 hosts.a.login.secret: "secret" is missing',
      '3:108 hosts.a.outlet: unknown key "outlet" | Did you mean "outlets"?',
    ]);
  });

  test("refuses duplicate keys and alias bombs", async () => {
    expect(await problemsOf("hosts: {}\nhosts: {}\n")).toEqual([
      expect.stringMatching(/^2:1 : .*unique/),
    ]);
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]
${["b", "c", "d", "e", "f", "g", "h"].map((k, i) => `${k}: &${k} [${`*${"abcdefg"[i]},`.repeat(9)}]`).join("\n")}
`;
    expect(await problemsOf(bomb)).toEqual([expect.stringMatching(/alias/i)]);
  });

  test("never shows what stands where the name of a secret is wanted", async () => {
    const [problem] = await problemsOf(
      "hosts: { a: { console: { driver: telnet, host: h, password: hunter2 } } }",
    );
    expect(problem).toContain("expected the name of a secret");
    expect(problem).not.toContain("hunter2");
  });

  test.each([
    [
      "in place of the name",
      "p: { driver: snmp, host: h, community: hunter2 }",
      "h, community: *******",
    ],
    [
      "in quotes, beside another fault",
      'p: { driver: snmp, bogus: 1, community: "hunter2" }',
      "community: *********",
    ],
    ["under a driver that does not exist", "p: { driver: snpm, auth: hunter2 }", "auth: ******"],
    [
      "under a misspelt option",
      "p: { driver: snmp, host: h, comunity: hunter2 }",
      "comunity: *******",
    ],
    [
      "under another misspelt one",
      "p: { driver: snmp, host: h, passwrd: hunter2 }",
      "passwrd: *******",
    ],
    ["in broken YAML", "p: { driver: snmp, host: h, host: i, auth: hunter2 }", "auth: *******"],
    ["in a URL", 'p: "snmp://hunter2@h"', "snmp://*******@h"],
    ["in the query of a URL", 'p: "snmp://h?community=hunter2&port=x"', "***"],
    [
      "behind a wrong prefix",
      "p: { driver: snmp, host: h, community: secret:hunter2! }",
      undefined,
    ],
    [
      "on a line of its own",
      "p:\n    driver: snmp\n    host: h\n    community:\n      hunter2",
      "*******",
    ],
  ])("never shows a secret that stands in the file %s", async (_, entry, shown) => {
    await writeFile(file, `pdus:\n  ${entry}\n`);
    const { problems } = await checkConfig(file, {}, () => catalog);
    expect(problems).not.toEqual([]);
    const thrown = await loadConfig(file, {}, () => catalog).then(() => "", messageOf);
    if (shown === undefined) {
      expect(problems.map(({ message }) => message).join()).not.toContain("hunter2");
      return;
    }
    expect(JSON.stringify(problems) + thrown).not.toContain("hunter2");
    expect(problems.map(({ source }) => source).join()).toContain(shown);
  });

  test("keeps the caret under a hidden secret, and shows names of secrets", async () => {
    await writeFile(
      file,
      "pdus:\n  p: { driver: snmp, host: h, community: secret:pdu-a, port: x }\n  q: { driver: snmp, host: h, community: hunter2 }\n",
    );
    const { problems } = await checkConfig(file, {}, () => catalog);
    const shown = problems.map(formatProblem).join("\n");
    expect(shown).toContain("community: secret:pdu-a, port: x }");
    expect(shown).toContain(
      `    ${"  q: { driver: snmp, host: h, community: ******* }"}\n${" ".repeat(45)}^^^^^^^\n`,
    );
  });

  test("warns of two hosts that have the same device", async () => {
    await writeFile(
      file,
      [
        "hosts:",
        "  web1: { console: { driver: serial, path: /dev/ttyS0 } }",
        "  web2: { console: { driver: serial, path: /dev/ttyS1 } }",
        "  web3: { console: { driver: serial, path: /dev/ttyS0, baud: 9600 } }",
        "  web4: { console: { driver: telnet, host: a, port: 1 } }",
        '  "web[5-9]": { console: { driver: telnet, host: a, port: 2 } }',
        "  gw: { console: { driver: serial, path: /dev/ttyS1, on-demand: true } }",
      ].join("\n"),
    );
    const { problems } = await checkConfig(file, {}, () => catalog);
    expect(problems.map(({ severity, line, message }) => [severity, line, message])).toEqual([
      ["warning", 4, '"web3" and "web1" have the same device'],
      ["warning", 6, '"web6" and "web5" have the same device'],
    ]);
  });

  test("hides no value of a URL that is no secret", async () => {
    await writeFile(file, 'hosts: { a: { console: "serial:/dev/ttyS0?baud=x" } }');
    const { problems } = await checkConfig(file, {}, () => catalog);
    expect(problems[0]?.source).toContain('"serial:/dev/ttyS0?baud=x"');
  });

  test("names the option of a URL that is wrong", async () => {
    expect(
      await problemsOf('hosts: { a: { console: "serial:/dev/ttyS0?baud=123456789" } }'),
    ).toEqual([
      '1:24 hosts.a.console: Cannot read the address "serial:/dev/ttyS0?…": option "baud": expected a whole number from 50 to 4000000, got "123456789"',
    ]);
  });

  test("refuses a community in a URL of the file, and a stored secret that poses as one", async () => {
    expect(
      await problemsOf(`pdus:
  a: "snmp://public@10.0.0.5?version=2c"
  b: { driver: snmp, host: h, community: secret:url-x }
`),
    ).toEqual([
      "2:6 pdus.a: a secret stands in this URL | Write it as a mapping, with secret:NAME",
      expect.stringMatching(/^3:42 pdus.b.community: expected a name/),
    ]);
  });

  test("finds secrets that others can read, and warns of missing ones", async () => {
    await mkdir(join(folder, "credentials"));
    await writeFile(join(folder, "credentials/open"), "x", { mode: 0o644 });
    await writeFile(
      file,
      `credentials: ${join(folder, "credentials")}
hosts: { a: { console: { driver: telnet, host: h, password: secret:open }, login: { user: root, secret: gone } } }
`,
    );
    const { problems, summary } = await checkConfig(file, {}, () => catalog);
    expect(problems.map((problem) => `${problem.severity}: ${problem.message}`)).toEqual([
      'error: secret "open" can be read by others',
      'warning: secret "gone" is not there',
    ]);
    expect(problems.map(({ line, column, path, width }) => [line, column, path, width])).toEqual([
      [2, 61, "hosts.a.console.password", 11],
      [2, 105, "hosts.a.login.secret", 4],
    ]);
    expect(summary).toMatchObject({ hosts: 1, watched: { observe: 1 }, secrets: ["gone", "open"] });
  });
});

test("checkConfig() looks for secrets in $CREDENTIALS_DIRECTORY first, as the daemon does", async () => {
  const given = join(folder, "given");
  await mkdir(given);
  await writeFile(join(given, "a"), "x", { mode: 0o600 });
  await writeFile(
    file,
    `credentials: ${folder}/none
defaults: { login: { user: root, secret: b } }
hosts: { h: { console: { driver: telnet, host: h, password: secret:a } } }
`,
  );
  const { problems } = await checkConfig(file, { CREDENTIALS_DIRECTORY: given }, () => catalog);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({
    severity: "warning",
    path: "defaults.login.secret",
    line: 2,
    column: 42,
    hint: `Put it into ${folder}/none/b`,
  });
});

test("formatProblem() keeps what a file holds from reaching the terminal", () => {
  const text = formatProblem({
    severity: "error",
    file: "oob.yaml",
    line: 1,
    column: 3,
    path: "a",
    message: "bad \u001b[2J",
    source: "a: \u001b]0;x\u0007",
    width: 4,
  });
  expect(text).not.toMatch(/[\u001b\u0007]/);
});

describe("findConfig()", () => {
  test("takes the file named, $OOB_CONFIG, the user's, in this order", async () => {
    await mkdir(join(folder, ".config/oob"), { recursive: true });
    const own = join(folder, ".config/oob/oob.yaml");
    await writeFile(own, "");
    const env = { HOME: folder, OOB_RUNTIME: join(folder, "run") };
    expect(await findConfig("/a.yaml", { ...env, OOB_CONFIG: "/b.yaml" })).toBe("/a.yaml");
    expect(await findConfig(undefined, { ...env, OOB_CONFIG: "/b.yaml" })).toBe("/b.yaml");
    expect(await findConfig(undefined, env)).toBe(own);
  });

  test("does not believe an announcement in a folder in which others may write", async () => {
    const run = join(folder, "run");
    await mkdir(run);
    await writeFile(join(run, DEMO_ANNOUNCEMENT), JSON.stringify({ config: file }), {
      mode: 0o600,
    });
    await writeFile(file, "");
    const env = { HOME: folder, OOB_RUNTIME: run };
    await chmod(run, 0o700);
    expect(await findConfig(undefined, env)).toBe(file);
    await chmod(run, 0o777);
    expect(await findConfig(undefined, env)).not.toBe(file);
  });
});

test("placesOf(): root keeps to the machine's folders, whatever sudo left in the environment", () => {
  const env = { HOME: "/home/jana", XDG_RUNTIME_DIR: "/run/user/1000", XDG_STATE_HOME: "/x" };
  expect(placesOf(env, 0)).toMatchObject({ state: "/var/lib/oob", runtime: "/run/oob" });
  expect(placesOf(env, 1000)).toMatchObject({ state: "/x/oob", runtime: "/run/user/1000/oob" });
  expect(placesOf({ HOME: "/home/jana" }, 1000)).toMatchObject({
    state: "/home/jana/.local/state/oob",
    runtime: "/tmp/oob-1000",
    configs: ["/home/jana/.config/oob/oob.yaml", "/etc/oob/oob.yaml"],
  });
});

describe("dial-in", () => {
  const MODEM = "modem: { driver: telnet, host: ts1, port: 7001 }";
  const GRANTS = "grants: [{ who: jana, may: [status, attach] }]\n";

  test("is off unless configured, and names who may call from where", async () => {
    expect((await load("hosts: {}\n")).dialIn).toEqual([]);
    const { dialIn } = await load(`${GRANTS}dial-in:
  attic:
    ${MODEM}
    callers: ["+32 2 555 01 42"]
    people: { jana: { passphrase: secret:jana-phone, dial-back: "025550142" } }
`);
    expect(dialIn).toMatchObject([
      {
        name: "attic",
        modem: { driver: "telnet" },
        callers: ["+32 2 555 01 42"],
        people: [{ who: "jana", passphrase: { secret: "jana-phone" }, dialBack: "025550142" }],
        idle: 300_000,
      },
    ]);
  });

  test("is refused without a rule for callers, without people, and for who is granted nothing", async () => {
    expect(
      await problemsOf(`${GRANTS}dial-in:
  a: { ${MODEM}, people: { jana: { passphrase: secret:x } } }
  b: { ${MODEM}, callers: any, people: {} }
  c: { ${MODEM}, callers: any, people: { max: { passphrase: "open sesame" } } }
  d: { ${MODEM}, callers: any, people: { max: { passphrase: secret:x } } }
  e: { callers: any, people: { jana: { passphrase: secret:x } } }
  f: { ${MODEM}, callers: any, people: { jana: { passphrase: secret:x, dial-back: "(+)" } } }
`),
    ).toEqual([
      '3:6 dial-in.a.callers: "callers" is missing',
      expect.stringMatching(/ dial-in\.b\.people: nobody may call in/),
      expect.stringMatching(/ dial-in\.c\.people\.max\.passphrase: expected secret:NAME; the/),
      expect.stringMatching(/ dial-in\.d\.people\.max: "max" is granted nothing/),
      '7:3 dial-in.e: "modem" is missing',
      expect.stringMatching(/ dial-in\.f\.people\.jana\.dial-back: expected a telephone number/),
    ]);
  });
});

describe("groups", () => {
  const HOSTS = `
hosts:
  "db[1-3]": { console: { driver: telnet, host: ts1, port: 7001 } }
  "web[1-2]": { console: { driver: telnet, host: ts1, port: 7001 } }
`;

  test("are host lists, lists of such, and may hold one another in any order", async () => {
    const { groups } = await load(`${HOSTS}
groups:
  all: ["@db", "web*,!web2"]
  db: "db[1-3]"
`);
    expect(Object.fromEntries(groups)).toEqual({
      db: ["db1", "db2", "db3"],
      all: ["db1", "db2", "db3", "web1"],
    });
  });

  test("that hold themselves are refused at the place that closes the circle", async () => {
    expect(
      await problemsOf(`${HOSTS}
groups:
  a: "@b"
  b: [web1, "@c"]
  c: "@a"
`),
    ).toEqual(["9:6 groups.c: a group cannot hold itself: @a in @b in @c in @a"]);
  });

  test("name the part that is wrong, each with its place", async () => {
    expect(
      await problemsOf(`${HOSTS}
groups:
  a: [web1, "wbe2"]
  b: "db[1-9]"
  c: 7
  d: "@aa"
  "@e": web1
`),
    ).toEqual([
      '7:13 groups.a[1]: Cannot find host "wbe2": no entry has this name | Did you mean "web2"?',
      expect.stringMatching(/^8:6 groups\.b: Cannot find host "db4": no entry.*, in "db\[1-9\]"/),
      expect.stringMatching(/^9:6 groups\.c: expected hosts such as/),
      expect.stringMatching(/^10:6 groups\.d: Cannot find group "@aa": no entry/),
      expect.stringMatching(/^11:3 groups\.@e: "@e" is no name for a group/),
    ]);
  });
});
