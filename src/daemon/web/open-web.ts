import type { SiteConfig } from "../../config/site-config.ts";
import type { LocalSite } from "../../core/site/local-site.ts";
import type { Clock } from "../../lib/clock.ts";
import { IncidentSite } from "./incident-site.ts";
import { WebServer } from "./web-server.ts";

/** The page of incidents, where the configuration says that there is one. It is not waited for. */
export function openWeb(config: SiteConfig, site: LocalSite, clock: Clock): WebServer | undefined {
  const { web: policy } = config;
  if (policy === undefined) return undefined;
  const server = new WebServer({
    ...{ policy, clock, incidents: new IncidentSite({ config, site, clock }) },
    note(type, text) {
      site.audit.note({ type, by: "oob", text });
    },
  });
  void server.start();
  return server;
}
