import { afterEach, describe, expect, it } from "vitest";
import rfc2217 from "../../../drivers/console/rfc2217.ts";
import { type ComPortFaults, ComPortServer } from "../../../mocks/com-port-server.ts";
import { latin1 } from "../../../src/lib/bytes.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import type { Link, LinkNotice, OpenContext } from "../../../src/sdk/link.ts";
import { ANSWER_WITHIN } from "../../../src/sdk/network/com-port-link.ts";
import { MAX_EARLY_BYTES } from "../../../src/sdk/network/early-bytes.ts";
import { HELD_FOR, MAX_HELD_BYTES } from "../../../src/sdk/network/held-writes.ts";
import { LINES_EVERY, NOTE_EVERY } from "../../../src/sdk/network/wire-notices.ts";
import type { OptionValues } from "../../../src/sdk/options.ts";
import { failureOf, openContext, Peer, readBytes } from "./socket-suite.ts";

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

async function start(faults: ComPortFaults = {}) {
  const server = new ComPortServer(faults);
  const port = await server.listen();
  undo.push(() => server.close());
  const open = async (options: OptionValues = {}, over: Partial<OpenContext> = {}) => {
    const link = await rfc2217.open({ host: "127.0.0.1", port, ...options }, openContext(over));
    undo.push(() => link.close());
    return link;
  };
  return { server, port, open };
}

/** Reads all the time, as a console's port does; the text so far, and notices as they come. */
function watch(link: Link) {
  const seen = { text: "", notices: [] as LinkNotice[], failure: undefined as unknown };
  const changed = new Set<() => void>();
  const tell = () => {
    for (const one of changed) one();
    changed.clear();
  };
  link.onNotice?.((notice) => {
    seen.notices.push(notice);
    tell();
  });
  const read = async () => {
    for await (const chunk of link.bytes) {
      seen.text += Buffer.from(chunk).toString("latin1");
      tell();
    }
  };
  read().catch((error: unknown) => {
    seen.failure = error;
    tell();
  });
  const until = async (is: () => boolean) => {
    while (!is()) {
      await new Promise<void>((resolve) => {
        changed.add(resolve);
      });
    }
  };
  const notes = () => seen.notices.flatMap((one) => (one.is === "note" ? [one.text] : []));
  return { seen, until, notes };
}

/** Moves a clock on until this is done: what it waits for is real I/O. */
async function driven<T>(clock: ManualClock, doing: Promise<T>): Promise<T> {
  let over = false;
  const done = doing.finally(() => {
    over = true;
  });
  done.catch(() => undefined);
  while (!over) await clock.advance(100);
  return done;
}

const ALL = Uint8Array.from([...Array(256).keys(), 13, 0, 13, 10, 255, 255, 0, 13]);

