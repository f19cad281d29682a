/**
 * Several people at one console, as they have it: real terminals, the real daemon, a real machine whose getty proves
 * that a shell was logged out.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { SessionView } from "../../src/core/site/who.ts";
import { TestSite } from "./rig/daemon.ts";
import { buildImages } from "./rig/images.ts";
import { freePort, Machine } from "./rig/machine.ts";
import { Terminal } from "./rig/terminal.ts";

const PROGRAM = new URL("../../bin/oob.js", import.meta.url).pathname;
const BOOTED_WITHIN = 400_000;
/** Getty comes back after a logout, on a busy machine. */
const LOGGED_OUT_WITHIN = 300_000;
const ESCAPE = "\u001d";
/** Lines that the host prints while somebody does not read: more than waits for a viewer, and than a socket holds. */
const FLOOD = 8000;
const WIDE = 90;
const FLOODED_WITHIN = 400_000;

let web1: Machine;
let site: TestSite;
let terminals: Terminal[] = [];
/** Open all the time: with its last window the server of the terminals would end. */
let spare: Terminal;
/** Clients that a test stopped. */
let stopped: number[] = [];

beforeAll(async () => {
  spare = new Terminal();
  const { kernel, initrd } = await buildImages();
  const port = await freePort();
  web1 = new Machine(
    "web1",
    { kernel, initrd, append: "console=ttyS0,115200 oob.host=web1" },
    port,
  );
  web1.powerOn();
  site = new TestSite(
    `hosts:
  web1: { os: linux, console: { driver: telnet, host: 127.0.0.1, port: ${port} }, watch: "off", on-detach: { logout: "exit\\r", within: 4m } }
`,
  );
  await site.start();
});

afterEach(() => {
  for (const pid of stopped) process.kill(pid, "SIGCONT");
  for (const terminal of terminals) terminal.close();
  [terminals, stopped] = [[], []];
});

afterAll(async () => {
  spare?.close();
  await site?.stop();
  web1?.dispose();
});

/** A terminal at the console, past the header, and the process in it. */
async function attached(words = ""): Promise<{ person: Terminal; pid: number }> {
  const person = new Terminal();
  terminals.push(person);
  const command = `${process.execPath} ${PROGRAM} attach web1 ${words} --config ${site.config}`;
  // Without job control the shell does not take its terminal back when a test stops the client.
  person.type(`set +m; sh -c 'echo pid=$$; exec ${command}'\r`);
  const pid = Number((await person.sees(/pid=\d+$/m)).slice(4));
  await person.sees(/─ replay: screen/);
  return { person, pid };
}

async function leave({ person }: { person: Terminal }): Promise<void> {
  person.type(`${ESCAPE}.`);
  await person.sees(/^left web1 after .* · typed /m);
}

/** A root shell, whatever stood there before. */
const logIn = (person: Terminal): Promise<void> => person.logIn(BOOTED_WITHIN);

/** The events of a type since a number of them were there. */
const later = (type: string, had: number) =>
  site.event(
    `${type} ${had + 1}`,
    () => site.ofHost("web1", new RegExp(`^${type}$`)).length > had,
    LOGGED_OUT_WITHIN,
  );
const count = (type: string) => site.ofHost("web1", new RegExp(`^${type}$`)).length;
const last = (type: string) => site.ofHost("web1", new RegExp(`^${type}$`)).at(-1);

async function who(): Promise<SessionView[]> {
  const { stdout } = await site.run("who", "web1", "--json");
  return JSON.parse(stdout).sessions;
}

describe("people at one console", () => {
  it("write in turns: read, join, take over with a reason, message, kick, each told to all", async () => {
    const first = await attached();
    await logIn(first.person);
    const second = await attached();
    expect(second.person.text).toMatch(/ is writing since .*You are reading\.$/m);

    second.person.type(`${ESCAPE}j`);
    await first.person.sees(/^\[oob\] .* writes beside /m);
    second.person.type("echo join=$((1+1))\r");
    await first.person.sees(/^join=2$/m);

    first.person.type(`${ESCAPE}mfeed A goes off at two\r`);
    await first.person.sees(/^\[oob\] told /m);
    await second.person.sees(/^\[oob\] message from .*: feed A goes off at two$/m);

    second.person.type(`${ESCAPE}r`);
    await first.person.sees(/^\[oob\] .* reads now; .* writes$/m);
    second.person.type(`${ESCAPE}a`);
    await second.person.sees(/^\[oob\] .* is writing \(idle .*\); you are reading$/m);
    second.person.type(`${ESCAPE}f`);
    await second.person.sees(/^\[oob\] take the seat from .*; reason: /m);
    second.person.type("fan on fire\r");
    await first.person.sees(/^\[oob\] .* took the seat from .*: fan on fire$/m);
    first.person.type("x");
    await first.person.sees(/^\[oob\] you are reading: keys go nowhere /m);

    const here = await who();
    expect(here.map(({ mode }) => mode)).toEqual(["read", "write"]);
    const sessions = here.map(({ session = "" }) => session);
    const said = await site.run("message", sessions[0] ?? "", "are", "you", "there?");
    expect(said).toMatchObject({ code: 0, stdout: expect.stringMatching(/^told /) });
    await first.person.sees(/^\[oob\] message from .*: are you there\?$/m);
    expect(second.person.text).not.toContain("are you there");

    const kicked = await site.run("kick", sessions[1] ?? "", "--reason", "gone home");
    expect(kicked).toMatchObject({ code: 0 });
    await second.person.sees(/^web1 ended: you were sent away by .*: gone home$/m);
    await first.person.sees(/^\[oob\] .* was sent away by .*: gone home; the seat is free$/m);
    await expect
      .poll(() => last("session.kick")?.data, { timeout: 120_000 })
      .toMatchObject({ reason: "gone home" });
    expect((await site.run("kick", sessions[1] ?? "")).code).toBe(2);
    await leave(first);
  });
});

