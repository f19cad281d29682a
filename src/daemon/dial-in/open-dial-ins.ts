import { join } from "node:path";
import type { SiteConfig } from "../../config/site-config.ts";
import type { LocalSite } from "../../core/site/local-site.ts";
import type { Clock } from "../../lib/clock.ts";
import { GrantedSite } from "../granted-site.ts";
import { Grants } from "../grants.ts";
import { DialIn } from "./dial-in.ts";
import { LockOut } from "./lock-out.ts";

/** Nobody has all rights by telephone, not even whoever runs the daemon. */
const NO_OWNER = "";

/** Modems that answer calls. */
export interface DialIns {
  /** Names of those that are in a call. */
  readonly calling: readonly string[];
  stop(): Promise<void>;
}

/** Answers calls on every modem that is configured for it. */
export function openDialIns(config: SiteConfig, site: LocalSite, clock: Clock): DialIns {
  const all = config.dialIn.map((entry) => {
    const dialIn = new DialIn({
      entry,
      clock,
      open: (signal) => site.openDevice(entry.modem, signal),
      secret: (ref) => site.secret(ref),
      siteFor: (who) => new GrantedSite(site.as(who), new Grants(config, who, NO_OWNER), config),
      lockOut: new LockOut(join(config.state, "dial-in", `${entry.name}.json`), clock),
      note: (type, by, text) => site.audit.note({ type, by, text }),
      progress: () => {},
    });
    dialIn.start();
    return dialIn;
  });
  return {
    get calling() {
      return all.filter((one) => one.inCall).map((one) => one.name);
    },
    async stop() {
      await Promise.all(all.map((one) => one.stop()));
    },
  };
}