describe("console driver rfc2217: opening", () => {
  it("sets speed, format, flow control and lines, and says in its label what is in force", async () => {
    const { server, port, open } = await start();
    const options = { baud: 115_200, format: "7e2", flow: "rtscts", dtr: "raise", rts: "lower" };
    const link = await open(options);
    expect(server.port).toEqual({
      ...{ baud: 115_200, dataBits: 7, parity: 3, stopBits: 2, flow: 3, dtr: 1, rts: 0 },
    });
    expect(link.label).toBe(`127.0.0.1:${port} rfc2217 115200 7e2 rtscts`);
    const { until, notes } = watch(link);
    await until(() => notes().length > 0);
    expect(notes()).toEqual(['rfc2217: the server calls itself "mock 1.0"']);
  });

  it("leaves what is not asked for as the server has it, and shows that", async () => {
    const { server, port, open } = await start();
    const link = await open();
    expect(link.label).toBe(`127.0.0.1:${port} rfc2217 9600 8n1`);
    const sets = server.heard.filter(({ command }) =>
      /baud|dataBits|parity|stop|con/.test(command),
    );
    expect(sets.map(({ value }) => value)).toEqual([0, 0, 0, 0, 0]);
  });

  it("carries every byte both ways", async () => {
    const { server, open } = await start();
    const link = await open();
    const { seen, until } = watch(link);
    await link.write(ALL);
    await server.until(() => server.typed.length >= ALL.length);
    expect(Buffer.from(server.typed, "latin1")).toEqual(Buffer.from(ALL));
    server.print(ALL);
    await until(() => seen.text.length >= ALL.length);
    expect(Buffer.from(seen.text, "latin1")).toEqual(Buffer.from(ALL));
  });

  it("says in label and note that the server set another speed, and goes on", async () => {
    const { port, open } = await start({ keepsBaud: 9600 });
    const link = await open({ baud: 115_200 });
    expect(link.label).toBe(`127.0.0.1:${port} rfc2217 9600 8n1 (baud 9600 instead of 115200)`);
    const { until, notes } = watch(link);
    await until(() => notes().length > 1);
    expect(notes()[1]).toBe("rfc2217: settings are not as asked: baud 9600 instead of 115200");
  });

  it("takes the speed that a clock comes to for the one asked for", async () => {
    const { open } = await start({ keepsBaud: 115_384 });
    expect((await open({ baud: 115_200 })).label).not.toContain("instead");
  });

  it("mismatch: refuse does not open at another speed", async () => {
    const { port, open } = await start({ keepsBaud: 9600 });
    const failure = await failureOf(open({ baud: 115_200, mismatch: "refuse" }));
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toBe(
      `Cannot open "127.0.0.1:${port}": settings are not as asked: baud 9600 instead of 115200`,
    );
  });

  it("says which settings the server did not confirm, after its time", async () => {
    const clock = new ManualClock();
    const { server, open } = await start({ setsSilently: true });
    const link = await driven(clock, open({ baud: 115_200, format: "8n1" }, { clock }));
    expect(server.port.baud).toBe(115_200);
    expect(link.label).toContain(
      "rfc2217 ? (baud not confirmed, data bits not confirmed, parity not confirmed",
    );
  });

  it.each([
    [{ refusesOption: true }, "refused, plain telnet", "the server refuses COM-PORT-OPTION"],
    [
      { ignoresOption: true },
      "not answered, plain telnet",
      "the server did not answer COM-PORT-OPTION within 3s",
    ],
    [
      { silent: true },
      "not answered, plain telnet",
      "the server did not answer COM-PORT-OPTION within 3s",
    ],
  ])("%o: works as plain telnet and says so, or refuses if asked", async (faults, label, why) => {
    const clock = new ManualClock();
    const { server, port, open } = await start(faults);
    const link = await driven(clock, open({ baud: 9600 }, { clock }));
    expect(link.label).toBe(`127.0.0.1:${port} rfc2217 ${label}`);
    const { until, notes, seen } = watch(link);
    await until(() => notes().length > 0);
    expect(notes()).toEqual([`rfc2217: ${why}: plain telnet, its settings are the server's`]);
    if (!("silent" in faults)) {
      await link.write(latin1("hello"));
      await server.until(() => server.typed === "hello");
      server.print("login:");
      await until(() => seen.text === "login:");
      await link.sendBreak?.(250);
      await server.until(() => server.breaks.length > 0);
      expect(server.breaks).toEqual(["telnet"]);
      expect((await failureOf(link.setLines?.({ dtr: false }) ?? Promise.resolve())).code).toBe(
        "LINK_UNSUPPORTED",
      );
    }
    // Nothing of the option reached a server that has not agreed to it.
    expect(server.heard).toEqual([]);
    const refusing = driven(clock, open({ mismatch: "refuse" }, { clock }));
    const failure = await failureOf(refusing);
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toBe(`Cannot open "127.0.0.1:${port}": ${why}`);
  });

  it("sets up a server that agrees late", async () => {
    const clock = new ManualClock();
    const { server, open } = await start({ ignoresOption: true });
    const link = await driven(clock, open({ baud: 19_200 }, { clock }));
    const { until, notes } = watch(link);
    server.agreeLate();
    await server.until(() => server.port.baud === 19_200);
    await until(() => notes().some((note) => note.includes("mock 1.0")));
  });

  it("keeps what the host prints while it opens, and what a server says that hangs up", async () => {
    const clock = new ManualClock();
    const { server, open } = await start({ ignoresOption: true });
    const opening = open({}, { clock });
    opening.catch(() => undefined);
    await server.until(() => true);
    while (server.typed === "" && clock.monotonic() < ANSWER_WITHIN / 2) await clock.advance(100);
    server.print("early ");
    const link = await driven(clock, opening);
    const { seen, until } = watch(link);
    server.print("late");
    await until(() => seen.text === "early late");

    const peer = new Peer();
    const port = await peer.listen();
    const failing = rfc2217.open({ host: "127.0.0.1", port }, openContext());
    (await peer.connection()).end("All ports are in use\r\n");
    const failure = await failureOf(failing);
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toContain(
      'the server hung up before it answered; it says "All ports are in use"',
    );
    await peer.close();
  });

  it("holds a bounded part of a flood while it opens, and loses none of it", async () => {
    const peer = new Peer();
    const clock = new ManualClock();
    const port = await peer.listen();
    const opening = rfc2217.open({ host: "127.0.0.1", port }, openContext({ clock }));
    const far = await peer.connection();
    const size = MAX_EARLY_BYTES * 4;
    far.write(new Uint8Array(size).fill(46));
    const link = await driven(clock, opening);
    expect(await readBytes(link, size)).toHaveLength(size);
    await link.close();
    await peer.close();
  });

  it("gives up when the signal says so, before and while it opens", async () => {
    const { open } = await start({ silent: true });
    const early = await failureOf(open({}, { signal: AbortSignal.abort() }));
    expect(early.code).toBe("INTERRUPTED");
    const controller = new AbortController();
    const opening = open({}, { signal: controller.signal });
    setImmediate(() => controller.abort());
    expect((await failureOf(opening)).code).toBe("INTERRUPTED");
  });

  it("opens over IPv6", async () => {
    const server = new ComPortServer();
    const port = await server.listen("::1");
    undo.push(() => server.close());
    const link = await rfc2217.open({ host: "::1", port, baud: 300 }, openContext());
    undo.push(() => link.close());
    expect(link.label).toBe(`[::1]:${port} rfc2217 300 8n1`);
  });

  it("purges at the first opening, and never when it is opened again", async () => {
    const { server, open } = await start();
    const again = await open({ purge: "both" }, { reopening: true });
    watch(again);
    // Its answer proves that everything before it has been heard.
    await again.setBaud?.(19_200);
    const asked = () => server.heard.filter(({ command }) => command === "purge");
    expect(asked()).toEqual([]);
    await open({ purge: "both" });
    await server.until(() => asked().length > 0);
    expect(asked()).toEqual([{ command: "purge", value: 3 }]);
  });
});

