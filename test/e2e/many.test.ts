/** Many hosts at once, as a person has them: a real terminal (tmux, 100 columns), the real daemon, hosts behind telnet. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { MockHost } from "../../mocks/host.ts";
import { TelnetConsoleServer } from "../../mocks/telnet-console-server.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { TestSite } from "./rig/daemon.ts";
import { bootAll, until } from "./rig/rack-site.ts";
import { Terminal } from "./rig/terminal.ts";
import { Typist } from "./rig/typist.ts";

/** The escape key. */
const ESCAPE = "\u001d";
const PROGRAM = new URL("../../bin/oob.js", import.meta.url).pathname;
const NAMES = ["h0", "h1", "h2", "h3", "h4", "h5"];

const typed = NAMES.map(() => "");
let hosts: MockHost[];
let server: TelnetConsoleServer;
let site: TestSite;
let terminals: Terminal[] = [];
/** tmux ends with its last window; a new one in that moment would find it going. */
let keeper: Terminal;

beforeAll(async () => {
  keeper = new Terminal();
  const ports: { write(bytes: Uint8Array): void }[] = [];
  hosts = NAMES.map(
    (name, n) =>
      new MockHost({
        name,
        clock: systemClock,
        pace: 0.1,
        write: (bytes) => ports[n]?.write(bytes),
      }),
  );
  server = await TelnetConsoleServer.start(
    hosts.map((host, n) => ({
      onBytes: (bytes) => {
        typed[n] += Buffer.from(bytes).toString("latin1");
        host.receive(bytes);
      },
      onBreak: () => host.receiveBreak(),
    })),
  );
  ports.push(...server.ports);
  const entries = server.ports.map(
    ({ port }, n) =>
      `  h${n}: { console: { driver: telnet, host: 127.0.0.1, port: ${port} }, watch: { mode: "off" } }\n`,
  );
  site = new TestSite(
    `hosts:\n${entries.join("")}groups:\n  low: "h[0-2]"\n  all: ["@low", "h[3-5]"]\n`,
  );
  await site.start();
  await bootAll(site, hosts);
});

afterEach(() => {
  for (const terminal of terminals) terminal.close();
  terminals = [];
  typed.fill("");
});

afterAll(async () => {
  keeper?.close();
  await site?.stop();
  for (const host of hosts ?? []) host.power(false);
  await server?.close();
});

function terminal(): Terminal {
  const opened = new Terminal();
  terminals.push(opened);
  return opened;
}

const sees = (screen: Terminal, pattern: RegExp) =>
  until(`${pattern} on\n${screen.screen}`, 120_000, () => pattern.test(screen.screen));

