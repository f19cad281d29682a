import type { HostEntry, SiteConfig } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { Audit } from "../audit/audit.ts";
import type { Opinion } from "../detect/opinion.ts";
import { judge } from "../interlocks/all.ts";
import { cutsPower, type Facts, type Feed } from "../interlocks/interlock.ts";
import { unreadFeed } from "../interlocks/outlet-unknown.ts";
import type { Seen } from "../policy/state.ts";
import type { Power } from "../power/power.ts";
import { outletId } from "../power/power-outlets.ts";
import type { WatchedConsole } from "../session/watched-console.ts";
import { guardRefusal, isForPerson } from "./guard-refusal.ts";
import type { GuardRequest, Permit } from "./guard-request.ts";
import type { Holds } from "./holds.ts";

export type { GuardRequest } from "./guard-request.ts";

/** A difference between wall and monotonic time above this is a step, not drift. */
const STEP: Millis = seconds(2);

/** What only a running watchdog knows. */
export interface GuardEyes {
  suspicionOf(host: string):
    | {
        readonly since: Millis;
        readonly probeFailedAt: Millis | undefined;
        readonly began: Millis;
        readonly typedItself: boolean;
      }
    | undefined;
  gapAt(host: string): Millis | undefined;
  /** Where the host's silence may be that of its console server: what tells so. Asks neighbours if it has to. */
  deafWay(host: string): Promise<string | undefined>;
  isHealthy(host: string): boolean;
  /** Hosts that became suspect within the fleet's window. */
  suspects(): number;
}

export interface GuardParts {
  readonly hosts: ReadonlyMap<string, HostEntry>;
  readonly fleet: SiteConfig["fleet"];
  readonly holds: Holds;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly power: Pick<Power, "readHost" | "outletKeys">;
  /** undefined: the console is not open in this process. */
  readonly consoleOf: (host: string) => WatchedConsole | undefined;
  readonly eyes?: GuardEyes;
}

