/** What a network does to answers: it doubles them, brings old ones late, and other hosts answer in their place. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MockSnmpPdu } from "../../../mocks/snmp-pdu.ts";
import { Power } from "../../../src/core/power/power.ts";
import { openSnmpPdu } from "../../../src/core/snmp/snmp-pdu.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { SnmpLogin } from "../../../src/sdk/snmp-profile.ts";
import { Disk, hostWith } from "../power/power-sim.ts";
import { shippedProfiles } from "./shipped-profiles.ts";

const profiles = await shippedProfiles();
const family = profiles.get("apc-rpdu");
if (!family) throw new Error("no profile apc-rpdu");
const USER = { name: "oob", auth: { protocol: "sha256", secret: "authpass1" } } as const;
const LOGINS: Readonly<Record<string, SnmpLogin>> = {
  "1": { version: "1", community: "private" },
  "2c": { version: "2c", community: "private" },
  "3": { version: "3", user: "oob", auth: USER.auth },
};

let mock: MockSnmpPdu;
let way: Way;

beforeEach(async () => {
  mock = await MockSnmpPdu.start({
    ...{ family, outlets: 4, clock: systemClock },
    access: { read: "public", write: "private", user: USER },
  });
  way = await Way.open(mock.port);
});
afterEach(async () => {
  way.close();
  await mock.close();
});

/** What becomes of an answer: what is sent instead, and by whom. */
type Fate = (answer: Buffer, way: Way) => readonly Buffer[];

/** The network between us and the device. */
class Way {
  readonly port: number;
  fate: Fate = (answer) => [answer];
  /** Answers come from a socket that nobody asked. */
  fromElsewhere = false;
  readonly before: Buffer[] = [];
  readonly #front: Socket;
  readonly #back: Socket;
  readonly #other: Socket;

  private constructor(front: Socket, back: Socket, other: Socket, device: number) {
    this.port = front.address().port;
    this.#front = front;
    this.#back = back;
    this.#other = other;
    let asker = 0;
    front.on("message", (request, { port }) => {
      asker = port;
      back.send(request, device, "127.0.0.1");
    });
    back.on("message", (answer) => {
      const from = this.fromElsewhere ? other : front;
      for (const one of this.fate(answer, this)) from.send(one, asker, "127.0.0.1");
      this.before.push(answer);
    });
  }

  static async open(device: number): Promise<Way> {
    const sockets = [createSocket("udp4"), createSocket("udp4"), createSocket("udp4")] as const;
    for (const socket of sockets) {
      socket.bind(0, "127.0.0.1");
      await once(socket, "listening");
    }
    return new Way(...sockets, device);
  }

  close(): void {
    for (const socket of [this.#front, this.#back, this.#other]) socket.close();
  }
}

const FATES: Readonly<Record<string, Fate>> = {
  "comes twice": (answer) => [answer, answer],
  "comes behind all that were given before": (answer, { before }) => [...before, answer],
  "comes before all that were given before": (answer, { before }) => [answer, ...before],
};

const cases = Object.keys(FATES).flatMap((fate) =>
  Object.keys(LOGINS).map((version) => [fate, version] as const),
);

test.each(cases)(
  "a cycle where each answer %s: what is read is true (version %s)",
  async (fate, version) => {
    way.fate = FATES[fate] ?? way.fate;
    const login = LOGINS[version];
    if (!login) throw new Error(version);
    const target = { host: "127.0.0.1", port: way.port, login, timeout: 2000, tries: 3 };
    const power = new Power({
      pdus: new Map([["a", { driver: "snmp", options: {} }]]),
      open: () => openSnmpPdu(target, profiles, systemClock),
      audit: new Disk().open({ dead: false }, systemClock),
      clock: systemClock,
    });
    const host = { ...hostWith("a/2"), offFor: 50 };
    const order = { id: fate, by: "test", reason: "" };
    const seen: string[] = [];
    const report = await power.switchHost(host, "cycle", order, ({ outlet, state }) => {
      if (outlet !== undefined) seen.push(`${state} ${mock.relay("2")}`);
    });
    expect(report).toMatchObject({ result: "done", power: "on" });
    expect(seen[0]).toBe("off off");
    expect(mock.sets.filter(({ value }) => value === 2)).toHaveLength(1);
    await power.close();
  },
);

test.each(Object.entries(LOGINS))(
  "an answer from an address that was not asked is none (version %s)",
  async (_, login) => {
    const target = { host: "localhost", port: way.port, login, timeout: 1500, tries: 2 };
    const pdu = await openSnmpPdu(target, profiles, systemClock);
    expect((await pdu.readOutlet("2")).state).toBe("on");
    way.fromElsewhere = true;
    await expect(pdu.readOutlet("2")).rejects.toMatchObject({
      code: "PDU_SILENT",
      hint: expect.stringContaining("another address"),
    });
    way.fromElsewhere = false;
    expect((await pdu.readOutlet("2")).state).toBe("on");
    await pdu.close();
  },
);
