import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import menu from "../../../drivers/console/menu.ts";
import telnet from "../../../drivers/console/telnet.ts";
import unix from "../../../drivers/console/unix.ts";
import { MenuConsoleServer, type MenuServerFaults } from "../../../mocks/menu-console-server.ts";
import type { MENU_FAMILIES, MenuPort } from "../../../mocks/menu-families.ts";
import { Registry } from "../../../src/core/registry/registry.ts";
import { latin1 } from "../../../src/lib/bytes.ts";
import { type Clock, ManualClock, systemClock } from "../../../src/lib/clock.ts";
import type { Link, OpenContext } from "../../../src/sdk/link.ts";
import type { OptionValues } from "../../../src/sdk/options.ts";
import { failureOf, openContext, readBytes } from "./socket-suite.ts";

const PASSWORD = "s3cret-of-cs1";
const registry = new Registry();
/** Waits are this much shorter than in life; the tests run beside each other. */
const SPEED = 6;
const fast: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * SPEED,
  after: (delay, run) => systemClock.after(delay / SPEED, run),
  sleep: (delay, signal) => systemClock.sleep(delay / SPEED, signal),
};

type Undo = (undo: () => unknown) => void;

/** What a test does at its end, the last thing first. */
function undoer({ onTestFinished }: TestContext): Undo {
  const todo: (() => unknown)[] = [];
  onTestFinished(async () => {
    for (const one of todo.reverse()) await one();
  });
  return (one) => void todo.push(one);
}

type Family = keyof typeof MENU_FAMILIES;
const FAMILIES: readonly Family[] = ["cyclades-ts", "mrv-lx", "lantronix", "opengear-pmshell"];

/** A line that keeps what it gets, and can be waited for. */
class RecordingLine {
  got = "";
  breaks = 0;
  changed = (): void => {};

  onBytes(bytes: Uint8Array): void {
    this.got += String.fromCharCode(...bytes);
    this.changed();
  }

  onBreak(): void {
    this.breaks += 1;
    this.changed();
  }

  until(is: (line: RecordingLine) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.changed = () => {
        if (is(this)) resolve();
      };
      this.changed();
    });
  }
}

async function start(test: TestContext, family: Family, faults: MenuServerFaults = {}, count = 16) {
  const undo = undoer(test);
  const lines = Array.from({ length: count }, () => new RecordingLine());
  const ports: MenuPort[] = lines.map((line, i) => ({ name: `web${i + 1}`, line }));
  const login = { user: "oob", password: PASSWORD };
  const server = await MenuConsoleServer.start({ family, ports, login, faults });
  undo(() => server.close());
  const told: string[] = [];
  const contextOf = (over: Partial<OpenContext> = {}) =>
    openContext({
      clock: fast,
      profile: (_kind, name) => registry.menu(name),
      secret: ({ secret }) => Promise.resolve(secret === "cs1" ? PASSWORD : "wrong"),
      progress: (text) => told.push(text),
      ...over,
    });
  const open = async (
    options: OptionValues = {},
    over: Partial<OpenContext> = {},
  ): Promise<Link> => {
    const all = {
      profile: family,
      host: "127.0.0.1",
      "tcp-port": server.port,
      port: "7",
      user: "oob",
      password: { secret: "cs1" },
      ...options,
    };
    const link = await menu.open(all, contextOf(over));
    undo(() => link.close());
    return link;
  };
  const line = lines[6] as RecordingLine;
  return { server, lines, line, ports, open, told, contextOf, undo };
}

/** Reads until this was seen: a slow server's line end may stand before it. */
async function textOf(link: Link, text: string): Promise<string> {
  let got = "";
  const bytes = link.bytes[Symbol.asyncIterator]();
  while (!got.includes(text)) {
    const next = await bytes.next();
    if (next.done) break;
    got += Buffer.from(next.value).toString("latin1");
  }
  return got.trimStart();
}

