import { expect, test } from "vitest";
import type { PowerEvent } from "../../src/core/site/site.ts";
import { OobError } from "../../src/lib/errors.ts";
import { RunningCli, runCli } from "./run-cli.ts";
import { AT, hostStatus, SiteDouble } from "./site-double.ts";

const json = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("an unknown command names the near one, exit 2", async () => {
  const { code, stdout, stderr } = await runCli(["stauts"]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toBe(
    'oob: Cannot run "stauts": oob has no such command\n     Did you mean "status"?  See: oob help\n',
  );
});

test.each([
  [["status", "--jsn"], /Cannot read the command line: unknown option "--jsn"/],
  [["attach", "--reply"], /unknown option "--reply" \(Did you mean --replay\?\)\n {5}See/],
  [["hold"], /missing required argument "hosts"/],
  [
    ["modem"],
    /missing required argument "verb"\n {5}For example: oob modem .+ {3}See: oob modem --help/,
  ],
  [["log", "web1", "-n", "many"], /Cannot read the number "many"/],
  [["hold", "web1", "--for", "soon", "--reason", "x"], /Cannot read the duration "soon"/],
  [["power", "offf", "web1"], /no such verb\n.*Did you mean "off"\?/],
  [["status", "web9"], /Cannot find host "web9"[^\n]*\n {5}Did you mean "web1"\?/],
])("%j is refused with exit 2", async (argv, message) => {
  const { code, stdout, stderr } = await runCli(argv);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(message);
});

test("an error of several lines keeps them, and its hint follows", async () => {
  const { code, stderr } = await runCli(["status"], {
    openSite: async () => {
      throw new OobError("CONFIG_INVALID", "oob.yaml:8:5: unknown key\n  8 | hots:\n        ^", {
        hint: "Try hosts",
      });
    },
  });
  expect(code).toBe(2);
  expect(stderr).toBe("oob: oob.yaml:8:5: unknown key\n  8 | hots:\n        ^\n     Try hosts\n");
});

test("without any host, status says how to get one", async () => {
  const { code, stderr } = await runCli(["status"], { site: new SiteDouble([]) });
  expect(code).toBe(2);
  expect(stderr).toMatch(/none is configured\n {5}.*oob demo/);
});

test("a host given by URL goes under the name that the site gives it", async () => {
  const url = "serial:/dev/ttyUSB0";
  const site = new SiteDouble([hostStatus("serial-dev-ttyusb0")]);
  site.aliases.set(url, "serial-dev-ttyusb0");
  const { code, opened } = await runCli(["hold", url, "--for", "1h", "--reason", "x"], { site });
  expect(code).toBe(0);
  expect(opened).toEqual([{ hosts: [url] }]);
  expect(site.asked.at(-1)).toMatchObject({ hold: ["serial-dev-ttyusb0"] });
});

test("a daemon out of reach is exit 3", async () => {
  const { code } = await runCli(["status"], {
    openSite: async () => {
      throw new OobError("DAEMON_UNREACHABLE", "Cannot reach the daemon: refused");
    },
  });
  expect(code).toBe(3);
});

test("--config, --direct and URLs reach openSite, and the site is closed afterwards", async () => {
  const { opened, site } = await runCli(["status", "--config", "x.yaml", "--direct"]);
  expect(opened).toEqual([{ config: "x.yaml", direct: true }]);
  expect(site.closed).toBe(true);
  const other = await runCli(["pdu", "outlets", "snmp://public@pdu1"]);
  expect(other.opened).toEqual([{ hosts: ["snmp://public@pdu1"] }]);
});

test("status: what is wrong is in words, unknown power stays unknown", async () => {
  const site = new SiteDouble([
    hostStatus("web1"),
    hostStatus("db2", {
      power: "unknown",
      outlets: [
        { id: "a/1", state: "on", pending: false, readAt: AT },
        { id: "b/1", state: "unknown", pending: false, readAt: AT, error: "no answer" },
      ],
    }),
    hostStatus("vm1", {
      outlets: [],
      feeds: [],
      power: "unknown",
      writer: "oob",
      health: { state: "stuck", class: "soft-lockup", why: "", since: AT - 240_000 },
      lastLine: "BUG: soft lockup\u001b[31m",
    }),
    hostStatus("gw", { console: { is: "down", label: "modem", why: "no carrier" } }),
  ]);
  const { code, stdout, stderr } = await runCli(["status"], { site });
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "HOST  CONSOLE  POWER        HEALTH             SINCE  WRITER  LAST LINE
    web1  up       on           ok                    1m  -       web1 login:
    db2   up       on+unknown!  ok                    1m  -       db2 login:
    vm1   up       -            STUCK soft-lockup     4m  oob     BUG: soft lockup^[[31m
    gw    DOWN     on           was ok                1m  -       [no carrier]
    "
  `);
  expect(stderr).toBe("4 hosts · 1 stuck · 1 console down · 1 power unknown\n");
});

test("status says what is reached in clear text, each once and the first six", async () => {
  const site = new SiteDouble([
    hostStatus("web1", { insecure: ["console", "pdu-a"] }),
    hostStatus("web2", { insecure: ["pdu-a"] }),
  ]);
  const few = await runCli(["status"], { site });
  expect(few.stderr).toContain("in clear text (insecure: true): console of web1, pdu-a\n");
  const json = await runCli(["status", "--json"], { site });
  expect(JSON.parse(json.stdout).hosts[1].insecure).toEqual(["pdu-a"]);
  const names = Array.from({ length: 9 }, (_, n) => hostStatus(`h${n}`, { insecure: ["console"] }));
  const many = await runCli(["status"], { site: new SiteDouble(names) });
  expect(many.stderr).toContain("console of h5, and 3 more\n");
  const none = await runCli(["status"], { site: new SiteDouble([hostStatus("web1")]) });
  expect(none.stderr).not.toContain("clear text");
});

test("status counts several consoles that are down in the plural", async () => {
  const down = { is: "down", label: "modem", why: "no carrier" } as const;
  const site = new SiteDouble(["a", "b"].map((host) => hostStatus(host, { console: down })));
  const { stderr } = await runCli(["status"], { site });
  expect(stderr).toBe("2 hosts · 2 consoles down\n");
});

test("status --json is one document with UTC times", async () => {
  const { stdout } = await runCli(["status", "web1", "--json"]);
  const [document] = json(stdout);
  expect(document).toMatchObject({
    v: 1,
    via: "daemon",
    hosts: [
      {
        host: "web1",
        health: { since: "2026-11-22T07:50:02.000Z" },
        lastByteAt: "2026-11-22T07:50:58.000Z",
        outlets: [{ id: "pdu-a/3", state: "on", amps: 1.3, read: "2026-11-22T07:51:02.000Z" }],
      },
    ],
  });
});

test("status --no-power leaves the outlets alone", async () => {
  const { site } = await runCli(["status", "web1", "--no-power"]);
  expect(site.asked).toEqual([{ status: ["web1"], power: false }]);
});

test("power status --json is the promised form, one host a line", async () => {
  const { code, stdout } = await runCli(["power", "status", "db1", "--json"]);
  expect(code).toBe(0);
  expect(stdout).toBe(
    '{"v":1,"host":"db1","power":"on","outlets":[{"id":"pdu-a/3","state":"on","pending":false,"amps":1.3,"read":"2026-11-22T07:51:02.000Z"}]}\n',
  );
});

test("power status: unknown is exit 6, and why stands beside it", async () => {
  const outlets = [
    { id: "a/1", state: "unknown" as const, pending: false, readAt: AT, error: "no answer" },
  ];
  const site = new SiteDouble([hostStatus("web1", { power: "unknown", outlets })]);
  const { code, stdout } = await runCli(["power", "status", "web1"], { site });
  expect(code).toBe(6);
  expect(stdout).toMatch(/web1 +unknown +a\/1 +unknown +- +- +\[no answer\]/);
});

const done = (host: string): PowerEvent => ({
  at: AT,
  host,
  outlet: "pdu-a/3",
  text: "off, read back",
  state: "off",
  result: "done",
});

test("power off without a terminal and without an answer is refused, exit 5, and nothing is asked of the site", async () => {
  for (const argv of [
    ["web1"],
    ["web[1-2]", "--yes"],
    ["web1", "--confirm", "web2"],
    ["web[1-2]", "--confirm", "3"],
  ]) {
    const { code, site, stderr } = await runCli(["power", "off", ...argv]);
    expect(code).toBe(5);
    expect(stderr).toMatch(/^oob: Cannot switch off .* without confirmation/);
    expect(
      site.asked.filter(
        (one) => typeof one === "object" && one !== null && "power" in one && !("status" in one),
      ),
    ).toEqual([]);
  }
});

test("a precious host wants its name: --yes is refused, --confirm NAME is taken", async () => {
  const site = () => {
    const one = new SiteDouble([hostStatus("db1", { precious: true })]);
    one.powerEvents = [done("db1")];
    return one;
  };
  expect((await runCli(["power", "cycle", "db1", "--yes"], { site: site() })).code).toBe(5);
  expect((await runCli(["power", "on", "db1"], { site: site() })).code).toBe(5);
  expect((await runCli(["power", "cycle", "db1", "--confirm", "db1"], { site: site() })).code).toBe(
    0,
  );
});

test.each([
  [["web1", "--yes"], ["web1"], "y"],
  [["web1", "--confirm", "web1"], ["web1"], "web1"],
  [["web[1-2]", "--confirm", "2"], ["web1", "web2"], "2"],
])("power off %j acts, and tells how it was confirmed", async (argv, hosts, confirm) => {
  const site = new SiteDouble();
  site.powerEvents = hosts.map(done);
  const { code, stdout } = await runCli(["power", "off", ...argv, "--reason", "why"], { site });
  expect(code).toBe(0);
  expect(site.asked.at(-1)).toEqual({
    power: { verb: "off", hosts, dryRun: false, force: false, reason: "why", confirm },
  });
  expect(stdout).toMatch(/^\d\d:51:02 web1 {2}pdu-a\/3 off ✓ read back {2}done$/m);
});

test.each([
  ["y\n", 0],
  ["web1\n", 0],
  ["n\n", 5],
  ["\n", 5],
  ["web2\n", 5],
])("the question of power off at a terminal: %j gives exit %i", async (answer, code) => {
  const site = new SiteDouble();
  site.powerEvents = [done("web1")];
  const running = new RunningCli(["power", "off", "web1"], { site, stdinTty: true });
  await running.saw(
    /Switch off web1\? power on, console spoke 4s ago, nobody attached\. Type y: $/,
  );
  running.stdin.write(answer);
  expect(await running.code).toBe(code);
  expect(site.asked.some((one) => JSON.stringify(one).includes("dryRun"))).toBe(code === 0);
});

test("end of input at the question is a no", async () => {
  const running = new RunningCli(["power", "off", "web1"], { stdinTty: true });
  await running.saw(/Type y: $/);
  running.stdin.end();
  expect(await running.code).toBe(5);
});

test("Ctrl-C at the question is a no: exit 130, nothing is asked of the site", async () => {
  const running = new RunningCli(["power", "off", "web1"], { stdinTty: true });
  await running.saw(/Type y: $/);
  running.signals.emit("SIGINT");
  expect(await running.code).toBe(130);
  expect(running.stderr).toMatch(/Type y: \s*$/);
  expect(JSON.stringify(running.site.asked)).not.toContain("verb");
});

test("a host with two feeds is named with both before the question", async () => {
  const outlets = ["a/1", "b/1"].map((id) => ({
    id,
    state: "on" as const,
    pending: false,
    readAt: AT,
    amps: 1.2,
  }));
  const site = new SiteDouble([hostStatus("db1", { outlets })]);
  const running = new RunningCli(["power", "cycle", "db1"], { site, stdinTty: true });
  await running.saw(
    /db1 hangs on 2 feeds: a\/1 \(on, 1\.2 A\) {2}b\/1 \(on, 1\.2 A\)\n[\s\S]*Type y: $/,
  );
  running.stdin.write("n\n");
  expect(await running.code).toBe(5);
});

test.each([
  [{ result: "failed" as const }, 1],
  [
    {
      result: "refused" as const,
      error: { code: "HELD", message: "Cannot switch web1: held by jana" },
    },
    5,
  ],
  [{ result: "refused" as const, error: { code: "NOT_PERMITTED", message: "Cannot" } }, 4],
  [{ result: "refused" as const, error: { code: "OUTLET_UNKNOWN", message: "Cannot" } }, 2],
  [{ result: "unknown" as const }, 6],
  [
    {
      result: "failed" as const,
      state: "off" as const,
      error: { code: "POWER_UNVERIFIED", message: "Cannot see pdu-a/3 on" },
    },
    1,
  ],
  [{ result: "failed" as const, error: { code: "PDU_SILENT", message: "Cannot read pdu-a" } }, 7],
  [{}, 6],
])("power off ending with %j is exit %i", async (ending, code) => {
  const site = new SiteDouble();
  site.powerEvents = [{ at: AT, host: "web1", text: "off", ...ending }];
  expect((await runCli(["power", "off", "web1", "--yes"], { site })).code).toBe(code);
});

test("power: a host of which no end is heard makes exit 6, also beside one that is done", async () => {
  const site = new SiteDouble();
  site.powerEvents = [done("web1")];
  const { code, stderr } = await runCli(["power", "off", "web[1-2]", "--confirm", "2"], { site });
  expect(code).toBe(6);
  expect(stderr).toMatch(/web2 {2}outcome unknown; see: oob power status web2/);
});

test("power --dry-run of several hosts says what they come to", async () => {
  const site = new SiteDouble();
  const reads = (host: string, outlet: string) =>
    ({ at: AT, host, outlet, text: `${outlet} reads on`, state: "on" }) as const;
  site.powerEvents = [reads("web1", "pdu-a/3"), reads("web1", "pdu-b/3"), reads("web2", "pdu-a/3")];
  const { stderr } = await runCli(["power", "off", "web*", "--dry-run"], { site });
  expect(stderr).toContain("would switch 2 outlets on 2 PDUs (pdu-a 1, pdu-b 1)");
});

test.each([
  [["off", "web1", "--yes", "--graceful"], { within: 300_000, thenHard: false }],
  [
    ["cycle", "web1", "--yes", "--graceful", "--within", "30s", "--then-hard"],
    { within: 30_000, thenHard: true },
  ],
  [["soft", "web1", "--yes", "--within", "1m"], { within: 60_000, thenHard: false }],
])("power %j goes down in order first", async (argv, graceful) => {
  const site = new SiteDouble();
  site.powerEvents = [done("web1")];
  expect((await runCli(["power", ...argv], { site })).code).toBe(0);
  expect(site.asked.at(-1)).toMatchObject({ power: { graceful } });
});

test.each([
  ["on", "--graceful"],
  ["reset", "--graceful"],
  ["off", "--then-hard"],
  ["cycle", "--within=1m"],
])("power %s web1 %s is a mistake, and no hard cut", async (verb, flag) => {
  const site = new SiteDouble();
  const { code, stderr } = await runCli(["power", verb, "web1", "--yes", flag], { site });
  expect(code).toBe(2);
  expect(stderr).toContain("--graceful");
  expect(site.asked).toEqual([]);
});

test("power --dry-run asks nothing and needs no end", async () => {
  const site = new SiteDouble();
  site.powerEvents = [
    { at: AT, host: "web1", outlet: "pdu-a/3", text: "would switch off", state: "on" },
  ];
  const { code } = await runCli(["power", "off", "web*", "--dry-run"], { site });
  expect(code).toBe(0);
  expect(site.asked).toEqual([
    { power: { verb: "off", hosts: ["web1", "web2"], dryRun: true, force: false, reason: "" } },
  ]);
});

test("power -q is silent where all went well, and not where it did not", async () => {
  const site = new SiteDouble();
  site.powerEvents = [
    done("web1"),
    { ...done("web2"), result: "unknown", state: "unknown", text: "no answer" },
  ];
  const { stdout, stderr } = await runCli(["power", "off", "web[1-2]", "--confirm", "2", "-q"], {
    site,
  });
  expect(stdout).toMatch(/^[^\n]*web2[^\n]*unknown\n$/);
  expect(stderr).not.toContain("web1");
});

function cycling(via: "daemon" | "direct"): RunningCli {
  const site = new SiteDouble();
  site.via = via;
  site.endless = true;
  site.powerEvents = [
    { at: AT, host: "web1", outlet: "pdu-a/3", text: "off, read back", state: "off" },
  ];
  return new RunningCli(["power", "cycle", "web1", "--yes"], { site });
}

test("Ctrl-C while this process switches first says what it would leave, then leaves it: exit 130", async () => {
  const running = cycling("direct");
  await running.saw(/off ✓ read back/);
  running.signals.emit("SIGINT");
  await running.saw(/still at work; Ctrl-C again leaves it as it is: web1 pdu-a\/3 last read off/);
  running.signals.emit("SIGINT");
  expect(await running.code).toBe(130);
  expect(running.stderr).toMatch(/left in the middle: web1 pdu-a\/3 last read off/);
});

test("Ctrl-C while a daemon switches leaves at once, and says who finishes it", async () => {
  const running = cycling("daemon");
  await running.saw(/off ✓ read back/);
  running.signals.emit("SIGINT");
  expect(await running.code).toBe(130);
  expect(running.stderr).toMatch(
    /last read off\nthe daemon finishes it; see: oob events web1 -f\n$/,
  );
});

test("a reader of stdout that went away does not end a power cycle", async () => {
  const site = new SiteDouble();
  site.powerEvents = [{ ...done("web1"), result: "unknown" }, done("web1")];
  let running: RunningCli | undefined;
  site.beforePower = () => {
    const gone = Object.assign(new Error("EPIPE"), { code: "EPIPE" });
    running?.out.emit("error", gone);
  };
  running = new RunningCli(["power", "off", "web1", "--yes"], { site });
  expect(await running.code).toBe(0);
  expect(running.stdout).toBe("");
});

test("pdu outlets --json is exactly the promised form", async () => {
  const site = new SiteDouble();
  site.reading = {
    family: "apc-rpdu2",
    model: "AP8941",
    serial: "5A1",
    firmware: "7.0",
    outlets: [
      {
        instance: "27",
        label: "27",
        name: "web1",
        state: "on",
        pending: false,
        amps: 1.5,
        watts: 180,
      },
      { instance: "28", label: "28", state: "unknown", pending: true, note: "locked" },
    ],
    totals: { watts: 180, amps: [{ phase: "L1", amps: 1.5 }] },
  };
  const { code, stdout } = await runCli(["pdu", "outlets", "pdu-a", "--json"], { site });
  expect(stdout).toBe(
    '{"v":1,"family":"apc-rpdu2","model":"AP8941","serial":"5A1","outlets":[' +
      '{"instance":"27","label":"27","name":"web1","state":"on","pending":false,"amps":1.5,"watts":180},' +
      '{"instance":"28","label":"28","state":"unknown","pending":true}],' +
      '"totals":{"watts":180,"amps":[{"phase":"L1","amps":1.5}]}}\n',
  );
  expect(code).toBe(6);
  const text = await runCli(["pdu", "outlets", "pdu-a"], { site });
  expect(text.stdout).toMatch(/28 {2}unknown~ +- +- {2}\[locked\]/);
});

test("pdu outlets says which outlet the device would not switch, and why, once", async () => {
  const site = new SiteDouble();
  const outlet = { state: "on", pending: false } as const;
  site.reading = {
    family: "serial-pdu",
    outlets: [
      { ...outlet, instance: "1", label: "1", name: "web1", refuses: "locked" },
      { ...outlet, instance: "2", label: "2", note: "locked", refuses: "locked" },
      { ...outlet, instance: "3", label: "3", note: "it is number 4 as well", refuses: "twice" },
      { ...outlet, instance: "4", label: "4" },
    ],
  };
  const { stdout } = await runCli(["pdu", "outlets", "pdu-a"], { site });
  expect(stdout.match(/(?<=- {2})\S.*$/gm)).toEqual([
    "web1 [locked]",
    "[locked]",
    "[it is number 4 as well] [twice]",
  ]);
  const json = await runCli(["pdu", "outlets", "pdu-a", "--json"], { site });
  const { outlets } = JSON.parse(json.stdout) as { outlets: { refuses?: string }[] };
  expect(outlets.map(({ refuses }) => refuses)).toEqual(["locked", "locked", "twice", undefined]);
});

test("pdu outlets says once what holds for every outlet", async () => {
  const site = new SiteDouble();
  const outlet = { state: "on", pending: false, refuses: "read only: x" } as const;
  const outlets = ["1", "2"].map((label) => ({ ...outlet, instance: label, label }));
  site.reading = { family: "ibm-pdu", outlets };
  const { stdout, stderr } = await runCli(["pdu", "outlets", "pdu-a"], { site });
  expect(stdout).not.toContain("read only");
  expect(stderr).toBe("ibm-pdu\nno outlet is switched: read only: x\n");
});

test("a silent PDU is exit 7 and its community is not printed", async () => {
  const { code, stderr } = await runCli(["pdu", "outlets", "pdu-a"]);
  expect([code, stderr]).toEqual([7, 'oob: Cannot read "pdu-a": no answer within 5s\n']);
});

const LINES = [
  { is: "line" as const, at: AT, offset: 10, text: "watchdog: BUG\u001b[2J", hit: true },
  { is: "mark" as const, at: AT, offset: 20, kind: "power", text: "cycle" },
];

test("log shows times and marks, and control characters as text", async () => {
  const site = new SiteDouble();
  site.logRecords = LINES;
  const { code, stdout, stderr } = await runCli(["log", "web1", "--grep", "BUG", "-C1"], { site });
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^2026-11-2\d \d\d:51:02\.000 [+-]\d{4} {2}watchdog: BUG\^\[\[2J\n.* {2}-- power: cycle\n$/,
  );
  expect(stderr).toBe("1 match\n");
  expect(site.asked).toEqual([
    { log: { host: "web1", grep: "BUG", context: 1, follow: false, raw: false } },
  ]);
});

test("log asks for the last 200 lines unless told otherwise, and reads --since", async () => {
  const { site } = await runCli(["log", "web1"]);
  expect(site.asked).toEqual([{ log: { host: "web1", last: 200, follow: false, raw: false } }]);
  const since = await runCli(["log", "web1", "--since", "1h", "-f", "-n", "5"]);
  expect(since.site.asked).toEqual([
    { log: { host: "web1", since: AT - 3_600_000, last: 5, follow: true, raw: false } },
  ]);
});

test("log --json is one record a line", async () => {
  const site = new SiteDouble();
  site.logRecords = LINES;
  const { stdout } = await runCli(["log", "web1", "--json"], { site });
  expect(json(stdout)).toEqual([
    { v: 1, ...LINES[0], at: "2026-11-22T07:51:02.000Z" },
    { v: 1, ...LINES[1], at: "2026-11-22T07:51:02.000Z" },
  ]);
});

test("log --raw gives the bytes to a pipe, refuses a terminal, and warns where forced", async () => {
  const site = () => {
    const one = new SiteDouble();
    one.logRecords = [{ is: "raw", bytes: Buffer.from("\u001b]0;x\u0007") }];
    return one;
  };
  expect((await runCli(["log", "web1", "--raw"], { site: site() })).stdout).toBe(
    "\u001b]0;x\u0007",
  );
  const refused = await runCli(["log", "web1", "--raw"], { site: site(), stdoutTty: true });
  expect([refused.code, refused.stdout]).toEqual([2, ""]);
  const forced = await runCli(["log", "web1", "--raw", "--force"], {
    site: site(),
    stdoutTty: true,
  });
  expect(forced.stdout).toBe("\u001b]0;x\u0007");
  expect(forced.stderr).toContain("warning");
});

test("log -f ends at Ctrl-C with 130, and quietly when nobody reads any more", async () => {
  const site = new SiteDouble();
  site.logRecords = LINES;
  site.endless = true;
  const running = new RunningCli(["log", "web1", "-f"], { site });
  await running.saw(/cycle/);
  running.signals.emit("SIGINT");
  expect(await running.code).toBe(130);
  const piped = new RunningCli(["log", "web1", "-f"], { site });
  await piped.saw(/cycle/);
  piped.out.emit("error", Object.assign(new Error("EPIPE"), { code: "EPIPE" }));
  expect(await piped.code).toBe(0);
});

test("screen prints rows as text, and with --json the cursor", async () => {
  const { stdout, stderr } = await runCli(["screen", "web1"]);
  expect(stdout).toBe("GNU GRUB\n^[]0;evil^G*Debian\n");
  expect(stderr).toBe("web1  80x4, cursor row 2, column 1\n");
  const { stdout: document } = await runCli(["screen", "web1", "--json"]);
  expect(json(document)[0]).toMatchObject({ v: 1, host: "web1", cursor: { row: 1, column: 0 } });
});

test("hold needs a time and a reason, and says until when", async () => {
  expect((await runCli(["hold", "web1", "--for", "2h"])).code).toBe(2);
  const { stdout, site } = await runCli(["hold", "web[1-2]", "--for", "2h", "--reason", "RAID"]);
  expect(site.asked).toEqual([{ hold: ["web1", "web2"], forMs: 7_200_000, reason: "RAID" }]);
  expect(stdout).toMatch(/^web1 {2}held until 2026-11-2\d \d\d:51 [+-]\d{4} \(2h\): RAID\nweb2/);
  const document = await runCli(["hold", "web1", "--for", "2h", "--reason", "RAID", "--json"]);
  expect(json(document.stdout)).toEqual([
    { v: 1, host: "web1", until: "2026-11-22T09:51:02.000Z", reason: "RAID" },
  ]);
});

test("release", async () => {
  const { stdout, site } = await runCli(["release", "web1"]);
  expect(site.asked).toEqual([{ release: ["web1"] }]);
  expect(stdout).toBe("web1  released: watchdog and runbooks may act again\n");
  const { stdout: none } = await runCli(["release", "web2"]);
  expect(none).toBe("web2  had no hold: nothing to release\n");
  const { stdout: json } = await runCli(["release", "web2", "--json"]);
  expect(JSON.parse(json)).toMatchObject({ host: "web2", released: false });
});

test("events: without a host also what belongs to none", async () => {
  const site = new SiteDouble();
  site.siteEvents = [
    { seq: 1, at: AT, type: "console.up", by: "oob", host: "web1", text: "up\u0007" },
  ];
  const { stdout } = await runCli(["events", "--type", "console.up"], { site });
  expect(site.asked).toEqual([{ events: { hosts: [], type: "console.up", follow: false } }]);
  expect(stdout).toMatch(/ {2}web1 {6}console\.up {6}oob {2}up\^G\n$/);
  const document = await runCli(["events", "web1", "--json"], { site });
  expect(json(document.stdout)[0]).toMatchObject({ v: 1, seq: 1, at: "2026-11-22T07:51:02.000Z" });
});

const INCIDENT = {
  id: 31,
  host: "vm1",
  state: "open" as const,
  openedAt: AT,
  means: "the kernel panicked",
  class: "panic",
  acts: ["probe", "cycle"],
  folder: "/x",
};

test("incident list, show and close", async () => {
  const site = new SiteDouble();
  site.incidentList = [INCIDENT];
  expect((await runCli(["incident", "list"], { site })).stdout).toMatch(
    /^ID {2}OPENED[^\n]*\n31 {2}2026-11-2\d \d\d:51 [+-]\d{4} {2}vm1 {3}open {3}probe, cycle {2}the kernel panicked\n$/,
  );
  expect((await runCli(["incident", "show", "31"], { site })).stdout).toBe(
    "# Incident\n\nKernel panic^[[2J\n",
  );
  expect((await runCli(["incident", "close", "31"], { site })).code).toBe(2);
  const closed = await runCli(["incident", "close", "31", "--reason", "disk"], { site });
  expect(closed.stdout).toBe("incident 31  closed: disk\n");
  expect((await runCli(["incident", "show", "x"], { site })).code).toBe(2);
  const [list] = json((await runCli(["incident", "list", "--json"], { site })).stdout);
  expect(list).toEqual({
    v: 1,
    incidents: [{ ...INCIDENT, openedAt: "2026-11-22T07:51:02.000Z" }],
  });
});

const RUNBOOK = {
  name: "single-user",
  title: "Root shell in single-user mode",
  summary: "Through GRUB.",
  risk: "disrupt" as const,
  options: { stay: { kind: "boolean" as const, summary: "do not go back", default: false } },
};

test("runbook list and show", async () => {
  const site = new SiteDouble();
  site.runbookList = [RUNBOOK];
  expect((await runCli(["runbook", "list"], { site })).stdout).toBe(
    "RUNBOOK      RISK     TITLE\nsingle-user  disrupt  Root shell in single-user mode\n",
  );
  expect((await runCli(["runbook", "show", "single-user"], { site })).stdout).toBe(
    "single-user  Root shell in single-user mode  (risk: disrupt)\nThrough GRUB.\n\n--set  KIND     DEFAULT  WHAT\nstay   boolean  false    do not go back\n",
  );
  const mine = { ...RUNBOOK, file: "/etc/oob/runbooks/single-user.ts", hides: true as const };
  const own = new SiteDouble();
  own.runbookList = [mine];
  expect((await runCli(["runbook", "list"], { site: own })).stderr).toBe(
    "single-user is yours, not the one that ships: /etc/oob/runbooks/single-user.ts\n",
  );
  expect((await runCli(["runbook", "show", "single-user"], { site: own })).stdout).toContain(
    "\nyours: /etc/oob/runbooks/single-user.ts, in front of the one that ships\n",
  );
  const missing = await runCli(["runbook", "show", "singel-user"], { site });
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain('Did you mean "single-user"?');
  const none = await runCli(["runbook", "show"], { site });
  expect([none.code, none.stderr]).toEqual([
    2,
    expect.stringMatching(/^oob: Cannot show a runbook: one name is needed\n {5}oob runbook show /),
  ]);
});

test("run of a disruptive runbook asks as power does; the story and the exit code", async () => {
  const site = new SiteDouble();
  site.runbookList = [RUNBOOK];
  site.runEvents = [
    { at: AT, host: "web1", step: "boot loader", text: "menu seen", tookMs: 12_000 },
    { at: AT, host: "web1", text: "root shell", result: "done" },
  ];
  expect((await runCli(["run", "single-user", "web1"], { site })).code).toBe(5);
  const { code, stdout } = await runCli(
    ["run", "single-user", "web1", "--yes", "--set", "stay=true"],
    { site },
  );
  expect(code).toBe(0);
  expect(site.asked.at(-1)).toEqual({
    run: {
      runbook: "single-user",
      hosts: ["web1"],
      set: { stay: "true" },
      dryRun: false,
      force: false,
      reason: "",
    },
  });
  expect(stdout).toMatch(
    /web1 {2}boot loader: menu seen {2}\(12s\)\n.*web1 {2}root shell {2}done\n$/,
  );
  expect((await runCli(["run", "single-usr", "web1"], { site })).stderr).toContain("Did you mean");
  expect((await runCli(["run", "single-user", "web1", "--set", "stay"], { site })).code).toBe(2);
});

test("run: a host of which no end is heard makes exit 6", async () => {
  const site = new SiteDouble();
  site.runbookList = [{ ...RUNBOOK, risk: "read" }];
  site.runEvents = [{ at: AT, host: "web1", text: "root shell", result: "done" }];
  expect((await runCli(["run", "single-user", "web[1-2]"], { site })).code).toBe(6);
});

test("watch prints a line for each change where there is no terminal", async () => {
  const site = new SiteDouble();
  const up = hostStatus("web1");
  site.watchRows = [
    [up],
    [up],
    [{ ...up, health: { ...up.health, state: "crash", class: "panic" } }],
  ];
  const { stdout } = await runCli(["watch", "web1"], { site });
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(/web1 {2}up {2}on {2}CRASH panic/);
});

test("watch on a terminal redraws, and q sets the terminal back", async () => {
  const site = new SiteDouble();
  site.watchRows = [[hostStatus("web1", { lastLine: "x".repeat(200) })]];
  site.endless = true;
  const env = { NO_COLOR: "1" };
  const running = new RunningCli(["watch", "web1"], {
    site,
    env,
    stdinTty: true,
    stdoutTty: true,
  });
  await running.saw(/web1 {2}up/);
  running.stdin.write("q");
  expect(await running.code).toBe(0);
  expect(running.rawModes).toEqual([true, false]);
  expect(running.stdout.startsWith("\u001b[?1049h\u001b[?25l")).toBe(true);
  expect(running.stdout.endsWith("\u001b[?25h\u001b[?1049l")).toBe(true);
});

test("version", async () => {
  expect((await runCli(["--version"])).stdout).toMatch(/^oob \d+\.\d+\.\d+\n$/);
  expect((await runCli(["version"])).stdout).toMatch(/^oob \d+\.\d+\.\d+\n$/);
  expect(json((await runCli(["version", "--json"])).stdout)).toEqual([
    { v: 1, oob: expect.stringMatching(/^\d+\.\d+\.\d+$/), node: process.versions.node },
  ]);
});

test("a site that only a running demo announces is named, once, on stderr", async () => {
  const site = new SiteDouble();
  const { stderr, stdout } = await runCli(["status"], {
    openSite: async (_, onDemo) => {
      onDemo("/tmp/oob-demo-x/oob.yaml");
      return site;
    },
  });
  expect(stderr.match(/using the demo at \/tmp\/oob-demo-x\/oob\.yaml/g)).toHaveLength(1);
  expect(stdout).not.toContain("demo");
});
