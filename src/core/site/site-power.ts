import { randomUUID } from "node:crypto";
import type { HostEntry } from "../../config/site-config.ts";
import type { Clock } from "../../lib/clock.ts";
import { ERROR_CODES, messageOf, OobError } from "../../lib/errors.ts";
import type { SwitchOutcome } from "../../sdk/runbook.ts";
import type { Asker } from "../interlocks/interlock.ts";
import type { Power, PowerReport } from "../power/power.ts";
import { inWords } from "../power/verb-words.ts";
import type { RunPower } from "../runbook/run-runbook.ts";
import { EventQueue } from "../session/event-queue.ts";
import type { Guard, GuardRequest } from "../watchdog/guard.ts";
import type { PowerEvent, PowerRequest, PowerVerb } from "./site.ts";

interface SitePowerParts {
  readonly power: Pick<Power, "readHost" | "switchHost">;
  readonly guard: () => Promise<Guard>;
  readonly clock: Clock;
  /** A mark into the console's log: power was cut here. */
  readonly mark: (host: string, text: string) => void;
}

/** Who wants something switched, and why. */
interface Wish {
  readonly verb: PowerVerb;
  readonly asker: Asker;
  readonly by: string;
  readonly reason: string;
  readonly force: boolean;
  /** For whom a runbook asks. */
  readonly person?: string | undefined;
}

/** For whom a runbook works, and whether that person overrides what a person may override. */
export interface OnBehalf {
  readonly person?: string | undefined;
  readonly force?: boolean | undefined;
}

/** Outlets as people and runbooks switch them: asked of the guard first, written down, then carried out. */
export class SitePower {
  readonly #parts: SitePowerParts;

  constructor(parts: SitePowerParts) {
    this.#parts = parts;
  }

  /** What `oob power` asks for: every host by itself, all at once. Once begun it is finished, also if nobody listens. */
  request(
    hosts: readonly HostEntry[],
    request: PowerRequest,
    by: string,
  ): AsyncIterable<PowerEvent> {
    const { verb, reason, force, dryRun } = request;
    const wish: Wish = { verb, asker: "person", by, reason, force };
    const events = new EventQueue<PowerEvent>();
    const onEvent = (event: PowerEvent) => events.push(event);
    const work = hosts.map((host) =>
      dryRun ? this.#rehearse(host, wish, onEvent) : this.#carryOut(host, wish, onEvent),
    );
    void Promise.allSettled(work).then(() => events.end());
    return events;
  }

  /** A runbook's hands on the outlets of one host. */
  hands(
    host: HostEntry,
    run: { readonly name: string; readonly reason: string; readonly dryRun: boolean } & OnBehalf,
  ): RunPower {
    const { name, reason, dryRun, person, force = false } = run;
    const { power } = this.#parts;
    const read = async () => (await power.readHost(host)).power;
    const turn = async (
      verb: "on" | "off" | "cycle",
      readOff: () => void = () => {},
    ): Promise<SwitchOutcome> => {
      if (dryRun) return { power: await read(), verified: false };
      const by = `runbook ${name}`;
      const wish: Wish = { verb, asker: "runbook", by, person, reason, force };
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

  async #carryOut(host: HostEntry, wish: Wish, onEvent: (event: PowerEvent) => void) {
    try {
      await this.#order(host, wish, onEvent);
    } catch (thrown) {
      onEvent(this.#refused(host.name, thrown));
    }
  }

  /** Throws where the guard objects; what comes after is a report. */
  async #order(
    host: HostEntry,
    wish: Wish,
    onEvent: (event: PowerEvent) => void,
  ): Promise<PowerReport> {
    const { power, mark } = this.#parts;
    const { verb, by, reason } = wish;
    const guard = await this.#parts.guard();
    const question = ask(host, wish);
    const permit = await guard.demand(question);
    const id = randomUUID();
    await guard.spend(question, permit, id);
    mark(host.name, `${verb} by ${by}${reason === "" ? "" : `: ${reason}`}`);
    const report = await power.switchHost(host, verb, { id, by, reason }, onEvent);
    mark(host.name, `${verb} ${report.result}, outlets read ${report.power}`);
    return report;
  }

  /** Reads what is, asks the guard, says what would be done; changes nothing. */
  async #rehearse(host: HostEntry, wish: Wish, onEvent: (event: PowerEvent) => void) {
    const { power, clock } = this.#parts;
    const act = inWords(wish.verb, host.name);
    try {
      const guard = await this.#parts.guard();
      const { power: state, outlets } = await power.readHost(host);
      await guard.demand(ask(host, wish));
      for (const outlet of outlets)
        onEvent({
          at: clock.now(),
          host: host.name,
          outlet: outlet.id,
          text: `${outlet.id} reads ${outlet.state}: would ${act}`,
          state: outlet.state,
        });
      const text = `would ${act}; nothing was changed`;
      onEvent({ at: clock.now(), host: host.name, text, state, outlets, result: "done" });
    } catch (thrown) {
      onEvent(this.#refused(host.name, thrown));
    }
  }

  #refused(host: string, thrown: unknown): PowerEvent {
    const known = thrown instanceof OobError ? thrown : undefined;
    const message = messageOf(thrown);
    const code = known?.code ?? "INTERNAL";
    const hint = known?.hint === undefined ? {} : { hint: known.hint };
    const at = this.#parts.clock.now();
    return { at, host, text: message, result: "refused", error: { code, message, ...hint } };
  }
}

const ask = (host: HostEntry, { verb, asker, by, person, force }: Wish): GuardRequest => ({
  host: host.name,
  act: verb,
  asker,
  by,
  person,
  force,
});

const asCode = (code: string) => ERROR_CODES.find((known) => known === code) ?? "INTERNAL";
