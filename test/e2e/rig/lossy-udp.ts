import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** What the way to a device does to datagrams, by chance. */
export interface UdpWeather {
  /** Share of the requests, and of the answers, that are lost. */
  loss: number;
  /** Share of the answers that come twice, the second time later. */
  doubled: number;
}

const LATER_MS = 300;

/** A UDP way to one device on loopback, which loses and doubles datagrams. */
export class LossyUdp {
  readonly weather: UdpWeather;
  readonly #socket: Socket;
  /** A socket towards the device for each client. */
  readonly #clients = new Map<number, Socket>();
  readonly #to: number;
  #closed = false;

  private constructor(socket: Socket, to: number, weather: UdpWeather) {
    this.#socket = socket;
    this.#to = to;
    this.weather = weather;
    socket.on("message", (bytes, { port }) => {
      if (!this.#lost()) this.#clientOf(port).send(bytes, this.#to, "127.0.0.1");
    });
  }

  static async start(to: number, weather: UdpWeather): Promise<LossyUdp> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new LossyUdp(socket, to, weather);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  close(): void {
    this.#closed = true;
    for (const socket of [this.#socket, ...this.#clients.values()]) socket.close();
  }

  #lost(): boolean {
    return Math.random() < this.weather.loss;
  }

  #clientOf(port: number): Socket {
    const known = this.#clients.get(port);
    if (known) return known;
    const socket = createSocket("udp4");
    this.#clients.set(port, socket);
    const send = (bytes: Uint8Array) => {
      if (!this.#closed) this.#socket.send(bytes, port, "127.0.0.1");
    };
    socket.on("message", (bytes) => {
      if (this.#lost()) return;
      send(bytes);
      if (Math.random() < this.weather.doubled) setTimeout(() => send(bytes), LATER_MS);
    });
    return socket;
  }
}