describe.each(FAMILIES)("console driver menu on %s", { concurrent: true }, (family) => {
  it("logs in, chooses the port, and carries bytes both ways, the first of the host among them", async (test) => {
    const { server, line, open, told } = await start(test, family);
    const opening = open();
    await server.until(() => server.clientsAt(6) === 1);
    server.write(6, latin1("\r\nweb7 login: "));
    const link = await opening;
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const shown = `\r\nweb7 login: ${String.fromCharCode(...all)}`;
    const reading = textOf(link, shown.trimStart());
    server.write(6, all);
    // Blank lines before the host's first are not told apart from the server's.
    expect(await reading).toContain(shown.trimStart());
    const keys = all.filter((byte) => byte !== 0x1b && byte !== 0x7e);
    await link.write(keys);
    await line.until(({ got }) => got.length >= keys.length);
    expect(line.got).toBe(String.fromCharCode(...keys));
    expect(link.label).toBe(`127.0.0.1:${server.port} port 7`);
    expect(JSON.stringify(told)).not.toContain(PASSWORD);
  });

  it("is up on a silent port, sends BREAK, and frees the port when it closes", async (test) => {
    const { server, line, open } = await start(test, family);
    const link = await open();
    expect(server.clientsAt(6)).toBe(1);
    await link.sendBreak?.(250);
    await line.until(({ breaks }) => breaks === 1);
    const reading = textOf(link, "anything");
    await link.close();
    expect(await reading).toBe("");
    await server.until(() => server.sessions === 0);
    expect(line.got).toBe("");
  });

  it("a login that is refused is one error, tried once, without the password in it", async (test) => {
    const { server, open, told } = await start(test, family);
    const failure = await failureOf(open({ password: { secret: "other" } }));
    expect(failure.code).toBe("LOGIN_REFUSED");
    expect(failure.message).toMatch(
      /^Cannot open port "7" of "127\.0\.0\.1:\d+": it refuses the login as "oob": "/,
    );
    expect(server.typed.filter((text) => text === "wrong")).toHaveLength(1);
    expect(JSON.stringify([failure.message, failure.hint, told])).not.toContain("wrong");
    await server.until(() => server.sessions === 0);
  });

  it("says which port it does not find there", async (test) => {
    const { open } = await start(test, family);
    const failure = await failureOf(open({ port: "99" }));
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toContain('Cannot open port "99" of');
  });

  it("stands noise before the prompts, prompts shown again and passwords echoed", async (test) => {
    const noise =
      "\x1b[2J\x1b[1;31mUnauthorized access is prohibited\x1b[m\r\nLast login: Mon \x1b]0;x\x07\r\n\xff\0";
    const { server, open } = await start(test, family, { noise, showsPasswords: true });
    const link = await open();
    const reading = textOf(link, "ok");
    server.write(6, latin1("ok"));
    expect(await reading).toBe("ok");
  });

  it("ends with a clear reason when the server closes the session on the port", async (test) => {
    const { server, open } = await start(test, family);
    const link = await open();
    const reading = failureOf(readBytes(link, 100_000));
    server.endPort(6);
    const failure = await reading;
    expect(failure.code).toBe("LINK_LOST");
    expect(failure.message).toMatch(
      /^Lost port "7" of "127\.0\.0\.1:\d+": the console server shows its own prompt ".+" again/,
    );
    expect((await failureOf(link.write(latin1("rm -rf /\r")))).code).toBe("LINK_LOST");
    expect(server.typed.join()).not.toContain("rm -rf");
  });

  it("a host that prints the menu does not end it", async (test) => {
    const { server, open, line } = await start(test, family);
    const link = await open();
    const shown =
      "cat cs1.txt\r\n Type 'q' to quit, a valid option[1-16], or anything else to refresh : \r\nInReach:0 >\r\n" +
      "[slc0a1b]> \r\nConnect to port > \r\nadmin@cs1:~$ \r\ncs1 login: \r\nroot@web7:~# ";
    const reading = textOf(link, shown);
    server.write(6, latin1(shown));
    expect(await reading).toBe(shown);
    await link.write(latin1("x"));
    await line.until(({ got }) => got === "x");
  });

  it("opens again after the server came back from a reboot in mid-session", async (test) => {
    const { server, open } = await start(test, family);
    const link = await open();
    const reading = textOf(link, "anything").catch(() => "");
    server.reboot();
    expect(await reading).toBe("");
    await link.close();
    const again = await open();
    const words = textOf(again, "ok");
    server.write(6, latin1("ok"));
    expect(await words).toBe("ok");
  });
});

