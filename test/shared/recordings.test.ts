import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSnmpPdu } from "../../src/core/snmp/snmp-pdu.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { SnmpProfile } from "../../src/sdk/snmp-profile.ts";
import { shippedProfiles } from "../core/snmp/shipped-profiles.ts";
import { type PduSim, startPduSim } from "./pdu-sim.ts";
import { sharedFolder } from "./shared-folder.ts";

interface ExpectedOutlet {
  readonly instance: string;
  readonly name: string | null;
  readonly state: string;
  readonly label?: string;
  /** What is printed beside the outlet, as a number. */
  readonly number?: number;
  /** Name of the device's own variable behind the instance. */
  readonly variable?: string;
  readonly watts?: number;
  readonly amps?: number;
}

interface Expected {
  readonly profile: string;
  readonly outletCount: number;
  readonly total: { readonly value: number | readonly number[]; readonly unit: string } | null;
  readonly outlets: readonly ExpectedOutlet[];
}

const expected: Readonly<Record<string, Expected>> = sharedFolder
  ? JSON.parse(readFileSync(`${sharedFolder}/pdu/recordings/expected.json`, "utf8"))
  : {};

/** What is printed on these units, by their makers' pages; the recorded values are 24, "32A", 16000 and 30. */
const RATED: Readonly<Record<string, readonly number[]>> = {
  "apc_ap7902b.snmprec": [24],
  "raritan-pdu_px3.snmprec": [32],
  "eatonpdu_2.snmprec": [16],
  "sentry3_switched.snmprec": [30, 30, 30],
};
/** What those are known by that gave no serial number. */
const MARKS: Readonly<Record<string, string>> = {
  "gude-epc_1202.snmprec": "mac 00:19:32:cc:dd:ee",
  "iboot_pdu8-2n15.snmprec": "mac c8:fd:19:ec:56:e0",
};

let profiles: ReadonlyMap<string, SnmpProfile>;
let sim: PduSim;

describe.skipIf(!sharedFolder)("recordings (skipped without the shared folder)", () => {
  const files = Object.keys(expected);

  beforeAll(async () => {
    profiles = await shippedProfiles();
    // No family is named to the simulator: it serves what was recorded and invents no states.
    const args = files.flatMap((file) => ["--recording", `${sharedFolder}/pdu/recordings/${file}`]);
    sim = await startPduSim(sharedFolder ?? "", args);
  });

  afterAll(() => sim?.stop());

  const open = (file: string, version: "1" | "2c" = "2c") => {
    const port = sim.pdus[files.indexOf(file)]?.port ?? 0;
    const login = { version, community: "public" } as const;
    const target = { host: "127.0.0.1", port, login, timeout: 2000, tries: 2 };
    return openSnmpPdu(target, profiles, systemClock);
  };

  for (const [file, wanted] of Object.entries(expected)) {
    for (const version of ["1", "2c"] as const)
      test(`${file}: read() over version ${version} gives what the vendor's MIB says`, async () => {
        const pdu = await open(file, version);
        const reading = await pdu.read();
        await pdu.close();
        expect(reading.family).toBe(wanted.profile);
        expect(reading.outlets.length).toBe(wanted.outletCount);
        const seen = reading.outlets.map((outlet, i) => pick(outlet, wanted.outlets[i]));
        expect(seen).toEqual(wanted.outlets.map(comparable));
        if (wanted.total)
          expect(totalOf(reading, wanted.total.unit)).toEqual([wanted.total.value].flat());
        expect(reading.totals?.rated?.map(({ amps }) => amps)).toEqual(RATED[file]);
        expect(reading.mark).toBe(MARKS[file]);
      });
  }
});

/** What a reading must show of it: "not recorded" is unknown, a name that the device does not give is absent. */
function comparable(wanted: ExpectedOutlet): Record<string, unknown> {
  const { variable, number, ...outlet } = wanted;
  return {
    ...outlet,
    // Products show the socket's number; which variable it is stands in the instance.
    ...(variable !== undefined && { label: /Socket 0*(\d+)/.exec(variable)?.[1] }),
    ...(number !== undefined && { label: String(number) }),
    name: outlet.name ?? undefined,
    state: outlet.state === "not recorded" ? "unknown" : outlet.state,
  };
}

/** The fields that the expectation names. */
function pick(seen: object, wanted: ExpectedOutlet | undefined): Record<string, unknown> {
  const all: Record<string, unknown> = { ...seen };
  return Object.fromEntries(
    Object.keys(wanted ? comparable(wanted) : {}).map((key) => [key, all[key]]),
  );
}

function totalOf(
  reading: Awaited<ReturnType<Awaited<ReturnType<typeof openSnmpPdu>>["read"]>>,
  unit: string,
) {
  if (unit === "W") return [reading.totals?.watts];
  return reading.totals?.amps?.map(({ amps }) => amps);
}