describe("console driver rfc2217: BREAK and lines", () => {
  it("sends BREAK as SET-CONTROL 5, then 6, whatever the server answers to it", async () => {
    const clock = new ManualClock();
    const { server, open } = await start({ oddControl: true });
    const link = await open({}, { clock });
    watch(link);
    const sending = link.sendBreak?.(400);
    await server.until(() => server.breaks.length > 0);
    expect(server.breaks).toEqual(["on"]);
    await clock.advance(400);
    await sending;
    await server.until(() => server.breaks.length > 1);
    expect(server.breaks).toEqual(["on", "off"]);
  });

  it("ends a BREAK under way when it is closed", async () => {
    const { server, open } = await start();
    const link = await open({});
    watch(link);
    void link.sendBreak?.(10_000);
    await server.until(() => server.breaks.length > 0);
    await link.close();
    await server.until(() => server.breaks.length > 1);
    expect(server.breaks).toEqual(["on", "off"]);
  });

  it("moves DTR and RTS, each alone", async () => {
    const { server, open } = await start();
    const link = await open();
    watch(link);
    await link.setLines?.({ dtr: false });
    expect(server.port).toMatchObject({ dtr: 0, rts: 1 });
    await link.setLines?.({ dtr: true, rts: false });
    expect(server.port).toMatchObject({ dtr: 1, rts: 0 });
  });

  it("says that a line is not confirmed, and fails where the server says that it did not move", async () => {
    const clock = new ManualClock();
    const { server, open } = await start({ oddControl: true });
    const link = await open({}, { clock });
    const { notes, until } = watch(link);
    await driven(clock, link.setLines?.({ dtr: false }) ?? Promise.resolve());
    expect(server.port.dtr).toBe(0);
    await until(() => notes().includes("rfc2217: DTR not confirmed"));
    Object.assign(server.faults, { oddControl: false, keepsLinesDown: true });
    const failure = await failureOf(link.setLines?.({ dtr: true }) ?? Promise.resolve());
    expect(failure.code).toBe("LINK_UNSUPPORTED");
    expect(failure.message).toContain("DTR down instead of up");
  });

  it("reads the modem lines by asking, and by what the server told where it does not answer", async () => {
    const { server, open } = await start();
    server.modemState = 128 + 16;
    const link = await open();
    const { until, seen } = watch(link);
    expect(await link.readLines?.()).toEqual({ cts: true, dsr: false, dcd: true });
    await until(() => seen.notices.some((one) => one.is === "lines"));
  });

  it("notices lines as they change, at most so often, and the last state always", async () => {
    const clock = new ManualClock();
    const { server, open } = await start();
    const link = await open({}, { clock });
    const { seen, until } = watch(link);
    for (let i = 0; i < 1000; i++) server.send("modemState", i % 2 === 0 ? 16 : 0);
    server.send("modemState", 128);
    server.print("end");
    await until(() => seen.text === "end");
    await clock.advance(LINES_EVERY);
    const lines = seen.notices.flatMap((one) => (one.is === "lines" ? [one.lines] : []));
    expect(lines.length).toBeLessThanOrEqual(2);
    expect(lines.at(-1)).toEqual({ cts: false, dsr: false, dcd: true });
  });

  it("tells a BREAK that came, and errors of the line counted", async () => {
    const clock = new ManualClock();
    const { server, open } = await start();
    const link = await open({}, { clock });
    const { seen, notes, until } = watch(link);
    server.send("lineState", 16);
    for (let i = 0; i < 5000; i++) server.send("lineState", 8 + 2);
    server.print("end");
    await until(() => seen.text === "end");
    await clock.advance(NOTE_EVERY);
    expect(seen.notices.filter((one) => one.is === "break")).toHaveLength(1);
    expect(notes().filter((note) => note.includes("framing"))).toEqual([
      "rfc2217: framing error: is the speed right?",
      "rfc2217: framing error: is the speed right? (4999 times)",
    ]);
    expect(notes().some((note) => note.includes("overrun"))).toBe(true);
  });

  it("says that somebody else changed the port's settings", async () => {
    const { server, open } = await start();
    const link = await open({ baud: 9600 });
    const { notes, until } = watch(link);
    server.send("baud", 2400);
    await until(() =>
      notes().includes("rfc2217: the server says that the port is at 2400 8n1 now"),
    );
  });

  it("setBaud() sets another speed, and fails where the server keeps its own", async () => {
    const { server, port, open } = await start();
    const link = await open({ baud: 9600 });
    watch(link);
    await link.setBaud?.(57_600);
    expect(server.port.baud).toBe(57_600);
    expect(link.label).toBe(`127.0.0.1:${port} rfc2217 57600 8n1`);
    server.faults.keepsBaud = 9600;
    const failure = await failureOf(link.setBaud?.(115_200) ?? Promise.resolve());
    expect(failure.message).toContain("baud 9600 instead of 115200");
  });
});

