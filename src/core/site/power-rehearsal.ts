/** An order that is only rehearsed: real reads, every refusal that can be foreseen, each step; nothing is changed. */
import type { HostEntry } from "../../config/site-config.ts";
import type { Clock } from "../../lib/clock.ts";
import type { PowerState } from "../../sdk/power.ts";
import type { Power } from "../power/power.ts";
import { inWords } from "../power/verb-words.ts";
import type { Guard } from "../watchdog/guard.ts";
import { GOING_DOWN_WITHIN } from "./going-down.ts";
import { turnsOf, type Unit } from "./power-plan.ts";
import { type GoesDown, placeOf, stepsOf } from "./power-steps.ts";
import { ask, type Wish } from "./power-wish.ts";
import type { PowerEvent } from "./site.ts";

interface Parts {
  readonly power: Pick<Power, "readHost" | "rehearse" | "hasButton">;
  readonly guard: () => Promise<Pick<Guard, "demand">>;
  readonly clock: Clock;
  /** How a refusal is told. */
  readonly refused: (host: string, thrown: unknown) => PowerEvent;
}

/** Tells of each host what would be done. Those that would come first are told first. */
export async function rehearse(
  parts: Parts,
  units: readonly Unit[],
  wish: Wish,
  onEvent: (event: PowerEvent) => void,
): Promise<void> {
  const told = units.map(async (unit) => {
    const asOne = unit.hosts.map(({ name }) => name);
    const events: PowerEvent[] = [];
    for (const host of unit.hosts) {
      const place = placeOf(unit, units, host.name);
      try {
        events.push(...(await rehearseOne(parts, host, { ...wish, asOne }, place)));
      } catch (thrown) {
        events.push(parts.refused(host.name, thrown));
      }
    }
    return events;
  });
  for (const n of turnsOf(units)) for (const event of (await told[n]) ?? []) onEvent(event);
}

/** Reads what is, asks the guard, says what would be done. Throws what would refuse it. */
async function rehearseOne(
  parts: Parts,
  host: HostEntry,
  wish: Wish,
  place: string | undefined,
): Promise<readonly PowerEvent[]> {
  const { power, clock } = parts;
  const { verb } = wish;
  const act = inWords(verb, host.name);
  const guard = await parts.guard();
  const { power: state, outlets } = await power.readHost(host);
  await guard.demand(ask(host, wish));
  const down = await goesDown(parts, host, wish, state);
  if (!(verb === "soft" && down?.how === "typed")) await power.rehearse(host, verb, wish.force);
  const tell = (text: string, more: Partial<PowerEvent> = {}): PowerEvent => ({
    ...{ at: clock.now(), host: host.name, text },
    ...more,
  });
  const steps = stepsOf(host, verb, down);
  const when = place === undefined ? "" : `, ${place}`;
  return [
    ...outlets.map(({ id, state: reads }) =>
      tell(`${id} reads ${reads}: would ${act}`, { outlet: id, state: reads }),
    ),
    ...steps.map((step, n) =>
      tell(steps.length > 1 ? `step ${n + 1}: would ${step}` : `would ${step}`),
    ),
    tell(`would ${act}${when}; nothing was changed`, { state, outlets, result: "done" }),
  ];
}

/** How its machine would go down before it is cut; undefined: it would not be asked. */
async function goesDown(
  { power }: Parts,
  host: HostEntry,
  { verb, graceful }: Wish,
  state: PowerState,
): Promise<GoesDown | undefined> {
  const soft = verb === "soft";
  const cuts = verb === "off" || verb === "cycle";
  if (!(soft || (graceful && cuts && state !== "off"))) return undefined;
  // What cannot be asked has a button, for soft; before a cut its console is tried.
  const button = soft && !host.login ? true : await power.hasButton(host).catch(() => soft);
  const { within = GOING_DOWN_WITHIN, thenHard = false } = graceful ?? {};
  return { how: button ? "button" : "typed", within, thenHard };
}
