/*
 * The consoles of a site in this process.
 *
 * A log has one writer. The daemon's lock stands for all logs of its site; a command that opens a console by itself
 * takes a lock for that host first and looks for a daemon afterwards, while a daemon takes its own lock first and looks
 * for such hosts afterwards: one of the two always sees the other.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { HostEntry, SiteConfig } from "../../config/site-config.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { systemRandom } from "../../lib/random.ts";
import type { Audit } from "../audit/audit.ts";
import { createDetector } from "../detect/create-detector.ts";
import { ConsoleLog } from "../log/console-log.ts";
import { GroupSync } from "../log/group-sync.ts";
import { logFolder } from "../log/log-folder.ts";
import type { ConsolePort } from "../port/console-port.ts";
import { LineDemand } from "../port/line-demand.ts";
import { LocalPort, type OpenRequest } from "../port/local-port.ts";
import type { PortLock } from "../port/port-lock.ts";
import { ReadPace } from "../port/read-pace.ts";
import type { Registry } from "../registry/registry.ts";
import { DayKeys } from "../seal/day-keys.ts";
import { sealFolder } from "../seal/seal-files.ts";
import { Session } from "../session/session.ts";
import { VisitBook } from "../session/visit-book.ts";
import type { CallLog } from "./call-log.ts";
import { claimedLink } from "./claimed-link.ts";
import { OpeningTurns } from "./opening-turns.ts";
import type { HostStatus } from "./site.ts";
import type { SiteDevices } from "./site-devices.ts";

/** Consoles that are opened side by side at start. */
const AT_ONCE = 32;
/** How often a console that another process has is tried again. */
const RETRY: Millis = seconds(5);

interface ConsolesParts {
  readonly config: SiteConfig;
  readonly registry: Registry;
  readonly devices: SiteDevices;
  readonly audit: Audit;
  readonly calls: CallLog;
  readonly clock: Clock;
  readonly role: "daemon" | "direct";
  readonly status: (host: string) => HostStatus;
  /** A port that another process holds and logs; undefined: it is opened in this one. */
  readonly keep?: ((entry: HostEntry) => Promise<ConsolePort | undefined>) | undefined;
  /** A console has begun to be read. */
  readonly opened: (session: Session, entry: HostEntry) => void;
}

interface Room {
  readonly session: Session;
  readonly release: () => Promise<void>;
}

/** Lock of a daemon over all logs of a site. */
export const daemonLockName = (state: string): string => `daemon of ${state}`;
const hostLockName = (host: string): string => `console of ${host}`;

