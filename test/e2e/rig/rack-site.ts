import { readFileSync } from "node:fs";
import { join } from "node:path";
import apcRpdu2 from "../../../drivers/power/snmp/apc-rpdu2.ts";
import { MockHost } from "../../../mocks/host.ts";
import { MockSnmpPdu } from "../../../mocks/snmp-pdu.ts";
import { TelnetConsoleServer } from "../../../mocks/telnet-console-server.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { TestSite } from "./daemon.ts";

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for something that the world does, not the test. */
export async function until(
  what: string,
  withinMs: number,
  is: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await is())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(20);
  }
}

/** Switches simulated hosts on, which are all that this site has, and waits until they ask for a login. */
export async function bootAll(test: TestSite, hosts: readonly MockHost[]): Promise<void> {
  const status = () => test.site.status([], { power: false });
  // The daemon is reachable before its consoles are open: what a host prints by then, nobody reads.
  await until("every console up", 120_000, async () =>
    (await status()).every((one) => one.console.is === "up"),
  );
  for (const host of hosts) host.power(true);
  await until("every host at its login prompt", 120_000, async () =>
    (await status()).every((one) => one.lastLine.includes("login:")),
  ).catch(async (thrown: unknown) => {
    throw new Error(`${String(thrown)}: ${JSON.stringify(await status())}`);
  });
}

/** Simulated hosts behind a telnet console server and on a PDU, in this process; the real daemon beside it. */
export class RackSite {
  readonly test: TestSite;
  readonly hosts: readonly MockHost[];
  readonly pdu: MockSnmpPdu;
  kills = 0;
  readonly #server: TelnetConsoleServer;
  readonly #cuts: readonly number[];

  private constructor(parts: {
    test: TestSite;
    hosts: readonly MockHost[];
    pdu: MockSnmpPdu;
    server: TelnetConsoleServer;
    cuts: readonly number[];
  }) {
    this.test = parts.test;
    this.hosts = parts.hosts;
    this.pdu = parts.pdu;
    this.#server = parts.server;
    this.#cuts = parts.cuts;
  }

  /** Hosts h0, h1 … at their login prompts, watched in mode act with short times. `offFor`: how long a cycle leaves them off. */
  static async start(count: number, offFor = "2s"): Promise<RackSite> {
    const ports: { write(bytes: Uint8Array): void }[] = [];
    const hosts = Array.from(
      { length: count },
      (_, n) =>
        new MockHost({
          name: `h${n}`,
          clock: systemClock,
          pace: 0.2,
          write: (bytes) => ports[n]?.write(bytes),
        }),
    );
    const server = await TelnetConsoleServer.start(
      hosts.map((host) => ({
        onBytes: (bytes) => host.receive(bytes),
        onBreak: () => host.receiveBreak(),
      })),
    );
    ports.push(...server.ports);
    const cuts = hosts.map(() => 0);
    const pdu = await MockSnmpPdu.start({
      family: apcRpdu2,
      outlets: count,
      clock: systemClock,
      onSwitch: (instance, state) => {
        const n = Number(instance) - 1;
        if (state === "off") cuts[n] = (cuts[n] ?? 0) + 1;
        hosts[n]?.power(state === "on");
      },
    });
    const entries = server.ports.map(
      ({ port }, n) =>
        `  h${n}: { console: { driver: telnet, host: 127.0.0.1, port: ${port} }, outlets: [pdu-a/${n + 1}] }\n`,
    );
    const test = new TestSite(
      `pdus:
  pdu-a: { driver: snmp, host: 127.0.0.1, port: ${pdu.port}, version: 2c, community: secret:read, write-community: secret:write, insecure: true }
defaults:
  os: linux
  off-for: ${offFor}
  watch: { mode: act, ladder: [cycle, page], confirm-for: 1s, silence: 0s, hands-off: 1s, boot-within: 30s, budget: { cycles: 5, per: 1h }, cool-down: 0s }
fleet: { suspects: 100, within: 1m, cycles: 100, per: 1h }
hosts:
${entries.join("")}`,
      { read: "public", write: "private" },
    );
    const rack = new RackSite({ test, hosts, pdu, server, cuts });
    try {
      await test.start();
      await bootAll(test, hosts);
    } catch (thrown) {
      await rack.dispose();
      throw thrown;
    }
    return rack;
  }

  /** How often an outlet fell. */
  cuts(host: number): number {
    return this.#cuts[host] ?? 0;
  }

  /** Power acts that stand in the journal, as the disk has it. */
  intents(): number {
    return this.#records("power.intent");
  }

  /** Whether the trail on disk has a record of this type. */
  tells(type: string): boolean {
    return this.#records(type) > 0;
  }

  #records(type: string): number {
    const trail = readFileSync(join(this.test.folder, "state", "audit.jsonl"), "utf8");
    return trail.split("\n").filter((line) => line.includes(`"type":"${type}"`)).length;
  }

  /** Kills the daemon and starts another. */
  async restart(): Promise<void> {
    this.kills++;
    await this.test.kill();
    await this.test.start();
  }

  async dispose(): Promise<void> {
    await this.test.stop();
    for (const host of this.hosts) host.power(false);
    await this.pdu.close();
    await this.#server.close();
  }
}
