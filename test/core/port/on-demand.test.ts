import { afterEach, describe, expect, it } from "vitest";
import type { PortState } from "../../../src/core/port/console-port.ts";
import { LineDemand } from "../../../src/core/port/line-demand.ts";
import { LocalPort } from "../../../src/core/port/local-port.ts";
import { ReadPace } from "../../../src/core/port/read-pace.ts";
import { OobError } from "../../../src/lib/errors.ts";
import { logKit } from "../log/log-kit.ts";
import { Wire } from "../wire.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function start(wire = new Wire()) {
  const kit = logKit();
  const { clock } = kit;
  const demand = new LineDemand(clock, 60_000);
  const pace = new ReadPace(clock);
  const more = { pace, demand, random: () => 0, open: wire.open };
  const port = new LocalPort({ host: "web1", clock, log: kit.open(), ...more });
  const states: string[] = [];
  const text = (state: PortState) => ("why" in state ? `${state.is}: ${state.why}` : state.is);
  port.start({
    bytes: () => {},
    gap: () => {},
    state: (state) => states.push(text(state)),
  });
  stops.push(async () => {
    const stopping = port.stop();
    await clock.advance(20_000);
    await stopping;
  });
  return { wire, port, clock, demand, states };
}

describe("LocalPort on demand", () => {
  it("opens nothing until somebody comes, and closes when it was unused for long enough", async () => {
    const { wire, port, clock, states } = start();
    await clock.advance(600_000);
    expect(wire.opens).toHaveLength(0);
    port.setEager(true);
    await clock.advance(0);
    expect(states).toEqual(["idle: ", "opening", "up"]);
    port.setEager(false);
    await clock.advance(59_000);
    expect(port.state.is).toBe("up");
    await clock.advance(2000);
    expect(states.slice(3)).toEqual(["idle: unused for 1m"]);
    expect(wire.closed).toBeGreaterThan(0);
    await clock.advance(600_000);
    expect(wire.opens).toHaveLength(1);
  });

  it("keeps it open while something moves for those who are there, and not longer", async () => {
    const { wire, port, clock, states } = start();
    port.setEager(true);
    await clock.advance(0);
    for (let i = 0; i < 5; i++) {
      await clock.advance(50_000);
      wire.print("tick\n");
    }
    expect(port.state.is).toBe("up");
    await clock.advance(61_000);
    expect(states.at(-1)).toBe("idle: unused for 1m");
  });

  it("what a host says to nobody does not keep it open", async () => {
    const { wire, port, clock } = start();
    port.setEager(true);
    await clock.advance(0);
    port.setEager(false);
    for (let i = 0; i < 7; i++) {
      wire.print("chatter\n");
      await clock.advance(10_000);
    }
    expect(port.state.is).toBe("idle");
  });

  it("whoever holds it keeps it open, however silent it is", async () => {
    const { port, clock, demand } = start();
    const release = demand.hold();
    await clock.advance(3_600_000);
    expect(port.state.is).toBe("up");
    release();
    release();
    await clock.advance(61_000);
    expect(port.state.is).toBe("idle");
  });

  it("a key calls again, and arrives once the console is up", async () => {
    const { wire, port, clock } = start();
    port.setEager(true);
    await clock.advance(61_000);
    expect(port.state.is).toBe("idle");
    const typing = port.write(Buffer.from("\r"));
    await clock.advance(0);
    await typing;
    expect(wire.typed).toEqual(["\r"]);
    expect(port.state.is).toBe("up");
  });

  it("a key for a console that cannot be reached is refused with the reason, and reaches nobody later", async () => {
    const { wire, port, clock } = start();
    wire.refusals = [new OobError("LINE_BUSY", 'Cannot call "1": the line is busy')];
    port.setEager(true);
    const typing = expect(port.write(Buffer.from("x"))).rejects.toThrow("the line is busy");
    await clock.advance(0);
    await typing;
    await clock.advance(10_000);
    expect(wire.typed).toEqual([]);
    expect(port.state.is).toBe("up");
  });

  it("gives the opening up when nobody waits for it any more", async () => {
    const wire = new Wire();
    const { port, clock, states } = start(wire);
    let aborted = false;
    wire.open = (request) => {
      wire.opens.push(request);
      return new Promise((_, reject) => {
        request.signal.addEventListener("abort", () => {
          aborted = true;
          reject(request.signal.reason as Error);
        });
      });
    };
    // The port has taken the wire's first `open`: this is another port with the slow one.
    const slow = start(wire);
    slow.port.setEager(true);
    await slow.clock.advance(1000);
    slow.port.setEager(false);
    await slow.clock.advance(0);
    expect(aborted).toBe(true);
    expect(slow.states).toEqual(["idle: ", "opening", "idle: nobody waits for it any more"]);
    await clock.advance(0);
    expect([port.state.is, states.length]).toEqual(["idle", 1]);
  });

  it("waits as long as the driver forbids to try again, also behind another error's words", async () => {
    const { wire, port, clock } = start();
    const inner = new OobError("LINK_REFUSED", "too often", { retryAfter: 900_000 });
    wire.refusals = [new OobError("LINK_REFUSED", "too often (on the way)", { cause: inner })];
    port.setEager(true);
    await clock.advance(890_000);
    expect(wire.opens).toHaveLength(1);
    expect(port.state).toMatchObject({ is: "down", why: "too often (on the way)" });
    await clock.advance(11_000);
    expect(port.state.is).toBe("up");
  });

  it("a line that drops while nobody is there is not called again", async () => {
    const { wire, port, clock, states } = start();
    port.setEager(true);
    await clock.advance(0);
    port.setEager(false);
    wire.hangUp(new OobError("LINK_LOST", "the carrier fell"));
    await clock.advance(600_000);
    expect(wire.opens).toHaveLength(1);
    expect(states.at(-1)).toBe("idle: the carrier fell");
  });

  it("giveUp() hangs up at once, whoever is there", async () => {
    const { port, clock, demand, states } = start();
    port.setEager(true);
    await clock.advance(0);
    demand.giveUp("hung up by jana");
    await clock.advance(600_000);
    expect(states.at(-1)).toBe("idle: hung up by jana");
  });
});
