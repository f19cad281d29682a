import xterm from "@xterm/headless";
import { expect, test } from "vitest";
import { ManualClock } from "../../src/lib/clock.ts";
import { OobError } from "../../src/lib/errors.ts";
import { RunningCli, runCli } from "./run-cli.ts";
import { AT, hostStatus, SiteDouble } from "./site-double.ts";

const ESCAPE = "\u001d";

/** Somebody at a console of 100 columns, past the header. */
async function attach(
  argv: readonly string[] = ["attach", "web1"],
  site = new SiteDouble(),
  world: { readonly columns?: number } = {},
) {
  const clock = new ManualClock(AT);
  const person = new RunningCli(argv, { site, clock, stdinTty: true, stdoutTty: true, ...world });
  await person.saw(/replay: screen/);
  const host = (text: string) =>
    site.attachment.push({ is: "bytes", bytes: Buffer.from(text), replay: false });
  const type = async (text: string) => {
    person.stdin.write(text);
    await clock.advance(0);
  };
  return { person, site, clock, host, type, console: site.attachment };
}

const plain = (text: string) => text.replace(/\u001b\[0m/g, "").replaceAll("\r", "");

test("attach refuses a stdin that is no terminal, spy does not", async () => {
  const { code, stderr } = await runCli(["attach", "web1"]);
  expect(code).toBe(2);
  expect(stderr).toContain("oob send web1 TEXT; to only watch: oob spy web1");
  const site = new SiteDouble();
  const spy = new RunningCli(["spy", "web1"], { site });
  await spy.saw(/replay: screen/);
  site.attachment.push({ is: "bytes", bytes: Buffer.from("hello\n"), replay: false });
  site.attachment.push({ is: "ended", why: "the daemon stops" });
  expect(await spy.code).toBe(1);
  // A file gets the host's bytes alone.
  expect(spy.stdout).toBe("hello\n");
});

test("attach says at the top who and what, and at the end how long and how much", async () => {
  const site = new SiteDouble([hostStatus("web1", { os: "linux/debian-12" })]);
  site.seat = { mine: "write", others: [{ who: "jana", since: AT, mode: "read" }] };
  const { person, clock, type } = await attach(["attach", "web1"], site);
  await type("ls\r");
  await clock.advance(252_000);
  await type(`${ESCAPE}.`);
  expect(await person.code).toBe(0);
  const lines = plain(person.stdout).split("\n");
  expect(lines[0]).toContain(
    "web1  linux/debian-12  /dev/ttyUSB0 115200 8n1  power pdu-a/3 on  watchdog: healthy",
  );
  expect(lines[1]).toMatch(
    /^read-write {3}also here: jana \(reading, since \d\d:51:02\) {3}leave: \^\] \. {3}help: \^\] \?$/,
  );
  expect(lines[2]).toMatch(/^─+ replay: screen \+ last 200 lines ─{9}$/);
  expect(lines[2]).toHaveLength(100);
  expect(person.stdout).toMatch(/left web1 after 4m 12s · typed 3 B\r\n/);
  expect(site.attachment.written).toBe("ls\r");
});

test.each([
  [{ outlets: [], feeds: [] }, "no outlet configured"],
  [{ outlets: [], power: "unknown" }, "power pdu-a/3 not read yet"],
  [{ outlets: [reading("on", 0)] }, "power pdu-a/3 on  "],
  [{ outlets: [reading("on", 180_000)] }, "power pdu-a/3 on (read 3m ago)  "],
  [
    { outlets: [reading("unknown", 60_000)], power: "unknown" },
    "power pdu-a/3 unknown (read 1m ago)",
  ],
] as const)("attach says of outlets what was read and when: %j", async (change, text) => {
  const { person } = await attach(["attach", "web1"], new SiteDouble([hostStatus("web1", change)]));
  expect(plain(person.stdout).split("\n")[0]).toContain(text);
});

test("attach tells the whole reason why a console is down, on two lines where it is long", async () => {
  const why = `Cannot log in to "127.0.0.1:19362": as "probe" it does not take the password of secret "cs1" (it takes: publickey)`;
  const down = hostStatus("web1", { console: { is: "down", label: "ssh", why } });
  const { person } = await attach(["attach", "web1"], new SiteDouble([down]));
  const lines = plain(person.stdout).split("\n");
  const at = lines.findIndex((line) => line.startsWith("console: "));
  expect(`${lines[at]} ${lines[at + 1]?.trim()}`).toBe(`console: ${why}`);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
});

