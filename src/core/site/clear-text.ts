import type { DeviceEntry, HostEntry, SiteConfig } from "../../config/site-config.ts";
import { flagOf } from "../../sdk/options.ts";
import type { HostStatus } from "./site.ts";

/** What of a host is reached in clear text by consent (`insecure: true`): "console", or the PDUs of its outlets. */
export function clearTextOf(
  { console, outlets }: Pick<HostEntry, "console" | "outlets">,
  pdus: SiteConfig["pdus"],
): Pick<HostStatus, "insecure"> {
  const named = new Set(outlets.map(({ pdu }) => pdu));
  const clear = [...named].filter((name) => isClear(pdus.get(name)));
  const insecure = isClear(console) ? ["console", ...clear] : clear;
  return insecure.length > 0 ? { insecure } : {};
}

/** Itself, or what leads to it. */
function isClear(entry: DeviceEntry | undefined): boolean {
  for (let at = entry; at; at = at.via) if (flagOf(at.options, "insecure")) return true;
  return false;
}
