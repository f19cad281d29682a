import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SerialPduFaults } from "../../../mocks/serial-pdu-session.ts";
import type { PduReading } from "../../../src/sdk/power.ts";
import { type BenchSetup, bench, PASSWORD, type Wire } from "./serial-pdu-wire.ts";

const FAMILIES: readonly BenchSetup["family"][] = [
  "baytech-rpc3",
  "apc-masterswitch",
  "wti-nps",
  "wti-rps",
  "cyclades-pm",
  "servertech-sentry",
];
/** More of them: OOB_RUNS=1000. */
const RUNS = Number(process.env.OOB_RUNS ?? 25);
const NAMES = ["web1", "Off", "on", "ON", "pm>", "RPC-3>", "OFF", "db"];

const cutting = (...pauses: readonly number[]) => ({
  cuts: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 }),
  // 1200 baud and faster, and now and then a pause in which anything may look like a prompt.
  gaps: fc
    .record({
      pause: fc.constantFrom(0, 40, 299, 301, 650, ...pauses),
      every: fc.integer({ min: 20, max: 300 }),
      small: fc.constantFrom(0, 1, 8),
    })
    .map(({ pause, every, small }) => [pause, ...Array<number>(every).fill(small)]),
});
// A greeting that stops for 2 s after its first letter is answered by Enter, and a login may be refused for that.
const whole: fc.Arbitrary<Wire> = fc.record(cutting());
const damaged: fc.Arbitrary<Wire> = fc.record({
  ...cutting(2000),
  damage: fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 3000 }),
      lost: fc.integer({ min: 1, max: 120 }),
      as: fc.constantFrom("", "", "\xff", "\0\0", "~{", "\r\n", "\x1b", " "),
    }),
    { maxLength: 4 },
  ),
});
const faults = fc.record(
  {
    ignores: fc.boolean(),
    lateBy: fc.constantFrom(100, 1500, 8000),
    noise: fc.constantFrom("\xff\xfe", "\r\n%%% link up\r\n", "\x1b[2J", ">", "On\r\n"),
    dropsAfter: fc.integer({ min: 1, max: 4000 }),
    wrongBy: fc.constantFrom(1, 3),
    asksForAnother: fc.boolean(),
    restarts: fc.constantFrom("before" as const, "after" as const),
    says: fc.constantFrom({ 2: "Tripped", ".AA2": "Off Wait" }, { 3: "", ".AA3": "" }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<SerialPduFaults>;
const manners = fc.record({
  confirms: fc.boolean(),
  silentKeys: fc.boolean(),
  serial: fc.boolean(),
  off: fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 6 }),
  page: fc.constantFrom(undefined, 3),
  target: fc.integer({ min: 0, max: 7 }),
  turn: fc.constantFrom("on" as const, "off" as const),
});
type Manners = typeof manners extends fc.Arbitrary<infer T> ? T : never;

async function start(
  family: BenchSetup["family"],
  wire: Wire,
  how: Manners,
  wrong: SerialPduFaults,
) {
  const { page, off, confirms, silentKeys, serial } = how;
  const paging = page !== undefined && !["wti-nps", "wti-rps", "cyclades-pm"].includes(family);
  const device = await bench({
    family,
    names: NAMES,
    wire,
    confirms,
    silentKeys,
    serial,
    faults: { ...wrong },
    options: { patience: 60_000 },
    ...(paging && { page }),
    ...(family !== "wti-rps" && {
      login:
        family === "baytech-rpc3" || family === "wti-nps"
          ? { password: PASSWORD }
          : { user: "oob", password: PASSWORD },
    }),
  });
  for (const at of off) {
    const outlet = device.mock.outlets[at];
    if (outlet) outlet.on = false;
  }
  const relays = () => new Map(device.mock.outlets.map(({ id, on }) => [id, on ? "on" : "off"]));
  /** Reads, and holds every state that is told against the relays before and after. */
  const read = async (): Promise<PduReading | undefined> => {
    const before = relays();
    const reading = await device.done(device.pdu.read().catch(() => undefined));
    const after = relays();
    for (const { instance, state, pending } of reading?.outlets ?? [])
      if (state !== "unknown" && !pending)
        expect([before.get(instance), after.get(instance)], `outlet ${instance}`).toContain(state);
    return reading;
  };
  return { ...device, read };
}

describe.each(FAMILIES)("serial PDU %s", (family) => {
  it("reads and switches, however the wire cuts what it says", {
    timeout: 60_000 + RUNS * 500,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(whole, manners, async (wire, how) => {
        const { read, mock, pdu, done } = await start(family, wire, how, {});
        expect((await read())?.outlets).toHaveLength(NAMES.length);
        const outlet = mock.outlets[how.target];
        const id = outlet?.id ?? "";
        await done(pdu.command(id, how.turn));
        expect(mock.commands).toEqual([{ outlet: id, on: how.turn === "on" }]);
        expect((await read())?.outlets[how.target]?.state).toBe(how.turn);
      }),
      { numRuns: RUNS },
    );
  });

  it("a state that it tells is that of the relay, else unknown; a command is typed once, whatever is wrong", {
    timeout: 120_000 + RUNS * 500,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(damaged, manners, faults, async (wire, how, wrong) => {
        const { read, mock, pdu, done } = await start(family, wire, how, wrong);
        await read();
        const before = mock.commands.length;
        const id = mock.outlets[how.target]?.id ?? "";
        const taken = await done(
          pdu.command(id, how.turn).then(
            () => true,
            () => false,
          ),
        );
        expect(mock.commands.length - before).toBeLessThanOrEqual(1);
        if (mock.commands.length > before)
          expect(mock.commands.at(-1)).toEqual({ outlet: id, on: how.turn === "on" });
        await read();
        await read();
        expect(mock.commands.length - before).toBeLessThanOrEqual(1);
        expect(mock.tried.length, "passwords").toBeLessThanOrEqual(taken ? 3 : 2);
        await done(pdu.close());
      }),
      { numRuns: 2 * RUNS },
    );
  });
});