function reading(state: "on" | "unknown", age: number) {
  return { id: "pdu-a/3", state, pending: false, readAt: AT - age };
}

test("a replay that pushes the header away brings it again in one line, above the row of the cursor", async () => {
  const { person, site } = await attach();
  const replay = (text: string) =>
    site.attachment.push({ is: "bytes", bytes: Buffer.from(text), replay: true });
  replay(`${Array.from({ length: 40 }, (_, n) => `line ${n}`).join("\r\n")}\r\nlogin: \r\u001b[7C`);
  await person.saw(/login: /);
  expect(plain(person.stdout)).toMatch(
    /line 39\n─+ web1 read-write {3}leave: \^\] \. {3}help: \^\] \? ─{9}\nlogin: /,
  );
  // Once: the next repaint is not the first.
  replay(`${"again\r\n".repeat(40)}end`);
  await person.saw(/end/);
  expect(person.stdout.match(/web1 read-write/g)).toHaveLength(1);
});

test.each([
  ["short", "one\r\nlogin: "],
  ["painted at its place", `\u001b[H\u001b[2J${"menu\r\n".repeat(40)}`],
])("a replay that is %s is shown as it is", async (_, text) => {
  const { person, site } = await attach();
  site.attachment.push({ is: "bytes", bytes: Buffer.from(text), replay: true });
  await person.saw(/login|menu/);
  expect(person.stdout).toContain(text);
  expect(person.stdout).not.toContain("web1 read-write");
});

test("attach ends with one sentence and exit code 3 when the daemon is gone", async () => {
  const { person, site } = await attach();
  site.attachment.fail(new OobError("DAEMON_UNREACHABLE", "Lost the daemon: it ended"));
  expect(await person.code).toBe(3);
  expect(plain(person.stdout)).toMatch(/web1 ended: the daemon is gone, .*\nleft web1 after /);
  expect(person.stderr).toBe("");
});

test("attach sets the terminal back on leaving: modes, paste marks, title, raw mode", async () => {
  const { person, host, type } = await attach();
  host("\u001b[?1049h\u001b[?6h\u001b[?7l");
  await person.saw(/\?7l/);
  await type(`${ESCAPE}.`);
  await person.code;
  const after = person.stdout.slice(person.stdout.indexOf("\u001b[?7l"));
  for (const mode of ["?1049l", "?2004l", "[0m", "?7h", "?1l", "?25h", "?6l", "]2;\u0007"])
    expect(after).toContain(mode);
  expect(person.rawModes).toEqual([true, false]);
});

test("attach does not move the cursor on leaving where the host set no origin mode", async () => {
  const { person, type } = await attach();
  await type(`${ESCAPE}.`);
  await person.code;
  // Leaving origin mode homes the cursor, on every terminal.
  expect(person.stdout).not.toContain("?6l");
});

test("after leaving, a terminal shows the last line below all others", async () => {
  const { person, host, type } = await attach();
  host("web1 login: ");
  await person.saw(/login: /);
  await type(`${ESCAPE}.`);
  await person.code;
  const terminal = new xterm.Terminal({ cols: 100, rows: 30, allowProposedApi: true });
  // At the end the tty turns LF into CR LF again; before it, every line of ours brings its own CR.
  await new Promise<void>((resolve) => terminal.write(person.stdout, resolve));
  const row = (y: number) => terminal.buffer.active.getLine(y)?.translateToString(true) ?? "";
  expect(terminal.buffer.active.cursorY).toBe(5);
  expect([3, 4].map(row)).toEqual(["web1 login: ", expect.stringMatching(/^left web1 after/)]);
});

test("attach leaves the alternate screen alone where the host did", async () => {
  const { person, host, type } = await attach();
  host("\u001b[?1049h");
  host("\u001b[?10");
  host("49l");
  await person.saw(/\?1049l/);
  const before = person.stdout.length;
  await type(`${ESCAPE}.`);
  await person.code;
  expect(person.stdout.slice(before)).not.toContain("?1049l");
});

test.each(["SIGTERM", "SIGHUP", "SIGINT"])(
  "attach sets the terminal back on %s",
  async (signal) => {
    const { person } = await attach();
    person.signals.emit(signal);
    expect(await person.code).toBe(130);
    expect(person.rawModes).toEqual([true, false]);
    expect(person.stdout).toContain("\u001b[?2004l");
  },
);

test("attach sets the terminal back when the process ends by itself (uncaught exception)", async () => {
  const { person } = await attach();
  person.signals.emit("exit");
  expect(person.rawModes).toEqual([true, false]);
  expect(person.stdout).toContain("\u001b[?2004l");
});

