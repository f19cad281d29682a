import type { OutletStatus } from "../core/site/site.ts";
import { isUrl } from "../lib/host-list.ts";
import type { PowerState } from "../sdk/power.ts";
import { chooseHosts, hostsInWords } from "./chosen-hosts.ts";
import type { Call } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { statePiece } from "./host-table.ts";
import { JSON_VERSION, outletView } from "./json-views.ts";
import { printReading, readingView, shownName } from "./pdu-reading.ts";
import type { Piece } from "./piece.ts";

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
  if (names.length > 0) codes.push(await showHosts(call, names));
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
  const { site, hosts } = await chooseHosts(call, words);
  const readings = await out.waiting(
    `the outlets of ${hostsInWords(hosts)}`,
    site.powerStatus(hosts),
  );
  if (options.json)
    for (const { outlets, ...reading } of readings)
      out.json({ v: JSON_VERSION, ...reading, outlets: outlets.map(outletView) });
  else
    out.table(
      [
        { title: "HOST" },
        { title: "POWER" },
        { title: "OUTLET" },
        { title: "STATE" },
        { title: "AMPS", align: "right" },
        { title: "WATTS", align: "right" },
        { title: "NAME", flexible: true },
      ],
      readings.flatMap(rowsOf),
    );
  return readings.some((reading) => reading.power === "unknown") ? EXIT.unknown : undefined;
}

function rowsOf({ host, power, outlets }: PowerReading): Piece[][] {
  const state = statePiece({ state: power, pending: false });
  if (outlets.length === 0) return [[host, state, "-", "-", "-", "-", "[no outlet configured]"]];
  return outlets.map((outlet, i) => [
    i === 0 ? host : "",
    i === 0 ? state : "",
    outlet.id,
    statePiece(outlet),
    outlet.amps?.toFixed(2) ?? "-",
    outlet.watts?.toFixed(0) ?? "-",
    [outlet.name ?? "", outlet.error === undefined ? "" : `[${outlet.error}]`].join(" ").trim(),
  ]);
}
