import { deviceIdentity, ownIdentity, powerIdentity } from "../../config/device-identity.ts";
import type { DeviceEntry } from "../../config/site-config.ts";
import type { Clock } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { Link, OpenContext } from "../../sdk/link.ts";
import type { CallBook } from "../../sdk/modem/calls.ts";
import type { Pdu } from "../../sdk/power.ts";
import type { SnmpTarget } from "../../sdk/snmp-profile.ts";
import type { OpenRequest as PortRequest } from "../port/local-port.ts";
import { lockPort, type PortLock } from "../port/port-lock.ts";
import { sharedLocks } from "../port/shared-locks.ts";
import type { MapProofs } from "../power/map-proofs.ts";
import { powerContext } from "../power/power-context.ts";
import type { Registry } from "../registry/registry.ts";
import type { Secrets } from "../registry/secrets.ts";
import { snmpTargetOf } from "../snmp/snmp-target.ts";
import { LinkBelow } from "./link-below.ts";

/** What a Link is opened with; `calls` is where a modem writes its calls down. */
type OpenRequest = PortRequest & Pick<OpenContext, "calls">;

interface DevicesParts {
  readonly registry: Registry;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** Maps of PDUs that people have proven. */
  readonly proofs?: Pick<MapProofs, "has">;
  /** Folder of the locks that say who has a device. */
  readonly locks: string;
  /** Who is named to those that come later: "oob serve", "oob (jana)". */
  readonly who: string;
}

/** Opens the devices of a site by the drivers that their entries name. */
export class SiteDevices {
  readonly #parts: DevicesParts;
  readonly #closing = new AbortController();

  constructor(parts: DevicesParts) {
    this.#parts = parts;
  }

  /** Folder of the locks. */
  get locks(): string {
    return this.#parts.locks;
  }