test("attach takes raw mode again after a stop", async () => {
  const { person } = await attach();
  person.signals.emit("SIGCONT");
  expect(person.rawModes).toEqual([true, true]);
});

test("answers of the terminal are not typed to the host; keys and a lone Esc are", async () => {
  const { type, clock, console } = await attach();
  await type("\u001b[24;80R\u001b[?62;1c\u001b]11;rgb:0/0/0\u0007\u001b[A");
  expect(console.written).toBe("\u001b[A");
  await type("\u001b");
  await clock.advance(60);
  expect(console.written).toBe("\u001b[A\u001b");
});

test("--filter raw warns, and lets answers of the terminal through", async () => {
  const { person, type, console } = await attach(["attach", "web1", "--filter", "raw"]);
  expect(person.stderr).toMatch(/warning: .*unfiltered/);
  await type("\u001b[24;80R");
  expect(console.written).toBe("\u001b[24;80R");
});

test("the escape key opens a menu that closes by itself; twice sends it", async () => {
  const { person, type, clock, console } = await attach();
  await type(ESCAPE);
  await clock.advance(300);
  expect(person.stdout).not.toContain("BREAK");
  await clock.advance(100);
  await person.saw(/\[oob\] \^\] \+ \. leave {2}\? help {2}b BREAK {2}q SysRq[^\n]*\n[^\n]*n note/);
  await clock.advance(3000);
  await person.saw(/nothing chosen/);
  await type(ESCAPE + ESCAPE);
  expect(console.written).toBe(ESCAPE);
  await type(`${ESCAPE}?`);
  await person.saw(/\[oob\] \^\], then:\r\n[^\n]*\[oob\] \. \^D {2}leave {2,}/);
});

test.each([
  ["b", ["break"]],
  ["r", ["mode read"]],
  ["j", ["mode join"]],
  ["a", ["mode write"]],
  ["l", ["repaint"]],
  ["h", ["repaint 200"]],
  ["o", ["reopen"]],
  ["mfeed A goes\r", ["message feed A goes"]],
  ["m\r", []],
  ["nrebuild starts\r", ["note rebuild starts"]],
  ["n\u0003", []],
])("the keys %j after the escape", async (keys, calls) => {
  const { type, console } = await attach();
  await type(ESCAPE + keys);
  expect(console.calls).toEqual(calls);
  expect(console.written).toBe("");
});

test("SysRq: BREAK and the key; a grave one asks, and any other answer calls it off", async () => {
  const { person, type, console } = await attach();
  await type(`${ESCAPE}qh`);
  expect([console.calls, console.written]).toEqual([["break"], "h"]);
  await type(`${ESCAPE}qb`);
  await person.saw(/SysRq b reboots at once, without sync\. Type y:/);
  await type("n");
  await person.saw(/called off/);
  expect([console.calls, console.written]).toEqual([["break"], "h"]);
  await type(`${ESCAPE}qby`);
  expect([console.calls, console.written]).toEqual([["break", "break"], "hb"]);
});

test("taking over wants a reason", async () => {
  const site = new SiteDouble();
  site.seat = { mine: "read", writer: { who: "jana", since: AT, idle: 12_000 }, others: [] };
  const { person, type, console } = await attach(["attach", "web1"], site);
  await person.saw(/jana is writing since \d\d:51:02 \(idle 12s\)\. You are reading\.\r\n/);
  await person.saw(/join: \^\] j {3}force: \^\] f {3}leave: \^\] \. {3}help: \^\] \?\r\n/);
  await type("x");
  await person.saw(/you are reading: keys go nowhere {3}write: \^\] a/);
  expect(console.written).toBe("");
  await type(`${ESCAPE}f\r`);
  await person.saw(/nothing taken/);
  await type(`${ESCAPE}fdisk is full\r`);
  expect(console.calls).toEqual(["mode force disk is full"]);
  console.push({ is: "seat", seat: { mine: "write", others: [] }, text: "you are writing" });
  await person.saw(/\[oob\] you are writing/);
  await type("x");
  expect(console.written).toBe("x");
});

