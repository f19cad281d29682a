import { hours, minutes, seconds } from "../lib/durations.ts";
import { type Environment, placesOf } from "./places.ts";
import type { DeviceEntry, HostEntry, SiteConfig } from "./site-config.ts";
import { WATCH_PRESETS } from "./watch-policy.ts";

/** A site without any file: defaults, no hosts. */
export function bareConfig(env: Environment): SiteConfig {
  const places = placesOf(env);
  return {
    file: undefined,
    site: "local",
    state: places.state,
    credentials: places.credentials,
    runtime: places.runtime,
    drivers: [],
    runbooks: [],
    users: [],
    grants: [],
    requireReason: false,
    escape: "^]",
    filter: "safe",
    idleTimeout: minutes(30),
    log: {
      sync: seconds(1),
      segmentBytes: 16 * 1024 * 1024,
      segmentAge: hours(24),
      compress: false,
      keepDays: undefined,
      keepBytes: undefined,
    },
    fleet: { suspects: 3, within: minutes(5), cycles: 3, per: hours(1) },
    load: { every: minutes(1), keepDays: 14, ratings: new Map() },
    pdus: new Map(),
    hosts: new Map(),
    groups: new Map(),
    schedule: [],
    dialIn: [],
    notify: new Map(),
  };
}

/** A host of which only the console is known. The watchdog leaves it alone unless told otherwise. */
export function bareHost(name: string, console: DeviceEntry): HostEntry {
  return {
    name,
    console,
    outlets: [],
    os: "unknown",
    watch: WATCH_PRESETS.observe,
    precious: false,
    offFor: seconds(10),
    encoding: "utf-8",
    breakMs: 300,
    needs: [],
  };
}
