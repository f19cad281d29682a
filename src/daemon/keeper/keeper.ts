/**
 * oob-keeper: the process that holds local ports and writes their logs, so that the daemon may be killed, or hang, and
 * no byte is lost. It parses nothing that a host prints. One daemon at a time; the newest connection is it.
 */
import { existsSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { DeviceEntry } from "../../config/site-config.ts";
import { GroupSync } from "../../core/log/group-sync.ts";
import { ReadPace } from "../../core/port/read-pace.ts";
import { Registry } from "../../core/registry/registry.ts";
import { DayKeys } from "../../core/seal/day-keys.ts";
import { sealFolder } from "../../core/seal/seal-files.ts";
import { SiteDevices } from "../../core/site/site-devices.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { encodeFrame, FrameReader } from "../frames.ts";
import { type ListeningAt, listenAt } from "../listen-at.ts";
import {
  KEEPER_VERSION,
  type KeeperCall,
  type KeptSite,
  MAX_CATCH_UP,
  MAX_KEEPER_FRAME,
} from "./kept.ts";
import { KeptConsole } from "./kept-console.ts";

/** A daemon that does not come back within this has been ended for good: the ports are given free. */
const LINGER: Millis = minutes(10);
const LOOK_EVERY: Millis = 100;
/** What a daemon that hangs may leave untaken; beyond it, the connection is cut and it catches up from the log. */
const MAX_WAITING_BYTES = 8 << 20;

type Answer = { readonly value?: unknown; readonly bytes?: Uint8Array };

/** For a keeper of systemd's: waits while something stands at its socket. What a killed one left, the daemon clears. */
export async function untilFree(path: string, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && existsSync(path)) await clock.sleep(LOOK_EVERY);
}

/** Keeps ports for daemons that connect to `path`. Resolves when it is told to leave, or nobody comes. */
export async function keepPorts(path: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const keeper = new Keeper(clock);
  await keeper.listen(path);
  signal.addEventListener("abort", () => void keeper.end(), { once: true });
  await keeper.left;
}

