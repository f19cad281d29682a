/** Machines on outlets that really cut, the daemon beside them, and runbooks that are run there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import apcRpdu2 from "../../../drivers/power/snmp/apc-rpdu2.ts";
import { MockSnmpPdu } from "../../../mocks/snmp-pdu.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { TestSite } from "./daemon.ts";
import { runRunbook, type Told } from "./run-runbook.ts";

/** What an outlet switches. */
export interface SwitchedMachine {
  readonly name: string;
  readonly unixPath: string;
  powerOn(): void;
  powerOff(): void;
  dispose(): void;
}

/** What differs between such sites. */
export interface OutletSetup {
  /** More of the entry of a host: `, hostname: deb1`. */
  readonly entry?: (name: string) => string;
  /** Its console, where that is not the Unix socket of the machine. */
  readonly console?: (name: string) => string | undefined;
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Outlet 1 of pdu-a is that of the first machine. */
export class OutletSite<M extends SwitchedMachine = SwitchedMachine> {
  readonly test: TestSite;
  readonly #machines: readonly M[];
  readonly #pdu: MockSnmpPdu;

  private constructor(test: TestSite, machines: readonly M[], pdu: MockSnmpPdu) {
    this.test = test;
    this.#machines = machines;
    this.#pdu = pdu;
  }

  static async start<M extends SwitchedMachine>(
    machines: readonly M[],
    { entry = () => "", console = () => undefined, secrets = {} }: OutletSetup = {},
  ): Promise<OutletSite<M>> {
    const pdu = await MockSnmpPdu.start({
      family: apcRpdu2,
      outlets: machines.length,
      clock: systemClock,
      onSwitch: (instance, state) => {
        const machine = machines[Number(instance) - 1];
        if (state === "on") machine?.powerOn();
        else machine?.powerOff();
      },
    });
    const hosts = machines.map(({ name, unixPath }, at) => {
      const way = console(name) ?? `driver: unix, path: ${unixPath}`;
      return `  ${name}: { console: { ${way} }, outlets: [pdu-a/${at + 1}]${entry(name)} }\n`;
    });
    const test = new TestSite(
      `pdus:
  pdu-a: { driver: snmp, host: 127.0.0.1, port: ${pdu.port}, version: 2c, community: secret:read, write-community: secret:write, insecure: true }
defaults:
  os: linux
  off-for: 1s
  watch: { mode: observe, hands-off: 1ms, budget: { cycles: 99, per: 1h } }
fleet: { suspects: 9, within: 1m, cycles: 99, per: 1h }
hosts:
${hosts.join("")}`,
      { read: "public", write: "private", ...secrets },
    );
    const site = new OutletSite(test, machines, pdu);
    try {
      await test.start();
    } catch (thrown) {
      await site.stop();
      throw thrown;
    }
    return site;
  }

  async stop(): Promise<void> {
    await this.test.stop();
    await this.#pdu.close();
    for (const machine of this.#machines) machine.dispose();
  }

  machine(name: string): M {
    const found = this.#machines.find((machine) => machine.name === name);
    if (!found) throw new Error(`no machine ${name}`);
    return found;
  }

  run(
    runbook: string,
    host: string,
    set: Readonly<Record<string, string>> = {},
    dryRun = false,
  ): Promise<Told> {
    return runRunbook(this.test.site, runbook, host, set, dryRun);
  }

  /** Waits until the screen of a host shows this. */
  async untilScreen(host: string, shows: RegExp, withinMs: number): Promise<void> {
    const end = performance.now() + withinMs;
    for (;;) {
      const text = (await this.test.site.screen(host)).rows.join("\n").trimEnd();
      if (shows.test(text)) return;
      if (performance.now() > end) throw new Error(`${host} never shows ${shows}:\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** What the host said on its line, from the beginning. */
  saidBy(host: string): string {
    const folder = join(this.test.folder, "state", "console", host);
    return readdirSync(folder)
      .filter((name) => name.endsWith(".raw") && name !== "current.raw")
      .sort()
      .map((name) => readFileSync(join(folder, name), "latin1"))
      .join("");
  }
}
