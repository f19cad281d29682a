import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { OnDetach } from "../../../src/config/site-config.ts";
import { createDetector } from "../../../src/core/detect/create-detector.ts";
import { Registry } from "../../../src/core/registry/registry.ts";
import { VisitBook } from "../../../src/core/session/visit-book.ts";
import { Wire } from "../wire.ts";
import { Reader, request, sessionKit, until } from "./session-kit.ts";

const SECOND = 1000;
const LOGIN = "\r\nDebian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: ";
const ROOT = "root@web1:~# ";
const EXIT: OnDetach = { is: "logout", type: "exit\r", within: 30 * SECOND };

let rules: Awaited<ReturnType<Registry["rules"]>>;
beforeAll(async () => {
  rules = await new Registry([], []).rules();
});

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A console at a root shell, which jana opened. */
async function leftBy(
  onDetach: OnDetach | undefined,
  shown = ROOT,
  wire = new Wire(),
  visits = new VisitBook(),
) {
  const kit = await sessionKit({
    detector: createDetector(rules),
    wire,
    visits,
    ...(onDetach ? { onDetach } : {}),
  });
  stops.push(() => kit.session.stop());
  const come = async (who: string, changes: Parameters<typeof request>[0] = {}) => {
    const attachment = await kit.session.attach(request({ replayLines: 0, ...changes }), who);
    const reader = new Reader(attachment);
    await until(() => reader.events.length > 0);
    return { attachment, reader };
  };
  const jana = await come("jana");
  const print = async (text: string) => {
    wire.print(text);
    await kit.clock.advance(150);
  };
  await print(`Last login: Sun Nov 22\r\n${shown}`);
  const events = (type: string) => kit.audit.filter((event) => event.type === type);
  /** Time goes by, and with it what waits for it. */
  const passes = async (time: number) => {
    for (let gone = 0; gone < time; gone += 500) {
      await kit.clock.advance(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { ...kit, come, jana, print, events, passes };
}

describe("on-detach: logout", () => {
  it("types the text when the last writer leaves, and proves it by the login prompt", async () => {
    const { wire, jana, passes, events, come, session } = await leftBy(EXIT);
    wire.onTyped = (text) => wire.print(`${text.replace("\r", "\r\n")}logout\r\n${LOGIN}`);
    const spy = await come("spy", { mode: "read" });
    await jana.attachment.leave();
    await passes(2 * SECOND);
    expect(wire.typed).toEqual(["exit\r"]);
    const [event] = events("session.logout");
    expect(event?.text).toMatch(
      /^logged out after jana left: "exit\^M" typed, \d+m?s; the console shows "web1 login:"$/,
    );
    expect(event?.data).toMatchObject({ who: "jana", proof: "web1 login:" });
    await until(() => spy.reader.told.some((text) => text.startsWith("logged out after jana")));
    expect(events("session.left-open")).toEqual([]);
    expect(session.seat).toBeUndefined();
  });

  it.each([
    ["is killed", "lost"],
    ["leaves", "left"],
  ] as const)("runs when the client %s", async (_, how) => {
    const { wire, jana, passes } = await leftBy(EXIT);
    await jana.attachment.leave(how);
    await passes(SECOND);
    expect(wire.typed).toEqual(["exit\r"]);
  });

  it("runs when the last writer is kicked, and when the idle time is over", async () => {
    const kicked = await leftBy(EXIT);
    kicked.session.guests.kick(1, "max", "");
    await kicked.passes(SECOND);
    expect(kicked.wire.typed).toEqual(["exit\r"]);
    const idle = await leftBy(EXIT);
    await idle.clock.advance(29 * 60 * SECOND);
    expect(idle.wire.typed).toEqual([]);
    await idle.clock.advance(61 * SECOND);
    await idle.passes(SECOND);
    expect(idle.wire.typed).toEqual(["exit\r"]);
  });

  it("does not run while somebody else still writes, for readers, or when the seat was taken", async () => {
    const { wire, jana, passes, come } = await leftBy(EXIT);
    const max = await come("max", { mode: "join" });
    const spy = await come("spy", { mode: "read" });
    await jana.attachment.leave();
    await spy.attachment.leave();
    const eva = await come("eva", { mode: "force", reason: "mine" });
    await max.attachment.leave();
    await passes(2 * SECOND);
    expect(wire.typed).toEqual([]);
    await eva.attachment.leave();
    await passes(SECOND);
    expect(wire.typed).toEqual(["exit\r"]);
  });

  it("does not run while who wrote only reads on, but when they go", async () => {
    const { wire, jana, passes } = await leftBy(EXIT);
    await jana.attachment.setMode("read", "");
    await passes(2 * SECOND);
    expect(wire.typed).toEqual([]);
    await jana.attachment.leave();
    await passes(SECOND);
    expect(wire.typed).toEqual(["exit\r"]);
  });

  it("waits while a runbook or the watchdog has the seat, and runs afterwards", async () => {
    const { wire, jana, passes, session } = await leftBy(EXIT);
    const lent = session.borrow("runbook x", "daily look", () => true);
    await jana.attachment.leave();
    await passes(5 * SECOND);
    expect(wire.typed).toEqual([]);
    lent.release();
    await passes(SECOND);
    expect(wire.typed).toEqual(["exit\r"]);
  });

  it("types again where a shell stood behind the shell, until login shows", async () => {
    const { wire, jana, passes, events } = await leftBy(EXIT);
    let shells = 2;
    wire.onTyped = (text) =>
      wire.print(`${text}\r\n${--shells > 0 ? "jana@web1:~$ " : `logout\r\n${LOGIN}`}`);
    await jana.attachment.leave();
    await passes(4 * SECOND);
    expect(wire.typed).toEqual(["exit\r", "exit\r"]);
    expect(events("session.logout")[0]?.text).toMatch(/"exit\^M" typed 2 times/);
  });

  it.each([
    ["a program in the foreground", `${ROOT}vi /etc/fstab\r\n~\r\n~\r\n"/etc/fstab" 10L`],
    ["half a command", `${ROOT}rm -rf /tmp/x`],
    ["a password prompt", `${ROOT}su - oper\r\nPassword: `],
  ])("types nothing into %s, and says that it is not proven", async (_, shown) => {
    const { wire, jana, passes, events } = await leftBy(EXIT, shown);
    await jana.attachment.leave();
    await passes(2 * SECOND);
    expect(wire.typed).toEqual([]);
    expect(events("session.logout")).toEqual([]);
    const [event] = events("session.left-open");
    expect(event?.text).toMatch(
      /^console left logged in by jana: a root shell \(no shell waits for a command \(".*"\): "exit\^M" was not typed\)$/,
    );
  });

  it("a text that begins with Ctrl-C is typed whatever stands there", async () => {
    const { wire, jana, passes, events } = await leftBy(
      { ...EXIT, type: "\u0003exit\r" },
      `${ROOT}top\r\nPID USER`,
    );
    wire.onTyped = () => wire.print(`^C\r\n${ROOT}exit\r\nlogout\r\n${LOGIN}`);
    await jana.attachment.leave();
    await passes(SECOND);
    expect(wire.typed).toEqual(["\u0003exit\r"]);
    expect(events("session.logout")).toHaveLength(1);
  });

  it("a host that never shows login is not logged out, and no proof is taken from before", async () => {
    const { wire, jana, passes, events } = await leftBy(EXIT, `web1 login: root\r\n${ROOT}`);
    wire.onTyped = (text) => wire.print(`${text}\r\n`);
    await jana.attachment.leave();
    await passes(31 * SECOND);
    expect(events("session.left-open")[0]?.text).toMatch(
      /^console left logged in by jana: a root shell \("exit\^M" typed, and no login prompt within 30s\)$/,
    );
    expect(events("session.logout")).toEqual([]);
  });

  it("types nothing at a login prompt, and says that nothing was to be done", async () => {
    const { wire, jana, passes, events } = await leftBy(EXIT, `logout\r\n${LOGIN}`);
    await jana.attachment.leave();
    await passes(SECOND);
    expect(wire.typed).toEqual([]);
    expect(events("session.logout")[0]?.text).toBe(
      "nothing to log out after jana: the login prompt stands",
    );
  });

  it("takes another text for the proof where the host is no Unix", async () => {
    const policy: OnDetach = { ...EXIT, proof: "Press RETURN to get started" };
    const { wire, jana, passes, events } = await leftBy(policy, "sw1#");
    wire.onTyped = (text) =>
      wire.print(
        `${text}\r\n\r\nsw1 con0 is now available\r\n\r\nPress RETURN to get started.\r\n`,
      );
    await jana.attachment.leave();
    await passes(SECOND);
    expect(events("session.logout")[0]?.data).toMatchObject({
      proof: "Press RETURN to get started.",
    });
  });

  it("is called off by whoever comes to write, who has the seat at once", async () => {
    const { wire, jana, passes, come, session, events } = await leftBy(EXIT);
    await jana.attachment.leave();
    await passes(SECOND);
    const max = await come("max");
    expect(session.seat?.who).toBe("max");
    await max.attachment.write(Buffer.from("x"));
    await passes(SECOND);
    expect(wire.typed).toEqual(["exit\r", "x"]);
    expect(events("session.logout")[0]?.text).toMatch(/^on-detach was called off/);
    await max.attachment.leave();
    await passes(SECOND);
    expect(wire.typed).toEqual(["exit\r", "x", "exit\r"]);
  });

  it.each(["a person", "a runbook"])(
    "is called off by %s who comes in the same moment",
    async (who) => {
      const { wire, jana, passes, come, session, events } = await leftBy(EXIT);
      const leaves = jana.attachment.leave();
      const lent = who === "a runbook" ? session.borrow("runbook x", "") : undefined;
      const max = lent ? undefined : await come("max");
      await leaves;
      await passes(2 * SECOND);
      expect(wire.typed).toEqual([]);
      expect(events("session.left-open")).toEqual([]);
      lent?.release();
      await max?.attachment.leave();
      await passes(SECOND);
      expect(wire.typed).toEqual(["exit\r"]);
    },
  );

  it("is done when the console is up again, where it was down", async () => {
    const { wire, jana, passes, events, clock } = await leftBy(EXIT);
    wire.refusals = [1, 2].map(() => new Error("no route to ts1"));
    wire.hangUp();
    await clock.advance(10);
    await jana.attachment.leave();
    await passes(SECOND);
    expect(events("session.left-open")[0]?.text).toContain(
      "the console is down; tried again when it is up",
    );
    await passes(20 * SECOND);
    expect(wire.typed).toEqual(["exit\r"]);
  });
});

describe("on-detach after a process that ended", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  async function restarted(first: OnDetach | undefined, end: "killed" | "stopped" | "left") {
    const folder = mkdtempSync(join(tmpdir(), "oob-detach-"));
    folders.push(folder);
    const visits = () => new VisitBook(join(folder, "visit"));
    const before = await leftBy(first, ROOT, new Wire(), visits());
    if (end === "stopped") {
      await before.session.stop();
      await before.passes(SECOND);
      expect(before.wire.typed).toEqual([]);
    }
    if (end === "left") {
      before.wire.onTyped = (text) => before.wire.print(`${text}\r\n${LOGIN}`);
      await before.jana.attachment.leave();
      await before.passes(2 * SECOND);
    }
    const kit = await sessionKit({
      detector: createDetector(rules),
      onDetach: EXIT,
      visits: visits(),
    });
    stops.push(() => kit.session.stop());
    kit.wire.print(ROOT);
    await kit.clock.advance(59 * SECOND);
    expect(kit.wire.typed).toEqual([]);
    const passes = async () => {
      for (let n = 0; n < 4; n++) {
        await kit.clock.advance(500);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    return { ...kit, passes, visits };
  }

  it.each(["killed", "stopped"] as const)("is done a minute after it was %s", async (end) => {
    const { wire, passes, visits } = await restarted(EXIT, end);
    wire.onTyped = (text) => wire.print(`${text}\r\n${LOGIN}`);
    expect(visits().last).toMatchObject({ who: "jana", owed: true });
    await passes();
    expect(wire.typed).toEqual(["exit\r"]);
    expect(visits().last).toMatchObject({ who: "jana" });
    expect(visits().last?.owed).toBeUndefined();
  });

  it("is not done twice", async () => {
    const { wire, passes } = await restarted(EXIT, "left");
    await passes();
    expect(wire.typed).toEqual([]);
  });

  it("is not done where somebody came back to write", async () => {
    const { wire, passes, session } = await restarted(EXIT, "killed");
    await session.attach(request({ replayLines: 0 }), "jana");
    await passes();
    expect(wire.typed).toEqual([]);
  });
});

describe("on-detach: drop-dtr", () => {
  const DROP: OnDetach = { is: "drop-dtr", within: 10 * SECOND };

  it("drops DTR for a second, and proves by the login prompt", async () => {
    const wire = new Wire();
    wire.dtr = [];
    const { jana, passes, print, events } = await leftBy(DROP, ROOT, wire);
    await jana.attachment.leave();
    await passes(500);
    expect(wire.dtr).toEqual([false]);
    await passes(SECOND);
    expect(wire.dtr).toEqual([false, true]);
    await print(LOGIN);
    await passes(SECOND);
    expect(wire.typed).toEqual([]);
    expect(events("session.logout")[0]?.text).toMatch(
      /^logged out after jana left: DTR dropped, .*; the console shows "web1 login:"$/,
    );
  });

  it("is not proven where no login shows, or the medium has no DTR", async () => {
    const wire = new Wire();
    wire.dtr = [];
    const deaf = await leftBy(DROP, ROOT, wire);
    await deaf.jana.attachment.leave();
    await deaf.passes(12 * SECOND);
    expect(deaf.events("session.left-open")[0]?.text).toMatch(/DTR dropped, and no login prompt/);
    const without = await leftBy(DROP);
    await without.jana.attachment.leave();
    await without.passes(SECOND);
    expect(without.events("session.left-open")[0]?.text).toMatch(
      /Cannot set the modem lines of web1: wire has none/,
    );
  });
});

describe("a shell left open", () => {
  it("is an event, and stands in the next one's welcome: root, since when, by whom", async () => {
    const { jana, passes, come, events, clock } = await leftBy(undefined);
    const left = clock.now();
    await jana.attachment.leave();
    await passes(60 * SECOND);
    expect(events("session.left-open")).toMatchObject([
      { text: "console left logged in by jana: a root shell", data: { root: true } },
    ]);
    const max = await come("max");
    expect(max.reader.events[0]).toMatchObject({
      seat: { openShell: { root: true, since: left, by: "jana" } },
    });
  });

  it("is logged out, whatever the configuration, where its user was a caller whose line broke", async () => {
    const { wire, jana, passes, events } = await leftBy(undefined);
    wire.onTyped = (text) => wire.print(`${text.replace("\r", "\r\n")}logout\r\n${LOGIN}`);
    await jana.attachment.leave("hung-up");
    await passes(2 * SECOND);
    expect(wire.typed).toEqual(["exit\r"]);
    expect(events("session.logout")).toMatchObject([{ data: { proof: "web1 login:" } }]);
    expect(events("session.left-open")).toEqual([]);
  });

  it("is none any more once the login prompt came", async () => {
    const { jana, come, print, events } = await leftBy(undefined);
    await print(`exit\r\nlogout\r\n${LOGIN}`);
    await jana.attachment.leave();
    const max = await come("max");
    expect(events("session.left-open")).toEqual([]);
    expect(max.reader.events[0]).not.toHaveProperty("seat.openShell");
  });

  it("of a plain user is no root shell", async () => {
    const { jana, events } = await leftBy(undefined, "jana@web1:~$ ");
    await jana.attachment.leave();
    expect(events("session.left-open")[0]?.text).toBe("console left logged in by jana: a shell");
  });
});
