import { loadConfig } from "../config/load-config.ts";
import { type Environment, makeOwnFolder, ownUid } from "../config/places.ts";
import type { HostEntry, SiteConfig } from "../config/site-config.ts";
import { createLogCare } from "../core/log/create-log-care.ts";
import type { LogCare } from "../core/log/log-care.ts";
import { lockPort, type PortLock } from "../core/port/port-lock.ts";
import { openRegistry } from "../core/registry/registry.ts";
import { type LocalSite, openLocalSite } from "../core/site/local-site.ts";
import { type Clock, type Millis, systemClock } from "../lib/clock.ts";
import { formatDuration } from "../lib/durations.ts";
import { messageOf, OobError } from "../lib/errors.ts";
import { Connection } from "./connection.ts";
import { type DialIns, openDialIns } from "./dial-in/open-dial-ins.ts";
import { demandFiles } from "./file-limit.ts";
import { GrantedSite } from "./granted-site.ts";
import { Grants } from "./grants.ts";
import { Intents } from "./intents.ts";
import { KeptPorts, keeperStart } from "./keeper/kept-ports.ts";
import { openAnchors } from "./open-anchors.ts";
import { Refusals } from "./refusals.ts";
import { showSealKey } from "./seal-key.ts";
import { type Act, SecondPerson } from "./second-person.ts";
import { ownName } from "./socket-path.ts";
import { openTraps } from "./traps/open-traps.ts";
import type { Traps } from "./traps/traps.ts";
import { openUserSockets, type UserSockets } from "./user-sockets.ts";
import { openWeb } from "./web/open-web.ts";
import type { WebServer } from "./web/web-server.ts";

/** How long a stop may take before the process ends without it. */
const STOP_WITHIN: Millis = 2000;

/** How a daemon is started. */
export interface ServeOptions {
  readonly config?: string;
  readonly env?: Environment;
  readonly clock?: Clock;
  /** A line for people, without newline. */
  readonly say: (line: string) => void;
}

/** Where signals arrive. */
interface Signals {
  readonly signals: NodeJS.EventEmitter;
}

/** A daemon that runs. */
export interface Daemon {
  readonly config: SiteConfig;
  readonly site: LocalSite;
  readonly sockets: readonly string[];
  /** Telephone calls that stand, in words: of hosts, and of modems that were called. */
  readonly calling: readonly string[];
  stop(why: string): Promise<void>;
  /** For an end that does not wait for `stop`: local ports are given free all the same. */
  leavePorts(): void;
}

/**
 * Starts the daemon: takes the site, finishes what a crash cut short, opens every console, listens. Consoles open in
 * the background; it is ready as soon as people can reach it. Throws DAEMON_RUNNING where another one has the site.
 */
export async function startDaemon(options: ServeOptions): Promise<Daemon> {
  const { env = process.env, clock = systemClock, say } = options;
  const began = clock.monotonic();
  const config = await loadConfig(options.config, env, openRegistry);
  if (config.file === undefined)
    throw new OobError("CONFIG_NOT_FOUND", "Cannot serve: there is no configuration", {
      hint: 'Name the file with --config, or make one at "~/.config/oob/oob.yaml"',
    });
  demandFiles(config.hosts.size);
  await makeOwnFolder(config.state, 0o750);
  const lock = await lockSite(config, clock);
  const sealKey = showSealKey(config.state, clock, say);
  let site: LocalSite | undefined;
  const kept = new KeptPorts({
    config,
    clock,
    start: keeperStart(env),
    note(text) {
      if (site) site.audit.note({ type: "keeper.trouble", by: "oob", text });
      else say(`oob: ${text}`);
    },
  });
  try {
    const keep = (entry: HostEntry) => kept.port(entry);
    site = await openLocalSite(config, { who: "oob", clock, env, role: "daemon", keep });
    const sockets = await listen(config, site, clock);
    const care = createLogCare(config, site.audit, clock);
    const dialIns = openDialIns(config, site, clock);
    const traps = openTraps(config, site, clock);
    const anchors = openAnchors(config, site.audit, clock);
    const web = openWeb(config, site, clock);
    const open = { sockets, kept, lock, care, dialIns, traps, anchors, web };
    const ready = new Daemonized({ config, site, ...open });
    const count = config.hosts.size;
    const took = formatDuration(clock.monotonic() - began);
    const text = `ready, ${count} ${count === 1 ? "console" : "consoles"}, sock ${sockets.paths.join(" ")}`;
    site.audit.note({
      type: "daemon.start",
      by: "oob",
      text: `${text}, ${took}`,
      data: facts(config),
    });
    if (sealKey?.isNew) {
      const { key } = sealKey;
      site.audit.note({
        type: "log.key",
        by: "oob",
        text: `first key of sealed logs: ${key}`,
        data: { key },
      });
    }
    say(`oob: ${text}, ${took}`);
    care.start();
    for (const anchor of anchors) anchor.start();
    return ready;
  } catch (thrown) {
    await site?.close();
    await kept.close();
    await lock.release();
    throw thrown;
  }
}

const facts = (config: SiteConfig) => ({
  pid: process.pid,
  config: config.file,
  site: config.site,
});

