/** What the rows of a serial PDU's table say of its outlets: pure, and the only place where its words become states. */
import type { OutletReading, PowerState } from "./power.ts";
import type { OutletRow, SerialPduProfile } from "./serial-pdu-profile.ts";

/** The rows among all that a talk captured. */
export const outletRows = (
  captured: readonly Readonly<Record<string, string>>[],
): readonly OutletRow[] => captured.filter(isRow);

const isRow = (
  match: Readonly<Record<string, string>>,
): match is Record<string, string> & OutletRow =>
  match.outlet !== undefined && match.outlet !== "" && match.state !== undefined;

/** An outlet that a table lists twice, and differently, is unknown. */
export function rowReadings(
  rows: readonly OutletRow[],
  profile: Pick<SerialPduProfile, "states">,
): OutletReading[] {
  const readings = new Map<string, OutletReading>();
  for (const row of rows) {
    const reading = readingOf(row, profile);
    const before = readings.get(row.outlet);
    const same = before === undefined || before.state === reading.state;
    const twice = { ...reading, state: "unknown", note: "listed twice, and differently" } as const;
    readings.set(row.outlet, same ? reading : twice);
  }
  return [...readings.values()];
}

function readingOf(row: OutletRow, profile: Pick<SerialPduProfile, "states">): OutletReading {
  const { outlet, name = "", control = "", busy = "", locked = "" } = row;
  const other = row.number !== undefined && row.number !== outlet;
  const state = other ? "unknown" : stateOf(row.state, profile);
  const differs = control !== "" && control.toLowerCase() !== row.state.toLowerCase();
  const note = differs ? control : state === "unknown" && !other ? row.state : "";
  return {
    instance: outlet,
    label: outlet,
    ...(name !== "" && { name }),
    state,
    pending: differs || busy !== "",
    ...(note !== "" && { note: `it says "${note}"` }),
    ...(other && { note: `it is number ${row.number} as well`, refuses: "numbered twice" }),
    ...(locked !== "" && { refuses: "locked" }),
  };
}

function stateOf(word: string, { states }: Pick<SerialPduProfile, "states">): PowerState {
  const said = word.toLowerCase();
  if (states.on.includes(said)) return "on";
  return states.off.includes(said) ? "off" : "unknown";
}
