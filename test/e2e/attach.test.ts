/** `oob attach` as a person has it: a real terminal (tmux, 100 columns), the real daemon, a real machine over telnet. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import apcRpdu2 from "../../drivers/power/snmp/apc-rpdu2.ts";
import { MockSnmpPdu } from "../../mocks/snmp-pdu.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { TestSite } from "./rig/daemon.ts";
import { buildImages } from "./rig/images.ts";
import { freePort, Machine } from "./rig/machine.ts";
import { Terminal } from "./rig/terminal.ts";

const BOOTED_WITHIN = 150_000;
/** The escape key. */
const ESCAPE = "\u001d";
/** What a program may leave behind on a terminal, as tmux knows it. */
const MODES = ["alternate_on", "cursor_flag", "insert_flag", "keypad_cursor_flag", "keypad_flag"]
  .concat(["mouse_any_flag", "origin_flag", "scroll_region_lower", "scroll_region_upper"])
  .concat(["wrap_flag"]);

let web1: Machine;
let pdu: MockSnmpPdu;
let site: TestSite;
let terminals: Terminal[] = [];

beforeAll(async () => {
  const { kernel, initrd } = await buildImages();
  const port = await freePort();
  const append = "console=ttyS0,115200 oob.host=web1";
  web1 = new Machine("web1", { kernel, initrd, append }, port);
  pdu = await MockSnmpPdu.start({
    family: apcRpdu2,
    outlets: 1,
    clock: systemClock,
    onSwitch: (_, state) => (state === "on" ? web1.powerOn() : web1.powerOff()),
  });
  web1.powerOn();
  site = new TestSite(
    `pdus:
  pdu-a: { driver: snmp, host: 127.0.0.1, port: ${pdu.port}, version: 2c, community: secret:read, write-community: secret:write, insecure: true }
hosts:
  web1: { os: linux, console: { driver: telnet, host: 127.0.0.1, port: ${port}, baud: 115200 }, outlets: [pdu-a/1], off-for: 2s, watch: { mode: "off" } }
`,
    { read: "public", write: "private" },
  );
  await site.start();
});

afterEach(() => {
  for (const terminal of terminals) terminal.close();
  terminals = [];
});

afterAll(async () => {
  await site?.stop();
  await pdu?.close();
  web1?.dispose();
});

function terminal(): Terminal {
  const opened = new Terminal();
  terminals.push(opened);
  return opened;
}

const oob = (words: string) => `oob ${words} --config ${site.config}`;

/** A terminal at the console of web1, past the header. */
async function attached(words = "attach web1"): Promise<Terminal> {
  const person = terminal();
  person.type(`${oob(words)}\r`);
  await person.sees(/─ replay: screen/);
  return person;
}

async function leave(person: Terminal): Promise<void> {
  person.type(`${ESCAPE}.`);
  await person.sees(/^left web1 after .* · typed /m);
}

