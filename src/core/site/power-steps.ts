/** What an order would do, step by step, for whoever rehearses it. */
import type { HostEntry } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { outletId } from "../power/power-outlets.ts";
import type { Unit } from "./power-plan.ts";
import type { PowerVerb } from "./site.ts";

/** How its machine would go down in order first. */
export interface GoesDown {
  readonly how: "button" | "typed";
  readonly within: Millis;
  readonly thenHard: boolean;
}

/** One line a step. `goesDown`: undefined where nothing is asked of the machine itself. */
export function stepsOf(
  { outlets, offFor }: HostEntry,
  verb: PowerVerb,
  goesDown: GoesDown | undefined,
): readonly string[] {
  const ids = outlets.map(outletId).join(", ");
  const cut = verb === "cycle" ? `, wait ${formatDuration(offFor)}, switch on` : "";
  const moves =
    verb === "off" || verb === "cycle" ? [`switch ${ids} off${cut}, each read back`] : [];
  if (goesDown === undefined) return verb === "cycle" ? moves : [];
  const { how, within, thenHard } = goesDown;
  const way = how === "button" ? "press its power button" : "type the shutdown at its console";
  const wait = `${way} and wait until it is seen down, ${formatDuration(within)} at most`;
  const late = thenHard ? "go on all the same" : "cut nothing";
  return verb === "soft" ? [wait] : [`${wait}; if it is not, ${late}`, ...moves];
}

/** Which hosts of the order come first, and which are moved with it; undefined where neither. */
export function placeOf(unit: Unit, units: readonly Unit[], host: string): string | undefined {
  const first = unit.follows.flatMap((n) => units[n]?.hosts ?? []).map(({ name }) => name);
  const same = unit.hosts.map(({ name }) => name).filter((name) => name !== host);
  const said = [
    ...(first.length > 0 ? [`after ${first.join(", ")}`] : []),
    ...(same.length > 0 ? [`as one with ${same.join(", ")}`] : []),
  ];
  return said.length > 0 ? said.join(", ") : undefined;
}
