import type { SiteConfig } from "../../config/site-config.ts";
import type { LocalSite } from "../../core/site/local-site.ts";
import type { Clock } from "../../lib/clock.ts";
import { startTrapProcess } from "./trap-child.ts";
import { Traps } from "./traps.ts";

/** Hears traps, where the configuration says at which address. */
export function openTraps(config: SiteConfig, site: LocalSite, clock: Clock): Traps | undefined {
  if (config.traps === undefined) return undefined;
  const parts = {
    ...{ config, clock, news: site.news, start: startTrapProcess },
    secret: site.secret.bind(site),
    note(type: string, text: string) {
      site.audit.note({ type, by: "oob", text });
    },
  };
  return new Traps(parts, config.traps);
}
