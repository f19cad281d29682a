import type { Rung, SiteConfig } from "../config/site-config.ts";
import { takesDown } from "../core/interlocks/interlock.ts";
import { demandReason } from "../core/site/demand-reason.ts";
import type {
  IntentView,
  PowerEvent,
  PowerRequest,
  ProveRequest,
  RunEvent,
  RunRequest,
  Site,
} from "../core/site/site.ts";
import { stoppable } from "../core/site/stoppable.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { formatDuration } from "../lib/durations.ts";
import { OobError } from "../lib/errors.ts";
import { demandConfirmed } from "./demand-confirmed.ts";
import type { Grants, Verb } from "./grants.ts";
import { incidentCommand, powerCommand, proveCommand, runCommand } from "./intent-command.ts";
import type { Intents, Person } from "./intents.ts";

/** What is done once two want it, by the rights of the first: `second` is who approved it, and `at` when (Unix ms). */
export interface Act {
  readonly verbs: readonly Verb[];
  readonly begin: (second: string, at: Millis) => AsyncIterable<PowerEvent | RunEvent>;
}

interface Parts {
  readonly intents: Intents<Act>;
  readonly person: Person;
  readonly grants: Grants;
  readonly config: Pick<SiteConfig, "hosts" | "requireReason">;
  readonly clock: Pick<Clock, "now">;
  /** Told of an approval by somebody who may not. */
  readonly refused: (verb: string, host: string) => void;
}

/**
 * One person's part in what two have to want. What takes a `two-person` host down is kept as an intent and SECOND_PERSON is
 * thrown; all else goes on to the site. What the person is granted was asked before. Without `parts` nothing is kept: the
 * site's own guard refuses what would need a second person.
 */
export class SecondPerson {
  readonly #site: Site;
  readonly #parts: Parts | undefined;

  constructor(site: Site, parts?: Parts) {
    this.#site = site;
    this.#parts = parts;
  }

