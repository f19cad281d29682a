import type { Clock } from "../src/lib/clock.ts";
import { MockHost } from "./host.ts";
import type { MockFamily } from "./snmp-family.ts";
import { MockSnmpPdu } from "./snmp-pdu.ts";
import { TelnetConsoleServer } from "./telnet-console-server.ts";

/** What a rack is made of. */
export interface MockRackSetup {
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly family: MockFamily;
  readonly secrets: { readonly auth: string; readonly priv: string; readonly login: string };
}

/** A simulated rack: hosts behind a telnet console server, fed by a PDU whose relays switch them. */
export class MockRack {
  readonly hosts: readonly MockHost[];
  readonly consoleServer: TelnetConsoleServer;
  readonly pdu: MockSnmpPdu;

  private constructor(
    hosts: readonly MockHost[],
    consoleServer: TelnetConsoleServer,
    pdu: MockSnmpPdu,
  ) {
    this.hosts = hosts;
    this.consoleServer = consoleServer;
    this.pdu = pdu;
  }

  /** Builds it on ports of the loopback, everything switched on. */
  static async start({ names, clock, family, secrets }: MockRackSetup): Promise<MockRack> {
    const writers = names.map(() => ({ write: (_bytes: Uint8Array): void => undefined }));
    const hosts = names.map(
      (name, n) =>
        new MockHost({
          name,
          clock,
          password: secrets.login,
          write: (bytes) => writers[n]?.write(bytes),
        }),
    );
    const lines = hosts.map((host) => ({
      onBytes: (bytes: Uint8Array) => host.receive(bytes),
      onBreak: () => host.receiveBreak(),
    }));
    const consoleServer = await TelnetConsoleServer.start(lines);
    for (const [n, port] of consoleServer.ports.entries()) {
      const writer = writers[n];
      if (writer) writer.write = (bytes) => port.write(bytes);
    }
    const pdu = await MockSnmpPdu.start({
      family,
      outlets: names.length,
      names,
      clock,
      access: {
        user: {
          name: "oob",
          auth: { protocol: "sha256", secret: secrets.auth },
          priv: { protocol: "aes", secret: secrets.priv },
        },
      },
      onSwitch: (instance, state) => hosts[Number(instance) - 1]?.power(state === "on"),
    });
    for (const host of hosts) host.power(true);
    return new MockRack(hosts, consoleServer, pdu);
  }

  async close(): Promise<void> {
    for (const host of this.hosts) host.power(false);
    await this.pdu.close();
    await this.consoleServer.close();
  }
}
