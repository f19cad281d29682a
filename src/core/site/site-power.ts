import { randomUUID } from "node:crypto";
import type { HostEntry } from "../../config/site-config.ts";
import type { Clock } from "../../lib/clock.ts";
import { ERROR_CODES, OobError } from "../../lib/errors.ts";
import type { SwitchOutcome } from "../../sdk/runbook.ts";
import type { Power, PowerReport } from "../power/power.ts";
import { unsent } from "../power/unsent.ts";
import { inWords } from "../power/verb-words.ts";
import type { RunPower } from "../runbook/run-runbook.ts";
import { EventQueue } from "../session/event-queue.ts";
import type { Guard } from "../watchdog/guard.ts";
import { isForPerson } from "../watchdog/guard-refusal.ts";
import { GoingDown, type TypeShutdown } from "./going-down.ts";
import { planOrder, type Unit } from "./power-plan.ts";
import { rehearse } from "./power-rehearsal.ts";
import { ask, type OnBehalf, type Wish } from "./power-wish.ts";
import type { PowerEvent, PowerRequest, PowerVerb } from "./site.ts";

export interface SitePowerParts {
  readonly power: Pick<
    Power,
    | "readHost"
    | "switchHost"
    | "identify"
    | "rehearse"
    | "hasButton"
    | "hasRule"
    | "inDoubt"
    | "outletKeys"
  >;
  readonly hostOf: (name: string) => HostEntry | undefined;
  /** Types the shutdown at the console; throws where its kernel did not say that it is down. */
  readonly typeShutdown: TypeShutdown;
  readonly guard: () => Promise<Guard>;
  readonly clock: Clock;
  /** A mark into the console's log: power was cut here. */
  readonly mark: (host: string, text: string) => void;
  /** Resolves when that, and all before it, is under a checkpoint, or cannot be. */
  readonly sealed?: (host: string) => Promise<void>;
}

type OnEvent = (event: PowerEvent) => void;

/** Outlets as people and runbooks switch them: asked of the guard first, written down, then carried out. */
export class SitePower {
  readonly #parts: SitePowerParts;

  constructor(parts: SitePowerParts) {
    this.#parts = parts;
  }

  /** What `oob power` asks for, each host told by itself. Once begun it is finished, also if nobody listens. */
  request(
    hosts: readonly HostEntry[],
    request: PowerRequest,
    by: string,
  ): AsyncIterable<PowerEvent> {
    const events = new EventQueue<PowerEvent>();
    const work = this.#begin(hosts, request, by, (event) => events.push(event));
    void Promise.allSettled([work]).then(() => events.end());
    return events;
  }