class Keeper {
  readonly left: Promise<void>;
  readonly #clock: Clock;
  readonly #server: Server;
  #listening: ListeningAt | undefined;
  readonly #consoles = new Map<string, KeptConsole>();
  #parts: SiteParts | undefined;
  #daemon: Socket | undefined;
  #patience: Timer | undefined;
  #leave: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#server = createServer((socket) => this.#accept(socket));
    this.left = new Promise((resolve) => {
      this.#leave = resolve;
    });
    this.#lonely();
  }

  /** Rejects where another keeper listens. Whoever may connect may type at consoles: the owner alone. */
  async listen(path: string): Promise<void> {
    this.#listening = await listenAt(this.#server, path);
  }

  #lonely(): void {
    this.#patience?.cancel();
    this.#patience = this.#clock.after(LINGER, () => void this.end());
  }

  #accept(socket: Socket): void {
    this.#daemon?.destroy();
    this.#unfollow();
    this.#patience?.cancel();
    this.#daemon = socket;
    const reader = new FrameReader(MAX_KEEPER_FRAME);
    let turn = Promise.resolve();
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const { head, bytes } of reader.push(chunk))
          turn = turn.then(() => this.#answer(socket, head, bytes));
      } catch {
        socket.destroy();
      }
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      if (this.#daemon !== socket) return;
      this.#daemon = undefined;
      this.#unfollow();
      this.#lonely();
    });
    socket.write(encodeFrame({ is: "hello", v: KEEPER_VERSION, pid: process.pid }));
  }

  #unfollow(): void {
    for (const console of this.#consoles.values()) console.unfollow();
  }

  /** Calls are begun in order; one that waits for its device holds up no other. */
  #answer(
    socket: Socket,
    head: Readonly<Record<string, unknown>>,
    bytes?: Uint8Array,
  ): Promise<void> {
    const call = head as unknown as KeeperCall;
    const done = this.#do(call, bytes).then(
      (answer) => ({ is: "answer", id: head.id, ...answer }),
      (thrown: unknown) => ({ is: "answer", id: head.id, error: plainError(thrown) }),
    );
    const sent = done
      .then(({ bytes: more, ...answer }: Answer & object) => {
        if (socket.writable) socket.write(encodeFrame(answer, more));
      })
      .catch(() => socket.destroy());
    return call.method === "begin" || call.method === "open"
      ? sent.then(() => undefined)
      : Promise.resolve();
  }

  async #do(call: KeeperCall, bytes: Uint8Array | undefined): Promise<Answer> {
    if (call.method === "leave") return this.end().then(() => ({}));
    if (call.method === "begin") return this.#begin(call.site, call.hosts);
    if (call.method === "open") return this.#open(call.host, call.entry);
    const console = this.#consoles.get(call.host);
    if (!console) throw new OobError("INTERNAL", `Cannot reach ${call.host}: it is not kept`);
    const { port } = console;
    switch (call.method) {
      case "follow":
        await console.follow(call.from, MAX_CATCH_UP);
        return {};
      case "write":
        await port.write(bytes ?? new Uint8Array(0));
        return {};
      case "break":
        await port.sendBreak(call.ms);
        return {};
      case "lines":
        return { value: await port.readLines() };
      case "dtr":
        await port.setLines({ dtr: call.on });
        return {};
      case "retry":
        port.retryNow();
        return {};
      case "eager":
        port.setEager(call.eager);
        return {};
      case "mark":
        port.mark(call.kind, call.text);
        return {};
      case "sync":
        await port.sync(call.sealed);
        return {};
      case "tail": {
        const tail = await console.tail(call.bytes, call.until);
        return { value: tail.offset, bytes: tail.bytes };
      }
      case "stop":
        this.#consoles.delete(call.host);
        await console.stop();
        return {};
    }
  }

  async #begin(site: KeptSite, hosts: readonly string[]): Promise<Answer> {
    const same =
      this.#parts !== undefined && JSON.stringify(this.#parts.site) === JSON.stringify(site);
    const given = [...this.#consoles].filter(([host]) => !same || !hosts.includes(host));
    await this.#stop(given);
    if (!same) this.#parts = partsOf(site, this.#clock);
    return {};
  }

  async #open(host: string, entry: DeviceEntry): Promise<Answer> {
    const known = this.#consoles.get(host);
    if (known && known.entry === JSON.stringify(entry)) return { value: known.facts };
    if (known) await this.#stop([[host, known]]);
    if (!this.#parts) throw new OobError("INTERNAL", `Cannot open ${host}: the site is not known`);
    const tell = (head: object, bytes?: Uint8Array) => this.#tell(head, bytes);
    const console = new KeptConsole({ host, entry, ...this.#parts, clock: this.#clock, tell });
    this.#consoles.set(host, console);
    return { value: console.facts };
  }

  #tell(head: object, bytes?: Uint8Array): void {
    const daemon = this.#daemon;
    if (!daemon?.writable) return;
    if (daemon.writableLength > MAX_WAITING_BYTES) daemon.destroy();
    else daemon.write(encodeFrame(head, bytes));
  }

  async #stop(consoles: readonly (readonly [string, KeptConsole])[]): Promise<void> {
    for (const [host] of consoles) this.#consoles.delete(host);
    await Promise.allSettled(consoles.map(([, console]) => console.stop()));
  }

  /** Logs what was read, gives the ports free, and leaves. */
  async end(): Promise<void> {
    this.#listening?.close();
    await this.#stop([...this.#consoles]);
    await this.#parts?.sync.settle();
    // That the connection ends says that the ports are free.
    this.#daemon?.end();
    this.#patience?.cancel();
    this.#leave();
  }
}

interface SiteParts {
  readonly site: KeptSite;
  readonly devices: SiteDevices;
  readonly pace: ReadPace;
  readonly sync: GroupSync;
  readonly keys: DayKeys;
}

function partsOf(site: KeptSite, clock: Clock): SiteParts {
  const secrets = (): never => {
    throw new OobError("SECRET_MISSING", "Cannot give a secret: the keeper of ports has none");
  };
  const devices = new SiteDevices({
    registry: new Registry(site.drivers),
    secrets,
    clock,
    locks: `${site.state}/locks`,
    who: "oob-keeper",
  });
  // A log that cannot be written says so itself, through its console.
  const sync = new GroupSync({ clock, interval: site.sync, failed: () => {} });
  const keys = new DayKeys(sealFolder(site.state), clock);
  return { site, devices, pace: new ReadPace(clock), sync, keys };
}

const plainError = (thrown: unknown) => ({
  code: thrown instanceof OobError ? thrown.code : "INTERNAL",
  message: messageOf(thrown),
  ...(thrown instanceof OobError && thrown.hint ? { hint: thrown.hint } : {}),
});
