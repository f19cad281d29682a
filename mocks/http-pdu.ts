/**
 * A power device with a web server: relays behind one of the dialects. Faults of the wire are the web server's, faults of
 * the relays are its own.
 */

import {
  HTTP_DIALECTS,
  type HttpDialect,
  type MockRelay,
  type MockRelays,
  type RelayFaults,
  tasmota,
} from "./http-pdu-dialects.ts";
import { HttpService, type MockLogin } from "./http-service.ts";

export type HttpFamily = keyof typeof HTTP_DIALECTS | "tasmota";

const SCHEMES: Readonly<Record<keyof typeof HTTP_DIALECTS, MockLogin["scheme"]>> = {
  netio: "basic",
  gude: "basic",
  dli: "both",
  shelly1: "basic",
  shelly2: "sha-256",
};

/** How it is set up. */
export interface HttpPduSetup {
  readonly family: HttpFamily;
  readonly relays: readonly MockRelay[];
  readonly user?: string;
  readonly password?: string;
  readonly tls?: boolean;
}

export class MockHttpPdu implements MockRelays {
  readonly relays: readonly MockRelay[];
  readonly faults: RelayFaults = {};
  /** Its identity: another one stands for another unit at the same address. */
  mac = "24:A4:2C:39:11:5A";
  readonly service: HttpService;
  /** Every command that was understood, in order: "1 off". */
  readonly commands: string[] = [];
  /** Relays on their way: readings until they move. */
  readonly #moving = new Map<number, { on: boolean; left: number }>();

  constructor({ family, relays, user = "admin", password = "", tls = false }: HttpPduSetup) {
    this.relays = relays.map((relay) => ({ ...relay }));
    const dialect: HttpDialect =
      family === "tasmota" ? tasmota(user, password) : HTTP_DIALECTS[family];
    const scheme = family === "tasmota" ? undefined : SCHEMES[family];
    const login = scheme && password !== "" && { scheme, user, password, open: ["/shelly"] };
    this.service = new HttpService(
      (request) => {
        if (this.faults.loses) this.service.faults.drops = false;
        const reply = dialect(this, request);
        this.#wait();
        return reply;
      },
      login || undefined,
      tls,
    );
  }

  listen(port?: number): Promise<number> {
    return this.service.listen(port);
  }

  close(): Promise<void> {
    return this.service.close();
  }

  turn(place: number, on: boolean): void {
    const relay = this.relays[place];
    if (!relay) return;
    this.commands.push(`${place + 1} ${on ? "on" : "off"}`);
    if (this.faults.loses) this.service.faults.drops = true;
    if (this.faults.ignores) return;
    const { lateBy = 0 } = this.faults;
    if (lateBy === 0) relay.on = on;
    else this.#moving.set(place, { on, left: lateBy });
  }

  /** A request was answered: what is on its way comes nearer. */
  #wait(): void {
    for (const [place, move] of this.#moving) {
      if (--move.left > 0) continue;
      this.#moving.delete(place);
      const relay = this.relays[place];
      if (relay) relay.on = move.on;
    }
  }
}
