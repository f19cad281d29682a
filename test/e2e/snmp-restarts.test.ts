/**
 * Debian's snmpd, started anew in the midst of a session of version 3: with its counter of starts, without it, with a
 * clock that is far behind what the session knows (as of a card that ran for months and has lost its counter).
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Power } from "../../src/core/power/power.ts";
import { openSnmpPdu } from "../../src/core/snmp/snmp-pdu.ts";
import { type OpenWire, openSession } from "../../src/core/snmp/snmp-wire.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Pdu } from "../../src/sdk/power.ts";
import type { SnmpTarget } from "../../src/sdk/snmp-profile.ts";
import { Disk, hostWith } from "../core/power/power-sim.ts";
import { shippedProfiles } from "../core/snmp/shipped-profiles.ts";
import { type Snmpd, startSnmpd } from "./pdu/snmpd.ts";

/** What a session of the library believes of the agent's clock. */
interface Believes {
  engineTimeBoots: number;
  engineTimeBase: number;
  latestReceivedEngineTime: number;
}

const profiles = await shippedProfiles();
let peer: Snmpd;
let wires: Believes[];

beforeAll(async () => {
  peer = await startSnmpd();
});
afterAll(() => peer?.stop());
beforeEach(() => {
  wires = [];
});

const open: OpenWire = (...all) => {
  const wire = openSession(...all);
  wires.push(wire as unknown as Believes);
  return wire;
};

function openPdu(): Promise<Pdu> {
  const login: SnmpTarget["login"] = {
    version: "3",
    user: "admin",
    auth: { protocol: "sha256", secret: "authpass1" },
    priv: { protocol: "aes", secret: "privpass1" },
  };
  const target = { host: "127.0.0.1", port: peer.port, login, timeout: 3000, tries: 2 };
  return openSnmpPdu(target, profiles, systemClock, open);
}

/** The agent's clock jumps: by so many starts and seconds less than every open session believes. */
function jumpBack({ starts, seconds }: { starts: number; seconds: number }): void {
  for (const wire of wires) {
    wire.engineTimeBoots += starts;
    wire.engineTimeBase += seconds;
    wire.latestReceivedEngineTime += seconds;
  }
}

const HAPPENS: Readonly<Record<string, () => Promise<void> | void>> = {
  "it is started anew": () => peer.restart(false),
  "it is started anew, and has forgotten how often": () => peer.restart(true),
  "its clock goes back": () => jumpBack({ starts: 0, seconds: 100_000 }),
  "its starts go back": () => jumpBack({ starts: 7, seconds: 0 }),
  "it is started anew after months, and has forgotten how often": async () => {
    jumpBack({ starts: 3, seconds: 9_000_000 });
    await peer.restart(true);
  },
};

test.each(Object.keys(HAPPENS))(
  "reading, writing and reading back go on where %s",
  async (what) => {
    const pdu = await openPdu();
    try {
      for (const act of ["read", "readOutlet", "off", "on"] as const) {
        await HAPPENS[what]?.();
        if (act === "read") expect((await pdu.read()).outlets).toHaveLength(8);
        else if (act === "readOutlet") expect((await pdu.readOutlet("8")).state).toBe("on");
        else {
          await pdu.command("8", act);
          expect(peer.relays()["8"]).toBe(act === "on");
          expect((await pdu.readOutlet("8")).state).toBe(act);
        }
      }
    } finally {
      await pdu.close();
    }
  },
);

test.each(Object.keys(HAPPENS))("a cycle is done where %s between off and on", async (what) => {
  const power = new Power({
    pdus: new Map([["a", { driver: "snmp", options: {} }]]),
    open: openPdu,
    audit: new Disk().open({ dead: false }, systemClock),
    clock: systemClock,
  });
  let happened: Promise<void> | void | undefined;
  const said: string[] = [];
  const host = { ...hostWith("a/8"), offFor: 500 };
  const order = { id: what, by: "e2e", reason: "test" };
  const report = await power.switchHost(host, "cycle", order, ({ text, state }) => {
    said.push(text);
    if (state === "off") happened ??= HAPPENS[what]?.();
  });
  await happened;
  expect(report, said.join("\n")).toMatchObject({ result: "done", power: "on" });
  expect(peer.relays()["8"]).toBe(true);
  await power.close();
});
