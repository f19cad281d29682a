import type { Environment } from "../../config/places.ts";
import type { HostEntry } from "../../config/site-config.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ConsolePort } from "../port/console-port.ts";

/** How a site is opened. */
export interface LocalSiteOptions {
  /** Whose name stands in the audit trail. */
  readonly who: string;
  readonly clock: Clock;
  readonly env: Environment;
  /** `daemon`: every console is opened and watched. `direct`: a console is opened when it is wanted. */
  readonly role: "daemon" | "direct";
  /** Names of hosts and PDUs that were given as URLs, by URL. */
  readonly aliases?: ReadonlyMap<string, string>;
  /** Gives ports that another process holds and logs; undefined for a console that this process opens. */
  readonly keep?: (entry: HostEntry) => Promise<ConsolePort | undefined>;
}
