/**
 * Consoles that a pager or an editor covers, in which nobody types: what happens behind it is not seen, and nothing may be
 * typed into it. That is told, and where a ping address is configured it is asked instead. It never proves a host dead: a
 * host that stops answering ping calls a person, and nothing is cut.
 */
import type { Millis } from "../../lib/clock.ts";
import { formatDuration, minutes } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import type { WatchState } from "../policy/state.ts";
import { pingOnce } from "./beside.ts";
import { type HostParts, WATCHDOG, type WatchedHost } from "./watchdog-parts.ts";

const COVERS: ReadonlySet<string> = new Set(["pager", "editor", "fullscreen"]);
/** So long somebody may be reading. */
const STANDS: Millis = minutes(15);
const ASK_EVERY: Millis = minutes(5);
/** A network drops a packet, a host reboots: so many in a row count. */
const MISSED = 3;

interface Watched {
  readonly host: WatchedHost;
  readonly state: WatchState;
}

/** What is remembered of a covered console. */
interface Cover {
  readonly since: Millis;
  told: boolean;
  askedAt: Millis;
  answered: boolean;
  missed: number;
}

export class Covered {
  readonly #parts: HostParts;
  readonly #covers = new Map<string, Cover>();

  constructor(parts: HostParts) {
    this.#parts = parts;
  }

  /** Called now and then. */
  look(watches: Iterable<Watched>, now: Millis): void {
    for (const watch of watches) {
      const { name } = watch.host.entry;
      if (!isCovered(watch, now)) {
        this.#covers.delete(name);
        continue;
      }
      const cover = this.#covers.get(name) ?? newCover(now);
      this.#covers.set(name, cover);
      if (now - cover.since >= STANDS) this.#stands(watch, cover, now);
    }
  }

  #stands({ host }: Watched, cover: Cover, now: Millis): void {
    const { name, watch } = host.entry;
    if (!cover.told) {
      cover.told = true;
      const stood = formatDuration(now - cover.since);
      this.#note(
        name,
        "watch.warning",
        `a pager, an editor or the like has covered the console for ${stood}, and nobody types: what happens behind it is not seen`,
      );
    }
    const { ping: address } = watch;
    if (address === undefined || now - cover.askedAt < ASK_EVERY) return;
    cover.askedAt = now;
    (this.#parts.ping ?? pingOnce)(address).then(
      ({ answers }) => this.#heard(name, address, cover, answers),
      (thrown: unknown) => this.#note(name, "watch.error", messageOf(thrown)),
    );
  }

  #heard(host: string, address: string, cover: Cover, answers: boolean): void {
    // It closed meanwhile.
    if (this.#covers.get(host) !== cover) return;
    cover.missed = answers ? 0 : cover.missed + 1;
    if (answers) cover.answered = true;
    if (!cover.answered || cover.missed !== MISSED) return;
    this.#note(
      host,
      "watch.page",
      `its console is covered by a pager or an editor, and it no longer answers ping at ${address}: look at it`,
    );
  }

  #note(host: string, type: string, text: string): void {
    this.#parts.audit.note({ host, type, by: WATCHDOG, text });
  }
}

const newCover = (now: Millis): Cover => ({
  ...{ since: now, told: false, answered: false, missed: 0 },
  askedAt: Number.NEGATIVE_INFINITY,
});

/** Nobody is there, nothing else is known, and the screen belongs to a program. */
function isCovered({ host, state }: Watched, now: Millis): boolean {
  const { mode, handsOff } = host.entry.watch;
  const { phase, seat, typedAt, held, linkUp } = state;
  const nobody = seat === undefined && (typedAt === undefined || now - typedAt >= handsOff);
  const may = (mode === "act" || mode === "ask") && held === undefined && linkUp;
  return may && nobody && phase.is === "calm" && COVERS.has(host.console.opinion.class);
}
