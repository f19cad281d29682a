import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MockSnmpRecording } from "../../mocks/snmp-recording.ts";
import { openSnmpPdu } from "../../src/core/snmp/snmp-pdu.ts";
import { capturePdu } from "../../src/core/snmp-capture/capture-pdu.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { PduReading } from "../../src/sdk/power.ts";
import type { SnmpTarget } from "../../src/sdk/snmp-profile.ts";
import { shippedProfiles } from "../core/snmp/shipped-profiles.ts";
import { sharedFolder } from "./shared-folder.ts";

const files: readonly string[] = sharedFolder
  ? Object.keys(JSON.parse(readFileSync(`${sharedFolder}/pdu/recordings/expected.json`, "utf8")))
  : [];
const profiles = await shippedProfiles();

/** All but names and serial numbers. */
const shape = ({ family, outlets, totals }: PduReading) => ({
  family,
  totals,
  outlets: outlets.map((outlet) => ({ ...outlet, name: undefined })),
});

describe.skipIf(!sharedFolder)("captures (skipped without the shared folder)", () => {
  test.each(files)("%s: recorded again and scrubbed, it has the same outlets", async (file) => {
    const recording = readFileSync(`${sharedFolder}/pdu/recordings/${file}`, "latin1");
    const read = async (text: string) => {
      const device = await MockSnmpRecording.start(text);
      const login = { version: "2c", community: "public" } as const;
      const target: SnmpTarget = {
        host: "127.0.0.1",
        ...{ port: device.port, login, timeout: 2000, tries: 2 },
      };
      const pdu = await openSnmpPdu(target, profiles, systemClock);
      const reading = await pdu.read();
      await pdu.close();
      const signal = new AbortController().signal;
      const capture = await capturePdu(target, { profiles, clock: systemClock, signal });
      await device.close();
      return { reading, capture };
    };
    const real = await read(recording);
    const again = await read(real.capture.text);
    expect(shape(again.reading)).toEqual(shape(real.reading));
    expect(real.capture.cut).toBeUndefined();
    // Whatever was found out is gone, and a second scrubbing finds nothing new.
    const { serial } = real.reading;
    if (serial !== undefined && serial.length > 4) expect(real.capture.text).not.toContain(serial);
    const names = real.reading.outlets.map(({ name }) => name ?? "");
    for (const name of names.filter((one) => /web|srv|sw-|server|router/i.test(one)))
      expect(real.capture.text).not.toContain(name);
  });
});