  /**
   * Takes a console's device, and those that it goes through, for as long as the console is ours. Throws PORT_BUSY.
   * `forWhom` is named to those that come later.
   */
  async claim(entry: DeviceEntry, forWhom?: string): Promise<PortLock> {
    const locks: PortLock[] = [];
    const release = async () => {
      for (const lock of locks.splice(0).reverse()) await lock.release();
    };
    try {
      let shared = false;
      for (let at: DeviceEntry | undefined = entry; at !== undefined; at = at.via) {
        const driver = await this.#parts.registry.console(at.driver);
        // Many ports of one console server are reached through the one telnet port that it has.
        const sharable = driver.address === "host-port" && !driver.sharesWay;
        if (!(shared && sharable))
          locks.push(await this.#lock(await deviceIdentity(at, this.#identityOf), forWhom));
        shared = driver.sharesWay === true;
      }
    } catch (thrown) {
      await release();
      throw thrown;
    }
    return { release };
  }

  /**
   * Takes a power device, so that no other process of this machine switches there: another user's, or one that was
   * given a URL, neither of which knows of our folder of locks. Throws PORT_BUSY.
   */
  async claimPdu(entry: DeviceEntry): Promise<PortLock> {
    const { locks, who, clock, registry } = this.#parts;
    const { address } = await registry.power(entry.driver);
    const way = entry.via && (await deviceIdentity(entry.via, this.#identityOf));
    const device = `power device ${way ?? powerIdentity(entry, address)}`;
    const folder = (await sharedLocks()) ?? locks;
    return lockPort({ folder, device, who, clock, shared: folder !== locks });
  }

  /** Takes something by name: the log of a host, the site itself. Throws PORT_BUSY. */
  lock(name: string): Promise<PortLock> {
    return this.#lock(name);
  }

  /** Opens a console's Link, through others where the entry says so. */
  async openLink(entry: DeviceEntry, request: OpenRequest): Promise<Link> {
    if (entry.via === undefined) return this.#openStep(entry, request);
    const steps: DeviceEntry[] = [];
    for (let at: DeviceEntry | undefined = entry; at !== undefined; at = at.via) steps.unshift(at);
    const names = await Promise.all(steps.map((step) => this.#stepName(step)));
    let link: Link | undefined;
    for (const [i, step] of steps.entries()) {
      const here = `step ${i + 1} of ${steps.length}, ${names[i]}`;
      const progress = (text: string) => request.progress(text === "" ? here : `${here}: ${text}`);
      progress("");
      const through: Link | undefined = link;
      try {
        link = await this.#openStep(step, { ...request, progress }, through);
      } catch (thrown) {
        await through?.close().catch(() => undefined);
        throw onTheWay(thrown, names.toReversed().join(" via "));
      }
    }
    return link as Link;
  }

  /** What the outermost device that can be asked says of itself: nothing is opened beyond it. */
  async ask(entry: DeviceEntry, request: OpenRequest): Promise<readonly string[]> {
    const { registry } = this.#parts;
    for (let at: DeviceEntry | undefined = entry; at !== undefined; at = at.via) {
      const driver = await registry.console(at.driver);
      if (driver.ask === undefined) continue;
      const below = at.via && new LinkBelow(await this.openLink(at.via, request));
      try {
        const through = below ? { through: below.link } : {};
        return await driver.ask(at.options, { ...this.#context(request), ...through });
      } finally {
        await below?.link.close();
      }
    }
    throw new OobError(
      "LINK_UNSUPPORTED",
      `Cannot ask the way: driver "${entry.driver}" has no modem`,
    );
  }

  /** Opens a power device. */
  async openPdu(entry: DeviceEntry, calls?: CallBook): Promise<Pdu> {
    const { registry, clock, secrets, proofs } = this.#parts;
    const driver = await registry.power(entry.driver);
    const { signal } = this.#closing;
    const request = { signal, progress: () => {}, reopening: false, ...(calls && { calls }) };
    const through = entry.via === undefined ? undefined : await this.openLink(entry.via, request);
    const context = powerContext(
      {
        clock,
        secret: secrets,
        signal,
        profiles: (kind) => registry.profiles(kind),
        ...(through === undefined ? {} : { through }),
      },
      proofs?.has,
    );
    try {
      return await driver.open(entry.options, context);
    } catch (thrown) {
      await through?.close();
      throw thrown;
    }
  }

  /** Where and as whom a PDU is spoken to over SNMP; undefined where its driver knows no community. Opens nothing. */
  async snmpTarget(entry: DeviceEntry): Promise<SnmpTarget | undefined> {
    const { registry, clock, secrets } = this.#parts;
    const driver = await registry.power(entry.driver);
    if (driver.options.community?.kind !== "secret" || entry.via !== undefined) return undefined;
    const { signal } = this.#closing;
    const profiles = (kind: "snmp" | "serial") => registry.profiles<never>(kind);
    return snmpTargetOf(entry, driver, { clock, secret: secrets, signal, profiles });
  }

  /** Gives up whatever is being opened. */
  close(): void {
    this.#closing.abort();
  }

  async #openStep(entry: DeviceEntry, request: OpenRequest, through?: Link): Promise<Link> {
    const driver = await this.#parts.registry.console(entry.driver);
    const context = this.#context(request);
    if (through === undefined) return driver.open(entry.options, context);
    const below = new LinkBelow(through);
    return below.carry(await driver.open(entry.options, { ...context, through: below.link }));
  }

  #context(request: OpenRequest): OpenContext {
    const { registry, clock, secrets } = this.#parts;
    const profile: OpenContext["profile"] = (_kind, name) => registry.menu(name);
    return { clock, secret: secrets, profile, ...request };
  }

  /** "tcp ts1:7003", "telnet". */
  async #stepName(entry: DeviceEntry): Promise<string> {
    const own = await ownIdentity(entry, this.#identityOf);
    return own === "" ? entry.driver : `${entry.driver} ${own}`;
  }

  #lock(device: string, forWhom?: string): Promise<PortLock> {
    const { locks: folder, who: own, clock } = this.#parts;
    const who = forWhom === undefined ? own : `${own}, for ${forWhom}`;
    return lockPort({ folder, device, who, clock });
  }

  readonly #identityOf = async (driver: string) =>
    (await this.#parts.registry.console(driver)).identity;
}

/** The same error, with the whole way in its message: one name does not tell which of three devices was meant. */
function onTheWay(thrown: unknown, way: string): unknown {
  if (!(thrown instanceof OobError)) return thrown;
  const { code, message, hint } = thrown;
  return new OobError(code, `${message} (on the way ${way})`, {
    cause: thrown,
    ...(hint !== undefined && { hint }),
  });
}
