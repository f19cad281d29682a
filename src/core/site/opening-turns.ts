import type { DeviceEntry } from "../../config/site-config.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Link } from "../../sdk/link.ts";
import { textOf } from "../../sdk/options.ts";
import type { OpenRequest } from "../port/local-port.ts";
import { StartGate } from "../port/start-gate.ts";
import type { Registry } from "../registry/registry.ts";

/** Consoles whose drivers start a program for each attempt take turns; all others open when they want to. */
export class OpeningTurns {
  readonly #registry: Registry;
  readonly #gate: StartGate;

  constructor(registry: Registry, clock: Clock) {
    this.#registry = registry;
    this.#gate = new StartGate(clock);
  }

  async open(entry: DeviceEntry, request: OpenRequest, open: () => Promise<Link>): Promise<Link> {
    const server = await this.#serverOf(entry);
    return server === undefined ? open() : this.#gate.run(server, request, open);
  }

  /** Whose turn it is when a program is started on the way; undefined: none is. */
  async #serverOf(entry: DeviceEntry): Promise<string | undefined> {
    for (let at: DeviceEntry | undefined = entry; at !== undefined; at = at.via) {
      const { spawns } = await this.#registry.console(at.driver);
      if (spawns) return `${at.driver} ${textOf(at.options, "host")}`;
    }
    return undefined;
  }
}
