/**
 * A console server with a menu or a port shell, at the wire: telnet on a TCP port, or plain bytes on any stream. Behind each
 * port is a line that takes bytes and gives bytes. What it says is after the manuals of its family; its faults are switches.
 */
import { createServer, type Server } from "node:net";
import type { Duplex } from "node:stream";
import { TELNET_SERVER, TelnetCodec } from "../src/codec/telnet.ts";
import { type Clock, type Millis, systemClock } from "../src/lib/clock.ts";
import {
  MENU_FAMILIES,
  type MenuFamily,
  type MenuPort,
  type MenuSession,
} from "./menu-families.ts";

/** What is wrong with the server. */
export interface MenuServerFaults {
  /** One byte at a time, this long apart. */
  readonly byteEvery?: Millis;
  /** Printed before the first prompt: notes of the day, broken escape sequences. */
  readonly noise?: string;
  /** Passwords are shown as they are typed. */
  readonly showsPasswords?: boolean;
  /** Takes the port's number and says nothing, for ever. */
  readonly silent?: boolean;
}

interface MenuServerOptions {
  readonly family: keyof typeof MENU_FAMILIES;
  readonly ports: readonly MenuPort[];
  /** User and password; undefined: it asks for none. */
  readonly login?: { readonly user: string; readonly password: string };
  readonly faults?: MenuServerFaults;
  readonly clock?: Clock;
}

/** The server. */
export class MenuConsoleServer {
  readonly name = "cs1";
  readonly ports: readonly MenuPort[];
  readonly options: MenuServerOptions;
  readonly #server: Server;
  readonly #sessions = new Set<Client>();
  readonly #looking = new Set<() => void>();
  /** Everything that was typed at the server itself, not at a port. */
  readonly typed: string[] = [];
  port = 0;

  constructor(options: MenuServerOptions) {
    this.options = options;
    this.ports = options.ports;
    this.#server = createServer({ noDelay: true }, (socket) => this.serve(socket, true));
  }

  /** Starts listening on a free TCP port of 127.0.0.1. */
  static async start(options: MenuServerOptions): Promise<MenuConsoleServer> {
    const server = new MenuConsoleServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    const address = server.#server.address();
    server.port = typeof address === "object" && address !== null ? address.port : 0;
    return server;
  }

  /** How many are at this port now. */
  clientsAt(index: number): number {
    const port = this.ports[index];
    return port ? this.#at(port).length : 0;
  }

  #at(port: MenuPort): readonly Client[] {
    return [...this.#sessions].filter((session) => session.port === port);
  }

