import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { PortListener, PortState } from "../../../src/core/port/console-port.ts";
import { LocalPort } from "../../../src/core/port/local-port.ts";
import { ReadPace } from "../../../src/core/port/read-pace.ts";
import { failuresAfter, waitBefore } from "../../../src/core/port/reconnect.ts";
import { OobError } from "../../../src/lib/errors.ts";
import { allBytes, allRecords, type LogKit, logKit } from "../log/log-kit.ts";
import { Wire } from "../wire.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function portKit(wire: Wire, kit: LogKit = logKit(), pace = new ReadPace(kit.clock)) {
  const log = kit.open();
  const port = new LocalPort({
    host: "web1",
    clock: kit.clock,
    random: () => 0,
    log,
    pace,
    open: wire.open,
  });
  const states: PortState[] = [];
  const seen: string[] = [];
  const notices: string[] = [];
  const listener: PortListener = {
    bytes: (chunk) => void seen.push(Buffer.from(chunk).toString()),
    state: (state) => void states.push(state),
    gap: () => undefined,
    notice: (text) => void notices.push(text),
  };
  stops.push(() => port.stop());
  return { port, log, kit, states, seen, notices, listener, clock: kit.clock };
}

const downs = (states: readonly PortState[]) => states.filter((state) => state.is === "down");