/** `oob serve`: a daemon until SIGTERM or SIGINT. */
export async function serve(options: ServeOptions & Partial<Signals>): Promise<void> {
  const { say, clock = systemClock, signals = process } = options;
  // Before it starts: a signal in the midst of that is not lost.
  const signalled = nextSignal(signals);
  const daemon = await startDaemon(options);
  const reload = () =>
    say(
      "oob: SIGHUP: the configuration is not read again while the daemon runs; restart it to take up changes",
    );
  signals.on("SIGHUP", reload);
  const signal = await signalled;
  say(`oob: ${signal}, stopping`);
  await stopWithin(daemon, signal, { say, clock, signals });
  signals.off("SIGHUP", reload);
}

function nextSignal(signals: NodeJS.EventEmitter): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"]) signals.once(name, () => resolve(name));
  });
}

/**
 * Stops in two seconds, whatever hangs; but waits for a host whose outlets are off and shall come on again, and for a
 * telephone line to be hung up.
 */
async function stopWithin(
  daemon: Daemon,
  why: string,
  { say, clock, signals }: Required<Pick<ServeOptions, "say" | "clock">> & Signals,
): Promise<void> {
  const began = clock.monotonic();
  const stopped = daemon.stop(why).then(
    () => say(`oob: stopped after ${formatDuration(clock.monotonic() - began)}`),
    (thrown: unknown) => say(`oob: stopped, but: ${messageOf(thrown)}`),
  );
  const done = new AbortController();
  const late = clock.sleep(STOP_WITHIN, done.signal).then(
    () => true,
    () => false,
  );
  const isLate = await Promise.race([stopped.then(() => false), late]);
  done.abort();
  if (!isLate) return;
  const moving = [...daemon.site.moving].join(", ");
  const calling = daemon.calling.join(", ");
  if (moving === "" && calling === "")
    say(`oob: not waiting longer than ${formatDuration(STOP_WITHIN)}; the logs are complete`);
  else {
    const switched = `the power of ${moving} is being switched`;
    const what = moving === "" ? `${calling} is being hung up` : switched;
    say(`oob: ${what}, waiting; a second signal ends at once`);
    await Promise.race([stopped, nextSignal(signals)]);
  }
  daemon.leavePorts();
}

async function lockSite(config: SiteConfig, clock: Clock): Promise<PortLock> {
  try {
    return await lockPort({
      folder: `${config.state}/locks`,
      device: `daemon of ${config.state}`,
      who: "oob serve",
      clock,
    });
  } catch (thrown) {
    if (!(thrown instanceof OobError && thrown.code === "PORT_BUSY")) throw thrown;
    const pid = /\(pid (\d+)/.exec(thrown.message)?.[1] ?? "?";
    throw new OobError(
      "DAEMON_RUNNING",
      `Cannot serve ${config.site}: daemon ${pid} holds "${config.state}"`,
      { cause: thrown, hint: `Stop it with: kill ${pid}` },
    );
  }
}

async function listen(config: SiteConfig, site: LocalSite, clock: Clock): Promise<UserSockets> {
  const refusals = new Refusals(site.audit, clock, config.hosts);
  const owner = ownName();
  const users = [...new Set([owner, ...config.users])];
  const connections = new Set<Connection>();
  const intents = new Intents<Act>(site.audit, clock);
  const sockets = await openUserSockets(config.runtime, users, (socket, who, uid) => {
    const refused = (verb: string, host: string) => refusals.note(who, verb, host);
    const grants = new Grants(config, who, owner, refused);
    // Whoever may become root, or the daemon's user, by sudo is somebody else already: SUDO_UID proves nothing.
    const person = { name: who, uid, isNobody: uid === 0 || uid === ownUid() };
    const own = site.as(who);
    const two = new SecondPerson(own, { intents, person, grants, config, clock, refused });
    const reach = new GrantedSite(own, grants, config, two);
    const { pid } = process;
    const connection = new Connection(socket, reach, {
      pid,
      site: config.site,
      config: config.file,
      who,
    });
    connections.add(connection);
    socket.once("close", () => connections.delete(connection));
  });
  return {
    paths: sockets.paths,
    async close() {
      intents.close();
      const closed = sockets.close();
      for (const connection of connections) connection.close();
      await closed;
    },
  };
}

interface Parts {
  readonly config: SiteConfig;
  readonly site: LocalSite;
  readonly sockets: UserSockets;
  readonly kept: KeptPorts;
  readonly lock: PortLock;
  readonly care: LogCare;
  readonly dialIns: DialIns;
  readonly traps: Traps | undefined;
  readonly web: WebServer | undefined;
  readonly anchors: ReturnType<typeof openAnchors>;
}

class Daemonized implements Daemon {
  readonly config: SiteConfig;
  readonly site: LocalSite;
  readonly #parts: Parts;
  readonly leavePorts = (): void => this.#parts.kept.leave();
  #stopping: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.config = parts.config;
    this.site = parts.site;
    this.#parts = parts;
  }

  get sockets(): readonly string[] {
    return this.#parts.sockets.paths;
  }

  get calling(): readonly string[] {
    return [
      ...this.site.calling,
      ...this.#parts.dialIns.calling.map((name) => `a call to ${name}`),
    ];
  }

  stop(why: string): Promise<void> {
    this.#stopping ??= this.#stop(why);
    return this.#stopping;
  }

  async #stop(why: string): Promise<void> {
    this.site.audit.note({ type: "daemon.stop", by: "oob", text: `stopped: ${why}` });
    const { sockets, kept, lock, care, dialIns, traps, web, anchors } = this.#parts;
    traps?.stop();
    web?.stop();
    await sockets.close();
    await dialIns.stop();
    await care.stop();
    await Promise.all(anchors.map((anchor) => anchor.stop()));
    await this.site.close();
    await kept.close();
    await lock.release();
  }
}
