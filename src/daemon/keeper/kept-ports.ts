/**
 * The daemon's end of the keeper: finds it, or starts it, and starts it again where it ended.
 *
 *   find ─► hello ─► begin (what is no longer wanted is given up) ─► open, follow … ─► lost ─► find …
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import type { Environment } from "../../config/places.ts";
import type { HostEntry, SiteConfig } from "../../config/site-config.ts";
import type { ConsolePort } from "../../core/port/console-port.ts";
import { Registry } from "../../core/registry/registry.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { encodeFrame, type Frame, FrameReader } from "../frames.ts";
import { fromWireError } from "../protocol.ts";
import {
  KEEPER_VERSION,
  type KeeperCall,
  keeperSocket,
  MAX_KEEPER_FRAME,
  type PortFacts,
} from "./kept.ts";
import { KeptPort } from "./kept-port.ts";

/** A keeper that was started listens within this, on a machine that is busy too. */
const STARTS_WITHIN: Millis = seconds(60);
/** One that listens and does not greet within this hangs. */
const ANSWERS_WITHIN: Millis = seconds(5);
const LOOK_EVERY: Millis = 25;
const RESTART_AFTER: Millis = 200;
const RETRY_AT_MOST: Millis = seconds(5);

interface Answer {
  readonly value: unknown;
  readonly bytes: Uint8Array | undefined;
}

interface Pending {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

interface KeptPortsOptions {
  readonly config: SiteConfig;
  readonly clock: Clock;
  /** Told what people should know of the keeper itself. */
  readonly note: (text: string) => void;
  /**
   * Starts a keeper that will listen there; resolves when it ended. Absent: there is none, and ports are opened by
   * whoever wants them.
   */
  readonly start?: ((socket: string) => Promise<void>) | undefined;
}

/**
 * How a keeper comes to be: the built program, as a process that outlives this one; the source alone, in tests, has none.
 * OOB_KEEPER=unit: systemd runs it, more confined than a child of ours, and it is waited for. One of ours would take
 * its place for good.
 */
export function keeperStart(env: Environment): KeptPortsOptions["start"] {
  if (env.OOB_KEEPER === "unit") return () => new Promise(() => {});
  return import.meta.url.endsWith(".ts") ? undefined : startKeeper;
}

function startKeeper(socket: string): Promise<void> {
  const program = new URL("./main.js", import.meta.url).pathname;
  const options = { detached: true, stdio: "ignore" } as const;
  const keeper = spawn(process.execPath, [program, socket], options);
  keeper.unref();
  return new Promise((resolve) => {
    keeper.on("exit", () => resolve()).on("error", () => resolve());
  });
}

/** Ports that the keeper holds for this daemon. */
export class KeptPorts {
  readonly #config: SiteConfig;
  readonly #clock: Clock;
  readonly #note: KeptPortsOptions["note"];
  readonly #start: KeptPortsOptions["start"];
  readonly #path: string;
  readonly #hosts: Promise<ReadonlySet<string>>;
  readonly #ports = new Map<string, { readonly port: KeptPort; readonly entry: HostEntry }>();
  readonly #calls = new Map<number, Pending>();
  #next = 1;
  #socket: Socket | undefined;
  #begun: Promise<boolean>;
  #closed = false;

  constructor({ config, clock, note, start }: KeptPortsOptions) {
    this.#config = config;
    this.#clock = clock;
    this.#note = note;
    this.#start = start;
    this.#path = keeperSocket(config.state);
    this.#hosts = keptHosts(config);
    this.#begun = this.#begin();
  }