test("the power menu wants the host's name, and tells the story", async () => {
  const { person, site, type } = await attach();
  site.powerEvents = [
    { at: AT, host: "web1", outlet: "pdu-a/3", text: "off, read back", result: "done" },
  ];
  await type(`${ESCAPE}pstatus\r`);
  await person.saw(/power on: pdu-a\/3 on/);
  await type(`${ESCAPE}pcycle\r`);
  await person.saw(/cycle web1: type its name: $/);
  await type("web2\r");
  await person.saw(/nothing switched: that is not its name/);
  expect(site.asked.filter((one) => JSON.stringify(one).includes("verb"))).toEqual([]);
  for (const answer of [`${ESCAPE}pcycle`, "web1", "dead"]) await type(`${answer}\r`);
  await person.saw(/pdu-a\/3 off, read back {2}done/);
  expect(site.asked.at(-1)).toEqual({
    power: {
      ...{ verb: "cycle", hosts: ["web1"], dryRun: false, force: false, reason: "dead" },
      confirm: "web1",
    },
  });
});

test("keys typed ahead of a question answer nothing and do not reach the host", async () => {
  const { person, site, type, console } = await attach();
  await type(`${ESCAPE}poff\rweb1\rreason\r`);
  await person.saw(/off web1: type its name: $/);
  expect(person.stdout).not.toContain("off\r\nweb1");
  expect(console.written).toBe("");
  expect(site.asked).toHaveLength(1);
});

test("host output waits while a question stands open, and nothing of it is lost", async () => {
  const { person, host, type } = await attach();
  await type(`${ESCAPE}n`);
  host("kernel: hello\r\n");
  await type("a note");
  expect(person.stdout).not.toContain("kernel: hello");
  await type("\r");
  await person.saw(/kernel: hello/);
  expect(person.stdout.indexOf("a note")).toBeLessThan(person.stdout.indexOf("kernel: hello"));
});

test("-e gives other habits, and an unknown one is refused", async () => {
  const { person, type } = await attach(["attach", "web1", "-e", "^Ec"]);
  await type("\u0005c.");
  expect(await person.code).toBe(0);
  expect((await runCli(["attach", "web1", "-e", "x"])).code).toBe(2);
});

test("the mode asked for reaches the site; -f wants a reason; two ways are refused", async () => {
  const joined = await attach(["attach", "web1", "-j", "--replay", "5"]);
  expect(joined.site.asked.at(-1)).toEqual({
    attach: {
      host: "web1",
      mode: "join",
      reason: "",
      replayLines: 5,
      filter: "safe",
      columns: 100,
      rows: 30,
    },
  });
  const world = { stdinTty: true };
  expect((await runCli(["attach", "web1", "-f"], world)).code).toBe(2);
  expect((await runCli(["attach", "web1", "-r", "-j"], world)).code).toBe(2);
});

test("skipped bytes and notices are said; what they say is printable", async () => {
  const { person, console } = await attach();
  console.push({ is: "skipped", bytes: 12_000 }, { is: "notice", text: "down\u001b]0;x\u0007" });
  await person.saw(/… 12\.0 kB skipped/);
  await person.saw(/\[oob\] down\^\[\]0;x\^G/);
});

const PASTE = (text: string) => `\u001b[200~${text}\u001b[201~`;

test("a paste of one short line goes at once", async () => {
  const { type, console } = await attach();
  await type(PASTE("echo hello\n"));
  expect(console.written).toBe("echo hello\r");
});

test("a longer paste is asked about: Ctrl-C drops it", async () => {
  const { person, type, console } = await attach();
  await type(PASTE("a\nb\nc\n"));
  await person.saw(
    /paste 3 lines, 6 B → web1, \d+ms at 115200\. {2}\[Enter\] send {2}\[s\] strip comments {2}\[Ctrl-C\] drop/,
  );
  await type("\u0003");
  await person.saw(/paste dropped/);
  expect(console.written).toBe("");
});

test("on a narrow terminal the question about a paste takes two lines", async () => {
  const { person, type } = await attach(["attach", "web1"], new SiteDouble(), { columns: 80 });
  await type(PASTE("a\nb\nc\n"));
  await person.saw(
    /at 115200\.\r\n[^\n]*\[oob\] \[Enter\] send {2}\[s\] strip comments {2}\[Ctrl-C\] drop/,
  );
});

test("keys that a console refuses are told once, not one by one, and not counted as typed", async () => {
  const { person, type, clock, console } = await attach();
  const refusal = new OobError("LINK_LOST", "Cannot type to web1: the console is not up", {
    hint: "It is opened again",
  });
  console.write = () => Promise.reject(refusal);
  for (const key of "root\r") await type(key);
  expect(person.stdout.match(/Cannot type to web1/g)).toHaveLength(1);
  expect(person.stdout.match(/It is opened again/g)).toHaveLength(1);
  await clock.advance(5000);
  await type("x");
  expect(person.stdout.match(/Cannot type to web1/g)).toHaveLength(2);
  await type(`${ESCAPE}.`);
  await person.code;
  expect(person.stdout).toMatch(/typed 0 B/);
});