/** Opens, keeps and closes the sessions of hosts. */
export class SiteConsoles {
  readonly #parts: ConsolesParts;
  readonly #pace: ReadPace;
  readonly #turns: OpeningTurns;
  readonly #sync: GroupSync;
  readonly #keys: DayKeys;
  readonly #rooms = new Map<string, Promise<Room>>();
  readonly #sessions = new Map<string, Session>();
  /** Why a console is not open, by host. */
  readonly #whyNot = new Map<string, string>();
  readonly #retries = new Set<Timer>();
  #look: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(parts: ConsolesParts) {
    this.#parts = parts;
    this.#pace = new ReadPace(parts.clock);
    this.#turns = new OpeningTurns(parts.registry, parts.clock);
    this.#keys = new DayKeys(sealFolder(parts.config.state), parts.clock);
    this.#sync = new GroupSync({
      clock: parts.clock,
      interval: parts.config.log.sync,
      failed: (error) =>
        parts.audit.note({
          type: "log.trouble",
          by: "oob",
          text: `a console log could not be brought to the disk: ${messageOf(error)}`,
        }),
    });
  }

  get(host: string): Session | undefined {
    return this.#sessions.get(host);
  }

  whyNot(host: string): string | undefined {
    return this.#whyNot.get(host);
  }

  /** Opens every console; resolves when each has begun to open or is known to be somebody else's. */
  async openAll(): Promise<void> {
    const hosts = [...this.#parts.config.hosts.values()];
    const taken = await this.#lockedHosts();
    let next = 0;
    const work = async () => {
      for (let host = hosts[next++]; host && !this.#closed; host = hosts[next++]) {
        await this.#openOrRetry(host, taken(host.name));
        // Making a log's files blocks the loop: people and other consoles have their turn in between.
        await setImmediate();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  /** The session of a host, opened where it is not. Throws PORT_BUSY where another process has it. */
  async open(host: string): Promise<Session> {
    const entry = this.#parts.config.hosts.get(host);
    if (!entry) throw new OobError("HOST_UNKNOWN", `Cannot open "${host}": no such host`);
    const why = this.#whyNot.get(host);
    if (why !== undefined && this.#parts.role === "daemon")
      throw new OobError("PORT_BUSY", `Cannot open the console of ${host}: ${why}`);
    return (await this.#room(entry, true)).session;
  }

  /** Opens no more consoles. */
  giveUp(): void {
    this.#closed = true;
    for (const timer of this.#retries) timer.cancel();
  }

  async close(): Promise<void> {
    this.giveUp();
    const rooms = await Promise.allSettled(this.#rooms.values());
    const closing = rooms.map(async (room) => {
      if (room.status === "rejected") return;
      // Nobody else would log out the shell that was left.
      if (this.#parts.role === "direct") await room.value.session.settled();
      await room.value.session.stop();
      await room.value.release();
    });
    await Promise.allSettled(closing);
    await this.#sync.settle();
  }

  async #openOrRetry(entry: HostEntry, mayBeTaken: boolean): Promise<void> {
    try {
      await this.#room(entry, mayBeTaken);
      this.#whyNot.delete(entry.name);
    } catch (thrown) {
      if (this.#closed) return;
      this.#whyNot.set(entry.name, messageOf(thrown));
      const timer = this.#parts.clock.after(RETRY, () => {
        this.#retries.delete(timer);
        void this.#openOrRetry(entry, true);
      });
      this.#retries.add(timer);
    }
  }

  #room(entry: HostEntry, lockHost: boolean): Promise<Room> {
    const known = this.#rooms.get(entry.name);
    if (known) return known;
    const room = this.#openRoom(entry, lockHost);
    this.#rooms.set(entry.name, room);
    room.catch(() => this.#rooms.delete(entry.name));
    return room;
  }

  async #openRoom(entry: HostEntry, lockHost: boolean): Promise<Room> {
    const { devices, role } = this.#parts;
    const { name } = entry;
    const locks: PortLock[] = [];
    let claim: Promise<PortLock> | undefined;
    const release = async () => {
      const claimed = await claim?.catch(() => undefined);
      await claimed?.release();
      for (const lock of locks.splice(0)) await lock.release();
    };
    /** Takes the device once; it stays ours while the console is closed and opened again. */
    const claimOnce = async () => {
      claim ??= devices.claim(entry.console, name);
      await claim.catch((thrown: unknown) => {
        claim = undefined;
        throw thrown;
      });
    };
    try {
      if (lockHost) {
        const lock = await devices.lock(hostLockName(name));
        // The daemon's own lock covers it from here on.
        if (role === "daemon") await lock.release();
        else locks.push(lock);
      }
      if (role === "direct") {
        // One after the other: for a moment each holds the daemon's own lock, which the next would take for a daemon.
        const looked = this.#look.then(() => this.#refuseBesideDaemon(entry));
        this.#look = looked.catch(() => undefined);
        await looked;
        if (!entry.console.onDemand) await claimOnce();
      }
      // In a daemon a device that another process has is a console that is down, and is tried again.
      const session = await this.#startSession(entry, claimOnce);
      return { session, release };
    } catch (thrown) {
      this.#sessions.delete(name);
      await release();
      throw thrown;
    }
  }

  async #startSession(entry: HostEntry, claim: () => Promise<unknown>): Promise<Session> {
    const { config, registry, audit, clock, status, opened } = this.#parts;
    const { name: host } = entry;
    const rules = await registry.rules();
    const kept = entry.console.onDemand ? undefined : await this.#parts.keep?.(entry);
    const port = kept ?? this.#localPort(entry, claim);
    const session = new Session({
      host,
      port,
      detector: createDetector(rules),
      audit,
      clock,
      encoding: entry.encoding,
      breakMs: entry.breakMs,
      idleTimeout: config.idleTimeout,
      status: () => status(host),
      escape: config.escape,
      filter: config.filter,
      ...(entry.onDetach ? { onDetach: entry.onDetach } : {}),
      visits: new VisitBook(join(logFolder(config.state, host), "last-visit.json")),
    });
    this.#sessions.set(host, session);
    opened(session, entry);
    await session.start();
    return session;
  }

  #localPort(entry: HostEntry, claim: () => Promise<unknown>): LocalPort {
    const { config, devices, clock, calls } = this.#parts;
    const { name: host } = entry;
    const log = new ConsoleLog({
      state: config.state,
      host,
      clock,
      sync: this.#sync,
      segmentBytes: config.log.segmentBytes,
      segmentAge: config.log.segmentAge,
      keys: this.#keys,
    });
    const { onDemand } = entry.console;
    const open = (request: OpenRequest) =>
      this.#turns.open(entry.console, request, () =>
        devices.openLink(entry.console, { ...request, calls: calls.book(host) }),
      );
    return new LocalPort({
      ...{ host, clock, log, random: systemRandom, pace: this.#pace },
      // One modem serves many hosts: between calls it is anybody's.
      open: onDemand
        ? (request) =>
            claimedLink(
              () => devices.claim(entry.console, host),
              () => open(request),
            )
        : (request) => claim().then(() => open(request)),
      ...(onDemand && { demand: new LineDemand(clock, onDemand.hangupAfter) }),
    });
  }

  /** Throws PORT_BUSY where a daemon holds this site: its log of this host is being written. */
  async #refuseBesideDaemon({ name: host, unserved }: HostEntry): Promise<void> {
    if (unserved) return;
    const { devices, config } = this.#parts;
    const lock = await devices.lock(daemonLockName(config.state)).catch((cause: unknown) => {
      throw new OobError("PORT_BUSY", `Cannot open the console of ${host}: ${messageOf(cause)}`, {
        cause,
        hint: "Leave out --direct to reach it through the daemon",
      });
    });
    await lock.release();
  }

  /** Which hosts a command may have opened by itself. */
  async #lockedHosts(): Promise<(host: string) => boolean> {
    const files = await readdir(this.#parts.devices.locks).catch(() => []);
    const prefix = "console_of_";
    const taken = files.filter((file) => file.startsWith(prefix));
    // As the names of lock files are made: see port-lock.ts. One too many costs a look, no more.
    return (host) => {
      const name = `${prefix}${host.replace(/[^A-Za-z0-9.:-]+/g, "_")}-`;
      return taken.some((file) => file.startsWith(name));
    };
  }
}