/** Asks every interlock before anything takes a host down, and keeps the budget of cuts. */
export class Guard {
  readonly #parts: GuardParts;
  readonly #cuts: { readonly host: string; readonly at: Millis }[] = [];
  #offset: Millis;
  #steppedAt: Millis | undefined;

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.#offset = parts.clock.now() - parts.clock.monotonic();
  }

  /** Reads the cuts of before from the audit trail: a restart does not refill the budget. */
  async restore(): Promise<void> {
    const { audit, clock, fleet, hosts } = this.#parts;
    const longest = Math.max(
      fleet.per,
      ...[...hosts.values()].map((host) => host.watch.budget.per),
    );
    const since = clock.now() - longest;
    for await (const event of audit.read({
      hosts: [],
      since,
      type: "guard.permit",
      follow: false,
    })) {
      if (!event.host || event.data?.cut !== true) continue;
      // A record of the future (the clock was wrong) counts as just now.
      this.#cuts.push({
        host: event.host,
        at: clock.monotonic() - Math.max(0, clock.now() - event.at),
      });
    }
  }

  /** Notices a step of the wall clock. Called now and then, and before each question. */
  checkClock(): void {
    const { clock } = this.#parts;
    const offset = clock.now() - clock.monotonic();
    if (Math.abs(offset - this.#offset) > STEP) this.#steppedAt = clock.monotonic();
    this.#offset = offset;
  }

  /** Runs all interlocks. Never throws for what it found: what cannot be read objects. */
  async ask(request: GuardRequest): Promise<Permit> {
    const facts = await this.#facts(request);
    const verdicts = judge(facts);
    const unread = unreadFeed(facts)?.cause;
    const mayForce = request.force === true && isForPerson(request);
    const objections = verdicts.filter((one) => !one.passes && !(mayForce && one.forceable));
    const overridden = verdicts.filter((one) => !one.passes && mayForce && one.forceable);
    const allowed = objections.length === 0;
    return { allowed, verdicts, objections, overridden, ...(unread && { unread }) };
  }

  /** Asks, and throws HELD, SEAT_TAKEN, AUDIT_UNWRITABLE or GUARD_REFUSED where an objection stands. */
  async demand(request: GuardRequest): Promise<Permit> {
    const permit = await this.ask(request);
    if (!permit.allowed) throw guardRefusal(request, permit);
    return permit;
  }

  /** Writes down that the act begins, on disk when it resolves. A cut counts from here, whatever becomes of it. */
  async spend(request: GuardRequest, permit: Permit, id: string): Promise<void> {
    const { audit, clock } = this.#parts;
    const { host, act, by, asker } = request;
    // The runbook of the single-user rung asks for its own cut: it is counted there.
    const cut = cutsPower(act) && act !== "single-user";
    const forced = permit.overridden.map((one) => `${one.interlock}: ${one.text}`);
    const agreed = `${act} permitted: ${permit.verdicts.length} interlocks asked`;
    const text =
      forced.length === 0
        ? `${agreed}, none objected`
        : `${agreed}, overridden: ${forced.join("; ")}`;
    const { person, second } = request;
    const people = { ...(person && { person }), ...(second && { second }) };
    const data = { id, act, asker, cut, overridden: forced, ...people };
    await audit.commit({ host, type: "guard.permit", by, text, data });
    if (cut) this.#cuts.push({ host, at: clock.monotonic() });
  }

  /** A host went down by its button: that counts as a cut. On disk when it resolves. */
  async tookDown(host: string, id: string, by: string): Promise<void> {
    const { audit, clock } = this.#parts;
    const text = "it went down by its power button: counted as a cut";
    const data = { id, act: "soft", asker: "watchdog", cut: true };
    await audit.commit({ host, type: "guard.permit", by, text, data });
    this.#cuts.push({ host, at: clock.monotonic() });
  }

  /** Cuts of a host within its budget's time, and what the budget allows. */
  budgetOf(host: string): { readonly used: number; readonly of: number } {
    const entry = this.#entry(host);
    const from = this.#parts.clock.monotonic() - entry.watch.budget.per;
    const used = this.#cuts.filter((cut) => cut.host === host && cut.at > from).length;
    return { used, of: entry.watch.budget.cycles };
  }

  async #facts(request: GuardRequest): Promise<Facts> {
    const feeds = await this.#feeds(request);
    // A neighbour is asked for an act alone: whoever only wants to know types at no console.
    const asksOthers = request.asker === "watchdog" && request.onlyToKnow !== true;
    const deaf = asksOthers ? await this.#parts.eyes?.deafWay(request.host) : undefined;
    // All else is read after the outlets and other consoles: that takes seconds in which a person may come.
    this.checkClock();
    const { clock, fleet, holds, audit, eyes, consoleOf } = this.#parts;
    const { host, act, asker, by, person, together = [], asOne, afterShutdown = false } = request;
    const entry = this.#entry(host);
    const console = consoleOf(host);
    const asking = person ?? by;
    const suspicion = eyes?.suspicionOf(host);
    return {
      host,
      asker,
      by,
      person,
      act,
      together,
      asOne,
      afterShutdown,
      now: clock.monotonic(),
      wall: clock.now(),
      policy: entry.watch,
      fleet,
      hold: holds.of(host),
      seat: console?.seat,
      typedAt:
        asker === "watchdog" && person === undefined
          ? console?.lastTypedAt
          : console?.typedByOthers(asking),
      seen: seenOf(console?.opinion),
      linkUp: console?.portState.is === "up",
      everAlive: console?.everAlive === true,
      gapAt: eyes?.gapAt(host),
      suspectSince: suspicion?.since,
      probeFailedAt: suspicion?.probeFailedAt,
      caseBegan: suspicion?.began,
      typedItself: suspicion?.typedItself === true,
      feeds,
      cuts: this.#cuts.filter((cut) => cut.host === host).map((cut) => cut.at),
      siteCuts: this.#cuts.map((cut) => cut.at),
      suspects: eyes?.suspects() ?? 0,
      clockSteppedAt: this.#steppedAt,
      auditWritable: audit.writable,
      deafWay: deaf,
      twoPerson: entry.twoPerson !== undefined,
      second: request.second,
      needsDown: eyes ? entry.needs.filter((name) => !eyes.isHealthy(name)) : [],
    };
  }

  async #feeds({ host, act }: GuardRequest): Promise<readonly Feed[] | undefined> {
    if (!cutsPower(act) && act !== "on") return undefined;
    const entry = this.#entry(host);
    const configured = entry.outlets.map(outletId);
    let shared = (id: string) => this.#others(host, id, new Map());
    try {
      const read = (await this.#parts.power.readHost(entry)).outlets;
      const keys = await this.#keys(entry);
      shared = (id) => this.#others(host, id, keys);
      const feeds: Feed[] = read.map(
        ({ id, state, pending, error, cause, missing, lifeline, load }) => ({
          ...{ id, state, pending, sharedWith: shared(id) },
          ...(error === undefined ? {} : { error }),
          ...(cause && { cause }),
          ...(missing && { missing }),
          ...(lifeline !== undefined && { lifeline }),
          ...(load && { load }),
        }),
      );
      // A feed that the reading leaves out is not known, and that is what counts.
      const missing = read.length < configured.length ? configured.slice(read.length) : [];
      return [...feeds, ...missing.map((id) => unread(id, shared(id), "it was not read"))];
    } catch (thrown) {
      return configured.map((id) => unread(id, shared(id), messageOf(thrown)));
    }
  }

  /** Outlets of all hosts by what they are: "pdu-a/3" and "pdu-a/web1" may be one. */
  #keys(entry: HostEntry): ReturnType<Power["outletKeys"]> {
    const all = [...this.#parts.hosts.values()].flatMap((one) => one.outlets);
    return this.#parts.power.outletKeys(all, new Set(entry.outlets.map(({ pdu }) => pdu)));
  }

  #others(host: string, id: string, keys: ReadonlyMap<string, string>): readonly string[] {
    const key = keys.get(id);
    const isSame = (other: string) =>
      other === id || (key !== undefined && keys.get(other) === key);
    return [...this.#parts.hosts.values()]
      .filter(({ name, outlets }) => name !== host && outlets.some((one) => isSame(outletId(one))))
      .map(({ name }) => name);
  }

  #entry(host: string): HostEntry {
    const entry = this.#parts.hosts.get(host);
    if (entry) return entry;
    throw new OobError("HOST_UNKNOWN", `Cannot judge "${host}": no such host`);
  }
}

const unread = (id: string, sharedWith: readonly string[], error: string): Feed => ({
  id,
  state: "unknown",
  pending: false,
  sharedWith,
  error,
});

/** The detector's opinion as decisions see it. */
export function seenOf(opinion: Opinion | undefined): Seen {
  const newest = opinion?.evidence.at(-1);
  const ofIt = opinion?.evidence.findLast(
    (one) => one.class === opinion.class && one.state === opinion.state,
  );
  const proof = ofIt ?? newest;
  return {
    state: opinion?.state ?? "healthy",
    class: opinion?.class ?? "runtime",
    action: opinion?.action ?? "none",
    means: proof?.means ?? "nothing was seen yet",
    at: proof?.at ?? opinion?.since ?? 0,
    line: proof?.line ?? "",
    proven: proof !== undefined,
    newest: newest?.class ?? "",
  };
}
