import type { Millis } from "../../lib/clock.ts";
import { hours, minutes, seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import {
  freshHabit,
  type Habit,
  learnBoot,
  learnHour,
  learnSilence,
  localOf,
  withoutFuture,
} from "./habit.ts";
import { readHabit, writeHabit } from "./habit-file.ts";
import { type Going, HabitNews } from "./habit-news.ts";
import { Recurring } from "./recurring.ts";

/** A silence is learnt only once the host went on for this long after it: else it may have been the fault itself. */
const GOES_ON: Millis = minutes(10);
/** Shorter ones are nothing to remember. */
const SHORTEST: Millis = seconds(10);
const SAVE_EVERY: Millis = hours(1);
const MAX_PENDING = 64;

interface Now {
  /** Unix ms. */
  readonly wall: Millis;
  readonly mono: Millis;
}

interface Silence {
  readonly at: Millis;
  readonly ms: Millis;
  readonly ended: Millis;
}

/**
 * Learns one console's habit. It learns from calm alone: what comes while the host is suspected, busy, held, or a person
 * is at it is no habit, and neither is the silence that it breaks. Nothing here decides anything.
 */
export class HabitKeeper {
  readonly #path: string;
  readonly #tell: (problem: string) => void;
  readonly #recurring: Recurring;
  readonly #news = new HabitNews();
  #habit: Habit = freshHabit();
  #calm = false;
  #lastByte: Now | undefined;
  #hour:
    | { readonly hour: number; readonly from: Now; readonly whole: boolean; bytes: number }
    | undefined;
  #pending: readonly Silence[] = [];
  #boot:
    | { readonly from: Now; readonly sign: Millis | undefined; readonly spoilt: boolean }
    | undefined;
  #acted: Now | undefined;
  #changed = false;
  #saveAt: Millis | undefined;

  constructor(path: string, tell: (problem: string) => void) {
    this.#path = path;
    this.#tell = tell;
    const { habit, problem } = readHabit(path);
    this.#habit = habit;
    this.#recurring = new Recurring(habit.lines);
    if (problem !== undefined) tell(problem);
  }

  get habit(): Habit {
    return this.#habit;
  }

  hears(chunk: Uint8Array, now: Now): void {
    if (!this.#calm) return;
    const last = this.#lastByte;
    this.#lastByte = now;
    if (this.#hour) this.#hour.bytes += chunk.length;
    this.#recurring.hears(chunk, now.mono);
    const ms = last ? now.mono - last.mono : 0;
    if (last && ms >= SHORTEST) this.#ended({ at: last.wall, ms, ended: now.mono });
  }

  /** Called every some seconds with whether all is calm: nobody there, nothing suspected, nothing running. */
  look(calm: boolean, now: Now): void {
    if (!calm) this.disturbed();
    else if (!this.#calm) this.#begins(now);
    this.#recurring.look();
    this.#followClock(now);
    if (this.#calm) this.#passes(now);
    this.#tellNews(now);
    this.#saveAt ??= now.mono + SAVE_EVERY;
    if (now.mono < this.#saveAt) return;
    this.#saveAt = now.mono + SAVE_EVERY;
    this.save();
  }

  /** What went on is no habit: silences that were not over for long, and the hour, are not learnt. */
  disturbed(): void {
    this.#calm = false;
    this.#lastByte = undefined;
    this.#hour = undefined;
    this.#pending = [];
    this.#recurring.restart();
  }

  /** The host answered a probe after this silence: it was silent and well. */
  answered(silentSince: Now, now: Now): void {
    this.#learn(learnSilence(this.#habit, silentSince.wall, now.mono - silentSince.mono));
  }

  /** We made the host start again. */
  acted(now: Now): void {
    this.#acted = now;
    this.#boot = undefined;
  }

  /** A boot shows. A second sign of the same boot changes nothing. */
  boots(now: Now): void {
    if (this.#boot) return;
    const from = this.#acted ?? now;
    const sign = this.#acted ? now.mono - this.#acted.mono : undefined;
    this.#boot = { from, sign, spoilt: false };
    this.#acted = undefined;
  }

  /** Somebody typed, the disk is checked, bytes are missing, it crashed again: this boot's time says nothing. */
  spoilsBoot(): void {
    if (this.#boot) this.#boot = { ...this.#boot, spoilt: true };
    this.#acted = undefined;
  }

  /** A login prompt shows. */
  loggedIn(now: Now): void {
    const boot = this.#boot;
    this.#boot = undefined;
    if (!boot || boot.spoilt) return;
    const { from, sign } = boot;
    const login = now.mono - from.mono;
    this.#learn(
      learnBoot(this.#habit, { at: now.wall, login, ...(sign !== undefined && { sign }) }),
    );
  }

  /** Since when a line has not come, and what this hour has brought; for people. */
  going(now: Now): Going {
    const { hour } = localOf(now.wall);
    return {
      lines: this.#habit.lines,
      ageOf: (text) => this.#recurring.ageOf(text, now.mono),
      usualBytes: this.#habit.bytes[hour],
      bytes: this.#hour?.bytes ?? 0,
    };
  }

  save(): void {
    if (!this.#changed) return;
    try {
      writeHabit(this.#path, this.#habit);
      this.#changed = false;
    } catch (thrown) {
      this.#tell(`the habit cannot be kept in "${this.#path}": ${messageOf(thrown)}`);
    }
  }

  #tellNews(now: Now): void {
    const { lines } = this.#recurring;
    if (lines.length > 0) this.#habit = { ...this.#habit, lines };
    for (const text of this.#news.look(this.going(now))) this.#tell(text);
  }

  /** A clock that was set back, for it had run ahead: hours of the day are learnt anew. */
  #followClock({ wall }: Now): void {
    const habit = withoutFuture(this.#habit, wall);
    if (habit === this.#habit) return;
    this.disturbed();
    this.#learn(habit);
    this.#tell("the clock ran ahead while the habit was learnt: its hours are learnt anew");
  }

  #begins(now: Now): void {
    this.#calm = true;
    this.#hour = { hour: localOf(now.wall).hour, from: now, whole: false, bytes: 0 };
  }

  #passes(now: Now): void {
    const { hour } = localOf(now.wall);
    const running = this.#hour;
    if (running && running.hour !== hour) {
      // A clock that was set in between makes neither a whole hour nor one of that name.
      const took = now.mono - running.from.mono;
      const even = Math.abs(now.wall - running.from.wall - took) < minutes(1);
      if (running.whole && even && took >= minutes(59) && took <= minutes(61))
        this.#learn(learnHour(this.#habit, running.from.wall, running.bytes));
      this.#hour = { hour, from: now, whole: true, bytes: 0 };
    }
    const over = this.#pending.filter(({ ended }) => now.mono - ended >= GOES_ON);
    if (over.length === 0) return;
    this.#pending = this.#pending.filter((one) => !over.includes(one));
    for (const { at, ms } of over) this.#learn(learnSilence(this.#habit, at, ms));
  }

  /** Only the longest of those that began in the same hour is worth keeping until it is over for long enough. */
  #ended(silence: Silence): void {
    const { hour } = localOf(silence.at);
    const rest = this.#pending.filter(({ at, ms }) => ms > silence.ms || localOf(at).hour !== hour);
    this.#pending = [...rest, silence].slice(-MAX_PENDING);
  }

  #learn(habit: Habit): void {
    this.#habit = habit;
    this.#changed = true;
  }
}
