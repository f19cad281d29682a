/** Keeps hosts on that say `always-on: true`: reads their power now and then, and does what judgeOff() says. */
import { randomUUID } from "node:crypto";
import type { SiteConfig } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { isWithin } from "../interlocks/quiet-hours.ts";
import { judgeOff, type OffVerdict } from "../policy/always-on.ts";
import { kindOf } from "../policy/classes.ts";
import type { WatchState } from "../policy/state.ts";
import { type HostParts, WATCHDOG, type WatchedHost } from "./watchdog-parts.ts";

/** A PDU is not asked more often for this. */
const READ_EVERY: Millis = seconds(60);
/** What a person wants of a host's power; a cycle ends with on. */
const GOES_OFF: ReadonlySet<unknown> = new Set(["off", "soft"]);

interface Watched {
  readonly host: WatchedHost;
  readonly state: WatchState;
}

/** What is remembered of a host that must be on. */
interface Known {
  readAt: Millis;
  reading: boolean;
  off: { readonly since: Millis; readonly readings: number } | undefined;
  told: string | undefined;
  /** It is being switched on; an on may wait long for its turn. */
  moving: AbortController | undefined;
  /** Its console says that it was shut down, and by whom as far as that is known. */
  shut: { readonly by: string | undefined } | undefined;
}

export class AlwaysOn {
  readonly #parts: HostParts;
  readonly #fleet: SiteConfig["fleet"];
  readonly #isHealthy: (host: string) => boolean;
  readonly #known = new Map<string, Known>();
  readonly #running = new Set<Promise<void>>();

  constructor(parts: HostParts, fleet: SiteConfig["fleet"], isHealthy: (host: string) => boolean) {
    this.#parts = parts;
    this.#fleet = fleet;
    this.#isHealthy = isHealthy;
  }

  /** Called now and then. */
  look(watches: Iterable<Watched>, now: Millis): void {
    for (const watch of watches) {
      const { name, watch: policy, outlets } = watch.host.entry;
      if (policy.alwaysOn !== true || policy.mode === "off" || outlets.length === 0) continue;
      const known = this.#of(name);
      known.shut = shutOf(watch, known.shut, now);
      const late = known.moving && this.#handsOff(watch, now);
      if (late !== undefined) known.moving?.abort(new Error(late));
      if (known.reading || now - known.readAt < READ_EVERY) continue;
      known.readAt = now;
      known.reading = true;
      const work: Promise<void> = this.#read(watch, known)
        .catch((thrown: unknown) => this.#say(name, known, "watch.error", messageOf(thrown)))
        .finally(() => {
          known.reading = false;
          this.#running.delete(work);
        });
      this.#running.add(work);
    }
  }

  /** What is known of a host that must be on, for people. */
  factOf(host: string): string | undefined {
    return this.#known.get(host)?.off && this.#known.get(host)?.told;
  }

  /** What moves outlets is waited for. */
  async stop(): Promise<void> {
    await Promise.all(this.#running);
  }

  #of(host: string): Known {
    const known = this.#known.get(host) ?? {
      ...{ readAt: Number.NEGATIVE_INFINITY, reading: false },
      ...{ off: undefined, told: undefined, moving: undefined, shut: undefined },
    };
    this.#known.set(host, known);
    return known;
  }

