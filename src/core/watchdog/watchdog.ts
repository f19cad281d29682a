import type { Timer } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import type { Incident } from "../incident/incident.ts";
import type { CutShort } from "../policy/resume.ts";
import { AlwaysOn } from "./always-on.ts";
import { Covered } from "./covered.ts";
import { deafWayOf } from "./deaf-way.ts";
import { Guard, type GuardEyes } from "./guard.ts";
import { HeldLines } from "./held-lines.ts";
import { LoadNotes } from "./load-notes.ts";
import { PersonVerdicts } from "./person-verdicts.ts";
import { HostWatch, STOOD_STILL } from "./watchdog-host.ts";
import type { HostParts, WatchdogParts, WatchedHost, WatchStatus } from "./watchdog-parts.ts";
import { askConsole, proofOf } from "./watchdog-view.ts";
import { type WatchWhy, watchWhy } from "./why/watch-why.ts";
import { witnesses } from "./witness.ts";

const HEARTBEAT = seconds(10);

/**
 * Watches the consoles of a site, each for itself. It decides by policy/decide.ts, asks the guard before each act,
 * writes down before it acts, and tells its story in the audit trail (types "watch.…" and "incident.…").
 */
export class Watchdog implements GuardEyes {
  readonly guard: Guard;
  readonly #parts: WatchdogParts;
  readonly #shared: HostParts;
  readonly #watches = new Map<string, HostWatch>();
  readonly #lines = new HeldLines();
  readonly #loads: LoadNotes;
  readonly #alwaysOn: AlwaysOn;
  readonly #covered: Covered;
  #heart: Timer | undefined;
  #unfollow: (() => void) | undefined;

  constructor(parts: WatchdogParts) {
    this.#parts = parts;
    const { holds, audit, clock, power, fleet, site } = parts;
    const consoleOf = (host: string) => this.#watches.get(host)?.host.console;
    this.guard = new Guard({
      hosts: site,
      fleet,
      holds,
      audit,
      clock,
      power,
      consoleOf,
      eyes: this,
    });
    this.#shared = { ...parts, guard: this.guard };
    this.#loads = new LoadNotes(parts.audit, parts.loadOf);
    this.#covered = new Covered(this.#shared);
    this.#alwaysOn = new AlwaysOn(this.#shared, fleet, (host) => this.isHealthy(host));
    for (const host of parts.hosts)
      this.#watches.set(host.entry.name, new HostWatch(host, this.#shared));
  }

