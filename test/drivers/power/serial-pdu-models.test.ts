import { describe, expect, it } from "vitest";
import { type Bench, type BenchSetup, bench, PASSWORD } from "./serial-pdu-wire.ts";

type Family = BenchSetup["family"];

const USER = { user: "oob", password: PASSWORD };
const MODELS: readonly (readonly [Family, BenchSetup["login"], number])[] = [
  ["baytech-rpc3", { password: PASSWORD }, 8],
  ["baytech-rpc3 nc", undefined, 8],
  ["baytech-rpc3 rpc18", undefined, 8],
  ["baytech-rpc3 rpc28", undefined, 20],
  ["apc-masterswitch", USER, 24],
  ["apc-masterswitch plus", USER, 8],
  ["apc-masterswitch new", USER, 8],
  ["wti-nps", { password: PASSWORD }, 8],
  ["wti-rps", undefined, 10],
  ["cyclades-pm", USER, 8],
  ["servertech-sentry", USER, 24],
];

function open(family: Family, login: BenchSetup["login"], outlets: number, more = {}) {
  const names = Array.from({ length: outlets }, (_, i) => `host${i + 1}`);
  const page = outlets > 20 ? { page: 16 } : {};
  return bench({ family, names, ...page, ...(login && { login }), ...more });
}

async function switches(device: Bench): Promise<void> {
  const { mock, pdu, done } = device;
  const states = async () => (await done(pdu.read())).outlets.map(({ state }) => state);
  expect(await states()).toEqual(mock.outlets.map(() => "on"));
  const third = mock.outlets[2]?.id ?? "";
  await done(pdu.command(third, "off"));
  expect(await states()).toEqual(mock.outlets.map((_, i) => (i === 2 ? "off" : "on")));
  await done(pdu.command(third, "on"));
  expect(mock.commands).toEqual([
    { outlet: third, on: false },
    { outlet: third, on: true },
  ]);
  expect(await states()).toEqual(mock.outlets.map(() => "on"));
}

describe.each(MODELS)("serial PDU %s", (family, login, outlets) => {
  it("reads and switches all of its outlets, and is typed no line feed", async () => {
    const device = await open(family, login, outlets);
    await switches(device);
    expect(device.line.typed).not.toContain("\n");
  });

  it("is typed none where its first answer takes 8 s", async () => {
    const wire = { gaps: [8000, ...Array.from({ length: 10_000 }, () => 1)] };
    const device = await open(family, login, outlets, { wire, silentKeys: true });
    await switches(device);
    expect(device.line.typed).not.toContain("\n");
  });

  it("does so where nothing comes back of what is typed", async () => {
    await switches(await open(family, login, outlets, { silentKeys: true }));
  });
});

// Those that have to be woken by Enter are on serial lines, where Enter is a carriage return.
const BY_LINES = MODELS.filter(([family]) => !family.startsWith("baytech-rpc3 rpc"));

it.each(BY_LINES)(
  "serial PDU %s is read and switched where a line ends with a line feed",
  async (family, login, outlets) => {
    const more = { silentKeys: true, wantsLineFeed: true };
    await switches(await open(family, login, outlets, more));
    await switches(await open(family, login, outlets, { wantsLineFeed: true, serial: true }));
  },
);
