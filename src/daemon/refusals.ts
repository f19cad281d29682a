import type { Audit } from "../core/audit/audit.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { printable } from "../lib/printable.ts";

/** Whoever asks in a loop is told of once in this time: the trail is not theirs to fill. */
const ONCE_IN: Millis = 60_000;
const MOST = 1000;

/** Notes in the trail what people asked for in vain. */
export class Refusals {
  readonly #audit: Pick<Audit, "note">;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #hosts: Pick<ReadonlySet<string>, "has">;
  readonly #told = new Map<string, Millis>();

  /** `hosts`: those that there are. */
  constructor(
    audit: Pick<Audit, "note">,
    clock: Pick<Clock, "monotonic">,
    hosts: Pick<ReadonlySet<string>, "has">,
  ) {
    this.#audit = audit;
    this.#clock = clock;
    this.#hosts = hosts;
  }

  /** `host` is what was typed: it need not be one. */
  note(who: string, verb: string, host: string): void {
    const now = this.#clock.monotonic();
    // By user and verb: names of hosts are the caller's to make up.
    const key = `${who} ${verb}`;
    const last = this.#told.get(key);
    if (last !== undefined && now - last < ONCE_IN) return;
    if (this.#told.size >= MOST) this.#told.clear();
    this.#told.set(key, now);
    const text = `refused: "${verb}" on ${printable(host, 64)} is not granted`;
    const known = this.#hosts.has(host) ? { host } : {};
    this.#audit.note({ type: "access.refused", by: who, ...known, text, data: { verb } });
  }
}