/** A root shell, whatever stood there before. */
async function logIn(person: Terminal): Promise<void> {
  const end = performance.now() + BOOTED_WITHIN;
  while (!/(?:login:|#)$/.test(person.text.trimEnd())) {
    if (performance.now() > end) throw new Error(`no prompt:\n${person.text}`);
    person.type("\r");
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  if (person.text.trimEnd().endsWith("#")) return;
  person.type("root\r");
  await person.endsWith("Password:");
  person.type("oob\r");
  await person.endsWith("#");
}

describe("oob attach at a real terminal", () => {
  it("says who and what at the top, types, shows output, and leaves the terminal as it was", async () => {
    const person = terminal();
    await person.sees(/^shell> $/m);
    const before = { line: person.lineSettings, modes: MODES.map((mode) => person.fact(mode)) };
    await person.run(oob("power status web1"));
    person.type(`${oob("attach web1")}\r`);
    await person.sees(/─ replay: screen \+ last 200 lines ─{9}/);
    expect(person.text).toMatch(
      /^web1 {2}linux {2}127\.0\.0\.1:\d+ telnet 115200 {2}power pdu-a\/1 on(?: \(read \d+s ago\))? {2}watchdog off$/m,
    );
    expect(person.text).toMatch(/^read-write .*leave: \^\] \.\s+help: \^\] \?$/m);
    expect(person.lineSettings).not.toBe(before.line);
    await logIn(person);
    person.type("echo answer=$((6*7))\r");
    await person.sees(/^answer=42$/m);
    await leave(person);
    await person.sees(/^shell> $/m);
    expect(person.lineSettings).toBe(before.line);
    expect(MODES.map((mode) => person.fact(mode))).toEqual(before.modes);
    // The shell takes keys again, echoes them and ends lines: the terminal is whole.
    expect(await person.run("echo whole")).toEqual({ code: 0, text: "whole\n" });
  });

  it("the escape menu sends BREAK and a SysRq key: the kernel answers", async () => {
    const person = await attached();
    person.type(ESCAPE);
    await person.sees(/^\[oob\] \^\] \+ \. leave .*\bb BREAK\b.*q SysRq/m);
    person.type("qh");
    await person.sees(/^\[oob\] BREAK and "h" sent$/m);
    await person.sees(/sysrq: HELP : /);
    await leave(person);
  });

  it("a second viewer sees the same, is told who writes, and takes over by force or joins", async () => {
    const first = await attached();
    const second = await attached();
    expect(second.text).toMatch(
      / is writing since [\d:]+ \((?:idle .*|active now)\)\. You are reading\.$/m,
    );
    expect(second.text).toMatch(/^join: \^\] j\s+force: \^\] f\s+leave: \^\] \.\s+help: \^\] \?$/m);
    first.type("echo both=$((40+4))\r");
    await first.sees(/^both=44$/m);
    await second.sees(/^both=44$/m);

    second.type("rm -rf /\r");
    await second.sees(/^\[oob\] you are reading: keys go nowhere /m);
    expect(first.text).not.toContain("rm -rf");

    second.type(`${ESCAPE}f`);
    await second.sees(/^\[oob\] take the seat from .*; reason: /m);
    second.type("fan on fire\r");
    await first.sees(/^\[oob\] .* took the seat from .*: fan on fire$/m);
    first.type("x");
    await first.sees(/^\[oob\] you are reading: keys go nowhere /m);
    second.type("echo second=$((50+5))\r");
    await first.sees(/^second=55$/m);

    first.type(`${ESCAPE}j`);
    await second.sees(/^\[oob\] .* writes beside /m);
    first.type("echo first=$((60+6))\r");
    await second.sees(/^first=66$/m);
    await leave(first);
    await second.sees(/^\[oob\] .* left; /m);
    await leave(second);
  });

  it("-r and spy leave the seat free, and say who had it last", async () => {
    const reader = await attached("attach web1 -r");
    expect(reader.text).toMatch(/^read-only \(free since [\d:]+\) /m);
    expect(reader.text).toMatch(/^last here: .*, .* ago \(.*\): left$/m);
    reader.type("reboot\r");
    await reader.sees(/^\[oob\] you are reading: keys go nowhere /m);
    const writer = await attached();
    await reader.sees(/^\[oob\] .* writes$/m);
    expect(writer.text).toMatch(/^read-write .*also here: .*\(reading, since /m);
    await leave(writer);
    await leave(reader);
  });

  it("a console that goes down is told and comes back by itself", async () => {
    const person = await attached();
    expect((await site.site.powerStatus(["web1"]))[0]?.power).toBe("on");
    const cut = terminal();
    const off = await cut.run(oob("power off web1 --yes --reason fans"));
    expect(off.text).toMatch(/off ✓ read back/);
    await person.sees(/^\[oob\] console down: .*; it is opened again by itself$/m);
    const on = await cut.run(oob("power on web1 --reason fans"));
    expect({ code: on.code, off: off.code }).toEqual({ code: 0, off: 0 });
    await person.sees(/^\[oob\] console up: 127\.0\.0\.1:\d+ telnet 115200$/m, 60_000);
    await logIn(person);
    person.type("echo back=$((70+7))\r");
    await person.sees(/^back=77$/m);
    await leave(person);
  });

  it("a daemon that dies is waited for, and who leaves meanwhile has exit code 3 and the terminal as it was", async () => {
    const person = terminal();
    await person.sees(/^shell> $/m);
    const before = { line: person.lineSettings, modes: MODES.map((mode) => person.fact(mode)) };
    person.type(`${oob("attach web1")}; echo code=$?\r`);
    await person.sees(/─ replay: screen/);
    await site.kill();
    await person.sees(/^\[oob\] the daemon is gone, or restarts: waiting until it answers/m);
    person.type("lost");
    await person.sees(/^\[oob\] Cannot type: the daemon is not back yet$/m);
    person.type(`${ESCAPE}.`);
    await person.sees(/^code=3$/m);
    const last = person.text.trimEnd().split("\n").slice(-4);
    expect(last).toEqual([
      expect.stringMatching(/^web1 ended: the daemon is gone/),
      expect.stringMatching(/^left web1 after .* · typed 0 B$/),
      "code=3",
      "shell>",
    ]);
    expect(person.lineSettings).toBe(before.line);
    expect(MODES.map((mode) => person.fact(mode))).toEqual(before.modes);
    await site.start();
  });

  it("stays over kill -9 of the daemon and its restart: who wrote writes, who read reads", async () => {
    const writer = await attached();
    await logIn(writer);
    const reader = await attached("spy web1");
    const beside = await attached("attach web1 -j");
    await site.kill();
    for (const person of [writer, reader, beside])
      await person.sees(/^\[oob\] the daemon is gone/m);
    await site.start();
    await writer.sees(/the daemon is back after [\s\S]*web1 read-write/);
    await reader.sees(/the daemon is back after [\s\S]*web1 read-only/);
    const console = async () => (await site.site.status(["web1"], { power: false }))[0]?.console.is;
    await expect.poll(console, { timeout: 30_000 }).toBe("up");
    writer.type("echo again=$((40+2))\r");
    await writer.sees(/^again=42$/m);
    await reader.sees(/^again=42$/m);
    // Those who wrote side by side do so again.
    await writer.sees(/the daemon is back after [\s\S]* writes beside /);
    beside.type("echo beside=$((40+3))\r");
    await writer.sees(/^beside=43$/m);
    for (const person of [writer, reader, beside]) await leave(person);
  });
});