  async #read(watch: Watched, known: Known): Promise<void> {
    const { power, clock } = this.#parts;
    const { entry } = watch.host;
    const read = await power.readHost(entry);
    const isOff =
      read.outlets.length > 0 && read.outlets.every((one) => one.state === "off" && !one.pending);
    if (!isOff) {
      known.off = undefined;
      known.told = undefined;
      return;
    }
    const now = clock.monotonic();
    const { since, readings } = known.off ?? { since: now, readings: 0 };
    known.off = { since, readings: readings + 1 };
    const by = known.shut?.by ?? (await this.#switchedOffBy(entry.name));
    const used = by === undefined ? await this.#used(entry.name, entry.watch.budget.per) : 0;
    const verdict = judgeOff({
      ...{ policy: entry.watch, now, since, readings: readings + 1, by, used },
      handsOff: this.#handsOff(watch, now),
      off: [...this.#known.values()].filter((one) => one.off !== undefined).length,
      most: this.#fleet.suspects,
    });
    await this.#carryOut(watch, known, verdict);
  }

  async #carryOut(watch: Watched, known: Known, verdict: OffVerdict): Promise<void> {
    const { name } = watch.host.entry;
    if (verdict.is === "on") await this.#switchOn(watch, known);
    else if (verdict.is === "page")
      this.#say(name, known, "watch.page", `${verdict.told}: oob power on ${name}`);
    else
      this.#say(
        name,
        known,
        verdict.is === "observe" ? "watch.observe" : "watch.veto",
        verdict.told,
      );
  }

  async #switchOn(watch: Watched, known: Known): Promise<void> {
    const { guard, power, audit, clock } = this.#parts;
    const { entry, console } = watch.host;
    const { name } = entry;
    // As a runbook asks: the watchdog's own interlocks ask for a fault, and here the host is only off.
    const request = { host: name, act: "on", asker: "runbook", by: WATCHDOG } as const;
    const permit = await guard.ask(request);
    if (!permit.allowed) {
      const why = permit.objections.map((one) => one.text).join("; ");
      this.#say(name, known, "watch.page", `it is off, must be on, and stays off: ${why}`);
      return;
    }
    // The outlets were read for that, which takes seconds in which a person may have come; no interlock asks that for an on.
    const by = await this.#switchedOffBy(name);
    const late = by === undefined ? this.#handsOff(watch, clock.monotonic()) : `it is off by ${by}`;
    if (late !== undefined) {
      this.#say(name, known, "watch.veto", `it is not switched on: ${late}`);
      return;
    }
    const id = `always-on-${randomUUID()}`;
    await guard.spend(request, permit, id);
    console.mark("power", `on by ${WATCHDOG}: it must always be on`);
    const order = { id, by: WATCHDOG, reason: "it must always be on" };
    const moving = new AbortController();
    known.moving = moving;
    const { result, error } = await power
      .switchHost(entry, "on", order, undefined, moving.signal)
      .finally(() => {
        known.moving = undefined;
      });
    known.off = undefined;
    known.told = undefined;
    const text = error === undefined ? result : `${result}: ${error.message}`;
    if (result === "done")
      audit.note({
        host: name,
        type: "watch.act",
        by: WATCHDOG,
        text: "it was off, must be on, and was switched on",
      });
    else if (result === "refused" && moving.signal.aborted)
      this.#say(
        name,
        known,
        "watch.veto",
        `it is not switched on: ${messageOf(moving.signal.reason)}`,
      );
    else this.#say(name, known, "watch.page", `it is off, and could not be switched on: ${text}`);
  }

  /** Who switched it off by oob last, and not on since. */
  async #switchedOffBy(host: string): Promise<string | undefined> {
    let last: string | undefined;
    const query = { hosts: [host], type: "power.intent", follow: false } as const;
    for await (const { by, data } of this.#parts.audit.read(query))
      last = GOES_OFF.has(data?.verb) && by !== WATCHDOG ? by : undefined;
    return last;
  }

  async #used(host: string, per: Millis): Promise<number> {
    let used = 0;
    const since = this.#parts.clock.now() - per;
    const query = { hosts: [host], type: "guard.permit", since, follow: false } as const;
    for await (const { by, data } of this.#parts.audit.read(query))
      if (by === WATCHDOG && data?.act === "on") used++;
    return used;
  }

  #handsOff({ host, state }: Watched, now: Millis): string | undefined {
    const { watch, needs } = host.entry;
    const { held, seat, typedAt } = state;
    if (held !== undefined) return held;
    if (seat?.person) return `${seat.who} has the seat`;
    if (typedAt !== undefined && now - typedAt < watch.handsOff)
      return "a person typed a moment ago";
    const wall = new Date(this.#parts.clock.now());
    const quiet = watch.quiet.find((text) => isWithin(text, wall));
    if (quiet !== undefined) return `quiet hours: ${quiet}`;
    const down = needs.filter((name) => !this.#isHealthy(name));
    return down.length === 0 ? undefined : `it needs ${down.join(", ")}, not healthy now`;
  }

  /** Says something once, as long as it stays the same. */
  #say(host: string, known: Known, type: string, text: string): void {
    if (known.told === text) return;
    known.told = text;
    this.#parts.audit.note({ host, type, by: WATCHDOG, text });
  }
}

/** Whether a person at the console was there when it said that it goes down, or nobody saw who was. */
function shutOf({ host, state }: Watched, before: Known["shut"], now: Millis): Known["shut"] {
  if (kindOf(state.seen) !== "off") return undefined;
  if (before !== undefined) return before;
  if (state.seen.at < state.liveFrom) return { by: "somebody, before the watch began" };
  const { typedAt, seat } = state;
  const was = seat?.person || (typedAt !== undefined && now - typedAt < host.entry.watch.handsOff);
  return { by: was ? "a person at its console" : undefined };
}