describe("on-detach at a real getty", () => {
  it("logs the shell out when its writer leaves, proven by the login prompt; the next one is told", async () => {
    const first = await attached();
    await logIn(first.person);
    const had = count("session.logout");
    await leave(first);
    await later("session.logout", had);
    await expect
      .poll(() => last("session.logout")?.text, { timeout: 120_000 })
      .toMatch(/^logged out after .* left: "exit\^M" typed, .*; the console shows "web1 login:"$/);
    const second = await attached("-r");
    await second.person.endsWith("web1 login:");
    expect(second.person.text).toMatch(/^last here: .*, .* ago \(.*\): left$/m);
    expect(second.person.text).not.toMatch(/shell is open/);
    await leave(second);
  });

  it("logs out also when the client is killed, through a shell in the shell", async () => {
    const first = await attached();
    await logIn(first.person);
    first.person.type("sh\r");
    await first.person.sees(/# sh\s[\s\S]*#\s*$/);
    const had = count("session.logout");
    process.kill(first.pid, "SIGKILL");
    await later("session.logout", had);
    await expect
      .poll(() => last("session.logout")?.text, { timeout: 120_000 })
      .toMatch(/: "exit\^M" typed 2 times, /);
    const second = await attached("-r");
    expect(second.person.text).toMatch(/^last here: .*: lost the connection$/m);
    await second.person.endsWith("web1 login:");
    await leave(second);
  });

  it("types nothing into a program in the foreground, says so, and the next one finds the shell named", async () => {
    const first = await attached();
    await logIn(first.person);
    first.person.type("cat\r");
    await first.person.sees(/# cat$/m);
    const had = count("session.left-open");
    await leave(first);
    await later("session.left-open", had);
    await expect
      .poll(() => last("session.left-open")?.text, { timeout: 120_000 })
      .toMatch(
        /^console left logged in by .*: a root shell \(no shell waits for a command \(".*"\): "exit\^M" was not typed\)$/,
      );
    const second = await attached();
    expect(second.person.text).toMatch(/^a root shell is open since [\d:]+, left by /m);
    expect(second.person.text).not.toMatch(/# cat\n+exit/);
    second.person.type("\u0003");
    await second.person.endsWith("#");
    await leave(second);
  });
});

describe("a viewer that does not read", () => {
  it("changes nothing for three others nor for the log; it is told how much it missed, and repainted", async () => {
    const writer = await attached();
    await logIn(writer.person);
    const readers = [await attached("-r"), await attached("-r")];
    const asleep = await attached("-r");
    process.kill(asleep.pid, "SIGSTOP");
    stopped.push(asleep.pid);
    writer.person.type(
      `dmesg -n 1; awk 'BEGIN{for(i=1;i<=${FLOOD};i++)printf "%0${WIDE}d\\n",i}'; echo all=$((${FLOOD}+1))\r`,
    );
    for (const { person } of [writer, ...readers])
      await person.sees(new RegExp(`^all=${FLOOD + 1}$`, "m"), FLOODED_WITHIN);
    expect(asleep.person.text).not.toContain(`all=${FLOOD + 1}`);
    expect(missingInLog()).toEqual([]);

    process.kill(asleep.pid, "SIGCONT");
    stopped = [];
    await asleep.person.sees(/^\[oob\] … [\d.]+ [kM]B skipped: /m);
    await asleep.person.sees(new RegExp(`^all=${FLOOD + 1}$`, "m"));
    writer.person.type("echo live=$((80+8))\r");
    await asleep.person.sees(/^live=88$/m);
    for (const one of [...readers, asleep, writer]) await leave(one);
  });
});

/** Lines of the flood that the log lacks, each with what stands in its place. */
function missingInLog(): string[] {
  const folder = join(site.folder, "state", "console", "web1");
  const segments = readdirSync(folder).filter((name) => /^\d.*\.raw$/.test(name));
  const text = segments.map((name) => readFileSync(join(folder, name), "latin1")).join("");
  const lines = text.split(/\r*\n/);
  const numbered = (n: number) => String(n).padStart(WIDE, "0");
  const first = lines.indexOf(numbered(1));
  return Array.from({ length: FLOOD }, (_, n) => ({ n: n + 1, line: lines[first + n] ?? "" }))
    .filter(({ n, line }) => line !== numbered(n))
    .map(({ n, line }) => `${n}: ${line}`);
}