describe("LocalPort", () => {
  it("has bytes in the log before it tells of them", async () => {
    const wire = new Wire();
    const { port, log, listener, clock } = portKit(wire);
    const onFile: string[] = [];
    port.start({ ...listener, bytes: () => void onFile.push(allBytes(log.folder).toString()) });
    await clock.advance(0);
    wire.print("login: ");
    await clock.advance(0);
    expect(onFile).toEqual(["login: "]);
    expect(port.state).toMatchObject({ is: "up", label: "wire" });
  });

  it("takes what came in one larger read while nobody watches, and at once when somebody does", async () => {
    const wire = new Wire();
    const { port, seen, listener, clock } = portKit(wire);
    port.start(listener);
    await clock.advance(0);
    for (let n = 0; n < 10; n++) {
      wire.print("x");
      await clock.advance(5);
    }
    await clock.advance(100);
    expect(seen.join("")).toBe("x".repeat(10));
    expect(seen.length).toBeLessThanOrEqual(3);
    port.setEager(true);
    await clock.advance(50);
    seen.length = 0;
    for (let n = 0; n < 10; n++) {
      wire.print("y");
      await clock.advance(1);
    }
    expect(seen).toEqual(Array(10).fill("y"));
  });

  it("lets a watched console that floods wait for its turn, and one at line speed not", async () => {
    const wire = new Wire();
    const { port, seen, listener, clock } = portKit(wire);
    port.start(listener);
    port.setEager(true);
    await clock.advance(0);
    wire.print("f".repeat(80_000));
    await clock.advance(0);
    wire.print("waits");
    await clock.advance(1);
    expect(seen.at(-1)).not.toBe("waits");
    await clock.advance(200);
    expect(seen.at(-1)).toBe("waits");
    for (let n = 0; n < 200; n++) {
      wire.print("y".repeat(500));
      await clock.advance(5);
      expect(seen.at(-1)).toBe("y".repeat(500));
    }
  });

  it("says why it is down and when it tries again, and waits longer after each failure", async () => {
    const wire = new Wire();
    const refused = () =>
      new OobError("LINK_REFUSED", "Cannot connect to ts1:7003: refused", { hint: "Look at ts1" });
    wire.refusals = [refused(), refused(), refused(), refused()];
    const { port, states, listener, clock } = portKit(wire);
    port.start(listener);
    await clock.advance(0);
    expect(port.state).toEqual({
      is: "down",
      why: "Cannot connect to ts1:7003: refused",
      hint: "Look at ts1",
      retryAt: clock.now() + 250,
    });
    await expect(port.write(Buffer.from("x"))).rejects.toMatchObject({ code: "LINK_LOST" });
    await clock.advance(250 + 500 + 1000 + 2000);
    expect(downs(states)).toHaveLength(4);
    expect(port.state.is).toBe("up");
    expect(wire.opens.map((one) => one.reopening)).toEqual([false, false, false, false, false]);
  });

  it("re-opens at once after a link that had worked, and says that nothing may be flushed", async () => {
    const wire = new Wire();
    const { port, states, listener, clock, log } = portKit(wire);
    port.start(listener);
    await clock.advance(20_000);
    wire.print("last words");
    wire.hangUp();
    // Its turn to be read comes first.
    await clock.advance(110);
    expect(allBytes(log.folder).toString()).toBe("last words");
    expect(downs(states)).toEqual([
      { is: "down", why: "the other side hung up", retryAt: expect.any(Number) },
    ]);
    expect(port.state.is).toBe("up");
    expect(wire.opens.map((one) => one.reopening)).toEqual([false, true]);
    await log.sync();
    const marks = allRecords(log.folder).flatMap(({ record }) =>
      record.kind === "mark" ? [`${record.name}: ${record.text}`] : [],
    );
    expect(marks).toEqual(["up: wire", "down: the other side hung up", "up: wire"]);
  });

  it("takes a server that accepts and hangs up at once for a failure", async () => {
    const wire = new Wire();
    const { port, listener, clock } = portKit(wire);
    port.start(listener);
    for (let n = 0; n < 100; n++) {
      wire.hangUp();
      await clock.advance(1000);
    }
    expect(wire.opens.length).toBeGreaterThan(3);
    expect(wire.opens.length).toBeLessThan(30);
  });

  it("asks a port of which the log has bytes not to be flushed, also in a new process", async () => {
    const kit = logKit();
    const before = kit.open();
    before.append(Buffer.from("from the process before"));
    await before.close();
    const wire = new Wire();
    const { port, listener, clock } = portKit(wire, kit);
    port.start(listener);
    await clock.advance(0);
    expect(wire.opens[0]?.reopening).toBe(true);
    expect(port.loggedAt).toBeGreaterThan(0);
  });

  it("sends BREAK and marks it, or says that this console has none", async () => {
    const wire = new Wire();
    const { port, listener, clock } = portKit(wire);
    port.start(listener);
    await clock.advance(0);
    await port.sendBreak(250);
    expect([port.carriesBreak, wire.breaks]).toEqual([true, [250]]);
    wire.hasBreak = false;
    wire.hangUp();
    await clock.advance(2000);
    expect(port.carriesBreak).toBe(false);
    await expect(port.sendBreak(250)).rejects.toMatchObject({ code: "LINK_UNSUPPORTED" });
  });

  it("sets DTR where the medium has modem lines", async () => {
    const wire = new Wire();
    wire.dtr = [];
    const { port, listener, clock } = portKit(wire);
    port.start(listener);
    await clock.advance(0);
    await port.setLines({ dtr: false });
    await port.setLines({ dtr: true });
    expect(wire.dtr).toEqual([false, true]);
    wire.dtr = undefined;
    wire.hangUp();
    await clock.advance(2000);
    await expect(port.setLines({ dtr: true })).rejects.toMatchObject({ code: "LINK_UNSUPPORTED" });
  });

  it("passes on what the medium says: lines, carrier, notes", async () => {
    const wire = new Wire();
    const { port, log, listener, clock, notices } = portKit(wire);
    const dcd: boolean[] = [];
    port.start({ ...listener, lines: (lines) => void dcd.push(lines.dcd) });
    await clock.advance(0);
    wire.notice({ is: "lines", lines: { cts: true, dsr: true, dcd: true } });
    wire.notice({ is: "lines", lines: { cts: true, dsr: true, dcd: false } });
    wire.notice({ is: "note", text: "the adapter was pulled out" });
    wire.notice({ is: "break" });
    expect(dcd).toEqual([true, false]);
    expect(notices).toEqual(["the adapter was pulled out"]);
    log.flush();
    const marks = allRecords(log.folder).map(({ record }) => record.name);
    expect(marks).toEqual(["", "up", "carrier", "link", "break"]);
  });

  it("stops in the middle of an opening that heeds no signal, and closes what it opens later", async () => {
    const wire = new Wire();
    const kit = logKit();
    let opened: (() => void) | undefined;
    const port = new LocalPort({
      host: "web1",
      clock: kit.clock,
      random: () => 0,
      log: kit.open(),
      pace: new ReadPace(kit.clock),
      open: (request) =>
        new Promise((resolve, reject) => {
          opened = () => void wire.open(request).then(resolve, reject);
        }),
    });
    const states: string[] = [];
    port.start({
      bytes: () => undefined,
      gap: () => undefined,
      state: ({ is }) => void states.push(is),
    });
    const stopping = port.stop();
    await kit.clock.advance(15_000);
    await stopping;
    expect(states).toEqual(["opening", "closed"]);
    opened?.();
    await kit.clock.advance(0);
    expect(wire.closed).toBe(1);
  });
});

