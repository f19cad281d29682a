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
    const ours = ["apc-rpdu2", "apc-rpdu", "raritan-px2", "sentry3", "eaton-g2g3"];
    if (!ours.includes(wanted.profile)) {
      test(`${file}: a family that has no profile yet is refused, not guessed`, async () => {
        const known = await shippedProfiles();
        if (known.has(wanted.profile)) return;
        await expect(open(file)).rejects.toMatchObject({ code: "PDU_UNKNOWN" });
      });
      continue;
    }
    for (const version of ["1", "2c"] as const)
      test(`${file}: read() over version ${version} gives what the vendor's MIB says`, async () => {
        const pdu = await open(file, version);
        const reading = await pdu.read();
        await pdu.close();
        expect(reading.family).toBe(wanted.profile);
        expect(reading.outlets.length).toBe(wanted.outletCount);
        const seen = reading.outlets.map((outlet, i) => pick(outlet, wanted.outlets[i]));
        expect(seen).toEqual(wanted.outlets.map(comparable));
        if (wanted.total) expect(totalOf(reading, wanted.total.unit)).toEqual(wanted.total.value);
      });
  }
});

/** "not recorded" must be read as unknown. */
function comparable(outlet: ExpectedOutlet): Record<string, unknown> {
  return { ...outlet, state: outlet.state === "not recorded" ? "unknown" : outlet.state };
}

/** The fields that the expectation names. */
function pick(seen: object, wanted: ExpectedOutlet | undefined): Record<string, unknown> {
  const all: Record<string, unknown> = { ...seen };
  return Object.fromEntries(Object.keys(wanted ?? {}).map((key) => [key, all[key]]));
}

function totalOf(
  reading: Awaited<ReturnType<Awaited<ReturnType<typeof openSnmpPdu>>["read"]>>,
  unit: string,
) {
  if (unit === "W") return reading.totals?.watts;
  return reading.totals?.amps?.map(({ amps }) => amps);
}
