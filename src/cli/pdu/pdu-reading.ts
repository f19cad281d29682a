import { isUrl } from "../../lib/host-list.ts";
import type { OutletReading, PduReading } from "../../sdk/power.ts";
import { statePiece } from "../host-table.ts";
import { JSON_VERSION } from "../json-views.ts";
import type { Output } from "../output.ts";

/** A URL without its user part: an SNMP community stands there. */
export function shownName(pdu: string): string {
  return isUrl(pdu) ? pdu.replace(/\/\/[^/@]*@/, "//") : pdu;
}

/** A PDU as `--json` shows it: fields and order are a promise, and what the device does not give is absent. */
export function readingView({ family, model, serial, mark, outlets, totals }: PduReading): object {
  return {
    v: JSON_VERSION,
    family,
    ...(model === undefined ? {} : { model }),
    ...(serial === undefined ? {} : { serial }),
    ...(mark === undefined ? {} : { mark }),
    outlets: outlets.map(outletView),
    ...(totals === undefined ? {} : { totals }),
  };
}

function outletView(outlet: OutletReading): object {
  const { instance, label, name, state, pending, refuses, amps, watts, kwh } = outlet;
  return {
    instance,
    label,
    ...(name === undefined ? {} : { name }),
    state,
    pending,
    ...(amps === undefined ? {} : { amps }),
    ...(watts === undefined ? {} : { watts }),
    ...(kwh === undefined ? {} : { kwh }),
    ...(refuses === undefined ? {} : { refuses }),
  };
}

/** What the device says of it, and why it would not switch it; these are often the same words. `all` is said once. */
const remarks = ({ note, refuses }: OutletReading, all: string | undefined): string[] =>
  [...new Set([note, refuses === all ? undefined : refuses])].flatMap((text) =>
    text === undefined ? [] : [`[${text}]`],
  );

/** A PDU as a table. */
export function printReading(out: Output, { outlets, totals, ...device }: PduReading): void {
  const { family, model, serial, mark, firmware } = device;
  out.talk(
    [family, model, serial && `serial ${serial}`, mark, firmware && `firmware ${firmware}`]
      .filter((part) => part)
      .join("  "),
  );
  const refused = new Set(outlets.map(({ refuses }) => refuses));
  const all = outlets.length > 1 && refused.size === 1 ? [...refused][0] : undefined;
  const counts = outlets.some(({ kwh }) => kwh !== undefined);
  out.table(
    [
      { title: "OUTLET", align: "right" },
      { title: "STATE" },
      { title: "AMPS", align: "right" },
      { title: "WATTS", align: "right" },
      ...(counts ? [{ title: "KWH", align: "right" } as const] : []),
      { title: "NAME", flexible: true },
    ],
    outlets.map((outlet) => [
      outlet.label,
      statePiece(outlet),
      outlet.amps?.toFixed(2) ?? "-",
      outlet.watts?.toFixed(0) ?? "-",
      ...(counts ? [outlet.kwh?.toFixed(1) ?? "-"] : []),
      [outlet.name ?? "", ...remarks(outlet, all)].join(" ").trim(),
    ]),
  );
  if (all !== undefined) out.talk(`no outlet is switched: ${all}`);
  const phases = totals?.amps?.map(({ phase, amps }) => `${phase} ${amps.toFixed(2)} A`) ?? [];
  const watts = totals?.watts === undefined ? [] : [`${totals.watts.toFixed(0)} W`];
  const energy = totals?.kwh === undefined ? [] : [`${totals.kwh.toFixed(1)} kWh`];
  const banks = totals?.banks?.map(({ bank, amps }) => `bank ${bank} ${amps.toFixed(2)} A`) ?? [];
  const units = (totals?.units ?? []).flatMap(({ unit, watts: drawn }) =>
    drawn === undefined ? [] : [`unit ${unit} ${drawn.toFixed(0)} W`],
  );
  const load = [...watts, ...energy, ...phases, ...banks, ...units];
  if (load.length > 0) out.talk(`load: ${load.join("  ")}`);
  const rated = (totals?.rated ?? []).map(({ phase, amps }) => `${phase ?? "each line"} ${amps} A`);
  if (rated.length > 0) out.talk(`rated: ${rated.join("  ")}`);
}