describe("oob attach --broadcast", () => {
  it("shows three hosts in a grid, types to all, leaves the terminal as it was", async () => {
    const person = terminal();
    await person.endsWith("shell>");
    const before = person.lineSettings;
    person.type(`oob attach --broadcast @low --config ${site.config}\r`);
    await sees(person, /3 of 3 hosts get what is typed/);
    for (const name of ["h0", "h1", "h2"]) await sees(person, new RegExp(`${name} login:`));
    person.type("root");
    await until("typed to all", 120_000, () => typed.slice(0, 3).every((text) => text === "root"));
    expect(typed[3]).toBe("");
    for (const name of ["h0", "h1", "h2"]) await sees(person, new RegExp(`${name} login: root`));
    person.type(`${ESCAPE}.`);
    await person.sees(/left 3 hosts after \S+ · typed 4 B to each/);
    await person.endsWith("shell>");
    expect(person.lineSettings).toBe(before);
    expect(person.fact("alternate_on")).toBe("0");
    expect(person.fact("wrap_flag")).toBe("1");
  });

  it("types nothing where somebody else writes, and says who", async () => {
    const jana = await Typist.at(site.site, "h1");
    await jana.type("x");
    await until("jana typed", 120_000, () => typed[1] === "x");
    const person = terminal();
    person.type(`oob attach --broadcast 'h[0-5]' --config ${site.config}\r`);
    await sees(person, /5 of 6 hosts get what is typed · 1 gets nothing/);
    await sees(person, /h1 +\[.* writes there: gets nothing\]/);
    typed.fill("");
    person.type("abc");
    await until(
      "typed to five",
      120_000,
      () => typed.filter((text) => text === "abc").length === 5,
    );
    expect(typed[1]).toBe("");
    person.type(`${ESCAPE}.`);
    await person.sees(/left 6 hosts/);
    await jana.leave();
  });

  it("says that a host went down, goes on with the others, and has it again when it is back", async () => {
    const person = terminal();
    person.type(`oob attach --broadcast h0,h1 --config ${site.config}\r`);
    await sees(person, /2 of 2 hosts get/);
    await server.ports[1]?.setFaults({ refuses: true });
    await sees(person, /h1 {2}console down/);
    await sees(person, /1 of 2 hosts get what is typed · 1 gets nothing/);
    person.type("q");
    await until("typed to h0", 120_000, () => typed[0] === "q");
    await server.ports[1]?.setFaults({});
    await sees(person, /2 of 2 hosts get/);
    person.type("r");
    await until("typed to both", 120_000, () => typed[0] === "qr" && typed[1] === "r");
    person.type(`${ESCAPE}.`);
    await person.sees(/left 2 hosts/);
  });

  it("asks before a paste of several lines, and sends it to all", async () => {
    const person = terminal();
    person.type(`oob attach --broadcast @low --config ${site.config}\r`);
    await sees(person, /3 of 3 hosts get/);
    person.type("\u001b[200~one\ntwo\n\u001b[201~");
    await sees(person, /paste 2 lines, 8 B to each/);
    expect(typed[0]).toBe("");
    person.type("\r");
    await until("pasted to all", 120_000, () =>
      typed.slice(0, 3).every((text) => text === "one\rtwo\r"),
    );
    await sees(person, /paste sent: 8 B/);
    person.type(`${ESCAPE}.`);
    await person.sees(/left 3 hosts/);
  });
});

describe("oob watch", () => {
  it("is live, goes to a host and comes back, and leaves the terminal as it was on q and on TERM", async () => {
    const person = terminal();
    await person.endsWith("shell>");
    const before = person.lineSettings;
    person.type(`oob watch '@all,!h5' --config ${site.config}\r`);
    await sees(person, /5 hosts[\s\S]*h4 +up/);
    expect(person.screen).not.toContain("h5");
    await server.ports[4]?.setFaults({ refuses: true });
    await sees(person, /h4 +DOWN/);
    await server.ports[4]?.setFaults({});
    await sees(person, /h4 +up/);
    person.type("/h3\r");
    await sees(person, /"h3": 1/);
    person.type("\r");
    await sees(person, /leave: \^\] \./);
    person.type(`${ESCAPE}.`);
    await sees(person, /"h3": 1/);
    person.type("q");
    await person.endsWith("shell>");
    expect(person.lineSettings).toBe(before);
    expect(person.fact("alternate_on")).toBe("0");
    // The shell stays; what it runs in the foreground is ended by TERM after two seconds.
    person.type(
      `timeout --foreground -s TERM 4 node ${PROGRAM} watch --config ${site.config}; echo ended=$?\r`,
    );
    await sees(person, /6 hosts/);
    await person.sees(/ended=124/);
    await person.endsWith("shell>");
    expect(person.lineSettings).toBe(before);
    expect(person.fact("cursor_flag")).toBe("1");
  });
});

describe("oob send", () => {
  it("types to a group at once, one answer a host, the taken one refused, the others done", async () => {
    const jana = await Typist.at(site.site, "h2");
    await jana.type("x");
    await until("jana typed", 120_000, () => typed[2] === "x");
    typed.fill("");
    const { code, stdout, stderr } = await site.run(
      "send",
      "@low",
      "root",
      "--enter",
      "--expect",
      "Password|root",
      "--jsonl",
    );
    expect(code).toBe(5);
    const ends = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(Object.fromEntries(ends.map(({ host, sent }) => [host, sent]))).toEqual({
      h0: true,
      h1: true,
      h2: false,
    });
    expect(stderr).toMatch(/Cannot send to h2: .* is writing there/);
    expect(typed.slice(0, 3)).toEqual(["root\r", "root\r", ""]);
    await jana.leave();
  });
});
