import type { OutletStatus } from "../../core/site/site.ts";
import { isUrl } from "../../lib/host-list.ts";
import type { PowerState } from "../../sdk/power.ts";
import { chooseHosts, hostsInWords } from "../chosen-hosts.ts";
import type { Call } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { statePiece } from "../host-table.ts";
import { JSON_VERSION, outletView } from "../json-views.ts";
import { printReading, readingView, shownName } from "../pdu/pdu-reading.ts";
import type { Piece } from "../piece.ts";
import { loadBar, takesUtf8 } from "./charts.ts";

/** A host with its outlets as just read. */
interface PowerReading {
  readonly host: string;
  readonly power: PowerState;
  readonly outlets: readonly OutletStatus[];
}

/** `oob power status`: always a fresh reading. A URL means a PDU, whole. */
export async function showPower(call: Call, words: readonly string[]): Promise<number | undefined> {
  const urls = words.filter(isUrl);
  const names = words.filter((word) => !isUrl(word));
  const codes: (number | undefined)[] = [];
  if (urls.length > 0) await call.site(urls);
  for (const url of urls) codes.push(await showPdu(call, url));
  if (names.length > 0 || urls.length === 0) codes.push(await showHosts(call, names));
  return codes.find((code) => code !== undefined);
}

async function showPdu({ out, options, site }: Call, url: string): Promise<number | undefined> {
  const reading = await out.waiting(`the answer of ${shownName(url)}`, (await site()).outlets(url));
  if (options.json) out.json(readingView(reading));
  else printReading(out, reading);
  return reading.outlets.some((outlet) => outlet.state === "unknown") ? EXIT.unknown : undefined;
}

async function showHosts(call: Call, words: readonly string[]): Promise<number | undefined> {
  const { out, options } = call;
  const { site, hosts } = await chooseHosts(call, words, { all: true });
  const readings = await out.waiting(
    `the outlets of ${hostsInWords(hosts)}`,
    site.powerStatus(hosts),
  );
  const unknown = readings.filter((reading) => reading.power === "unknown");
  if (options.json)
    for (const { outlets, ...reading } of readings)
      out.json({ v: JSON_VERSION, ...reading, outlets: outlets.map(outletView) });
  else {
    printHosts(call, readings);
    if (out.columns !== undefined) for (const why of reasonsIn(readings)) out.talk(why);
    const names = hostsInWords(unknown.map(({ host }) => host));
    if (unknown.length > 0) out.talk({ text: `power unknown: ${names}`, style: "red" });
  }
  return unknown.length > 0 ? EXIT.unknown : undefined;
}

const MAX_REASONS = 20;

/** Why outlets could not be read, and what to do: a table on a terminal cuts it off. */
function reasonsIn(readings: readonly PowerReading[]): readonly string[] {
  const outlets = readings.flatMap((reading) => reading.outlets);
  const hinted = new Set<string>();
  const reasons = outlets.flatMap(({ id, state, error, cause }) => {
    if (state !== "unknown" || error === undefined) return [];
    // Outlets of one PDU have one and the same.
    const hint = cause?.hint === undefined || hinted.has(cause.hint) ? [] : [`     ${cause.hint}`];
    hinted.add(cause?.hint ?? "");
    return [`${id}: ${error}`, ...hint];
  });
  return [...new Set(reasons)].slice(0, MAX_REASONS);
}

/** Bars are for people at a terminal, and for outlets of which the rating is known. */
function printHosts({ out, context }: Call, readings: readonly PowerReading[]): void {
  const rated = readings.some(({ outlets }) => outlets.some((one) => shareOf(one) !== undefined));
  const bars = rated && out.columns !== undefined;
  const utf8 = takesUtf8(context.env);
  out.table(
    [
      { title: "HOST" },
      { title: "POWER" },
      { title: "OUTLET" },
      { title: "STATE" },
      { title: "AMPS", align: "right" },
      { title: "WATTS", align: "right" },
      ...(bars ? [{ title: "LOAD" }] : []),
      { title: "NAME", flexible: true },
    ],
    readings.flatMap((reading) => rowsOf(reading, bars ? utf8 : undefined)),
  );
}

/** `utf8`: bars are drawn, in which letters. */
function rowsOf({ host, power, outlets }: PowerReading, utf8: boolean | undefined): Piece[][] {
  const state = statePiece({ state: power, pending: false });
  const bar = (...piece: Piece[]): Piece[] => (utf8 === undefined ? [] : piece);
  if (outlets.length === 0)
    return [[host, state, "-", "-", "-", "-", ...bar("-"), "[no outlet configured]"]];
  const rows = outlets.map((outlet, i): Piece[] => [
    i === 0 ? host : "",
    i === 0 ? state : "",
    outlet.id,
    statePiece(outlet),
    outlet.amps?.toFixed(2) ?? "-",
    outlet.watts?.toFixed(0) ?? "-",
    ...bar(barOf(outlet, utf8 === true)),
    [outlet.name ?? "", outlet.error === undefined ? "" : `[${outlet.error}]`].join(" ").trim(),
  ]);
  if (outlets.length === 1) return rows;
  const amps = sum(outlets.map((outlet) => outlet.amps))?.toFixed(2);
  const watts = sum(outlets.map((outlet) => outlet.watts))?.toFixed(0);
  if (amps === undefined && watts === undefined) return rows;
  const all = `all ${outlets.length} feeds`;
  return [...rows, ["", "", all, "", amps ?? "-", watts ?? "-", ...bar(""), ""]];
}

function barOf(outlet: OutletStatus, utf8: boolean): Piece {
  const share = shareOf(outlet);
  return share === undefined ? "-" : loadBar(share, utf8);
}

/** Load against rating, where both are known in the same unit. */
function shareOf({ amps, watts, rating }: OutletStatus): number | undefined {
  if (rating === undefined) return undefined;
  if ("amps" in rating) return amps === undefined ? undefined : amps / rating.amps;
  return watts === undefined ? undefined : watts / rating.watts;
}

/** Of all feeds, or of none: a part of them would pass for the whole. */
function sum(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce((total, value) =>
    total === undefined || value === undefined ? undefined : total + value,
  );
}
