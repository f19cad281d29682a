import { OobError } from "../../lib/errors.ts";
import type { OutletReading, PduReading } from "../../sdk/power.ts";

/** Above this an outlet feeds something; below it a meter's reading is noise. */
const LOAD_WATTS = 5;
const LOAD_AMPS = 0.2;

/** An outlet that reads otherwise than before. */
export interface Change {
  readonly instance: string;
  readonly text: string;
  readonly to: string;
}

/** What differs between two readings; undefined where they cannot be compared: another device, other outlets. */
export function changesBetween(before: PduReading, after: PduReading): Change[] | undefined {
  if (identityOf(before) !== identityOf(after)) return undefined;
  return after.outlets.flatMap((outlet, i) => {
    const was = before.outlets[i];
    const differs = was?.state !== outlet.state || was.pending !== outlet.pending;
    const to = outlet.pending ? "pending" : outlet.state;
    const text = `${calledOf(outlet)}: ${was?.state ?? ""} → ${to}`;
    return differs ? [{ instance: outlet.instance, text, to }] : [];
  });
}

/** What a person calls an outlet: label and name. */
export function calledOf({ label, name }: OutletReading): string {
  return name === undefined || name === "" ? `outlet ${label}` : `outlet ${label} "${name}"`;
}

/** The device, its firmware, and which outlets it has. */
function identityOf({ family, serial, mark, model, firmware, outlets }: PduReading): string {
  const rows = outlets.map(({ instance }) => instance);
  return JSON.stringify([family, serial, mark, model, firmware, rows]);
}

/** Throws where a reading does not tell every outlet's state, and where the outlet feeds something. */
export function demandReadable(
  cannot: string,
  { outlets }: PduReading,
  { amps = 0, watts = 0 }: OutletReading,
): void {
  const dark = outlets.find(({ state, pending }) => state === "unknown" || pending);
  if (dark) {
    const why = dark.note ?? (dark.pending ? "a command is under way" : "it is unknown");
    throw new OobError(
      "POWER_UNKNOWN",
      `${cannot}: the state of ${calledOf(dark)} cannot be read (${why})`,
      { hint: "Every outlet has to be read before and after, or nobody knows which one moved" },
    );
  }
  if (watts <= LOAD_WATTS && amps <= LOAD_AMPS) return;
  const load = watts > LOAD_WATTS ? `${watts} W` : `${amps} A`;
  throw new OobError("GUARD_REFUSED", `${cannot}: it draws ${load}, so it feeds something`, {
    hint: "Take an outlet into which nothing is plugged",
  });
}
