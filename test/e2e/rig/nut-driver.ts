/**
 * A driver of NUT's own kind, at upsd's side of it (its developer guide, "Driver/server socket protocol"): it owns a
 * socket in the state folder, tells variables and commands, and is given orders. Its relays do as its faults say.
 */
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";

/** What goes wrong. */
export interface NutDriverFaults {
  /** Takes orders and moves nothing. */
  ignores?: boolean;
  /** Carries orders out, and says that it failed: its device's answer was lost. */
  deniesDone?: boolean;
  /** Never says what came of an order. */
  mute?: boolean;
}

export class NutDriver {
  readonly faults: NutDriverFaults = {};
  /** Relays by number, as they are. */
  readonly relays: Map<number, boolean>;
  readonly orders: string[] = [];
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  #stale = false;

  private constructor(server: Server, outlets: number) {
    this.#server = server;
    this.relays = new Map(Array.from({ length: outlets }, (_, i) => [i + 1, true]));
  }

  /** The driver "oob" of this device. */
  static async start(state: string, device: string, outlets: number): Promise<NutDriver> {
    const server = createServer();
    const driver = new NutDriver(server, outlets);
    server.on("connection", (client) => driver.#serve(client));
    await new Promise<void>((resolve) => server.listen(join(state, `oob-${device}`), resolve));
    return driver;
  }

  /** Reads its device, as at each poll: only then upsd knows what the relays did. */
  poll(): void {
    for (const [number, on] of this.relays)
      this.#say(`SETINFO outlet.${number}.status "${on ? "on" : "off"}"`);
  }

  set stale(stale: boolean) {
    this.#stale = stale;
    this.#say(stale ? "DATASTALE" : "DATAOK");
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    this.#clients.add(client);
    client.on("close", () => this.#clients.delete(client));
    client.on("error", () => client.destroy());
    let text = "";
    client.on("data", (bytes) => {
      text += bytes.toString("utf8");
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) this.#asked(line.trim(), client);
    });
  }

  #asked(line: string, client: Socket): void {
    if (line === "PING") client.write("PONG\n");
    if (line === "DUMPALL") client.write(this.#dump());
    const order = /^INSTCMD (outlet\.(\d+)\.load\.(on|off))(?: .*?)?(?:TRACKING (\S+))?$/.exec(
      line,
    );
    if (!order) return;
    const [, name = "", number, verb, id] = order;
    this.orders.push(name);
    if (!this.faults.ignores) this.relays.set(Number(number), verb === "on");
    // 0 is done, 1 unknown, 2 an invalid argument, 3 failed.
    if (id !== undefined && !this.faults.mute)
      client.write(`TRACKING ${id} ${this.faults.deniesDone ? 3 : 0}\n`);
  }

  #dump(): string {
    const outlets = [...this.relays].flatMap(([number, on]) => [
      `SETINFO outlet.${number}.desc "Outlet ${number}"`,
      `SETINFO outlet.${number}.status "${on ? "on" : "off"}"`,
      `ADDCMD outlet.${number}.load.on`,
      `ADDCMD outlet.${number}.load.off`,
    ]);
    return [
      'SETINFO device.serial "4711"',
      'SETINFO device.model "PDU8"',
      'SETINFO driver.parameter.pollinterval "1"',
      'SETINFO ups.status "OL"',
      ...outlets,
      this.#stale ? "DATASTALE" : "DATAOK",
      "DUMPDONE",
      "",
    ].join("\n");
  }

  #say(line: string): void {
    for (const client of this.#clients) client.write(`${line}\n`);
  }
}
