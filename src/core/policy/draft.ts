import type { Rung } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import {
  type Case,
  type Cause,
  type LivePolicy,
  type Phase,
  showedLife,
  type WatchState,
  type Wish,
} from "./state.ts";

/** Key under which a case remembers that a person was called. */
export const PAGED = "paged";

export type Suspect = Extract<Phase, { is: "suspect" }>;

/** One decision in the making: the state as it becomes, and the wishes so far. Lives for one call of decide(). */
export class Draft {
  readonly policy: LivePolicy;
  readonly now: Millis;
  readonly wishes: Wish[] = [];
  state: WatchState;

  constructor(policy: LivePolicy, state: WatchState, now: Millis) {
    this.policy = policy;
    this.state = state;
    this.now = now;
  }

  set(change: Partial<WatchState>): void {
    this.state = { ...this.state, ...change };
  }

  to(phase: Phase): void {
    this.set({ phase });
  }

  /** What is said to happen next, and when. */
  next(text: string, at?: Millis): void {
    this.set({ next: { text, at } });
  }

  wish(...wishes: readonly Wish[]): void {
    this.wishes.push(...wishes);
  }

  tell(type: string, text: string): void {
    this.wish({ is: "tell", type, text });
  }

  /** The case of the phase, undefined while calm. */
  get case(): Case | undefined {
    return this.state.phase.is === "calm" ? undefined : this.state.phase.case;
  }

  /** Changes the case, in whatever phase it is. */
  setCase(change: Partial<Case>): void {
    const { phase } = this.state;
    if (phase.is !== "calm") this.to({ ...phase, case: { ...phase.case, ...change } });
  }

  /** Begins to suspect. `from`: a case that goes on with the next rung. */
  suspect(cause: Cause, from?: Case): void {
    const who = { answered: showedLife(this.state), asked: this.state.answers === "yes" };
    const fresh = { opened: false, tried: [], told: [], booted: false, ...who, began: this.now };
    const first = from?.tried.length ? { first: from.first ?? from.cause } : {};
    this.to({
      is: "suspect",
      case: { ...(from ?? fresh), ...first, cause },
      since: this.now,
      notBefore: this.now,
      waitsFor: "",
      failures: undefined,
      probing: false,
    });
    this.tell("watch.suspect", cause.line ? `${cause.means}: "${cause.line}"` : cause.means);
  }

  /** What was found before proves nothing any more: the clocks of a suspicion start again. */
  restart(): void {
    const { phase } = this.state;
    if (phase.is === "suspect")
      this.to({ ...phase, since: this.now, failures: undefined, probing: false });
    // A yes to what is asked does not make older what has to stand from here on.
    if (phase.is === "waiting" && phase.ask)
      this.to({ ...phase, ask: { ...phase.ask, since: this.now } });
    this.set({ quietSince: this.now });
  }

  /** Bytes were missed: what was seen before may have been mended since, unseen. */
  missed(): void {
    const current = this.case;
    if (current) this.setCase({ cause: { ...current.cause, live: false } });
    // A boot may be among it, and another host at the end of the line.
    if (this.state.answers === "yes") this.set({ answers: "prompt" });
    this.restart();
  }

  /** Opens the incident, once. */
  open(): void {
    const current = this.case;
    if (!current || current.opened) return;
    this.setCase({ opened: true });
    this.wish({ is: "open", cause: current.cause });
  }

  /** Says something once in a case; true if it was new. */
  once(key: string, say: () => void): void {
    const current = this.case;
    if (!current || current.told.includes(key)) return;
    this.setCase({ told: [...current.told, key] });
    say();
  }

  /** Calls a person, once for each reason, and keeps an incident of it. */
  page(key: string, text: string): void {
    this.once(key, () => {
      this.open();
      this.once(PAGED, () => {});
      this.wish({ is: "page", text });
    });
  }

  /** Ends the case: nothing is wrong any more, or a person took over. */
  standDown(text: string): void {
    const current = this.case;
    if (!current) return;
    const acted = current.tried.length > 0 || current.booted;
    const observed = current.told.includes("observe");
    const as = acted ? "recovered" : observed ? "observed" : "closed";
    const took = inWords(this.now - current.began);
    this.tell(
      acted ? "watch.recovered" : "watch.calm",
      acted ? `${text}: recovered ${took} after the first sign` : text,
    );
    if (current.opened) this.wish({ is: "close", as, text });
    this.to({ is: "calm" });
    this.set({ quietSince: this.now, stallTold: false });
  }

  /** Nothing more is done by itself. */
  wait(why: string): void {
    const current = this.case;
    if (current) this.to({ is: "waiting", case: current, why });
  }

  giveUp(text: string): void {
    this.page("give-up", text);
    this.wish({ is: "mark", as: "given-up" });
    this.wait(text);
  }
}

/** "45s", for texts. */
export const inWords = (time: Millis): string => formatDuration(Math.max(0, time));

/** What a rung is called in a sentence. */
export const rungInWords: Readonly<Record<Rung, string>> = {
  nudge: "press Enter",
  sysrq: "sync, remount and reboot by SysRq",
  soft: "press its power button, and switch it on once it is off",
  "single-user": "boot it into single-user mode",
  cycle: "cycle its outlets",
  page: "call a person",
};
