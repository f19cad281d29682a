/**
 * A host goes down in order before it is cut: its machine's power button is pressed, or the shutdown is typed at its
 * console. Down is what was seen: outlets that read off, or its kernel's last words.
 */
import { randomUUID } from "node:crypto";
import type { HostEntry } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, minutes } from "../../lib/durations.ts";
import { type ErrorCode, messageOf, OobError } from "../../lib/errors.ts";
import type { Power, PowerReport } from "../power/power.ts";
import { inWords } from "../power/verb-words.ts";
import type { PowerEvent, PowerRequest, PowerVerb } from "./site.ts";

/** How long a host has for it where nothing is said. */
export const GOING_DOWN_WITHIN: Millis = minutes(5);

/** It may be down or not: nothing showed it, or nobody could look. */
const UNSEEN: ReadonlySet<ErrorCode> = new Set([
  "EXPECT_TIMEOUT",
  "POWER_UNVERIFIED",
  "POWER_UNKNOWN",
  "LINK_REFUSED",
  "LINK_LOST",
]);

/** Types a host's shutdown and waits until its kernel says that it is down; throws otherwise. */
export type TypeShutdown = (order: {
  readonly host: HostEntry;
  readonly within: Millis;
  readonly by: string;
  readonly reason: string;
  readonly force: boolean;
  readonly say: (text: string) => void;
}) => Promise<void>;

interface Parts {
  readonly power: Pick<Power, "readHost" | "switchHost" | "hasButton">;
  readonly clock: Clock;
  readonly typeShutdown: TypeShutdown;
}

interface Order {
  readonly verb: PowerVerb;
  readonly by: string;
  readonly reason: string;
  readonly force: boolean;
  readonly graceful?: PowerRequest["graceful"];
}

/** One host on its way down. */
export class GoingDown {
  readonly #parts: Parts;
  readonly #host: HostEntry;
  readonly #order: Order;
  readonly #onEvent: (event: PowerEvent) => void;
  readonly #within: Millis;

  constructor(parts: Parts, host: HostEntry, order: Order, onEvent: (event: PowerEvent) => void) {
    this.#parts = parts;
    this.#host = host;
    this.#order = order;
    this.#onEvent = onEvent;
    this.#within = order.graceful?.within ?? GOING_DOWN_WITHIN;
  }

  /** undefined: it is down, as seen. Else how that ended, with nothing cut. */
  async wait(): Promise<PowerReport | undefined> {
    const { graceful, verb } = this.#order;
    try {
      if ((await this.#parts.power.readHost(this.#host)).power === "off") return undefined;
      await ((await this.#hasButton()) ? this.#press() : this.#type());
      return undefined;
    } catch (cause) {
      const act = inWords(verb, this.#host.name);
      const why = messageOf(cause);
      if (graceful?.thenHard) {
        this.#say(`not seen to go down: ${why}; goes on by force, as asked`);
        return undefined;
      }
      const code = cause instanceof OobError ? cause.code : "INTERNAL";
      const known = UNSEEN.has(code) ? "TIMED_OUT" : code;
      const text = `Cannot ${act} in order: it was not seen to go down: ${why}`;
      return this.#ended(
        "failed",
        new OobError(known, text, {
          cause,
          hint: "Nothing was cut. --then-hard cuts where this fails; look at the console first",
        }),
      );
    }
  }

  /** `soft` of a host without a power button that we reach. */
  async typed(): Promise<PowerReport> {
    try {
      await this.#type();
    } catch (thrown) {
      const error =
        thrown instanceof OobError ? thrown : new OobError("INTERNAL", messageOf(thrown));
      return this.#ended("failed", error);
    }
    return this.#ended("done");
  }

  /** What cannot be asked has none: the console is tried. */
  #hasButton(): Promise<boolean> {
    return this.#parts.power.hasButton(this.#host).catch(() => false);
  }

  async #press(): Promise<void> {
    const { by, reason } = this.#order;
    const order = { id: randomUUID(), by, reason, softWithin: this.#within };
    // Its end is a step of this order.
    const step = ({ at, host, text, outlet, state }: PowerEvent) =>
      this.#onEvent({
        ...{ at, host, text },
        ...(outlet !== undefined && { outlet }),
        ...(state !== undefined && { state }),
      });
    const { result, error } = await this.#parts.power.switchHost(this.#host, "soft", order, step);
    if (result === "done") return;
    const text = error?.message ?? `the power button ended: ${result}`;
    throw new OobError(result === "failed" ? "POWER_UNVERIFIED" : "POWER_UNKNOWN", text);
  }

  async #type(): Promise<void> {
    const { by, reason, force } = this.#order;
    const say = (text: string) => this.#say(text);
    this.#say(`shutting down in order, for ${formatDuration(this.#within)} at most`);
    const host = this.#host;
    await this.#parts.typeShutdown({ host, within: this.#within, by, reason, force, say });
    this.#say("down, as its console shows");
  }

  #say(text: string): void {
    this.#onEvent({ at: this.#parts.clock.now(), host: this.#host.name, text });
  }

  async #ended(result: "done" | "failed", error?: OobError): Promise<PowerReport> {
    const { name } = this.#host;
    const { power: state, outlets } = await this.#parts.power.readHost(this.#host);
    const told = error && {
      code: error.code,
      message: error.message,
      ...(error.hint !== undefined && { hint: error.hint }),
    };
    const text = error?.message ?? `${name} is down, power ${state}`;
    const at = this.#parts.clock.now();
    const report = { result, power: state, outlets, ...(told && { error: told }) };
    this.#onEvent({ at, host: name, text, result, state, outlets, ...(told && { error: told }) });
    return report;
  }
}
