import type { DeviceEntry } from "../../config/site-config.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Link } from "../../sdk/link.ts";
import type { Pdu } from "../../sdk/power.ts";
import type { OpenRequest } from "../port/local-port.ts";
import { lockPort, type PortLock } from "../port/port-lock.ts";
import { powerContext } from "../power/power-context.ts";
import type { Registry } from "../registry/registry.ts";
import type { Secrets } from "../registry/secrets.ts";

interface DevicesParts {
  readonly registry: Registry;
  readonly secrets: Secrets;
  readonly clock: Clock;
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

  /** Takes a console's device, and those that it goes through, for as long as the console is ours. Throws PORT_BUSY. */
  async claim(entry: DeviceEntry): Promise<PortLock> {
    const locks: PortLock[] = [];
    const release = async () => {
      for (const lock of locks.splice(0).reverse()) await lock.release();
    };
    try {
      for (let at: DeviceEntry | undefined = entry; at !== undefined; at = at.via)
        locks.push(await this.#lock(await this.#identity(at)));
    } catch (thrown) {
      await release();
      throw thrown;
    }
    return { release };
  }

  /** Takes something by name: the log of a host, the site itself. Throws PORT_BUSY. */
  lock(name: string): Promise<PortLock> {
    return this.#lock(name);
  }

  /** Opens a console's Link, through others where the entry says so. */
  async openLink(entry: DeviceEntry, request: OpenRequest): Promise<Link> {
    const { registry, clock, secrets } = this.#parts;
    const driver = await registry.console(entry.driver);
    const through = entry.via === undefined ? undefined : await this.openLink(entry.via, request);
    try {
      const link = await driver.open(entry.options, {
        clock,
        secret: secrets,
        ...request,
        ...(through === undefined ? {} : { through }),
      });
      return through === undefined ? link : closingBoth(link, through);
    } catch (thrown) {
      await through?.close();
      throw thrown;
    }
  }

  /** Opens a power device. */
  async openPdu(entry: DeviceEntry): Promise<Pdu> {
    const { registry, clock, secrets } = this.#parts;
    const driver = await registry.power(entry.driver);
    const { signal } = this.#closing;
    const request = { signal, progress: () => {}, reopening: false };
    const through = entry.via === undefined ? undefined : await this.openLink(entry.via, request);
    const context = powerContext({
      clock,
      secret: secrets,
      signal,
      profiles: (kind) => registry.profiles(kind),
      ...(through === undefined ? {} : { through }),
    });
    try {
      return await driver.open(entry.options, context);
    } catch (thrown) {
      await through?.close();
      throw thrown;
    }
  }

  /** Gives up whatever is being opened. */
  close(): void {
    this.#closing.abort();
  }

  #lock(device: string): Promise<PortLock> {
    const { locks: folder, who, clock } = this.#parts;
    return lockPort({ folder, device, who, clock });
  }

  /** What two entries for the same device have in common. */
  async #identity(entry: DeviceEntry): Promise<string> {
    const driver = await this.#parts.registry.console(entry.driver);
    const own = driver.identity.map((name) => identityText(entry.options[name])).join(":");
    // The same port of a menu is another one behind another way.
    return entry.via === undefined ? own : `${own} via ${await this.#identity(entry.via)}`;
  }
}

const identityText = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : JSON.stringify(value);

/** A Link that takes what it goes through along when it closes. */
function closingBoth(link: Link, through: Link): Link {
  return {
    label: `${link.label} via ${through.label}`,
    bytes: link.bytes,
    write: (bytes) => link.write(bytes),
    async close() {
      await link.close();
      await through.close();
    },
    ...(link.sendBreak && { sendBreak: link.sendBreak.bind(link) }),
    ...(link.setLines && { setLines: link.setLines.bind(link) }),
    ...(link.readLines && { readLines: link.readLines.bind(link) }),
    ...(link.onNotice && { onNotice: link.onNotice.bind(link) }),
  };
}
