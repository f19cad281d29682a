import type { HostStatus } from "../core/site/site.ts";
import type { Style } from "./piece.ts";

/** How a host's state is drawn, in every table and page. */
export const HEALTH_STYLES: Readonly<Record<HostStatus["health"]["state"], Style>> = {
  healthy: "green",
  warning: "yellow",
  busy: "blue",
  crash: "red",
  stuck: "red",
  unknown: "dim",
};
