import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Power } from "../../src/core/power/power.ts";
import type { PowerVerb } from "../../src/core/site/site.ts";
import { openSnmpPdu } from "../../src/core/snmp/snmp-pdu.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { SnmpProfile } from "../../src/sdk/snmp-profile.ts";
import { Disk, hostWith } from "../core/power/power-sim.ts";
import { shippedProfiles } from "../core/snmp/shipped-profiles.ts";
import { type PduSim, startPduSim } from "./pdu-sim.ts";
import { sharedFolder } from "./shared-folder.ts";

const FAMILIES = ["apc-rpdu2", "apc-rpdu", "raritan-px2", "sentry3", "eaton-g2g3"];
const OUTLET: Readonly<Record<string, string>> = {
  "raritan-px2": "1.3",
  sentry3: "1.1.3",
  "eaton-g2g3": "0.3",
};

interface SimState {
  readonly [device: string]: unknown;
}

let profiles: ReadonlyMap<string, SnmpProfile>;
let sim: PduSim;
let orders = 0;

describe.skipIf(!sharedFolder)("PDUs with faults (skipped without the shared folder)", () => {
  beforeAll(async () => {
    // The device's own settling time would make each failure wait for 10 s to 15 s: shorter here, the rules are the same.
    const shipped = await shippedProfiles();
    profiles = new Map([...shipped].map(([name, profile]) => [name, { ...profile, settle: 2500 }]));
    const synthetic = FAMILIES.flatMap((family) => ["--synth", `${family}:8`]);
    sim = await startPduSim(sharedFolder ?? "", [...synthetic, "--delay", "150"]);
  });

  afterAll(() => sim?.stop());

  describe.each(FAMILIES)("%s", (family) => {
    const outlet = OUTLET[family] ?? "3";
    const port = () => sim.pdus[FAMILIES.indexOf(family)]?.port ?? 0;

    const start = () =>
      new Power({
        pdus: new Map([["a", { driver: "snmp", options: {} }]]),
        open: () => {
          const login = { version: "2c", community: "private" } as const;
          const target = { host: "127.0.0.1", port: port(), login, timeout: 400, tries: 3 };
          return openSnmpPdu(target, profiles, systemClock);
        },
        audit: new Disk().open({ dead: false }, systemClock),
        clock: systemClock,
        onFor: 15_000,
      });

    /** Where the relay really is. */
    async function truth(): Promise<string> {
      const state = JSON.stringify((await sim.tell(`state ${port()}`)) as SimState);
      const on = new RegExp(
        `"${outlet.replaceAll(".", "\\.")}":(?:"(on|off)"|(true|false)|(1|0))`,
      ).exec(state);
      const word = on?.[1] ?? on?.[2] ?? on?.[3];
      if (word === undefined) throw new Error(`no relay ${outlet} in ${state.slice(0, 300)}`);
      return word === "on" || word === "true" || word === "1" ? "on" : "off";
    }

    async function act(verb: PowerVerb, fault: string) {
      await sim.tell(`fault ${port()} ${outlet}=none`);
      await sim.tell(`set ${port()} ${outlet} on`);
      await sim.tell(`fault ${port()} ${outlet}=${fault}`);
      const power = start();
      const host = { ...hostWith(`a/instance:${outlet}`), offFor: 300 };
      const order = { id: `order-${orders++}`, by: "test", reason: "fault" };
      const report = await power.switchHost(host, verb, order);
      const really = await truth();
      await power.close();
      return { ...report, really };
    }

    test("off, on and cycle are done, and the relay agrees", async () => {
      expect(await act("off", "none")).toMatchObject({
        result: "done",
        power: "off",
        really: "off",
      });
      expect(await act("cycle", "none")).toMatchObject({
        result: "done",
        power: "on",
        really: "on",
      });
    });

    test.each(["stuck", "ignore"])("%s: failed, and on", async (fault) => {
      expect(await act("off", fault)).toMatchObject({
        result: "failed",
        power: "on",
        really: "on",
      });
    });

    test("locked: failed or refused, and on", async () => {
      const report = await act("off", "locked");
      expect(report).toMatchObject({ power: "on", really: "on" });
      expect(["failed", "refused"]).toContain(report.result);
    });

    test("slow: done when the relay has moved", async () => {
      expect(await act("off", "slow:1500")).toMatchObject({ result: "done", really: "off" });
    });

    test("welded: the load goes on, so it is not called done", async () => {
      const report = await act("off", "welded");
      const metered = report.outlets.some(
        ({ watts, amps }) => watts !== undefined || amps !== undefined,
      );
      if (metered) expect(report.result).not.toBe("done");
    });

    test("lost datagrams: what is said is what happened", async () => {
      await sim.tell("loss 0.25");
      const report = await act("off", "none");
      await sim.tell("loss 0");
      if (report.result === "done") expect(report.really).toBe("off");
      if (report.power === "off") expect(report.really).toBe("off");
    });

    test("a refused SET: failed with the device's word", async () => {
      await sim.tell(`fault ${port()} set=generr`);
      const report = await act("off", "none");
      await sim.tell(`fault ${port()} set=none`);
      expect(report).toMatchObject({
        result: "failed",
        power: "on",
        error: { code: "PDU_REFUSED" },
      });
    });
  });
});
