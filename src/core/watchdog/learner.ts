import type { Clock, Millis } from "../../lib/clock.ts";
import { hours } from "../../lib/durations.ts";
import type { Evidence } from "../../sdk/rule.ts";
import { bootAllowance, unusualAfter } from "../habit/habit.ts";
import type { HabitKeeper } from "../habit/habit-keeper.ts";
import { habitInWords } from "../habit/habit-words.ts";
import { isLogin, kindOf } from "../policy/classes.ts";
import type { LivePolicy, WatchState } from "../policy/state.ts";
import { seenOf } from "./guard.ts";
import type { WatchedHost } from "./watchdog-parts.ts";

/** However long its boots took: a person should know after this. */
const LONGEST_BOOT: Millis = hours(2);

/** Lets a habit be learnt from what a watch sees, and applies it to the host's policy. */
export class Learner {
  readonly #host: WatchedHost;
  readonly #keeper: HabitKeeper;
  readonly #clock: Clock;
  #unfollow: (() => void) | undefined;

  constructor(host: WatchedHost, keeper: HabitKeeper, clock: Clock) {
    this.#host = host;
    this.#keeper = keeper;
    this.#clock = clock;
  }

  start(): void {
    const disturbed = () => this.#keeper.disturbed();
    const spoilt = () => {
      disturbed();
      this.#keeper.spoilsBoot();
    };
    this.#unfollow = this.#host.console.follow({
      bytes: (chunk) => this.#keeper.hears(chunk, this.#now()),
      evidence: (evidence) => this.#sees(evidence),
      state: disturbed,
      gap: spoilt,
      seat: (holder) => {
        if (holder?.person) spoilt();
      },
      typed: spoilt,
    });
  }

  stop(): void {
    this.#unfollow?.();
    this.#keeper.save();
  }

  /** Called now and then with where the watch stands. */
  look(state: WatchState): void {
    this.#keeper.look(this.#isCalm(state), this.#now());
  }

  /** A silent host answered: its silence was no fault. */
  answered(silentSince: Millis): void {
    const { wall, mono } = this.#now();
    this.#keeper.answered({ wall: wall - (mono - silentSince), mono: silentSince }, { wall, mono });
  }

  /** We made the host start again. */
  acted(): void {
    this.#keeper.acted(this.#now());
  }

  /** The policy of the host with what is known of it: a slow boot is waited for, an unusual silence is known as one. */
  applied(quietSince: Millis): LivePolicy {
    const { watch } = this.#host.entry;
    const { habit } = this.#keeper;
    const boot = Math.min(LONGEST_BOOT, bootAllowance(habit) ?? 0);
    const bootWithin = Math.max(watch.bootWithin, boot);
    if (watch.byHabit !== true) return { ...watch, bootWithin };
    const { wall, mono } = this.#now();
    return { ...watch, bootWithin, unusualAfter: unusualAfter(habit, wall - (mono - quietSince)) };
  }

  inWords(): readonly string[] {
    const now = this.#now();
    return habitInWords(this.#keeper.habit, now.wall, this.#keeper.going(now));
  }

  #now() {
    return { wall: this.#clock.now(), mono: this.#clock.monotonic() };
  }

  #sees(evidence: readonly Evidence[]): void {
    const seen = seenOf(this.#host.console.opinion);
    const kind = kindOf(seen);
    if (isLogin(seen)) this.#keeper.loggedIn(this.#now());
    else if (kind === "boot" || evidence.some((one) => one.class === "boot")) {
      this.#keeper.disturbed();
      this.#keeper.boots(this.#now());
    } else if (kind === "busy" || kind === "trouble" || kind === "off") {
      this.#keeper.disturbed();
      this.#keeper.spoilsBoot();
    }
  }

  #isCalm({ phase, held, linkUp, seat, typedAt, seen }: WatchState): boolean {
    const { handsOff } = this.#host.entry.watch;
    const kind = kindOf(seen);
    return (
      phase.is === "calm" &&
      held === undefined &&
      linkUp &&
      seat === undefined &&
      (typedAt === undefined || this.#clock.monotonic() - typedAt > handsOff) &&
      (kind === "alive" || kind === "nothing")
    );
  }
}