  /** The port of a host, or undefined where the keeper has no part in it: then it is opened in this process. */
  async port(entry: HostEntry): Promise<ConsolePort | undefined> {
    const runs = await this.#begun;
    if (!runs || !(await this.#hosts).has(entry.name)) return undefined;
    const { value } = await this.#call({ method: "open", host: entry.name, entry: entry.console });
    const port = new KeptPort(entry.name, value as PortFacts, (call, bytes) =>
      this.#call({ ...call, host: entry.name } as KeeperCall, bytes),
    );
    this.#ports.set(entry.name, { port, entry });
    return port;
  }

  /** Ends the keeper: the ports are free when it resolves. */
  async close(): Promise<void> {
    this.#closed = true;
    if (await this.#begun) await this.#call({ method: "leave" }).catch(() => undefined);
    this.#socket?.destroy();
  }

  /** For an end that waits for nothing: the keeper is told to leave, and gives the ports free by itself. */
  leave(): void {
    this.#closed = true;
    this.#call({ method: "leave" }).catch(() => undefined);
  }

  /** true: the keeper runs. */
  async #begin(): Promise<boolean> {
    const hosts = [...(await this.#hosts)];
    // A keeper of before may hold ports that are not wanted any more.
    if (!this.#start || (hosts.length === 0 && !existsSync(this.#path))) return false;
    try {
      await this.#findOrStart(this.#start);
      const { state, drivers, log } = this.#config;
      const { sync, segmentBytes, segmentAge } = log;
      const site = { state, drivers, sync, segmentBytes, segmentAge };
      await this.#call({ method: "begin", site, hosts });
      if (hosts.length > 0) return true;
      await this.#call({ method: "leave" }).catch(() => undefined);
    } catch (thrown) {
      this.#note(`ports are held without a keeper: ${messageOf(thrown)}`);
    }
    this.#socket?.destroy();
    return false;
  }

  async #findOrStart(start: (socket: string) => Promise<void>): Promise<void> {
    const until = this.#clock.monotonic() + STARTS_WITHIN;
    const mine = { started: false, ended: false };
    for (;;) {
      // One that was started by a daemon before us may come first: ours ends then, and that one is it.
      const last = mine.ended || this.#clock.monotonic() > until;
      const found = await this.#connect();
      if (found === "ours" || this.#closed) return;
      if (last)
        throw new OobError("DAEMON_UNREACHABLE", `Cannot reach a keeper at "${this.#path}"`);
      if (found === "gone") await unlink(this.#path).catch(() => undefined);
      if (found !== "other" && !mine.started) {
        mine.started = true;
        void start(this.#path).then(() => {
          mine.ended = true;
        });
      }
      await this.#clock.sleep(LOOK_EVERY);
    }
  }

  /** `none`: nothing is there; `gone`: its socket is left over; `other`: of another version, and told to leave. */
  #connect(): Promise<"ours" | "other" | "gone" | "none"> {
    return new Promise((resolve) => {
      const socket = connect(this.#path);
      const reader = new FrameReader(MAX_KEEPER_FRAME);
      let greeted = false;
      const hear = (frame: Frame) => {
        if (greeted) this.#take(frame);
        else resolve(this.#greet(socket, frame));
        greeted = true;
      };
      socket.on("data", (chunk: Buffer) => {
        try {
          for (const frame of reader.push(chunk)) hear(frame);
        } catch {
          socket.destroy();
        }
      });
      socket.on("error", (error: NodeJS.ErrnoException) =>
        resolve(error.code === "ECONNREFUSED" ? "gone" : "none"),
      );
      const patience = this.#clock.after(ANSWERS_WITHIN, () => {
        if (!greeted) socket.destroy();
      });
      socket.on("close", () => {
        patience.cancel();
        resolve("none");
        if (this.#socket === socket) this.#lost();
      });
    });
  }

  #greet(socket: Socket, { head }: Frame): "ours" | "other" {
    if (head.is === "hello" && head.v === KEEPER_VERSION) {
      this.#socket = socket;
      return "ours";
    }
    socket.end(encodeFrame({ is: "call", id: 0, method: "leave" }));
    return "other";
  }

  #call(call: KeeperCall, bytes?: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      if (!socket?.writable) {
        reject(lostKeeper());
        return;
      }
      const id = this.#next++;
      this.#calls.set(id, { resolve, reject });
      socket.write(encodeFrame({ is: "call", id, ...call }, bytes));
    });
  }

  #take({ head, bytes }: Frame): void {
    if (head.is !== "answer") {
      this.#ports.get(String(head.host))?.port.take(head, bytes);
      return;
    }
    const id = Number(head.id);
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (head.error === undefined) call?.resolve({ value: head.value, bytes });
    else call?.reject(fromWireError(head.error));
  }

  #lost(): void {
    this.#socket = undefined;
    for (const call of this.#calls.values()) call.reject(lostKeeper());
    this.#calls.clear();
    if (this.#closed || this.#ports.size === 0) return;
    const retryAt = this.#clock.now() + RESTART_AFTER;
    for (const { port } of this.#ports.values()) port.lost(retryAt);
    this.#note("the keeper of ports ended; it is started again");
    this.#begun = this.#again();
  }

  async #again(): Promise<boolean> {
    for (let wait = RESTART_AFTER; ; wait = Math.min(2 * wait, RETRY_AT_MOST)) {
      await this.#clock.sleep(wait);
      if (this.#closed) return false;
      if (await this.#begin()) break;
    }
    for (const host of this.#ports.keys()) void this.#openAgain(host);
    return true;
  }

  /** What prevents it, a full disk for one, may pass. */
  async #openAgain(host: string): Promise<void> {
    const known = this.#ports.get(host);
    const socket = this.#socket;
    for (let told = false; known && socket && socket === this.#socket; told = true) {
      try {
        await this.#call({ method: "open", host, entry: known.entry.console });
        known.port.found();
        return;
      } catch (thrown) {
        if (!told) this.#note(`${host}: ${messageOf(thrown)}`);
        await this.#clock.sleep(RETRY_AT_MOST);
      }
    }
  }
}

const lostKeeper = (): OobError =>
  new OobError("LINK_LOST", "Cannot reach the console: the process that holds the port ended", {
    hint: "It is started again by itself; look with: oob status",
  });

/** Hosts whose device keeps no byte for long while nobody reads it, and is opened in this machine. */
async function keptHosts(config: SiteConfig): Promise<ReadonlySet<string>> {
  const registry = new Registry(config.drivers);
  const kept = [...config.hosts.values()].map(async ({ name, console }) => {
    const driver = await registry.console(console.driver).catch(() => undefined);
    return driver?.keep === true && console.via === undefined ? [name] : [];
  });
  return new Set((await Promise.all(kept)).flat());
}
