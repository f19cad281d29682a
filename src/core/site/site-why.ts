import type { HostEntry } from "../../config/site-config.ts";
import { WATCHDOG } from "../watchdog/watchdog-parts.ts";
import type { WatchWhy } from "../watchdog/why/watch-why.ts";
import type { SiteCore } from "./site-core.ts";
import type { WhyView } from "./watch-site.ts";

/** Why a host is judged as it is. Types nothing, switches nothing; `interlocks` reads the outlets. */
export async function whyHost(
  core: SiteCore,
  entry: HostEntry,
  options: { readonly interlocks: boolean },
): Promise<WhyView> {
  const { name: host, watch, precious } = entry;
  const known = core.watchdog?.whyOf(host);
  const judged = options.interlocks ? await verdictsOn(core, entry, known) : undefined;
  // After the outlets, which take seconds: what is told is what is thought when it is told.
  const { health, incident, mark } = core.status.row(entry);
  const now = core.watchdog?.whyOf(host);
  return {
    ...{ host, at: core.clock.now(), mode: watch.mode, precious, health },
    ...(now && watch.mode !== "off" ? now : unwatched(core, entry, now)),
    ...(judged && { interlocks: judged }),
    ...(incident !== undefined && { incident }),
    ...(mark && { mark }),
  };
}

function unwatched(core: SiteCore, { watch }: HostEntry, known: WatchWhy | undefined) {
  const text =
    watch.mode === "off"
      ? "not watched: mode off"
      : core.role === "daemon"
        ? "not watched: its console is not open"
        : "not watched: no daemon runs (oob serve)";
  const evidence = known?.evidence ?? [];
  return {
    ...{ phase: "unwatched" as const, facts: [], evidence, probes: [] },
    ...{ next: { text }, foreseen: [] },
  };
}

async function verdictsOn(core: SiteCore, entry: HostEntry, known: WatchWhy | undefined) {
  const act = known?.rung ?? "cycle";
  const guard = await core.guardNow();
  const asker = { asker: "watchdog", by: WATCHDOG, onlyToKnow: true } as const;
  const { verdicts } = await guard.ask({ host: entry.name, act, ...asker });
  return {
    act,
    verdicts: verdicts.map(({ interlock, passes, text }) => ({ interlock, passes, text })),
  };
}