  /** Sessions, at ports or not. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** Something happened: see `until`. */
  changed(): void {
    for (const look of this.#looking) look();
  }

  /** Resolves once this is so. */
  until(is: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!is()) return;
        this.#looking.delete(look);
        resolve();
      };
      this.#looking.add(look);
      look();
    });
  }

  /** Bytes of a port's line: to whoever is there. */
  write(index: number, bytes: Uint8Array): void {
    const port = this.ports[index];
    for (const session of port ? this.#at(port) : []) session.send(bytes);
  }

  /** The server ends the sessions at a port: they are back at its menu. */
  endPort(index: number): void {
    const port = this.ports[index];
    for (const session of port ? this.#at(port) : []) session.detach();
  }

  /** Power comes back: connections are gone, and a serial line shows it starting. */
  reboot(): void {
    for (const session of this.#sessions) session.restart();
  }

  /** Speaks to a client on any stream, telnet or plain. */
  serve(stream: Duplex, telnet: boolean): void {
    const session = new Client(this, stream, telnet);
    this.#sessions.add(session);
    stream.on("close", () => {
      this.#sessions.delete(session);
      this.changed();
    });
    session.start();
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }
}

const CTRL_C = "\x03";

/** One client of the server. */
class Client implements MenuSession {
  readonly server: MenuConsoleServer;
  readonly #stream: Duplex;
  readonly #telnet: TelnetCodec | undefined;
  readonly #family: MenuFamily;
  readonly #clock: Clock;
  /** The port that it is at. */
  port: MenuPort | undefined;
  #typed = "";
  #echo = true;
  #waiting: ((line: string) => void) | undefined;
  #leave: (() => void) | undefined;
  #keys = "";
  #outbox: Promise<void> = Promise.resolve();
  #run = 0;

  constructor(server: MenuConsoleServer, stream: Duplex, telnet: boolean) {
    this.server = server;
    this.#stream = stream;
    this.#clock = server.options.clock ?? systemClock;
    this.#family = MENU_FAMILIES[server.options.family];
    if (telnet) this.#telnet = new TelnetCodec(TELNET_SERVER);
    stream.on("error", () => stream.destroy());
    stream.on("data", (wire: Uint8Array) => this.#receive(wire));
  }

  start(): void {
    if (this.#telnet) this.#stream.write(this.#telnet.takeOutput());
    const run = ++this.#run;
    this.say(this.server.options.faults?.noise ?? "");
    void this.#family.run(this).then(() => {
      if (run === this.#run) this.#hangUp();
    });
  }

  restart(): void {
    this.port = undefined;
    this.#waiting = undefined;
    this.#leave = undefined;
    this.#run += 1;
    if (this.#telnet) this.destroy();
    else {
      this.say("\r\nU-Boot 1.1.4\r\nBooting ...\r\n");
      this.start();
    }
  }

  /** A line that the client types; what it sees of it. */
  line(prompt: string, echo = true): Promise<string> {
    this.say(prompt);
    this.#echo = echo || this.server.options.faults?.showsPasswords === true;
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Asks for the login of the server; false: refused. */
  async login(name: string, password: string): Promise<boolean> {
    const { login } = this.server.options;
    if (!login) return true;
    const user = await this.line(name);
    const given = await this.line(password, false);
    return user === login.user && given === login.password;
  }

  /** Connects to the port until the family's escape keys come, or the server ends it. */
  attach(port: MenuPort): Promise<void> {
    if (this.server.options.faults?.silent) return new Promise(() => undefined);
    this.port = port;
    this.server.changed();
    return new Promise((resolve) => {
      this.#leave = () => {
        this.port = undefined;
        this.#leave = undefined;
        this.server.changed();
        resolve();
      };
    });
  }

  detach(): void {
    this.#leave?.();
  }

  say(text: string): void {
    this.send(new TextEncoder().encode(text));
  }

  send(bytes: Uint8Array): void {
    const { byteEvery } = this.server.options.faults ?? {};
    const wire = (this.#telnet ? this.#telnet.encode(bytes) : bytes).slice();
    if (byteEvery === undefined) {
      if (this.#stream.writable) this.#stream.write(wire);
      return;
    }
    for (let at = 0; at < wire.length; at++)
      this.#outbox = this.#outbox.then(async () => {
        await this.#clock.sleep(byteEvery);
        if (this.#stream.writable) this.#stream.write(wire.subarray(at, at + 1));
      });
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #hangUp(): void {
    if (this.#telnet) void this.#outbox.then(() => this.#stream.end());
    else this.start();
  }

  #receive(wire: Uint8Array): void {
    if (!this.#telnet) {
      this.#input(wire);
      return;
    }
    for (const event of this.#telnet.receive(wire)) {
      if (event.is === "data") this.#input(event.bytes);
      else if (event.is === "break") this.port?.line.onBreak();
    }
    const answer = this.#telnet.takeOutput();
    if (answer.length > 0) this.#stream.write(answer);
  }

  #input(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.port) this.#toPort(byte, this.port);
      else this.#toServer(String.fromCharCode(byte));
    }
  }

  /** Escape keys are held back until they are none. */
  #toPort(byte: number, port: MenuPort): void {
    const { escape: keys } = this.#family;
    this.#keys += String.fromCharCode(byte);
    if (keys !== undefined && this.#keys === keys) {
      this.#keys = "";
      this.detach();
      return;
    }
    if (keys?.startsWith(this.#keys)) return;
    const held = Uint8Array.from(this.#keys, (key) => key.charCodeAt(0));
    this.#keys = "";
    port.line.onBytes(held);
  }

  #toServer(key: string): void {
    if (key === "\n" || key === "\0") return;
    if (key !== "\r") {
      this.#typed += key;
      if (this.#echo && key >= " " && key !== CTRL_C) this.say(key);
      return;
    }
    const line = this.#typed;
    this.#typed = "";
    this.say("\r\n");
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.server.typed.push(line);
    this.server.changed();
    waiting?.(line.replace(/[\0-\x1f]/g, ""));
  }
}