describe("reconnect", () => {
  it("waitBefore() starts at 250 ms, doubles to 5 s, after ten minutes to one, and chance only shortens it", () => {
    const waits = (downFor: number) =>
      [0, 1, 2, 3, 7, 100].map((failures) => waitBefore(failures, downFor, 0));
    expect(waits(599_999)).toEqual([0, 250, 500, 1000, 5000, 5000]);
    expect(waits(600_000)).toEqual([0, 250, 500, 1000, 16_000, 60_000]);
    const chances = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(), chances, (failures, downFor, chance) => {
        const longest = waitBefore(failures, downFor, 0);
        const wait = waitBefore(failures, downFor, chance);
        expect(wait).toBeLessThanOrEqual(longest);
        expect(wait).toBeGreaterThanOrEqual(longest * 0.69);
      }),
    );
  });

  it("retryNow() cuts a wait short, and what fails next is waited for like a first failure", async () => {
    const wire = new Wire();
    wire.refusals = Array.from({ length: 8 }, () => new OobError("LINK_REFUSED", "refused"));
    const { port, states, listener, clock } = portKit(wire);
    port.start(listener);
    await clock.advance(250 + 500 + 1000 + 2000 + 4000);
    expect(downs(states)).toHaveLength(6);
    port.retryNow();
    await clock.advance(0);
    expect(downs(states)).toHaveLength(7);
    expect(downs(states).at(-1)).toMatchObject({ retryAt: clock.now() + 250 });
    await clock.advance(250 + 500);
    expect(port.state.is).toBe("up");
    port.retryNow();
    expect(port.state.is).toBe("up");
  });

  it("failuresAfter() forgets failures only after 15 seconds up", () => {
    expect(failuresAfter(5, 15_000)).toBe(0);
    expect(failuresAfter(5, 14_999)).toBe(6);
    expect(failuresAfter(5, undefined)).toBe(6);
  });
});

describe("ReadPace", () => {
  it("gives every place its turn within 100 ms, and rests when nobody waits", async () => {
    const { clock } = logKit();
    let timers = 0;
    const counting = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: (delay: number) => clock.sleep(delay),
      after: (delay: number, run: () => void) => {
        timers++;
        return clock.after(delay, run);
      },
    };
    const pace = new ReadPace(counting);
    const places = Array.from({ length: 300 }, () => pace.place());
    const longest = async (count: number) => {
      const began = clock.monotonic();
      let ended = 0;
      let turns = 0;
      for (const place of places.slice(0, count)) {
        pace.turn(place, () => {
          turns++;
          ended = clock.monotonic() - began;
        });
      }
      await clock.advance(200);
      expect(turns).toBe(count);
      return ended;
    };
    for (const count of [1, 10, 300]) expect(await longest(count)).toBeLessThanOrEqual(100);
    timers = 0;
    await clock.advance(10_000);
    expect(timers).toBe(0);
  });

  it("lets a round grow so that there are 4,000 reads a second, up to 500 ms", async () => {
    const { clock } = logKit();
    const pace = new ReadPace(clock);
    const readsIn = async (consoles: number): Promise<number> => {
      let reads = 0;
      let ended = false;
      for (let n = 0; n < consoles; n++) {
        const place = pace.place();
        const go = () => {
          reads++;
          if (!ended) pace.turn(place, go);
        };
        pace.turn(place, go);
      }
      await clock.advance(1000);
      reads = 0;
      await clock.advance(1000);
      const found = reads;
      ended = true;
      await clock.advance(1000);
      return found;
    };
    expect(await readsIn(100)).toBeCloseTo(1000, -2);
    expect(await readsIn(1000)).toBeCloseTo(4000, -3);
    expect(await readsIn(4000)).toBeCloseTo(8000, -3);
  });

  it("comes sooner to a medium that cannot wait", async () => {
    const { clock } = logKit();
    const pace = new ReadPace(clock);
    const place = pace.place();
    const came: number[] = [];
    for (let n = 0; n < 5; n++) {
      const began = clock.monotonic();
      pace.turn(place, () => came.push(clock.monotonic() - began), 20);
      await clock.advance(100);
    }
    expect(came).toHaveLength(5);
    expect(Math.max(...came)).toBeLessThanOrEqual(20);
  });
});
