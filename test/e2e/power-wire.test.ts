/**
 * Real processes on a bad network: SNMP datagrams are lost and doubled on their way, the daemon is killed or stopped
 * in the middle of an act. One cut an act at most, `done` only where the relay says so, outlets of cycles end on.
 *
 *   OOB_WIRE_RUNS=40 npx vitest run --config vitest.e2e.config.ts test/e2e/power-wire.test.ts
 */

import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import apcRpdu2 from "../../drivers/power/snmp/apc-rpdu2.ts";
import { MockSnmpPdu } from "../../mocks/snmp-pdu.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { TestSite } from "./rig/daemon.ts";
import { LossyUdp } from "./rig/lossy-udp.ts";
import { pause, until } from "./rig/rack-site.ts";

const RUNS = Number(process.env.OOB_WIRE_RUNS ?? 3);
const LOSS = 0.2;
const WITHIN_MS = 200_000;
const MAX_STORY = 1000;
/** What happens to the daemon while it switches. */
const MISHAPS = ["none", "stopped", "killed", "none"] as const;

let pdu: MockSnmpPdu;
let way: LossyUdp;
let site: TestSite;
let consoles: Server;
const falls = new Map<string, number>();

beforeAll(async () => {
  pdu = await MockSnmpPdu.start({
    ...{ family: apcRpdu2, outlets: 4, clock: systemClock },
    onSwitch: (instance, state) => {
      if (state === "off") falls.set(instance, (falls.get(instance) ?? 0) + 1);
    },
  });
  pdu.faults.lateMs = 300;
  way = await LossyUdp.start(pdu.port, { loss: LOSS, doubled: 0.2 });
  consoles = createServer((socket) => socket.on("error", () => undefined).resume());
  consoles.listen(0, "127.0.0.1");
  await once(consoles, "listening");
  const address = consoles.address();
  const port = typeof address === "object" && address ? address.port : 0;
  site = new TestSite(
    `pdus:
  rack: { driver: snmp, host: 127.0.0.1, port: ${way.port}, version: 2c, community: secret:community, insecure: true }
defaults:
  off-for: 1s
  watch: { budget: { cycles: 100, per: 1h } }
hosts:
  web1: { console: { driver: tcp, host: 127.0.0.1, port: ${port} }, outlets: [rack/2] }
`,
    { community: "private" },
  );
  await site.start();
});

afterAll(async () => {
  await site.stop();
  way.close();
  await pdu.close();
  consoles.close();
});

describe(`an act at ${LOSS * 100} % loss each way`, () => {
  it.each(
    Array.from({ length: RUNS }, (_, n) => [n + 1, MISHAPS[n % MISHAPS.length] ?? "none"] as const),
  )(
    "cycle %i, what happens to the daemon: %s",
    async (_, mishap) => {
      falls.clear();
      expect(pdu.relay("2")).toBe("on");
      const asked = site.run("power", "cycle", "web1", "--yes", "--reason", "drill", "--json");
      if (mishap !== "none") {
        await Promise.race([until("the outlet falls", WITHIN_MS, () => falls.has("2")), asked]);
        await pause(Math.random() * 1500);
      }
      if (mishap === "stopped") {
        site.signal("SIGSTOP");
        await pause(3000);
        site.signal("SIGCONT");
      }
      if (mishap === "killed") {
        await site.kill();
        await site.start();
      }
      const { code, stdout, stderr } = await asked;
      const story = `${mishap}: exit ${code}\n${stdout}${stderr}`;
      expect(falls.get("2") ?? 0, story).toBeLessThanOrEqual(1);
      // What a cycle has begun the next daemon ends.
      await until("the outlet is on", WITHIN_MS, () => pdu.relay("2") === "on");
      // An act that came to no good on such a network, before its daemon was killed, ends with 1.
      if (mishap === "killed")
        expect(stdout.includes('"result":"failed"') ? [1] : [0, 6], story).toContain(code);
      if (code === 0) expect(falls.get("2"), story).toBe(1);
      expect(falls.get("2") ?? 0, story).toBeLessThanOrEqual(1);
      for (const other of ["1", "3", "4"]) expect(pdu.relay(other), story).toBe("on");
      process.stderr.write(`${falls.get("2") ?? 0} cut, ${story.trim().slice(0, MAX_STORY)}\n`);
    },
    3 * WITHIN_MS,
  );
});
