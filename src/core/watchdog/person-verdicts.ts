import type { Rung } from "../../config/site-config.ts";
import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Incident } from "../incident/incident.ts";
import { rungInWords } from "../policy/draft.ts";
import type { Ask, Input, WatchState } from "../policy/state.ts";
import type { WatchdogParts } from "./watchdog-parts.ts";

interface Watch {
  readonly incident: Incident | undefined;
  readonly state: WatchState;
  give(input: Input): void;
  closedBy(by: string, reason: string): void;
}

/** What people decide of incidents: yes or no where the watchdog asks, or that a case is closed. */
export class PersonVerdicts {
  readonly #parts: Pick<WatchdogParts, "incidents" | "audit" | "clock">;
  readonly #watchOf: (host: string) => Watch | undefined;

  constructor(
    parts: Pick<WatchdogParts, "incidents" | "audit" | "clock">,
    watchOf: (host: string) => Watch | undefined,
  ) {
    this.#parts = parts;
    this.#watchOf = watchOf;
  }

  /** Throws USAGE where there is no such incident, GUARD_REFUSED while an act is under way, or where it is over. */
  close(id: number, by: string, reason: string): void {
    const incident = this.#find(id, "close");
    const { host, closedAt, state } = incident.record;
    if (closedAt !== undefined)
      throw new OobError(
        "GUARD_REFUSED",
        `Cannot close incident ${id} of ${host}: it is over, ${state}`,
        { hint: `oob incident show ${id}` },
      );
    const watch = this.#watchOf(host);
    if (watch?.incident === incident) {
      if (watch.state.phase.is === "acting")
        throw new OobError("GUARD_REFUSED", `Cannot close incident ${id}: an act is under way`);
      watch.closedBy(by, reason);
    } else {
      incident.close("closed", `${by}: ${reason}`);
      const data = { incident: id };
      this.#parts.audit.note({ host, type: "incident.close", by, text: reason, data });
    }
  }

  /**
   * Says yes to the rung that the person was shown. Written down first; all is proven again before anything moves.
   * Throws USAGE, HELD, GUARD_REFUSED, AUDIT_UNWRITABLE.
   */
  async approve(
    id: number,
    rung: Rung,
    by: string,
    reason: string,
    second?: string,
  ): Promise<void> {
    const { watch, host } = this.#asking(id, "approve", rung);
    if (watch.state.held !== undefined)
      throw new OobError("HELD", `Cannot approve incident ${id}: ${watch.state.held}`, {
        hint: `oob release ${host} ends the hold`,
      });
    const both = second === undefined ? by : `${by} and ${second}`;
    const text = `${both} approved to ${rungInWords[rung]}${inBrackets(reason)}`;
    const data = { incident: id, rung, ...(second !== undefined && { second }) };
    await this.#parts.audit.commit({ host, type: "incident.approve", by, text, data });
    // The disk took its time, in which the host may have come back or another person have answered.
    this.#asking(id, "approve", rung);
    watch.give({ is: "approved", by, second });
  }

  /** Says no: nothing more is done by itself in this case. The incident stays open for a person. */
  async deny(id: number, by: string, reason: string): Promise<void> {
    const { watch, host } = this.#asking(id, "deny");
    const why = reason === "" ? "no reason given" : printable(reason, 200);
    const data = { incident: id };
    await this.#parts.audit.commit({ host, type: "incident.deny", by, text: why, data });
    this.#asking(id, "deny");
    watch.give({ is: "denied", by, why });
  }

  /** The watch that asks now, and for this very rung. */
  #asking(id: number, verb: string, rung?: Rung) {
    const incident = this.#find(id, verb);
    const { host, closedAt, state } = incident.record;
    const refuse = (why: string): OobError =>
      new OobError("GUARD_REFUSED", `Cannot ${verb} incident ${id} of ${host}: ${why}`, {
        hint:
          verb === "deny" || closedAt !== undefined
            ? `oob why ${host}`
            : `oob why ${host}; by hand: oob power cycle ${host}`,
      });
    if (closedAt !== undefined) throw refuse(`it is closed as ${state}`);
    const watch = this.#watchOf(host);
    if (watch?.incident !== incident) throw refuse("it is not watched now");
    const asked = askOf(watch.state);
    const now = this.#parts.clock.monotonic();
    if (!asked) throw refuse(`nothing is asked now: ${watch.state.next.text}`);
    if (now >= asked.until) throw refuse(`it was asked ${formatDuration(now - asked.since)} ago`);
    if (rung !== undefined && asked.rung !== rung)
      throw refuse(`it asks to ${rungInWords[asked.rung]} now, not to ${rungInWords[rung]}`);
    return { watch, host };
  }

  #find(id: number, verb: string): Incident {
    const incident = this.#parts.incidents.find(id);
    if (incident) return incident;
    throw new OobError("USAGE", `Cannot ${verb} incident ${id}: there is none`, {
      hint: "See: oob incident list",
    });
  }
}

/** What a person is asked now. */
export const askOf = ({ phase }: WatchState): Ask | undefined =>
  phase.is === "waiting" ? phase.ask : undefined;

const inBrackets = (reason: string): string =>
  reason === "" ? "" : ` (${printable(reason, 200)})`;
