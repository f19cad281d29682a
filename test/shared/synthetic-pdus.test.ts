import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSnmpPdu } from "../../src/core/snmp/snmp-pdu.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { shippedProfiles } from "../core/snmp/shipped-profiles.ts";
import { type PduSim, startPduSim } from "./pdu-sim.ts";
import { sharedFolder } from "./shared-folder.ts";

const profiles = await shippedProfiles();
/** The simulator gives these no words for states, no firmware, no types of outputs, no variables' names. */
// The simulated racktivity has no column of what its ports are, only that of what they were told.
const NOT_SIMULATED = ["hpe-ipdu", "ibm-pdu", "racktivity", "rittal-cmc-tc", "rittal-cmc3"];
const families = [...profiles.keys()].filter((family) => !NOT_SIMULATED.includes(family));
const OUTLETS = 8;

let sim: PduSim;

/** Devices that somebody else made from the same MIBs: what one side got wrong, the other does not repeat. */
describe.skipIf(!sharedFolder)(
  "simulated PDUs of every family (skipped without the shared folder)",
  () => {
    beforeAll(async () => {
      const synthetic = families.flatMap((family) => ["--synth", `${family}:${OUTLETS}`]);
      sim = await startPduSim(sharedFolder ?? "", [...synthetic, "--delay", "1"]);
    });

    afterAll(() => sim?.stop());

    test.each(families)("%s: reads all outlets, switches one, and no other", async (family) => {
      // The simulator prints the first ports only; the others follow.
      const port = (sim.pdus[0]?.port ?? 0) + families.indexOf(family);
      const login = { version: "2c", community: "private" } as const;
      const target = { host: "127.0.0.1", port, login, timeout: 1000, tries: 2 };
      const pdu = await openSnmpPdu(target, profiles, systemClock);
      const states = async () => (await pdu.read()).outlets.map(({ state }) => state);
      const reading = await pdu.read();
      expect(reading.family).toBe(family);
      expect(reading.outlets.map(({ state }) => state)).toEqual(Array(OUTLETS).fill("on"));
      const instance = reading.outlets[2]?.instance ?? "";
      if (pdu.commands.includes("off")) {
        await pdu.command(instance, "off");
        await expect.poll(states).toEqual(["on", "on", "off", ...Array(OUTLETS - 3).fill("on")]);
        await expect.poll(() => truth(port)).toMatch(/^(on ){2}off( on)+$/);
        await pdu.command(instance, "on");
        await expect.poll(states).toEqual(Array(OUTLETS).fill("on"));
      }
      await pdu.close();
    });
  },
);

/** Where the relays really are. */
async function truth(port: number): Promise<string> {
  const state = JSON.stringify(await sim.tell(`state ${port}`));
  return [...state.matchAll(/"(on|off)"/g)].map(([, word]) => word).join(" ");
}