describe("console driver rfc2217: flow control of the server", () => {
  async function suspended() {
    const clock = new ManualClock();
    const { server, open } = await start();
    const link = await open({}, { clock });
    const watched = watch(link);
    server.send("suspend");
    server.print("!");
    await watched.until(() => watched.seen.text === "!");
    return { clock, server, link, ...watched };
  }

  it("holds what is typed until the server resumes, in order, and says so", async () => {
    const { server, link, clock, notes } = await suspended();
    expect(notes()).toContain("rfc2217: the server holds back what is typed (flow control)");
    const writes = [link.write(latin1("one ")), link.write(latin1("two "))];
    server.send("resume");
    await Promise.all(writes);
    await link.write(latin1("three"));
    await server.until(() => server.typed.length >= 13);
    expect(server.typed).toBe("one two three");
    await clock.advance(NOTE_EVERY);
    expect(notes()).toContain("rfc2217: the server takes what is typed again");
  });

  it("gives up what waits too long, or is too much, and types nothing of it later", async () => {
    const { server, link, clock } = await suspended();
    const waiting = failureOf(link.write(latin1("reboot\r")));
    const much = await failureOf(link.write(new Uint8Array(MAX_HELD_BYTES)));
    expect(much.code).toBe("TIMED_OUT");
    await clock.advance(HELD_FOR);
    const failure = await waiting;
    expect(failure.code).toBe("TIMED_OUT");
    expect(failure.message).toContain("the server has held it back for 30s");
    server.send("resume");
    server.print("?");
    await readBytes(link, 0);
    await driven(clock, link.write(latin1("date")));
    await server.until(() => server.typed.length >= 4);
    expect(server.typed).toBe("date");
  });

  it("lets go of what waits when it is closed", async () => {
    const { link } = await suspended();
    const waiting = failureOf(link.write(latin1("x")));
    await link.close();
    expect((await waiting).code).toBe("LINK_LOST");
  });

  it("reads nothing while nobody asks: a flood waits at the server's side", async () => {
    const { server, open } = await start();
    const link = await open();
    const size = 64 * 1024 * 1024;
    server.print(new Uint8Array(size).fill(46));
    const before = process.memoryUsage().arrayBuffers;
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
    let got = 0;
    for await (const chunk of link.bytes) {
      got += chunk.length;
      if (got >= size) break;
    }
    expect(got).toBe(size);
  });
});

describe("console driver rfc2217: a hostile server", () => {
  it("a storm of options, line states and questions draws few answers and few notes", async () => {
    const { server, open } = await start({ storm: 20_000 });
    const link = await open();
    const { seen, until } = watch(link);
    server.print("login:");
    await until(() => seen.text.endsWith("login:"));
    // The storm had a 0xFF of the console's own between its options, each doubled.
    expect(seen.text).toBe(`${"\xff".repeat(20_000)}login:`);
    expect(seen.notices.length).toBeLessThan(12);
  });
});
