import { readFile, realpath, stat } from "node:fs/promises";
import { type Environment, findConfig, ownUid, placesOf } from "../config/places.ts";
import type { SiteConfig } from "../config/site-config.ts";
import type { Site } from "../core/site/site.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { OobError } from "../lib/errors.ts";
import { RemoteSite } from "./remote-site.ts";
import { RpcClient } from "./rpc-client.ts";
import { ownName, personName, socketPath } from "./socket-path.ts";

/** Which site is wanted, and how. */
export interface OpenSiteOptions {
  /** Configuration file; else the usual places are searched. */
  readonly config?: string;
  /** Hosts and PDUs given as URLs. With them no file is read unless one is named, and the devices are opened here. */
  readonly hosts?: readonly string[];
  /** Open the devices in this process even if a daemon runs. */
  readonly direct?: boolean;
  /** Throws DAEMON_UNREACHABLE where none runs, rather than open devices. */
  readonly daemonOnly?: boolean;
  /** Told that the site is that of a running demo, which nobody named. */
  readonly onDemo?: (config: string) => void;
  readonly env?: Environment;
  readonly clock?: Clock;
}

/** Opens the site: through its daemon where one runs, else the devices themselves. Same interface, same output. */
export async function openSite(options: OpenSiteOptions = {}): Promise<Site> {
  const { env = process.env, hosts: urls = [], direct = false } = options;
  const named = options.config || env.OOB_CONFIG;
  if (urls.length > 0 && !named) {
    const { bareConfig } = await import("../config/bare-config.ts");
    return openDirect(bareConfig(env), options);
  }
  const path = await findConfig(options.config, env);
  if (path !== undefined && !named && !placesOf(env).configs.includes(path)) options.onDemo?.(path);
  const asked = new Set<string>();
  const ask = async (runtime: string): Promise<Site | undefined> => {
    if (direct || urls.length > 0 || asked.has(runtime)) return undefined;
    asked.add(runtime);
    return askDaemon(runtime, path);
  };
  // Before anything of the configuration is parsed: a running daemon has read it long ago.
  const hinted = path === undefined ? undefined : await runtimeHint(path);
  const early = await ask(hinted ?? placesOf(env).runtime);
  if (early) return early;
  // Nothing of what follows is loaded where a daemon answers: somebody waits for a console.
  const [{ openRegistry }, { loadConfig }] = await Promise.all([
    import("../core/registry/registry.ts"),
    import("../config/load-config.ts"),
  ]);
  const config = await loadConfig(path, env, openRegistry);
  const site = await ask(config.runtime);
  if (site === undefined && options.daemonOnly)
    throw new OobError("DAEMON_UNREACHABLE", `Cannot reach a daemon in "${config.runtime}"`, {
      hint: `It may not run, or have no socket for ${ownName()}: see "users:" in the configuration`,
    });
  if (site) return site;
  if (!direct && urls.length === 0) await refuseAnothers(config.state);
  return openDirect(config, options);
}

/** Devices of another user's daemon are its to open: where it does not answer, it starts, or does not run. */
async function refuseAnothers(state: string): Promise<void> {
  const owner = await stat(state).then(
    ({ uid }) => uid,
    () => ownUid(),
  );
  if (owner === ownUid()) return;
  const text = `Cannot reach the daemon: none of user ${owner}, whose "${state}" is, answers here`;
  throw new OobError("DAEMON_UNREACHABLE", text, {
    hint: `It does not run, is not ready yet, or has no socket for ${ownName()}; look with: systemctl status oob`,
  });
}

/** The daemon of this folder, if one answers there and holds the site of this configuration. */
async function askDaemon(runtime: string, path: string | undefined): Promise<Site | undefined> {
  try {
    return await reachDaemon(runtime, path);
  } catch (thrown) {
    // Nobody there: the devices are opened here. A daemon that cannot be understood is another matter.
    if (thrown instanceof OobError && thrown.cause !== undefined) return undefined;
    throw thrown;
  }
}

async function reachDaemon(runtime: string, path: string | undefined): Promise<Site | undefined> {
  const rpc = await RpcClient.connect(socketPath(runtime, ownName()));
  if (path === undefined || (await isSame(path, rpc.facts.config)))
    return new RemoteSite(rpc, () => reachAgain(runtime, path));
  await rpc.close();
  return undefined;
}

/** For those who had a daemon: devices are never opened in its place while it restarts. */
async function reachAgain(runtime: string, path: string | undefined): Promise<Site> {
  const site = await reachDaemon(runtime, path);
  if (site) return site;
  const text = `Cannot use the daemon in "${runtime}": it has another configuration than before`;
  throw new OobError("DAEMON_UNREACHABLE", text, { hint: "Name the wanted one with --config" });
}

/** The hosts whose logs a running daemon writes; undefined: none answers. */
async function hostsServed(runtime: string): Promise<ReadonlySet<string> | undefined> {
  const site = await askDaemon(runtime, undefined).catch(() => undefined);
  try {
    return site && new Set(await site.hosts());
  } finally {
    await site?.close();
  }
}

async function isSame(path: string, other: string | undefined): Promise<boolean> {
  if (other === undefined) return false;
  const resolve = (file: string) => realpath(file).catch(() => file);
  return (await resolve(path)) === (await resolve(other));
}

/** What the file says about `runtime:`, without the cost of reading it properly; that is done where no daemon runs. */
async function runtimeHint(path: string): Promise<string | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  return /^runtime:[ \t]*["']?(\/[^"'\s#]+)/m.exec(text)?.[1];
}

async function openDirect(config: SiteConfig, options: OpenSiteOptions): Promise<Site> {
  const { env = process.env, hosts: urls = [], clock = systemClock } = options;
  const [{ Registry }, { parseDeviceUrl, withUrl }, { openLocalSite }] = await Promise.all([
    import("../core/registry/registry.ts"),
    import("../config/url.ts"),
    import("../core/site/local-site.ts"),
  ]);
  const catalog = new Registry(config.drivers);
  const aliases = new Map<string, string>();
  const served = urls.length > 0 ? await hostsServed(config.runtime) : undefined;
  let whole = config;
  for (const url of urls) {
    const target = await parseDeviceUrl(url, catalog);
    const unserved = served?.has(target.name) === false && !config.hosts.has(target.name);
    whole = withUrl(whole, target, unserved);
    aliases.set(url, target.name);
  }
  const who = personName(env);
  return openLocalSite(whole, { who, clock, env, role: "direct", aliases });
}