describe("console driver menu", { concurrent: true }, () => {
  it.for([
    ["cyclades-ts", "web12"],
    ["lantronix", "web12"],
    ["opengear-pmshell", "web12"],
  ] as const)("%s: finds a port by its name", async ([family, port], test) => {
    const { server, open } = await start(test, family);
    await open({ port });
    expect(server.clientsAt(11)).toBe(1);
  });

  it.for([
    ["cyclades-ts", "jana is on it"],
    ["mrv-lx", "jana is on it"],
    ["lantronix", "somebody is on it"],
  ] as const)("%s: a busy port is PORT_BUSY, and names who has it", async ([family, who], test) => {
    const { ports, open } = await start(test, family);
    (ports[6] as MenuPort).busy = "jana";
    const failure = await failureOf(open());
    expect(failure.code).toBe("PORT_BUSY");
    expect(failure.message).toContain(`: ${who}`);
  });

  it("cyclades-ts: take kills the session that has the port, and opens it", async (test) => {
    const { server, ports, open } = await start(test, "cyclades-ts");
    (ports[6] as MenuPort).busy = "jana";
    await open({ take: true });
    expect(server.clientsAt(6)).toBe(1);
    expect(server.typed).toContain("all");
    expect(ports[6]?.busy).toBeUndefined();
  });

  it("many ports at once offer a wrong password once, and the right one is used by all at once", async (test) => {
    const { server, open } = await start(test, "mrv-lx");
    const ports = ["1", "2", "3", "4", "5"];
    const wrong = await Promise.all(
      ports.map((port) => failureOf(open({ port, password: { secret: "other" } }))),
    );
    expect(server.typed.filter((text) => text === "wrong")).toHaveLength(1);
    wrong.forEach(({ code, message }, i) => {
      expect(code).toBe("LOGIN_REFUSED");
      expect(message).toMatch(
        new RegExp(
          `^Cannot open port "${ports[i]}" of "127[^"]+": it refuses the login as "oob": "`,
        ),
      );
    });
    await Promise.all(ports.map((port) => open({ port })));
    expect(ports.map((_, i) => server.clientsAt(i))).toEqual([1, 1, 1, 1, 1]);
  });

  it("take and clear are refused where the family knows no way", async (test) => {
    const { open } = await start(test, "mrv-lx");
    expect((await failureOf(open({ take: true }))).message).toContain("knows no way to take");
    expect((await failureOf(open({ clear: true }))).message).toContain("knows no way to clear");
  });

  it.for(FAMILIES)("%s: a server that types slowly, byte by byte", async (family, test) => {
    const { server, open } = await start(test, family, { byteEvery: 3 }, 4);
    const link = await open({ port: "2" });
    const reading = textOf(link, "hello");
    server.write(1, latin1("hello"));
    expect(await reading).toBe("hello");
  });

  it("a server that says nothing after the number was typed is taken for a silent host", async (test) => {
    const { open, server } = await start(test, "mrv-lx", { silent: true });
    await open();
    expect(server.typed).toContain("connect port async 7");
  });

  it("a server that says nothing at all is told so, after the patience that was given", async (test) => {
    const undo = undoer(test);
    const mute = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const address = mute.address();
    undo(() => mute.close());
    const options = {
      profile: "mrv-lx",
      host: "127.0.0.1",
      "tcp-port": typeof address === "object" && address ? address.port : 0,
      port: "7",
      patience: 500,
    };
    const context = openContext({ clock: fast, profile: (_kind, name) => registry.menu(name) });
    const failure = await failureOf(menu.open(options, context));
    expect(failure.message).toMatch(/no answer that is understood: nothing came/);
  });

  it("a host that prints without end while the port opens loses nothing", async (test) => {
    const { server, open } = await start(test, "mrv-lx");
    const opening = open();
    await server.until(() => server.clientsAt(6) === 1);
    const flood = "[  1.000000] usb 1-1: new device\r\n".repeat(5000);
    server.write(6, latin1(flood));
    const link = await opening;
    expect(await textOf(link, flood)).toBe(flood);
  });

  it("a host left at a shell, whose prompt looks like that of any server, is open at once", async (test) => {
    const { server, open } = await start(test, "mrv-lx");
    const opening = open();
    await server.until(() => server.clientsAt(6) === 1);
    server.write(6, latin1("\r\nweb7:1 > "));
    expect(await textOf(await opening, "web7:1 > ")).toContain("web7:1 >");
  });

  it("goes through another device: plain bytes over a Unix socket, with login and escape", async (test) => {
    const { server, contextOf, undo } = await start(test, "lantronix");
    const path = join(tmpdir(), `oob-menu-${process.pid}.sock`);
    const plain = createServer((socket) => server.serve(socket, false));
    await new Promise<void>((resolve) => plain.listen(path, resolve));
    undo(() => new Promise((resolve) => plain.close(resolve)));
    const through = await unix.open({ path }, contextOf());
    undo(() => through.close());
    const options = { profile: "lantronix", port: "3", user: "oob", password: { secret: "cs1" } };
    const link = await menu.open(options, contextOf({ through }));
    expect(server.clientsAt(2)).toBe(1);
    expect(link.sendBreak).toBeUndefined();
    const reading = textOf(link, "anything");
    await link.close();
    // A serial line stays where it is: the port must be free, and the server logged out.
    expect(server.clientsAt(2)).toBe(0);
    await server.until(() => server.typed.includes("logout"));
    await through.close();
    expect(await reading).toBe("");
  });

  it("BREAK: by the way underneath; over a serial line by the family's keys, or not at all", async (test) => {
    const { server, line, contextOf } = await start(test, "opengear-pmshell");
    let breaks = 0;
    const host = { host: "127.0.0.1", port: server.port };
    const wire = await telnet.open(host, contextOf());
    // As a serial port is: it has modem lines, and its BREAK ends at the console server.
    const setLines = () => Promise.resolve();
    const sendBreak = async () => void breaks++;
    const through = { ...wire, setLines, sendBreak };
    const options = { port: "7", user: "oob", password: { secret: "cs1" } };
    const link = await menu.open(
      { ...options, profile: "opengear-pmshell" },
      contextOf({ through }),
    );
    await link.sendBreak?.(250);
    await line.until(({ got }) => got === "~b");
    expect([breaks, line.breaks]).toEqual([0, 0]);
    await link.close();
    await wire.close();
    const other = await start(test, "mrv-lx");
    const way = await telnet.open({ ...host, port: other.server.port }, contextOf());
    const without = await menu.open(
      { ...options, profile: "mrv-lx" },
      other.contextOf({ through: { ...way, setLines, sendBreak } }),
    );
    expect(without.sendBreak).toBeUndefined();
    await way.close();
  });

  it("a session left open on a serial line is left first: no Enter and no password reach its host", async (test) => {
    const { server, lines, contextOf, undo } = await start(test, "lantronix");
    const path = join(tmpdir(), `oob-menu-left-${process.pid}.sock`);
    const plain = createServer((socket) => server.serve(socket, false));
    await new Promise<void>((resolve) => plain.listen(path, resolve));
    undo(() => new Promise((resolve) => plain.close(resolve)));
    const through = await unix.open({ path }, contextOf());
    undo(() => through.close());
    const options = { profile: "lantronix", port: "3", user: "oob", password: { secret: "cs1" } };
    await menu.open(options, contextOf({ through }));
    // The daemon was killed: nobody left the port. Another one finds the line as it is.
    const again = await menu.open({ ...options, port: "4" }, contextOf({ through }));
    expect(server.clientsAt(2)).toBe(0);
    expect(server.clientsAt(3)).toBe(1);
    expect(lines[2]?.got).toBe("");
    await again.close();
  });

  it("a menu behind a menu behind telnet", async (test) => {
    const inner = await start(test, "mrv-lx");
    const outer = await start(test, "cyclades-ts");
    const { undo } = outer;
    // Port 3 of the outer server is the inner one's own serial console.
    const path = join(tmpdir(), `oob-menu-deep-${process.pid}.sock`);
    const bridge = createServer((socket) => inner.server.serve(socket, false));
    await new Promise<void>((resolve) => bridge.listen(path, resolve));
    undo(() => new Promise((resolve) => bridge.close(resolve)));
    const wire = await unix.open({ path }, openContext());
    undo(() => wire.close());
    const line = outer.lines[2] as RecordingLine;
    line.onBytes = (bytes) => void wire.write(bytes.slice());
    void (async () => {
      for await (const bytes of wire.bytes) outer.server.write(2, bytes);
    })();
    const host = { host: "127.0.0.1", port: outer.server.port };
    const first = await telnet.open(host, openContext());
    undo(() => first.close());
    const login = { user: "oob", password: { secret: "cs1" } };
    const second = await menu.open(
      { profile: "cyclades-ts", port: "web3", ...login },
      outer.contextOf({ through: first }),
    );
    const third = await menu.open(
      { profile: "mrv-lx", port: "7", ...login },
      outer.contextOf({ through: second }),
    );
    expect(inner.server.clientsAt(6)).toBe(1);
    const reading = textOf(third, "web7 login:");
    inner.server.write(6, latin1("web7 login:"));
    expect(await reading).toBe("web7 login:");
    await third.write(latin1("root\r"));
    await inner.line.until(({ got }) => got === "root\r");
    // The outer server ends the session: the reason names the server that it was.
    const lost = failureOf(readBytes(third, 1000));
    outer.server.endPort(2);
    expect((await lost).message).toContain("a valid option[1-16], or anything else to refresh");
  });
});