  #begin(
    hosts: readonly HostEntry[],
    { verb, reason, force, graceful, dryRun, second }: PowerRequest,
    by: string,
    onEvent: OnEvent,
  ): Promise<unknown> {
    // No guard is asked: it moves nothing.
    if (verb === "identify") {
      const show = (host: HostEntry) =>
        this.#parts.power.identify(host, { id: randomUUID(), by, reason }, dryRun, onEvent);
      return Promise.all(hosts.map(show));
    }
    const together = hosts.map(({ name }) => name);
    const wish: Wish = { verb, asker: "person", by, second, reason, force, graceful, together };
    return dryRun ? this.#rehearse(hosts, wish, onEvent) : this.#carryOutAll(hosts, wish, onEvent);
  }

  /** In the order of the plan. A host that fails stops no other, but for those that must not go down before it. */
  async #carryOutAll(hosts: readonly HostEntry[], wish: Wish, onEvent: OnEvent): Promise<void> {
    const units = await this.#plan(hosts, wish.verb);
    const ends: Promise<boolean>[] = [];
    const begin = async (unit: Unit): Promise<boolean> => {
      // After the loop below: whom it waits for may stand behind it.
      await Promise.resolve();
      const first = await Promise.all(unit.follows.map(async (one) => ends[one]));
      if (unit.behind !== undefined) await ends[unit.behind];
      const late = unit.follows
        .filter((_, n) => first[n] !== true)
        .flatMap((one) => units[one]?.hosts ?? []);
      if (late.length > 0 && !this.#mayGoOn(unit.hosts, late, wish, onEvent)) return false;
      return this.#carryOut(unit, wish, onEvent);
    };
    for (const unit of units) ends.push(begin(unit));
    await Promise.all(ends);
  }

  async #plan(hosts: readonly HostEntry[], verb: PowerVerb): Promise<readonly Unit[]> {
    const { power, hostOf } = this.#parts;
    const entries = hosts.flatMap(({ outlets }) => outlets);
    const pdus = new Set(entries.map(({ pdu }) => pdu));
    // What cannot be read now is found out, and said, when its turn comes.
    const keys =
      hosts.length === 1 ? new Map() : await power.outletKeys(entries, pdus).catch(() => new Map());
    const isLimited = (host: HostEntry) => power.hasRule(host, "limitAmps");
    return planOrder(hosts, verb, { keys, hostOf, isLimited });
  }

  async #rehearse(hosts: readonly HostEntry[], wish: Wish, onEvent: OnEvent): Promise<void> {
    const units = await this.#plan(hosts, wish.verb);
    const refused = (host: string, thrown: unknown) => this.#refused(host, thrown);
    await rehearse({ ...this.#parts, refused }, units, wish, onEvent);
  }

  /** Hosts come on without those that they come after; they are not left up while those go down under them. */
  #mayGoOn(
    hosts: readonly HostEntry[],
    late: readonly HostEntry[],
    { verb, force }: Wish,
    onEvent: OnEvent,
  ): boolean {
    const goesDown = verb === "off" || verb === "soft";
    const goesOn = !goesDown || force;
    const how = goesDown ? "down" : "on";
    const text = `${late.map(({ name }) => name).join(", ")} did not go ${how} before it`;
    for (const { name } of hosts) {
      const cannot = `Cannot ${inWords(verb, name)}: ${text}`;
      const hint = "--force switches it all the same";
      onEvent(
        goesOn
          ? { at: this.#parts.clock.now(), host: name, text }
          : this.#refused(name, new OobError("GUARD_REFUSED", cannot, { hint })),
      );
    }
    return goesOn;
  }

  /** A runbook's hands on the outlets of one host. */
  hands(
    host: HostEntry,
    run: { readonly name: string; readonly reason: string; readonly dryRun: boolean } & OnBehalf,
  ): RunPower {
    const { name, reason, dryRun, person, second, force = false } = run;
    const { power } = this.#parts;
    const read = async () => (await power.readHost(host)).power;
    const turn = async (
      verb: "on" | "off" | "cycle",
      readOff: () => void = () => {},
    ): Promise<SwitchOutcome> => {
      if (dryRun) return { power: await read(), verified: false };
      const by = `runbook ${name}`;
      const wish: Wish = { verb, asker: "runbook", by, person, second, reason, force };
      const report = await this.#order(host, wish, ({ outlet, state }) => {
        if (outlet !== undefined && state === "off") readOff();
      });
      if (report.result === "done") return { power: report.power, verified: true };
      const { code, message, hint } = report.error ?? {};
      throw new OobError(
        code === undefined ? "POWER_UNKNOWN" : asCode(code),
        message ?? `Cannot tell how ${verb} of ${host.name} ended`,
        hint === undefined ? {} : { hint },
      );
    };
    return {
      read,
      on: () => turn("on"),
      off: () => turn("off"),
      cycle: (readOff) => turn("cycle", readOff),
    };
  }

  /** Hosts that hang on the same outlets: one order, and each is told how it ended. true: done. */
  async #carryOut({ hosts, switched }: Unit, order: Wish, onEvent: OnEvent): Promise<boolean> {
    const [first = switched, ...others] = hosts;
    const wish = { ...order, asOne: hosts.map(({ name }) => name) };
    const tell = (event: PowerEvent) => {
      onEvent(event);
      if (event.result === undefined) return;
      // Of several that go down in order, any may be the one that did not.
      const { host, text } = event;
      for (const { name } of hosts)
        if (name !== host) onEvent({ ...event, host: name, text: `with ${host}: ${text}` });
    };
    try {
      for (const other of others) await this.#demand(other, wish);
      const report = await this.#order(switched, wish, tell, hosts);
      return report.result === "done";
    } catch (thrown) {
      tell(this.#refused(first.name, thrown));
      return false;
    }
  }

  async #demand(host: HostEntry, wish: Wish): Promise<void> {
    const guard = await this.#parts.guard();
    const question = ask(host, wish);
    await guard.spend(question, await guard.demand(question), randomUUID());
  }

  /** Throws where the guard objects; what comes after is a report. */
  async #order(
    host: HostEntry,
    wish: Wish,
    onEvent: OnEvent,
    inIt: readonly HostEntry[] = [host],
  ): Promise<PowerReport> {
    const { verb, graceful } = wish;
    const guard = await this.#parts.guard();
    if (verb === "soft" && host.login && !(await this.#hasButton(host))) {
      const permit = await guard.demand(ask(host, wish));
      await guard.spend(ask(host, wish), permit, randomUUID());
      return new GoingDown(this.#parts, host, wish, onEvent).typed();
    }
    if (graceful && (verb === "off" || verb === "cycle")) {
      // Whoever would cut it then may ask again while the shutdown of before still hangs.
      await guard.demand(ask(host, { ...wish, afterShutdown: graceful.thenHard }));
      // What would be refused then leaves the host down, and not even cut.
      await this.#parts.power.rehearse(host, verb, wish.force);
      for (const one of inIt) {
        const undone = await new GoingDown(this.#parts, one, wish, onEvent).wait();
        if (undone) return undone;
      }
      return this.#switch(host, { ...wish, afterShutdown: true }, onEvent);
    }
    return this.#switch(host, wish, onEvent);
  }

  /** What cannot be asked is asked again, and objected to, where it is switched. */
  #hasButton(host: HostEntry): Promise<boolean> {
    return this.#parts.power.hasButton(host).catch(() => true);
  }

  async #switch(host: HostEntry, wish: Wish, onEvent: OnEvent): Promise<PowerReport> {
    const { power, mark, sealed } = this.#parts;
    const { verb, by, reason, graceful } = wish;
    const guard = await this.#parts.guard();
    const question = ask(host, wish);
    const permit = await guard.demand(question);
    // What would be refused for having come too early, or for a map in doubt, costs nothing of the budget.
    const force = question.force === true && isForPerson(question);
    if (power.hasRule(host, "minInterval") || (await power.inDoubt(host)))
      await power.rehearse(host, verb, force);
    const id = randomUUID();
    await guard.spend(question, permit, id);
    mark(host.name, `${verb} by ${by}${reason === "" ? "" : `: ${reason}`}`);
    await sealed?.(host.name);
    const order = { id, by, reason, force, ...(graceful && { softWithin: graceful.within }) };
    const report = await power.switchHost(host, verb, order, onEvent);
    mark(host.name, `${verb} ${report.result}, outlets read ${report.power}`);
    return report;
  }

  #refused(host: string, thrown: unknown): PowerEvent {
    const { result: how, error } = unsent(thrown);
    const { code, message } = error;
    const result = code === "OUTLET_UNKNOWN" ? "refused" : how;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    const at = this.#parts.clock.now();
    return { at, host, text: message, result, error: { code, message, ...hint } };
  }
}

const asCode = (code: string) => ERROR_CODES.find((known) => known === code) ?? "INTERNAL";
