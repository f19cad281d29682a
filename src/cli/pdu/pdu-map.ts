import type { PowerEvent } from "../../core/site/site.ts";
import { OobError } from "../../lib/errors.ts";
import { isUrl } from "../../lib/host-list.ts";
import type { OutletReading, PduReading } from "../../sdk/power.ts";
import type { Call } from "../command.ts";
import { confirm } from "../confirm.ts";
import { EXIT } from "../exit-codes.ts";
import { statePiece } from "../host-table.ts";
import { until } from "../interrupt.ts";
import { JSON_VERSION, powerEventView } from "../json-views.ts";
import { Outcomes } from "../outcome.ts";
import { timeOfDay } from "../times.ts";
import { shownName } from "./pdu-reading.ts";

/** Options of `oob pdu map`. */
export interface MapOptions {
  readonly prove?: string;
  readonly fromOn?: boolean;
  readonly confirm?: string;
  readonly reason?: string;
}

/** `oob pdu map`: what goes on the wire for which outlet; with --prove, whether that is right. */
export async function mapPdu(call: Call<MapOptions>, words: readonly string[]): Promise<number> {
  const { out, options, site } = call;
  const [pdu = "", ...more] = words;
  if (pdu === "" || more.length > 0)
    throw new OobError("USAGE", "Cannot map without one PDU", {
      hint: "oob pdu map pdu-a --prove 3",
    });
  const opened = await site(isUrl(pdu) ? [pdu] : []);
  const reading = await out.waiting(`the answer of ${shownName(pdu)}`, opened.outlets(pdu));
  if (options.prove !== undefined) return prove(call, pdu, reading, options.prove);
  if (options.json) out.json(mapView(reading));
  else printMap(call, reading);
  return EXIT.done;
}

function mapView({ family, serial, mark, outlets }: PduReading): object {
  return {
    v: JSON_VERSION,
    family,
    ...(serial !== undefined && { serial }),
    ...(mark !== undefined && { mark }),
    outlets: outlets.map(({ instance, label, name, refuses }) => ({
      ...{ instance, label },
      ...(name !== undefined && { name }),
      ...(refuses !== undefined && { refuses }),
    })),
  };
}

function printMap({ out }: Call, { family, serial, mark, outlets }: PduReading): void {
  out.talk([family, serial && `serial ${serial}`, mark].filter(Boolean).join("  "));
  const refused = new Set(outlets.map(({ refuses }) => refuses));
  const all = refused.size === 1 ? [...refused][0] : undefined;
  out.table(
    [
      { title: "OUTLET", align: "right" },
      { title: "INDEX" },
      { title: "STATE" },
      { title: "NAME", flexible: true },
    ],
    outlets.map((outlet) => {
      const own = outlet.refuses === undefined || outlet.refuses === all ? "" : outlet.refuses;
      const note = own === "" ? "" : `[${own}]`;
      const about = [outlet.name ?? "", note].join(" ").trim();
      return [outlet.label, outlet.instance, statePiece(outlet), about];
    }),
  );
  if (all !== undefined) out.talk(`no outlet is switched: ${all}`);
}

async function prove(
  call: Call<MapOptions>,
  pdu: string,
  reading: PduReading,
  word: string,
): Promise<number> {
  const { out, options, site, interrupt } = call;
  const shown = shownName(pdu);
  const outlet = theOutlet(shown, reading, word);
  const called = outlet.name || outlet.label;
  const { fromOn = false, reason = "" } = options;
  const request = { pdu, outlet: `instance:${outlet.instance}`, called, fromOn, reason };
  const opened = await site();
  // Whoever has typed the name should not be told then that it cannot be.
  const refused = await refusalOf(opened.proveMap({ ...request, dryRun: true }));
  if (refused) {
    show(call, pdu, refused);
    return outcomeOf(pdu, refused);
  }
  out.talk(
    `outlet ${outlet.label} of ${shown} reads ${outlet.state}. It is switched ${outlet.state === "on" ? "off and on" : "on and off"} again, and every outlet is read before, between and after`,
  );
  await confirm(call, {
    verb: "Switch outlet",
    hosts: [called],
    precious: [called],
    facts: "Nothing may be plugged into it. If the map is wrong, another one is switched",
  });
  const outcomes = new Outcomes([pdu]);
  const warn = () => {
    const text =
      "still at work; Ctrl-C again leaves the outlet as it is, and an order without its end";
    out.talk({ text, style: "yellow" });
  };
  // A daemon finishes what it has begun whoever listens.
  const lift = opened.via === "direct" ? interrupt.guard(warn) : () => {};
  try {
    for await (const event of until(opened.proveMap(request), interrupt.signal)) {
      outcomes.add({ ...event, host: pdu });
      show(call, pdu, event);
    }
  } finally {
    lift();
  }
  return interrupt.signal.aborted ? EXIT.interrupted : outcomes.exitCode;
}

async function refusalOf(events: AsyncIterable<PowerEvent>): Promise<PowerEvent | undefined> {
  for await (const event of events)
    if (event.result !== undefined && event.result !== "done") return event;
  return undefined;
}

function outcomeOf(pdu: string, event: PowerEvent): number {
  const outcomes = new Outcomes([pdu]);
  outcomes.add({ ...event, host: pdu });
  return outcomes.exitCode;
}

function show(call: Call<MapOptions>, pdu: string, event: PowerEvent): void {
  const shown = shownName(pdu);
  if (call.options.json) call.out.json(powerEventView({ ...event, host: shown }));
  else tell(call, shown, event);
}

/** By index, label or name; what names several is refused here as everywhere. */
function theOutlet(pdu: string, { outlets }: PduReading, word: string): OutletReading {
  const [, kind, name = word] = /^(instance|label|name):(.+)$/.exec(word) ?? [];
  const fits = (one: OutletReading): boolean =>
    kind === undefined
      ? [one.instance, one.label, one.name].includes(name)
      : one[kind as "instance" | "label" | "name"] === name;
  const [only, more] = outlets.filter(fits);
  if (only && !more) return only;
  const why = only ? "it means several" : "there is no such outlet";
  throw new OobError("OUTLET_UNKNOWN", `Cannot use outlet "${word}" of ${pdu}: ${why}`, {
    hint: `oob pdu map ${pdu}`,
  });
}

function tell({ out }: Call, pdu: string, { at, text, result, error }: PowerEvent): void {
  const line = `${timeOfDay(at)} ${pdu}  ${text}`;
  if (result === undefined) {
    out.talk(line);
    return;
  }
  const good = result === "done";
  out.line(line, { text: good ? "  ✓ proven" : `  ✗ ${result}`, style: good ? "green" : "red" });
  if (good)
    out.talk(
      "     The PDU is switched from now on, as long as it is this device with this firmware",
    );
  if (error?.hint !== undefined) out.talk(`     ${error.hint}`);
}