describe("console driver menu, writing while in doubt", () => {
  it("holds keys while the server's own prompt stands there, and lets them go when more follows", async (test) => {
    const { server, line, open } = await start(test, "mrv-lx");
    const clock = new ManualClock();
    const opening = open({}, { clock: { ...systemClock, sleep: clock.sleep.bind(clock) } });
    const link = await opening;
    const prompt = "\r\nInReach:0 >";
    const bytes = link.bytes[Symbol.asyncIterator]();
    server.write(6, latin1(prompt));
    let text = "";
    while (text !== prompt) text += String.fromCharCode(...((await bytes.next()).value ?? []));
    const next = bytes.next();
    let written = false;
    const writing = link.write(latin1("x")).then(() => {
      written = true;
    });
    await clock.advance(1999);
    expect([written, line.got]).toEqual([false, ""]);
    server.write(6, latin1("more"));
    await next;
    await writing;
    await line.until(({ got }) => got === "x");
    // The doubt is over: nothing of it comes back later.
    await clock.advance(60_000);
    const last = bytes.next();
    server.write(6, latin1("!"));
    expect((await last).value).toEqual(latin1("!"));
  });
});

/** A router with one reverse telnet port; what was typed at its own prompt. */
class Cisco {
  readonly typed: string[] = [];
  /** What `clear line` frees. */
  frees = true;
  port = 0;
  linePort = 0;
  readonly #control: Server;
  readonly #line: Server;

