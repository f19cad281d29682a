/*
 * Our side of VMware's virtual serial ports: machines connect to us. One listener an address, as many machines as are
 * configured there; the connection says which one it is.
 */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { addressText } from "../network/connect-socket.ts";
import { VspcConnection, type VspcControl, type VspcPort } from "./vspc-connection.ts";
import { VspcSeat } from "./vspc-seat.ts";

/** A connection has so long to say who it is, and an entry so long to appear for it. */
const KNOWN_WITHIN: Millis = seconds(10);
/** A port that nobody reads any more is kept so long: its machine's connection waits to be read again. */
const LINGER: Millis = minutes(2);
/** Connections that have not said yet who they are. */
const MAX_STRANGERS = 64;
const MAX_ENTRIES = 4096;

/** Where machines connect to, and the certificate where they use TLS (telnets://). */
export interface VspcAddress {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
}

const listeners = new Map<string, Promise<VspcListener>>();

/** Takes part in the listener of an address; it is started for the first one. Leave by `leave(seat)`. */
export async function joinVspc(
  address: VspcAddress,
  port: VspcPort,
  clock: Clock,
): Promise<{ readonly listener: VspcListener; readonly seat: VspcSeat }> {
  const name = addressText(address);
  let listening = listeners.get(name);
  if (!listening) {
    listening = VspcListener.start(address, clock, () => listeners.delete(name));
    listeners.set(name, listening);
    listening.catch(() => listeners.delete(name));
  }
  const listener = await listening;
  return { listener, seat: listener.join(port) };
}

interface Entry {
  readonly seat: VspcSeat;
  readonly key: string;
  users: number;
  linger: Timer | undefined;
}

/** One listening socket. */
export class VspcListener {
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #onEmpty: () => void;
  readonly #entries = new Map<string, Entry>();
  readonly #strangers = new Set<VspcConnection>();

  private constructor(server: Server, clock: Clock, onEmpty: () => void) {
    this.#server = server;
    this.#clock = clock;
    this.#onEmpty = onEmpty;
  }

  static start(address: VspcAddress, clock: Clock, onEmpty: () => void): Promise<VspcListener> {
    const { host, port, tls } = address;
    return new Promise((resolve, reject) => {
      const server = serverFor(address);
      const listener = new VspcListener(server, clock, onEmpty);
      server.on(tls ? "secureConnection" : "connection", (socket: Socket) => {
        void listener.#accept(socket);
      });
      server.once("error", (cause) => reject(cannotListen(address, cause)));
      server.listen({ host, port }, () => resolve(listener));
    });
  }

  /** The TCP port it listens on. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  join(port: VspcPort): VspcSeat {
    const key = JSON.stringify([port.uuid, port.name, port.service]);
    let entry = this.#entries.get(key);
    if (!entry) {
      if (this.#entries.size >= MAX_ENTRIES)
        throw new OobError("LINK_REFUSED", "Cannot listen for more machines at one address");
      entry = { seat: new VspcSeat(port, this.#clock), key, users: 0, linger: undefined };
      this.#entries.set(key, entry);
    }
    entry.users += 1;
    entry.linger?.cancel();
    for (const stranger of this.#strangers) this.#place(stranger);
    return entry.seat;
  }

  /** The connection stays for a while, so that whoever comes back loses nothing. */
  leave(seat: VspcSeat): void {
    const entry = [...this.#entries.values()].find((one) => one.seat === seat);
    if (!entry || entry.users === 0) return;
    entry.users -= 1;
    if (entry.users === 0)
      entry.linger = this.#clock.after(LINGER, () => {
        seat.close();
        this.#entries.delete(entry.key);
        if (this.#entries.size > 0) return;
        this.#onEmpty();
        for (const stranger of this.#strangers) stranger.destroy();
        this.#server.close();
      });
  }

  /** Reads a connection until a seat has it. */
  async #accept(socket: Socket): Promise<void> {
    const connection = new VspcConnection(socket);
    if (this.#strangers.size >= MAX_STRANGERS) {
      connection.destroy();
      return;
    }
    this.#strangers.add(connection);
    const timer = this.#clock.after(KNOWN_WITHIN, () => this.#late(connection));
    while (!this.#isPlaced(connection)) {
      const goesOn = await connection.pullEarly((event) => this.#heard(connection, event));
      if (!goesOn) {
        if (!this.#isPlaced(connection)) connection.destroy();
        break;
      }
    }
    timer.cancel();
    this.#strangers.delete(connection);
  }

  #isPlaced = (connection: VspcConnection): boolean =>
    [...this.#entries.values()].some(({ seat }) => seat.has(connection));

  #heard(connection: VspcConnection, event: VspcControl): void {
    const seats = [...this.#entries.values()].map(({ seat }) => seat);
    if (event.is === "vmotion") {
      const seat =
        event.step === "peer"
          ? seats.find((one) => one.hasSecret(event.bytes))
          : seats.find((one) => connection.matches(one.port));
      if (seat) seat.heard(connection, event);
      else if (event.step === "peer") connection.codec.answerPeer(event.bytes, false);
      return;
    }
    this.#place(connection);
  }

  /** Gives a connection that said who it is and what it wants to the seat that is configured for it. */
  #place(connection: VspcConnection): void {
    const { proxy } = connection;
    if (!proxy || connection.isAnswered) return;
    if (proxy.direction !== "S") {
      this.#refuse(connection);
      return;
    }
    const entry = [...this.#entries.values()].find(({ seat }) => connection.matches(seat.port));
    if (!entry) return;
    connection.answerProxy(true);
    entry.seat.connect(connection);
  }

  /** It had its time: to say who it is, or, in a move, to show the secret. */
  #late(connection: VspcConnection): void {
    const seats = [...this.#entries.values()].map(({ seat }) => seat);
    if (seats.some((seat) => seat.has(connection) || seat.isPeer(connection))) return;
    if (connection.isAnswered) connection.destroy();
    else this.#refuse(connection);
  }

  #refuse(connection: VspcConnection): void {
    if (connection.isAnswered || this.#isPlaced(connection)) return;
    const { proxy } = connection;
    const why =
      proxy && proxy.direction !== "S"
        ? "its serial port is set to client, not to server"
        : connection.isKnown && proxy
          ? "nobody has configured it"
          : "it does not say who it is";
    for (const { seat } of this.#entries.values())
      seat.events?.note(`refused ${connection.description}: ${why}`);
    connection.answerProxy(false);
    connection.end();
    this.#clock.after(seconds(1), () => connection.destroy());
  }
}

function serverFor(address: VspcAddress): Server {
  const { tls } = address;
  if (!tls) return createServer();
  try {
    return createTlsServer({ ...tls });
  } catch (cause) {
    const name = addressText(address);
    throw new OobError(
      "LINK_REFUSED",
      `Cannot listen on "${name}": certificate or key is no PEM that can be used`,
      { cause, hint: "Check tls-cert and tls-key: the key must be that of the certificate" },
    );
  }
}

function cannotListen({ host, port }: VspcAddress, cause: Error): OobError {
  const name = addressText({ host, port });
  const code = "code" in cause ? cause.code : "";
  if (code === "EADDRINUSE")
    return new OobError("PORT_BUSY", `Cannot listen on "${name}": another process does`, {
      cause,
      hint: "Choose another port, or end the process that has it: ss -ltnp",
    });
  const hint =
    code === "EADDRNOTAVAIL"
      ? "This machine has no such address"
      : "Check the address and the port";
  return new OobError("LINK_REFUSED", `Cannot listen on "${name}": ${messageOf(cause)}`, {
    cause,
    hint,
  });
}
