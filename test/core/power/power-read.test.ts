import { beforeEach, describe, expect, test } from "vitest";
import { fault, hostWith, run, TwoFeeds, WEB1 } from "./power-sim.ts";

let clock: TwoFeeds["clock"];
let banks: TwoFeeds["banks"];
let start: TwoFeeds["start"];

beforeEach(() => {
  ({ clock, banks, start } = new TwoFeeds());
});

describe("readHost()", () => {
  test("a host is on if any feed is on, off only if all are off", async () => {
    const power = start();
    expect(await run(clock, power.readHost(WEB1))).toMatchObject({ power: "on" });
    banks.a.relay("1").on = false;
    expect(await run(clock, power.readHost(WEB1))).toMatchObject({ power: "on" });
    banks.b.relay("1").on = false;
    expect(await run(clock, power.readHost(WEB1))).toMatchObject({ power: "off" });
  });

  test("lastRead() is what was read, what an order read back, and nothing in between", async () => {
    const power = start();
    expect(power.lastRead("web1")).toBeUndefined();
    await run(clock, power.readHost(WEB1));
    expect(power.lastRead("web1")).toMatchObject({ power: "on", outlets: [{ state: "on" }, {}] });
    const order = power.switchHost(WEB1, "off", { id: "1", by: "jana", reason: "" });
    expect(power.lastRead("web1")).toBeUndefined();
    await run(clock, order);
    expect(power.lastRead("web1")).toMatchObject({ power: "off", outlets: [{ state: "off" }, {}] });
  });

  test("an off feed beside one that does not answer is unknown, with the reason", async () => {
    const power = start();
    banks.a.relay("1").on = false;
    banks.b.faults = [fault("silent")];
    expect(await run(clock, power.readHost(WEB1))).toMatchObject({
      power: "unknown",
      outlets: [
        { id: "a/1", state: "off" },
        { id: "b/1", state: "unknown", error: "no answer" },
      ],
    });
  });

  test("an off that is pending is not off", async () => {
    banks.a.relay("1").on = false;
    banks.a.tellsPending = true;
    banks.a.relay("1").due = 1;
    expect(await run(clock, start().readHost(hostWith("a/1")))).toMatchObject({ power: "unknown" });
  });

  test("hosts on one PDU share a reading that waits for its turn", async () => {
    const power = start();
    let reads = 0;
    const open = banks.a.open.bind(banks.a);
    banks.a.open = (process) => {
      const pdu = open(process);
      const read = () => {
        reads++;
        return pdu.read();
      };
      return { ...pdu, read };
    };
    await run(clock, Promise.all([1, 2, 3, 4, 5].map(() => power.readHost(hostWith("a/1")))));
    expect(reads).toBe(1);
  });

  test("a silent PDU does not delay another one", async () => {
    const power = start();
    banks.a.faults = [fault("silent")];
    const slow = power.readHost(hostWith("a/1"));
    const quick = power.readHost(hostWith("b/1"));
    const before = clock.monotonic();
    await run(clock, quick, 600);
    expect(clock.monotonic() - before).toBeLessThan(1000);
    expect(await run(clock, quick, 1)).toMatchObject({ power: "on" });
    expect(await run(clock, slow)).toMatchObject({ power: "unknown" });
  });

  test("a host without outlets, or with one that the PDU lacks, is unknown", async () => {
    const power = start();
    expect(await run(clock, power.readHost(hostWith()))).toEqual({ power: "unknown", outlets: [] });
    expect(await run(clock, power.readHost(hostWith("a/9")))).toMatchObject({
      power: "unknown",
      outlets: [{ error: expect.stringMatching(/no such outlet; it has 1, 2$/), missing: true }],
    });
    expect(await run(clock, power.readHost(hostWith("z/1")))).toMatchObject({
      outlets: [{ error: expect.stringContaining('a PDU "z"') }],
    });
  });

  test("a reference that means two outlets is an error that names them", async () => {
    banks.a.names = { "1": "db", "2": "db" };
    const read = await run(clock, start().readHost(hostWith("a/db")));
    expect(read).toMatchObject({
      power: "unknown",
      outlets: [{ error: expect.stringMatching(/instance:1 .*instance:2/) }],
    });
    expect(await run(clock, start().readHost(hostWith("a/instance:2")))).toMatchObject({
      power: "on",
    });
  });
});
