import type { Millis } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Evidence } from "../../sdk/rule.ts";
import type { Incident } from "../incident/incident.ts";
import type { Case, WatchState, Wish } from "../policy/state.ts";
import type { ProbeReport } from "./probe.ts";
import { type HostParts, WATCHDOG, type WatchedHost } from "./watchdog-parts.ts";
import { Recollection } from "./why/recollection.ts";
import { suspicionData } from "./witness.ts";

const MAX_BEFORE = 20;

/** What is told of one host: notes in the audit trail, and the incident's folder while there is one. */
export class HostStory {
  readonly #host: WatchedHost;
  readonly #parts: HostParts;
  readonly recollection = new Recollection();
  readonly #running = new Set<Promise<void>>();
  #incident: Incident | undefined;
  #problem: string | undefined;
  /** Told of a suspicion that has no incident yet. */
  #before: { readonly at: Millis; readonly type: string; readonly text: string }[] = [];

  constructor(host: WatchedHost, parts: HostParts) {
    this.#host = host;
    this.#parts = parts;
  }

  get incident(): Incident | undefined {
    return this.#incident;
  }

  /** `state`: where the watch stands that tells it. */
  note(type: string, text: string, state?: WatchState): void {
    const id = this.#incident?.record.id;
    const handsOff = this.#parts.clock.monotonic() - this.#host.entry.watch.handsOff;
    const suspicion = state && suspicionData(type, state, handsOff);
    const data = { ...suspicion, ...(id !== undefined && { incident: id }) };
    const told = Object.keys(data).length > 0 ? { data } : {};
    this.#parts.audit.note({ host: this.#host.entry.name, type, by: WATCHDOG, text, ...told });
    if (this.#incident) this.#incident.tell(type, text);
    else this.#remember(type, text);
    this.check();
  }

  #remember(type: string, text: string): void {
    if (type === "watch.suspect") this.#before = [];
    this.#before = [
      ...this.#before.slice(-MAX_BEFORE),
      { at: this.#parts.clock.now(), type, text },
    ];
  }

  /** Tells once that the incident's folder cannot be written: the audit trail remains, and the watch goes on. */
  check(): void {
    const problem = this.#incident?.problem;
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem !== undefined) this.note("watch.error", problem);
  }

  open(of: Case): void {
    const { console, entry } = this.#host;
    const incident = this.#parts.incidents.open(entry.name, of);
    this.#incident = incident;
    for (const { at, type, text } of this.#before) incident.tell(type, text, at);
    this.#before = [];
    incident.sees(console.opinion.evidence);
    this.note("incident.open", `incident ${incident.record.id} opened`);
    console.mark("incident", `incident ${incident.record.id} opened`);
    this.run(incident.capture("before", console));
  }

  /** Carries out what is only told. */
  tells(wish: Exclude<Wish, { readonly is: "probe" | "act" }>, state: WatchState): void {
    switch (wish.is) {
      case "open":
        if (state.phase.is !== "calm") this.open(state.phase.case);
        break;
      case "tell":
        this.note(wish.type, wish.text, state);
        break;
      case "page":
        this.page(wish.text);
        break;
      case "mark":
        this.mark(wish.as);
        break;
      case "close":
        this.close(wish.as, wish.text);
        break;
    }
  }

  saw(evidence: readonly Evidence[]): void {
    this.#incident?.sees(evidence);
    this.recollection.saw(evidence, this.#parts.clock.now());
  }

  asked(probe: ProbeReport): void {
    this.recollection.asked(probe, this.#parts.clock.now());
  }

  /** Goes on with an incident that a restart left open. */
  resume(incident: Incident): void {
    this.#incident = incident;
    this.note("watch.resume", `incident ${incident.record.id} goes on after a restart`);
  }

  page(text: string): void {
    this.note("watch.page", text);
    this.#incident?.page();
  }

  mark(state: Incident["record"]["state"]): void {
    this.#incident?.change({ state });
    this.#incident?.page();
  }

  close(as: Incident["record"]["state"], text: string): void {
    const incident = this.#incident;
    if (!incident) return;
    this.note("incident.close", `incident ${incident.record.id} closed as ${as}: ${text}`);
    incident.close(as, text);
    this.#incident = undefined;
    const { console } = this.#host;
    console.mark("incident", `incident ${incident.record.id} ${as}`);
    this.run(incident.capture("after", console).then(() => incident.page()));
  }

  /** Runs beside the watch; what goes wrong is told. */
  run(work: Promise<unknown>): void {
    const tracked: Promise<void> = work
      .then(
        () => undefined,
        (thrown: unknown) => this.note("watch.error", messageOf(thrown)),
      )
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