test("the menu is not shown where the escape key and the choice come in one piece", async () => {
  const { person, type, clock } = await attach();
  await type(`${ESCAPE}m`);
  await clock.advance(1000);
  expect(plain(person.stdout)).toContain("message to the others here: ");
  expect(person.stdout).not.toContain("q SysRq");
});

test("a chunk too large for fingers is a paste, also without marks", async () => {
  const { person, type } = await attach();
  await type("x".repeat(300));
  await person.saw(/paste 1 line, 300 B/);
});

test("a paste goes paced, waits for the echo of each line, and [s] strips comments", async () => {
  const { person, type, clock, console } = await attach();
  console.answers = (written) => [written.replace("\r", "\r\n")];
  await type(PASTE("# first\nset a 1\n\n  # more\nset b 2\n"));
  await type("s");
  await clock.advance(1000);
  await person.saw(/paste sent: 16 B/);
  expect(console.written).toBe("set a 1\rset b 2\r");
});

test("a line without its echo is waited for one second, twice, then no more", async () => {
  const { type, clock, console, person } = await attach();
  await type(PASTE("one\ntwo\nthree\nfour\n"));
  await type("\r");
  await clock.advance(900);
  expect(console.written).toBe("one\r");
  await clock.advance(1000);
  expect(console.written).toBe("one\rtwo\r");
  await clock.advance(1200);
  expect(console.written).toBe("one\rtwo\rthree\rfour\r");
  await person.saw(/paste sent: 19 B/);
});

test("a paste keeps to 80 % of the line's speed, and Ctrl-C stops it in the middle", async () => {
  const slow = hostStatus("web1", { console: { is: "up", label: "ttyS0 9600 8n1" } });
  const { person, type, clock, console } = await attach(["attach", "web1"], new SiteDouble([slow]));
  await type(PASTE("x".repeat(2000)));
  await type("\r");
  await clock.advance(1000);
  // 768 bytes a second, in pieces of 50 ms.
  expect(console.written.length).toBeGreaterThan(700);
  expect(console.written.length).toBeLessThan(820);
  await type("y");
  await person.saw(/keys are ignored while a paste goes out/);
  await type("\u0003");
  await person.saw(/paste stopped: \d+ B of 2\.0 kB sent/);
  const sent = console.written.length;
  await clock.advance(5000);
  expect(console.written).toHaveLength(sent);
  await type("z");
  expect(console.written.endsWith("z")).toBe(true);
});

test("a paste beyond the limit is dropped as a whole", async () => {
  const { person, type, console } = await attach();
  await type(PASTE("x".repeat(1024 * 1024 + 1)));
  await person.saw(/paste of 1\.0 MB dropped/);
  expect(console.written).toBe("");
});

test("the pasted escape key is for the host", async () => {
  const { type, console } = await attach();
  await type(PASTE(`a${ESCAPE}.`));
  expect(console.written).toBe(`a${ESCAPE}.`);
});

test("the end of the terminal leaves", async () => {
  const { person } = await attach();
  person.stdin.end();
  expect(await person.code).toBe(0);
});

test("attach waits for a daemon that restarts, and asks for the same place without taking the seat", async () => {
  const site = new SiteDouble();
  const next = new SiteDouble();
  let answers = 0;
  const reopen = async () => {
    if (answers++ < 2) throw new OobError("DAEMON_UNREACHABLE", "Cannot reach the daemon");
    return next;
  };
  Object.assign(site, { reopen });
  const argv = ["attach", "web1", "--force", "--reason", "stuck"];
  const { person, clock, type } = await attach(argv, site);
  site.attachment.fail(new OobError("DAEMON_UNREACHABLE", "Lost the daemon: it ended"));
  await person.saw(/the daemon is gone, or restarts: waiting until it answers/);
  await type("lost");
  await person.saw(/Cannot type: the daemon is not back yet/);
  while (next.asked.length === 0) await clock.advance(500);
  await person.saw(/the daemon is back after/);
  expect(next.asked).toEqual([
    { attach: expect.objectContaining({ mode: "write", host: "web1" }) },
  ]);
  await type("ls\r");
  expect(next.attachment.written).toBe("ls\r");
  await type(`${ESCAPE}.`);
  expect(await person.code).toBe(0);
  expect(next.closed).toBe(true);
});
