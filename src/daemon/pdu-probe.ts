/** For `oob pdu scan` and `oob pdu capture`: asks SNMP agents in this process, whoever else has them. It only reads. */
import { bareConfig } from "../config/bare-config.ts";
import { loadConfig } from "../config/load-config.ts";
import { readOptions } from "../config/option-values.ts";
import type { Environment } from "../config/places.ts";
import type { DeviceEntry, SiteConfig } from "../config/site-config.ts";
import { parseDeviceUrl, withUrl } from "../config/url.ts";
import { openRegistry, Registry } from "../core/registry/registry.ts";
import { type Secrets, secretsOf } from "../core/registry/secrets.ts";
import { type Scanned, scanPdus as scan } from "../core/snmp/scan-pdus.ts";
import { snmpTargetOf } from "../core/snmp/snmp-target.ts";
import { type CapturedPdu, capturePdu as capture } from "../core/snmp-capture/capture-pdu.ts";
import type { OnProgress } from "../core/snmp-capture/capture-walk.ts";
import { expandAddresses, type NetAddress } from "../lib/address-list.ts";
import type { Clock } from "../lib/clock.ts";
import { OobError } from "../lib/errors.ts";
import type { SecretRef } from "../sdk/options.ts";
import type { SnmpProfile, SnmpTarget } from "../sdk/snmp-profile.ts";

export type { Scanned } from "../core/snmp/scan-pdus.ts";
export type { CapturedPdu } from "../core/snmp-capture/capture-pdu.ts";

/** How to log in where no entry of the configuration says it; texts as for driver "snmp", secrets by their names. */
export interface ProbeLogin {
  readonly port?: string;
  readonly version?: string;
  readonly user?: string;
  readonly community?: string;
  readonly auth?: string;
  readonly priv?: string;
  readonly "auth-protocol"?: string;
  readonly "priv-protocol"?: string;
}

export interface ProbeWorld {
  /** Configuration file, where one was named. */
  readonly config: string | undefined;
  readonly env: Environment;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Community of devices as they are unpacked: known to everybody, so it is no secret. */
const PUBLIC = "public";

/** One address of a scan, and what was found there. */
export type ScannedAddress = Scanned & { readonly single: boolean };

/** Asks every address that the words mean who is there. */
export async function scanPdus(
  words: readonly string[],
  login: ProbeLogin,
  world: ProbeWorld & { readonly onFound: (done: number, of: number) => void },
): Promise<ScannedAddress[]> {
  const addresses = expandAddresses(words);
  const probe = await Probe.open(world);
  const model = await probe.target(addresses[0] ?? { host: "", single: true }, login);
  const targets = addresses.map(({ host, port = model.port }) => ({ ...model, host, port }));
  world.onFound(0, targets.length);
  const { clock, signal } = world;
  const found = await scan(targets, {
    profiles: await probe.profiles(),
    clock,
    signal,
    onFound: (_, done) => world.onFound(done, targets.length),
  });
  return found.map((one, i) => ({ ...one, single: addresses[i]?.single ?? true }));
}

/** Makes a scrubbed recording of a PDU: a name of the configuration, a URL or an address. */
export async function capturePdu(
  word: string,
  login: ProbeLogin,
  world: ProbeWorld & { readonly onProgress: OnProgress },
): Promise<CapturedPdu> {
  const probe = await Probe.open(world);
  const target = await probe.targetOf(word, login);
  return capture(target, { ...world, profiles: await probe.profiles() });
}

class Probe {
  readonly #world: ProbeWorld;
  #config: SiteConfig;
  readonly #registry: Registry;

  private constructor(world: ProbeWorld, config: SiteConfig) {
    this.#world = world;
    this.#config = config;
    this.#registry = new Registry(config.drivers);
  }

  /** A configuration that was not named has no say where it is broken. */
  static async open(world: ProbeWorld): Promise<Probe> {
    const { config: named, env } = world;
    try {
      return new Probe(world, await loadConfig(named, env, openRegistry));
    } catch (thrown) {
      if (named || env.OOB_CONFIG) throw thrown;
      return new Probe(world, bareConfig(env));
    }
  }

  profiles(): Promise<ReadonlyMap<string, SnmpProfile>> {
    return this.#registry.profiles("snmp");
  }

  async targetOf(word: string, login: ProbeLogin): Promise<SnmpTarget> {
    const entry = this.#config.pdus.get(word);
    if (entry) return this.#open(entry);
    if (/^[a-z][a-z0-9-]*:\/\//.test(word)) {
      const url = await parseDeviceUrl(word, this.#registry, "power");
      this.#config = withUrl(this.#config, url);
      return this.#open(url.entry);
    }
    const [only, ...more] = expandAddresses([word]);
    if (only === undefined || more.length > 0)
      throw new OobError("USAGE", `Cannot record "${word}": one PDU at a time`);
    return this.target(only, login);
  }

  /** The agent at an address, with the login of the command line. */
  async target({ host, port }: NetAddress, login: ProbeLogin): Promise<SnmpTarget> {
    const { community, auth, priv, ...texts } = login;
    const { options } = await this.#registry.power("snmp");
    const { values, problems } = readOptions(options, {
      ...texts,
      host,
      ...(port !== undefined && { port }),
      // Typed on the command line, or not at all: consent to what a scan of clear-text agents is.
      ...(login.version !== "3" && login.user === undefined && { insecure: true }),
    });
    const [wrong] = problems;
    if (wrong)
      throw new OobError("USAGE", `Cannot log in with --${wrong.option}: ${wrong.message}`);
    const open = community ?? (login.user === undefined ? PUBLIC : undefined);
    const secrets = { ...this.#secret("community", open), ...this.#secret("auth", auth) };
    const all = { ...values, ...secrets, ...this.#secret("priv", priv) };
    return this.#open({ driver: "snmp", options: all });
  }

  #secret(option: string, name: string | undefined): Record<string, SecretRef> {
    return name === undefined ? {} : { [option]: { secret: name } };
  }

  async #open(entry: DeviceEntry): Promise<SnmpTarget> {
    const driver = await this.#registry.power(entry.driver);
    const { clock, signal } = this.#world;
    return snmpTargetOf(entry, driver, {
      clock,
      signal,
      secret: this.#secrets,
      profiles: (kind) => this.#registry.profiles(kind),
    });
  }

  /** By name, "env:NAME" for a variable; "public" is no secret. */
  readonly #secrets: Secrets = async (ref) => {
    const { env } = this.#world;
    const [, variable] = /^env:(.+)$/.exec(ref.secret) ?? [];
    if (variable !== undefined) {
      const value = env[variable];
      if (value) return value;
      throw new OobError("SECRET_MISSING", `Cannot find the secret: "${variable}" is not set`);
    }
    try {
      return await secretsOf(this.#config, env)(ref);
    } catch (thrown) {
      const missing = thrown instanceof OobError && thrown.code === "SECRET_MISSING";
      if (missing && ref.secret === PUBLIC) return PUBLIC;
      throw thrown;
    }
  };
}
