import type { SiteConfig } from "../../config/site-config.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Audit } from "../audit/audit.ts";
import { anchoredSegments } from "../seal/anchored-segments.ts";
import { LogCare } from "./log-care.ts";
import { logPacker } from "./log-packer.ts";
import { logRetention } from "./log-retention.ts";

/** What the configuration wants done to the logs of a site, while it is served. */
export function createLogCare(
  { state, log }: Pick<SiteConfig, "state" | "log">,
  audit: Pick<Audit, "note">,
  clock: Clock,
): LogCare {
  const anchored = log.anchors?.length
    ? (folder: string) => anchoredSegments(state, folder)
    : undefined;
  const works = [
    ...(log.compress ? [logPacker(state, clock)] : []),
    ...logRetention({ state, keep: log, audit, clock, anchored }),
  ];
  return new LogCare({ works, audit, clock });
}