  async *power(request: PowerRequest): AsyncGenerator<PowerEvent> {
    const { verb, hosts, dryRun, reason } = request;
    if (!dryRun && verb !== "identify" && takesDown(verb))
      await this.#demandWithReason(hosts, powerCommand(request), reason, {
        verbs: ["power"],
        begin: (second) => this.#site.power({ ...request, second }),
      });
    yield* this.#site.power(request);
  }

  /** `hosts`: all that hang on the PDU; a map that is wrong switches any of them. */
  async *proveMap(request: ProveRequest, hosts: readonly string[]): AsyncGenerator<PowerEvent> {
    if (request.dryRun !== true)
      await this.#demandWithReason(hosts, proveCommand(request), request.reason, {
        verbs: ["power"],
        begin: (second) => this.#site.proveMap({ ...request, second }),
      });
    yield* this.#site.proveMap(request);
  }

  /** Where nobody is needed it begins at once, and ends as soon as it is left. */
  run(request: RunRequest): AsyncIterable<RunEvent> {
    const alone = request.dryRun || this.#stands(request.hosts) === undefined;
    return alone ? this.#site.run(request) : stoppable((left) => this.#runOfTwo(request, left));
  }

  /** What only reads needs no second person. */
  async *#runOfTwo(request: RunRequest, left: AbortSignal): AsyncGenerator<RunEvent> {
    const all = await this.#site.runbooks();
    const found = all.find(({ name }) => name === request.runbook);
    if (found?.risk !== "read")
      await this.#demandWithReason(request.hosts, runCommand(request), request.reason, {
        verbs: ["run"],
        begin: (second) => this.#site.run({ ...request, second }),
      });
    yield* until(left, this.#site.run(request));
  }

  async approveIncident(
    host: string,
    { id, rung, reason }: { readonly id: number; readonly rung: Rung; readonly reason: string },
  ): Promise<void> {
    const approve = (second?: string) =>
      this.#site.approveIncident(id, rung, reason, undefined, second);
    const begin = async function* (second: string, at: Millis): AsyncGenerator<RunEvent> {
      await approve(second);
      const text = "approved: the watchdog proves all again before it acts";
      yield { at, host, text, result: "done" };
    };
    const verbs: readonly Verb[] = rung === "cycle" ? ["power"] : ["power", "run"];
    await this.#demand([host], incidentCommand(id, rung), reason, { verbs, begin });
    return approve();
  }

  /** Those about hosts of which this person may see all. */
  list(): readonly IntentView[] {
    if (!this.#parts) return [];
    const { intents, grants } = this.#parts;
    return intents.list().filter(({ hosts }) => hosts.every((host) => grants.may("status", host)));
  }

  /** Left as soon as its reader leaves, as `run` is. */
  approve(id: number, confirm: string | undefined): AsyncIterable<PowerEvent | RunEvent> {
    return stoppable((left) => this.#approve(id, confirm, left));
  }

  async *#approve(id: number, confirm: string | undefined, left: AbortSignal) {
    const { intents, person, grants, config, clock, refused } = this.#demandParts();
    const { hosts, act } = intents.wanted(id, "approve");
    for (const verb of act.verbs) grants.demand(verb, hosts);
    demandConfirmed(config, `approve intent ${id} on`, hosts, confirm);
    const { begin } = await intents.approve(id, person).catch((thrown: unknown) => {
      const isNotTheirs = thrown instanceof OobError && thrown.code === "NOT_PERMITTED";
      if (isNotTheirs) refused("approve", hosts[0] ?? "");
      throw thrown;
    });
    yield* until(left, begin(person.name, clock.now()));
  }

  /** One's own, or what one might have approved. */
  async withdraw(id: number, reason: string): Promise<IntentView> {
    const { intents, person, grants } = this.#demandParts();
    const { by, hosts, act } = intents.wanted(id, "withdraw");
    if (by.uid !== person.uid) for (const verb of act.verbs) grants.demand(verb, hosts);
    return intents.withdraw(id, person.name, reason);
  }

  /** Where the configuration demands a reason, the first person is told so: a second one could not mend it. */
  async #demandWithReason(hosts: readonly string[], command: string, reason: string, act: Act) {
    if (this.#parts) demandReason(this.#parts.config, reason, false);
    await this.#demand(hosts, command, reason, act);
  }

  /** Where a host wants two: keeps the intent and throws SECOND_PERSON. Nothing was done then. */
  async #demand(hosts: readonly string[], command: string, reason: string, act: Act) {
    const stands = this.#stands(hosts);
    if (stands === undefined || !this.#parts) return;
    const { intents, person } = this.#parts;
    const named = [...new Set(hosts)];
    const { id } = await intents.keep({ by: person, hosts: named, command, reason, stands, act });
    const waits = `it waits for a second person, for ${formatDuration(stands)}`;
    throw new OobError("SECOND_PERSON", `Cannot "${command}" alone: ${waits}`, {
      hint: `Another person, from their own account: oob intent approve ${id}`,
    });
  }

  /** For how long an intent about these hosts stands; undefined: none of them wants two people. */
  #stands(hosts: readonly string[]): Millis | undefined {
    const of = this.#parts?.config.hosts;
    const times = hosts.flatMap((host) => of?.get(host)?.twoPerson ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #demandParts(): Parts {
    if (this.#parts) return this.#parts;
    throw new OobError("NOT_PERMITTED", "Cannot approve or withdraw an intent from here");
  }
}

/** A stream that is left at once: a generator alone holds on to it until its next item, and a runbook may wait long. */
async function* until<T>(left: AbortSignal, stream: AsyncIterable<T>): AsyncGenerator<T> {
  const items = stream[Symbol.asyncIterator]();
  const leave = () => void items.return?.()?.catch(() => {});
  left.addEventListener("abort", leave, { once: true });
  if (left.aborted) leave();
  yield* { [Symbol.asyncIterator]: () => items };
}
