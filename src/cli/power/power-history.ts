import type { LoadPoint, OutletLoad } from "../../core/site/load-view.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { chooseHosts, hostsInWords } from "../chosen-hosts.ts";
import type { Call } from "../command.ts";
import { JSON_VERSION } from "../json-views.ts";
import type { Piece } from "../piece.ts";
import type { Column } from "../table.ts";
import { parseTime, utc } from "../times.ts";
import { type ChartPoint, sparkline, takesUtf8 } from "./charts.ts";

const DEFAULT_SINCE = "1d";
const STEPS_IN_JSON = 288;
/** What the other columns take of a line, but for the host's name, and the bounds of the curve. */
const BESIDE = 56;
const SHORTEST = 12;
const LONGEST = 120;

/** Options of `oob power history`. */
export interface HistoryOptions {
  readonly since?: string;
}

/** `oob power history`: what the outlets of hosts have drawn, as the daemon read it. */
export async function showHistory(
  call: Call<HistoryOptions>,
  words: readonly string[],
): Promise<undefined> {
  const { out, options, context } = call;
  const now = context.clock.now();
  const since = parseTime(options.since ?? DEFAULT_SINCE, now);
  const { site, hosts } = await chooseHosts(call, words, { all: true });
  const beside = BESIDE + Math.max(...hosts.map((host) => host.length));
  const width = Math.min(LONGEST, Math.max(SHORTEST, (out.columns ?? 0) - beside));
  const steps = options.json ? STEPS_IN_JSON : width;
  const loading = site.loads({ hosts, since, steps });
  const loads = await out.waiting(`the history of ${hostsInWords(hosts)}`, loading);
  if (options.json) {
    out.json({ v: JSON_VERSION, outlets: loads.map(historyView) });
    return undefined;
  }
  const utf8 = takesUtf8(context.env);
  const drawn = out.columns !== undefined;
  out.table(
    columnsOf(loads[0], drawn),
    loads.map((load) => rowOf(load, utf8)),
  );
  for (const { outlet, sign } of loads) if (sign !== undefined) out.talk(`${outlet}: ${sign}`);
  for (const note of new Set(loads.flatMap(noteOf))) out.talk(note);
  if (drawn && loads.some(({ points }) => points.length > 0))
    out.talk({ text: "curves from 0 to the most; _ off; blank: nothing was read", style: "dim" });
  return undefined;
}

function historyView({ since, until, step, points, ...load }: OutletLoad): object {
  return {
    ...load,
    since: utc(since),
    until: utc(until),
    stepSeconds: step / 1000,
    points: points.map(({ at, ...point }) => ({ at: utc(at), ...point })),
  };
}

function columnsOf(load: OutletLoad | undefined, drawn: boolean): readonly Column[] {
  const title = load && `${formatDuration(load.until - load.since)}, ${inWords(load.step)} each`;
  return [
    { title: "HOST" },
    { title: "OUTLET" },
    ...["NOW", "LEAST", "MEAN", "MOST"].map((word) => ({ title: word, align: "right" as const })),
    ...(drawn ? [{ title: title?.toUpperCase() ?? "", flexible: true }] : []),
  ];
}

const inWords = (step: Millis): string => formatDuration(step);

function rowOf(load: OutletLoad, utf8: boolean): Piece[] {
  const { host, outlet, points } = load;
  const unit = points.some(({ watts }) => watts) ? "watts" : "amps";
  const spreads = points.flatMap((point) => point[unit] ?? []);
  const readings = points.reduce((sum, point) => sum + (point[unit] ? point.readings : 0), 0);
  const total = points.reduce(
    (sum, p) => sum + (p[unit]?.mean ?? 0) * (p[unit] ? p.readings : 0),
    0,
  );
  const say = (value: number | undefined) => amount(value, unit);
  return [
    ...[host, outlet, nowIn(load, unit)],
    say(least(spreads.map((one) => one.least))),
    say(readings === 0 ? undefined : total / readings),
    say(
      least(
        spreads.map((one) => -one.most),
        -1,
      ),
    ),
    sparkline(curveOf(load, unit), utf8),
  ];
}

/** The newest step, where that is now: an old value is none. */
function nowIn({ points, until, step }: OutletLoad, unit: "amps" | "watts"): Piece {
  const newest = points.at(-1);
  const old = newest === undefined || until - newest.at > 2 * step + RECENT;
  if (old) return "-";
  if (newest.state === "unknown") return { text: "unknown", style: "red" };
  return newest.state === "off" ? "off" : amount(newest[unit]?.mean, unit);
}

const RECENT: Millis = 120_000;

function least(values: readonly number[], sign = 1): number | undefined {
  return values.length === 0 ? undefined : sign * Math.min(...values);
}

function amount(value: number | undefined, unit: "amps" | "watts"): string {
  if (value === undefined) return "-";
  return unit === "watts" ? `${value.toFixed(0)} W` : `${value.toFixed(2)} A`;
}

function curveOf(load: OutletLoad, unit: "amps" | "watts"): ChartPoint[] {
  const { since, until, step, points } = load;
  const curve: ChartPoint[] = Array.from({ length: Math.ceil((until - since) / step) });
  for (const point of points)
    curve[Math.floor((point.at - since) / step)] = chartPoint(point, unit);
  return curve;
}

function chartPoint(point: LoadPoint, unit: "amps" | "watts"): ChartPoint {
  const load = point[unit];
  if (point.state === "off" && (load?.most ?? 0) === 0) return "off";
  return load?.mean;
}

function noteOf({ outlet, points, note }: OutletLoad): string[] {
  if (note !== undefined) return [`${outlet}: not read now: ${note}`];
  return points.length === 0
    ? [`${outlet}: nothing was read in this time; the daemon reads outlets that are metered`]
    : [];
}
