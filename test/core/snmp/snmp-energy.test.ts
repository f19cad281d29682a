import { expect, test } from "vitest";
import { MockSnmpRecording } from "../../../mocks/snmp-recording.ts";
import { openSnmpPdu } from "../../../src/core/snmp/snmp-pdu.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { shippedProfiles } from "./shipped-profiles.ts";

const profiles = await shippedProfiles();

async function wholeOf(lines: readonly string[]) {
  const device = await MockSnmpRecording.start(
    lines.map((line) => `1.3.6.1.4.1.${line}`).join("\n"),
  );
  const login = { version: "2c", community: "public" } as const;
  const target = { host: "127.0.0.1", port: device.port, login, timeout: 500, tries: 3 };
  const pdu = await openSnmpPdu(target, profiles, systemClock);
  const plain = await pdu.read();
  const whole = await pdu.withEnergy?.(plain);
  await pdu.close();
  await device.close();
  return { plain, whole };
}

test("Eaton: watt-hours of outlets and inputs, and units of a chain apart", async () => {
  const { plain, whole } = await wholeOf([
    ...[0, 1].flatMap((unit) => [
      `534.6.6.7.6.6.1.2.${unit}.1|2|1`,
      `534.6.6.7.6.5.1.4.${unit}.1|66|785621`,
      `534.6.6.7.3.5.1.4.${unit}.1|2|100`,
      `534.6.6.7.3.5.1.5.${unit}.1|66|8185493`,
    ]),
    "534.6.6.7.6.6.1.2.0.2|2|0",
  ]);
  expect(whole?.outlets.map(({ instance, kwh }) => [instance, kwh])).toEqual([
    ["0.1", 785.621],
    ["0.2", undefined],
    ["1.1", 785.621],
  ]);
  // What the device does not give is absent, never 0.
  expect(whole?.outlets[1]).not.toHaveProperty("kwh");
  expect(whole?.totals).toEqual({
    ...{ watts: 200, kwh: 16_370.986 },
    units: [
      { unit: "0.1", watts: 100, kwh: 8185.493 },
      { unit: "1.1", watts: 100, kwh: 8185.493 },
    ],
  });
  expect(plain.totals).toEqual({ watts: 200 });
});

test("APC: -1 is not metered, and banks stand apart from phases", async () => {
  const second = await wholeOf([
    "318.1.1.26.9.2.3.1.5.1|2|2",
    "318.1.1.26.9.4.3.1.11.1|2|-1",
    "318.1.1.26.4.3.1.9.1|2|-1",
  ]);
  expect(second.whole).toEqual(second.plain);
  const first = await wholeOf([
    "318.1.1.12.3.5.1.1.4.1|2|1",
    ...[1, 2, 3].map((row) => `318.1.1.12.2.3.1.1.2.${row}|66|${10 * row}`),
    ...[1, 2, 3].map((row) => `318.1.1.12.2.3.1.1.4.${row}|2|1`),
    ...[0, 1, 2].map((bank, i) => `318.1.1.12.2.3.1.1.5.${i + 1}|2|${bank}`),
  ]);
  expect(first.whole?.totals).toEqual({
    amps: [{ phase: "1", amps: 1 }],
    banks: [
      { bank: "1", amps: 2 },
      { bank: "2", amps: 3 },
    ],
  });
});

test("Raritan: the sensor's own digits", async () => {
  const { whole } = await wholeOf([
    "13742.6.4.1.2.1.3.1.1|2|7",
    "13742.6.5.4.3.1.4.1.1.8|66|5812658",
    "13742.6.3.5.4.1.7.1.1.8|66|1",
    "13742.6.5.2.3.1.4.1.1.8|66|74057676",
    "13742.6.3.3.4.1.7.1.1.8|66|0",
  ]);
  expect(whole?.outlets[0]).toMatchObject({ kwh: 581.2658 });
  expect(whole?.totals).toEqual({ kwh: 74_057.676 });
});