  /** Begins to watch. Power.recover() comes before: it settles what a restart cut short. */
  async start(): Promise<void> {
    await this.guard.restore();
    const { audit, clock } = this.#parts;
    const [outcomes, seen] = await Promise.all([this.#outcomes(), witnesses(audit, clock)]);
    for (const [host, watch] of this.#watches)
      watch.start(this.#left(host, outcomes), seen.get(host), this.#closed(host));
    this.#unfollow = this.#parts.holds.follow((host) => this.#watches.get(host)?.holdChanged());
    this.#beat();
  }

  /** Watches one more host, whose console could be opened only after the start. */
  async add(host: WatchedHost): Promise<void> {
    const { name } = host.entry;
    if (this.#watches.has(name)) return;
    const watch = new HostWatch(host, this.#shared);
    this.#watches.set(name, watch);
    const { audit, clock } = this.#parts;
    const [outcomes, seen] = await Promise.all([this.#outcomes(), witnesses(audit, clock)]);
    watch.start(this.#left(name, outcomes), seen.get(name), this.#closed(name));
  }

  /** Stops watching. An act that moves outlets is waited for: a host is not left off. */
  async stop(): Promise<void> {
    this.#unfollow?.();
    this.#heart?.cancel();
    this.#lines.stop();
    await Promise.all([...this.#watches.values()].map((watch) => watch.stop()));
    await this.#alwaysOn.stop();
  }

  /** What the watchdog thinks of a host, why, and what it will do next. */
  statusOf(host: string): WatchStatus | undefined {
    return this.#watches.get(host)?.status;
  }

  /** What a person decides of an incident. */
  get verdicts(): PersonVerdicts {
    return new PersonVerdicts(this.#parts, (host) => this.#watches.get(host));
  }

  /** A person closes an incident. Throws USAGE where there is none, GUARD_REFUSED while an act is under way. */
  closeIncident(id: number, by: string, reason: string): void {
    this.verdicts.close(id, by, reason);
  }

  /** Everything behind what the watchdog thinks of a host; undefined where it does not watch it. */
  whyOf(host: string): WatchWhy | undefined {
    const watch = this.#watches.get(host);
    if (!watch) return undefined;
    const why = watchWhy(watch, this.#parts.clock);
    const off = this.#alwaysOn.factOf(host);
    return off === undefined ? why : { ...why, facts: [...why.facts, off] };
  }

  suspicionOf(host: string): ReturnType<GuardEyes["suspicionOf"]> {
    const watch = this.#watches.get(host);
    const proof = watch && proofOf(watch.state);
    return proof && { ...proof, typedItself: watch.noted.typedItself };
  }

  async deafWay(host: string): Promise<string | undefined> {
    const watch = this.#watches.get(host);
    const { phase } = watch?.state ?? {};
    const proof = watch && proofOf(watch.state);
    if (!watch || !proof || phase?.is !== "acting" || phase.case.cause.certain) return undefined;
    // The proof that counts was made after the yes: a way that carried something before it may be deaf since.
    const since = Math.max(proof.since, phase.approved?.at ?? proof.since);
    return deafWayOf(watch.host, since, [...this.#watches.values()], async (neighbour) =>
      askConsole({
        ...{ host: neighbour, parts: this.#shared, readReboot: false },
        signal: new AbortController().signal,
      }),
    );
  }

  gapAt(host: string): number | undefined {
    return this.#watches.get(host)?.noted.gapAt;
  }

  isHealthy(host: string): boolean {
    const watch = this.#watches.get(host);
    const state = watch?.status.state;
    // On demand, and not connected: nothing is known of it now.
    if (watch?.host.console.portState.is === "idle") return false;
    return watch?.state.phase.is === "calm" && (state === "healthy" || state === "warning");
  }

  suspects(): number {
    const from = this.#parts.clock.monotonic() - this.#parts.fleet.within;
    const began = [...this.#watches.values()].map((watch) => watch.noted.suspectedAt);
    return began.filter((at) => at !== undefined && at >= from).length;
  }

  #beat(): void {
    const { clock } = this.#parts;
    const due = clock.monotonic() + HEARTBEAT;
    this.#heart = clock.after(HEARTBEAT, () => {
      // First: whatever goes wrong below, the watchdog must not stand still.
      this.#beat();
      this.guard.checkClock();
      const late = clock.monotonic() - due;
      for (const watch of this.#watches.values()) {
        if (late > STOOD_STILL) watch.gap(`this process stood still for ${formatDuration(late)}`);
        watch.look();
        watch.learner?.look(watch.state);
      }
      this.#lines.look(this.#watches.values(), clock.monotonic());
      this.#loads.look(this.#watches.values());
      this.#alwaysOn.look(this.#watches.values(), clock.monotonic());
      this.#covered.look(this.#watches.values(), clock.monotonic());
    });
  }

  /** Outcomes of orders by their ids, as far as the audit trail tells: undefined value = begun, no end. */
  async #outcomes(): Promise<ReadonlyMap<string, string | undefined>> {
    const found = new Map<string, string | undefined>();
    const unfinished = this.#parts.incidents.list([]).flatMap(({ record }) => record.acts);
    if (unfinished.every((act) => act.how !== undefined)) return found;
    const since = Math.min(...unfinished.map((act) => act.begunAt));
    for await (const event of this.#parts.audit.read({ hosts: [], since, follow: false })) {
      const id = event.data?.id;
      if (typeof id !== "string") continue;
      if (event.type === "power.intent" && !found.has(id)) found.set(id, undefined);
      if (event.type === "power.outcome") found.set(id, String(event.data?.result));
    }
    return found;
  }

  /** Up to which offset people closed what a host's console shows: the same opens no second incident after a restart. */
  #closed(host: string): number {
    const records = this.#parts.incidents.list([host]).map(({ record }) => record);
    const ends = records.filter(({ state }) => state === "closed").map((one) => one.case.cause.at);
    return Math.max(-1, ...ends);
  }

  /** The newest incident that a restart left open; older ones are closed. */
  #left(host: string, outcomes: ReadonlyMap<string, string | undefined>) {
    const [newest, ...older] = this.#parts.incidents
      .list([host])
      .filter(({ record }) => record.closedAt === undefined);
    for (const incident of older) incident.close("closed", "a newer incident of the host stands");
    return newest && { incident: newest, cutShort: cutShort(newest, outcomes) };
  }
}

/** How the rung stands that was under way when the process ended. */
function cutShort(
  incident: Incident,
  outcomes: ReadonlyMap<string, string | undefined>,
): CutShort | undefined {
  const act = incident.record.acts.at(-1);
  if (!act || act.how !== undefined) return undefined;
  const how = howCutShort(act.rung === "cycle", outcomes.has(act.id), outcomes.get(act.id));
  incident.ends(
    act.id,
    how === "done" ? "done" : how === "unknown" ? "unknown" : "stood-down",
    "a restart cut it short",
  );
  return { rung: act.rung, how };
}

function howCutShort(
  isPower: boolean,
  begun: boolean,
  result: string | undefined,
): CutShort["how"] {
  // Runbooks leave no intent of their own: whether one had begun to type is not known.
  if (!isPower) return "unknown";
  if (!begun) return "not-begun";
  return result === "done" ? "done" : "unknown";
}
