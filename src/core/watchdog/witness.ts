/**
 * What a process that was killed had just seen. It tells its suspicion in the audit trail at once, some time before an
 * incident is opened; the next process takes that up as it takes up an incident, where nothing came after it and the
 * console's log still ends in that very trouble. Everything is proven again, and a host is cut only where it used to
 * answer, and does not.
 */
import type { Clock, Millis } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import type { Audit } from "../audit/audit.ts";
import type { Opinion } from "../detect/opinion.ts";
import { resume } from "../policy/resume.ts";
import type { Cause, WatchState } from "../policy/state.ts";
import type { SiteEvent } from "../site/site.ts";
import { seenOf } from "./guard.ts";
import type { WatchedHost } from "./watchdog-parts.ts";

/** Nobody looked since: the longer that is, the more may have been mended unseen. */
const WITHIN: Millis = minutes(10);
/** What may follow a suspicion that still stands. Anything else of the host has ended or overtaken it. */
const GOES_ON: ReadonlySet<string> = new Set([
  "watch.start",
  "watch.resume",
  "watch.suspect",
  "watch.probe",
  "watch.confirmed",
  "console.up",
  "console.down",
]);

/** A suspicion as it stands in the trail. */
export interface Witness {
  /** Offset of the evidence. */
  readonly at: number;
  readonly class: string;
}

/**
 * What goes into the trail with a suspicion: enough to know the same evidence again, and whether a person is at it, who
 * has typed no earlier than `handsOff`. Whatever that person does next may stand nowhere.
 */
export function suspicionData(type: string, state: WatchState, handsOff: Millis) {
  const { phase, seat, typedAt } = state;
  if (type !== "watch.suspect" || phase.is !== "suspect") return {};
  const { is, certain, live, class: of, at } = phase.case.cause;
  const person = seat !== undefined || (typedAt !== undefined && typedAt > handsOff);
  return { is, certain, live, class: of, at, answered: phase.case.answered, person };
}

/** By host: suspicions that an earlier process has told of and that nothing came after. */
export async function witnesses(
  audit: Pick<Audit, "read">,
  clock: Clock,
): Promise<ReadonlyMap<string, Witness>> {
  const found = new Map<string, Witness>();
  const now = clock.now();
  const since = now - WITHIN;
  for await (const event of audit.read({ hosts: [], since, follow: false })) {
    const { host, type } = event;
    if (host === undefined) continue;
    if (!GOES_ON.has(type)) found.delete(host);
    if (type !== "watch.suspect") continue;
    // What the future holds was seen before the clock was set back: nobody knows how long ago.
    const witness = event.at > now ? undefined : read(event);
    if (witness) found.set(host, witness);
    else found.delete(host);
  }
  return found;
}

/** Only what that process saw come itself, with no person there, certain, and of a host that used to answer. */
function read({ data = {} }: SiteEvent): Witness | undefined {
  const { is, certain, live, answered, person, at, class: of } = data;
  const good = is === "evidence" && certain === true && live === true && answered === true;
  return good && person === false && typeof at === "number" && typeof of === "string"
    ? { at, class: of }
    : undefined;
}

/** Whether the console ends in that very trouble: in nothing else, and in nothing older. */
export function stillShows({ at, class: of }: Witness, opinion: Opinion): boolean {
  const seen = seenOf(opinion);
  return seen.proven && seen.action === "recover" && seen.class === of && seen.at >= at;
}

/** How the process before would have gone on. */
export function takenUp(
  state: WatchState,
  { class: of }: Witness,
  { entry, console }: WatchedHost,
  now: Millis,
): WatchState {
  const { bootWithin } = entry.watch;
  const seen = seenOf(console.opinion);
  const cause: Cause = {
    is: "evidence",
    certain: true,
    live: false,
    class: of,
    means: seen.means,
    line: seen.line,
    at: seen.at,
  };
  const fresh = { opened: false, tried: [], told: [], booted: false, answered: true, began: now };
  return resume(state, { ...fresh, cause }, { cutShort: undefined, waits: false }, now, bootWithin);
}
