import type { DeviceEntry } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { kindOf, mayType } from "../policy/classes.ts";
import { showedLife, type WatchState } from "../policy/state.ts";
import type { ProbeReport } from "./probe.ts";
import type { WatchedHost } from "./watchdog-parts.ts";

/** So many neighbours are asked before the way counts as deaf. */
const ASK_AT_MOST = 2;

/** A watched host as its neighbours see it. */
export interface Neighbour {
  readonly host: WatchedHost;
  readonly state: WatchState;
}

/** The box that a console comes through, where others may come through it as well. */
export function consoleServerOf({ via, options }: DeviceEntry): string | undefined {
  if (via) return consoleServerOf(via);
  return typeof options.host === "string" ? options.host : undefined;
}

/**
 * Whether the way to a silent host carries anything: a neighbour on the same console server spoke since, or answers
 * now. undefined: it does, or nobody else is on it; else what tells that it may not.
 */
export async function deafWayOf(
  of: WatchedHost,
  since: Millis,
  watched: readonly Neighbour[],
  ask: (host: WatchedHost) => Promise<ProbeReport>,
): Promise<string | undefined> {
  const server = consoleServerOf(of.entry.console);
  if (server === undefined) return undefined;
  const neighbours = watched.filter(
    ({ host }) => host !== of && consoleServerOf(host.entry.console) === server,
  );
  if (neighbours.length === 0) return undefined;
  if (neighbours.some(({ host }) => (host.console.lastByteAt ?? -1) >= since)) return undefined;
  const fit = neighbours.filter(({ host, state }) => mayAsk(host, state)).slice(0, ASK_AT_MOST);
  const found = await Promise.all(fit.map(({ host }) => ask(host)));
  if (found.some(({ answer }) => answer !== "none" && answer !== "refused")) return undefined;
  const how = fit.length === 0 ? "none could be asked" : `${fit.length} asked, no answer`;
  return `nothing came from ${server} since, on ${neighbours.length} other consoles (${how}): its silence proves nothing`;
}

function mayAsk({ entry, console }: WatchedHost, state: WatchState): boolean {
  const { mode } = entry.watch;
  const kind = kindOf(state.seen);
  return (
    (mode === "act" || mode === "ask") &&
    state.phase.is === "calm" &&
    showedLife(state) &&
    state.held === undefined &&
    console.seat === undefined &&
    console.portState.is === "up" &&
    kind !== "busy" &&
    mayType(state.seen.class)
  );
}