  constructor() {
    this.#control = createServer((socket) => this.#talk(socket));
    this.#line = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.write("web7 login: ");
    });
  }

  static async start(undo: Undo): Promise<Cisco> {
    const cisco = new Cisco();
    cisco.port = await listen(cisco.#control, 0);
    // A port on which nobody listens now: the line is busy.
    cisco.linePort = await listen(cisco.#line, 0);
    await new Promise((resolve) => cisco.#line.close(resolve));
    undo(() => cisco.#control.close());
    undo(() => cisco.#line.close());
    return cisco;
  }

  free(): Promise<number> {
    return listen(this.#line, this.linePort);
  }

  #talk(socket: Socket): void {
    const login = ["Password: ", "\r\ncs1>"];
    let text = "";
    socket.on("error", () => socket.destroy());
    socket.write("\r\nUser Access Verification\r\n\r\nUsername: ");
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1").replaceAll("\0", "");
      for (let at = text.indexOf("\r"); at >= 0; at = text.indexOf("\r")) {
        const line = text.slice(0, at);
        text = text.slice(at + 1);
        this.typed.push(line);
        void this.#answer(line, login.shift()).then((answer) => socket.write(`\r\n${answer}`));
      }
    });
  }

  async #answer(line: string, next: string | undefined): Promise<string> {
    if (next !== undefined) return next;
    if (line === "enable") return "Password: ";
    if (line === "enable-it") return "cs1#";
    if (line === "clear line 7") return "[confirm]";
    if (line !== "") return "% Bad secrets\r\n\r\ncs1>";
    if (this.frees) await this.free();
    return " [OK]\r\ncs1#";
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

describe("console driver menu on cisco-line", { concurrent: true }, () => {
  const secrets: Readonly<Record<string, string>> = { cs1: PASSWORD, enable: "enable-it" };

  async function open(cisco: Cisco, undo: Undo, over: OptionValues = {}): Promise<Link> {
    const profile = await registry.menu("cisco-line");
    const options = {
      profile: "cisco-line",
      host: "127.0.0.1",
      "tcp-port": cisco.port,
      port: "7",
      user: "oob",
      password: { secret: "cs1" },
      enable: { secret: "enable" },
      ...over,
    };
    const context = openContext({
      clock: fast,
      // As it ships, but for the number that line 0 would have: 2007 may be taken on this machine.
      profile: () =>
        Promise.resolve({ ...profile, reverse: { ...profile.reverse, base: cisco.linePort - 7 } }),
      secret: ({ secret }) => Promise.resolve(secrets[secret] ?? "wrong"),
    });
    const link = await menu.open(options, context);
    undo(() => link.close());
    return link;
  }

  it("a line that is free is opened as it is, without a word at the router's prompt", async (test) => {
    const undo = undoer(test);
    const cisco = await Cisco.start(undo);
    await cisco.free();
    const link = await open(cisco, undo, { clear: true });
    expect(await textOf(link, "web7 login: ")).toBe("web7 login: ");
    expect(cisco.typed).toEqual([]);
  });

  it("a busy line refuses the connection: PORT_BUSY, and nothing is cleared unasked", async (test) => {
    const undo = undoer(test);
    const cisco = await Cisco.start(undo);
    const failure = await failureOf(open(cisco, undo));
    expect(failure.code).toBe("PORT_BUSY");
    expect(failure.message).toBe(
      `Cannot open line 7 of "127.0.0.1": TCP port ${cisco.linePort} refuses the connection, as a busy line does`,
    );
    expect(failure.hint).toContain("clear: true");
    expect(cisco.typed).toEqual([]);
  });

  it("clear: logs in, clears that line and no other, and opens it", async (test) => {
    const undo = undoer(test);
    const cisco = await Cisco.start(undo);
    const link = await open(cisco, undo, { clear: true });
    expect(await textOf(link, "web7 login: ")).toBe("web7 login: ");
    const clears = cisco.typed.filter((line) => line.startsWith("clear"));
    expect(clears).toEqual(["clear line 7"]);
  });

  it("clear: says so where the line stays busy, and where the privileged level is refused", async (test) => {
    const undo = undoer(test);
    const cisco = await Cisco.start(undo);
    cisco.frees = false;
    const busy = await failureOf(open(cisco, undo, { clear: true }));
    expect(busy.message).toContain("refuses the connection although it was cleared");
    const refused = await failureOf(
      open(cisco, undo, { clear: true, enable: { secret: "other" } }),
    );
    expect(refused.code).toBe("LOGIN_REFUSED");
    expect(refused.message).toContain('it does not give the privileged level: "% Bad secrets"');
  });

  it("wants a number, and does not go through another device", async (test) => {
    const undo = undoer(test);
    const cisco = await Cisco.start(undo);
    const named = await failureOf(open(cisco, undo, { port: "web7" }));
    expect(named.message).toContain("wants the number of the line");
  });
});
