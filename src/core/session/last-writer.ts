import { LOG_OUT } from "../../config/on-detach.ts";
import type { OnDetach } from "../../config/site-config.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import { printable } from "../../lib/printable.ts";
import type { Opinion } from "../detect/opinion.ts";
import type { LastVisit, OpenShell } from "../site/who.ts";
import type { Stop } from "./guest.ts";
import { closeDetached, type Detached, type DetachedConsole } from "./on-detach.ts";
import type { Place } from "./seat.ts";
import type { TypedLast } from "./typed-last.ts";
import type { Visit, VisitBook } from "./visit-book.ts";

interface LastWriterParts {
  readonly console: DetachedConsole & {
    readonly opinion: Opinion;
    readonly offset: number;
  };
  readonly clock: Clock;
  readonly book: VisitBook;
  readonly policy: OnDetach;
  readonly typed: () => TypedLast;
  /** A runbook or the watchdog has the seat. */
  readonly lent: () => boolean;
  /** To the people here. */
  readonly tell: (text: string) => void;
  /** Into the audit trail. */
  readonly note: (type: string, text: string, data: Readonly<Record<string, unknown>>) => void;
}

/** Who left, and what is to be done about it. */
interface Owed {
  readonly who: string;
  readonly policy: OnDetach;
  /** That it has to wait for the console was told. */
  readonly told?: boolean;
}

/** Who was there when an earlier process ended is given so long to come back. */
const GRACE: Millis = minutes(1);
/** Rules that know the prompt of a shell: what the detector saw last is one of them while somebody is logged in. */
const SHELL_RULE = /(?:^|\/)(?:bare-)?shell-prompt$/;

/** What the last person who wrote leaves behind: their name for the next one, and perhaps an open shell. */
export class LastWriter {
  readonly #parts: LastWriterParts;
  /** People who wrote and neither went away nor had the seat taken. */
  readonly #writers = new Map<Place, number>();
  #shown: Visit | undefined;
  #read = false;
  /** Left without its on-detach: automation had the seat, or the console was down. */
  #owed: Owed | undefined;
  #running: Promise<void> | undefined;
  readonly #closing = new AbortController();
  #timer: Timer | undefined;

  constructor(parts: LastWriterParts) {
    this.#parts = parts;
  }

  /** What a process before this one owed is done, unless somebody comes to write first. */
  start(): void {
    const { book, clock, policy } = this.#parts;
    this.#recall();
    if (policy.is === "nothing" || !book.last?.owed) return;
    const { who } = book.last;
    this.#timer = clock.after(GRACE, () => {
      this.#owed = { who, policy };
      this.settle();
    });
  }

  /** A person who typed before this process began keeps hands off for as long as without a restart. */
  #recall(): void {
    const { book, clock, typed } = this.#parts;
    const { last } = book;
    // Who was there when oob ended may have typed until then, whenever that was: it counts as now, once.
    const at = last?.typedAt ?? (last?.until === undefined ? clock.now() : undefined);
    if (last === undefined || at === undefined) return;
    book.write({ ...last, typedAt: at });
    typed().by(last.who, clock.monotonic() - Math.max(0, clock.now() - at));
  }

  /** Who wrote before those who do now. */
  get visit(): LastVisit | undefined {
    if (!this.#read && this.#parts.book.last) {
      const { owed: _, typedAt: __, ...last } = this.#parts.book.last;
      this.#shown = last;
    }
    this.#read = true;
    const last = this.#shown;
    if (!last) return undefined;
    const { who, until = last.since, how } = last;
    return { who, until, how };
  }

  /** The shell that stands open, as the detector saw it, or as it was left by an earlier process. */
  get openShell(): OpenShell | undefined {
    const { visit } = this;
    const seen = shellIn(this.#parts.console.opinion);
    const left = this.#shown?.shell;
    const kept = this.#parts.console.opinion.evidence.length === 0;
    const stands = kept && this.#shown?.offset === this.#parts.console.offset ? left : undefined;
    const shell = seen ?? stands;
    if (!shell) return undefined;
    return { ...shell, ...(left && visit ? { since: visit.until, by: visit.who } : {}) };
  }

  /** A person has the seat. */
  began(place: Place): void {
    void this.visit; // Whoever was here before is kept for the welcome.
    const since = this.#parts.clock.now();
    this.#writers.set(place, since);
    const how = "was there when oob ended";
    const { offset } = this.#parts.console;
    this.#timer?.cancel();
    this.#parts.book.write({ who: place.who, since, how, offset, owed: true });
  }

  /** A person stopped writing. */
  stopped(place: Place, why: Stop): void {
    const since = this.#writers.get(place);
    if (since === undefined || why.is === "lent") return;
    const { who } = place;
    this.#shown = this.#visitNow(who, since, why.text);
    this.#parts.book.write({ ...this.#shown, owed: true });
    // Who only reads now is still there; their shell is theirs until they go.
    if (why.is === "reads") return;
    this.#writers.delete(place);
    if (why.is === "closed") return;
    const { policy } = this.#parts;
    // Nobody is at the far end of a broken telephone line to close the shell, and whoever is called next finds it.
    const hangsUp = why.is === "hung-up" && policy.is === "nothing";
    this.#owed = { who, policy: hangsUp ? LOG_OUT : policy };
    this.settle();
  }

  /** Nobody writes any more, automation gave the seat back, or the console is up again: what is owed is done now. */
  settle(): void {
    const owed = this.#owed;
    const { console, lent } = this.#parts;
    if (!owed || this.#running || lent() || this.#writers.size > 0) return;
    const { policy } = owed;
    if (policy.is === "nothing") {
      this.#owed = undefined;
      this.#paid();
      this.#sayOpen(owed, "");
    } else if (console.portState.is !== "up") {
      if (!owed.told) this.#sayOpen(owed, "the console is down; tried again when it is up");
      this.#owed = { ...owed, told: true };
    } else {
      this.#owed = undefined;
      this.#running = this.#close(owed.who, policy);
    }
  }

  /** Ends when what was begun has come to its end: a command that opened the console by itself waits for it. */
  async finished(): Promise<void> {
    await this.#running;
  }

  close(): void {
    this.#timer?.cancel();
    this.#owed = undefined;
    this.#closing.abort(new Error("the console is closed"));
  }

  async #close(who: string, policy: Exclude<OnDetach, { readonly is: "nothing" }>): Promise<void> {
    const { console, clock } = this.#parts;
    const { signal } = this.#closing;
    const done = await closeDetached({ console, clock, policy, who, signal });
    this.#running = undefined;
    if (signal.aborted) return;
    this.#tellOf({ who, policy }, done);
    // Somebody may have come and gone meanwhile.
    this.settle();
  }

  #tellOf({ who, policy }: Owed, done: Detached): void {
    const { note, tell, console } = this.#parts;
    const data = { who, policy: policy.is };
    switch (done.is) {
      case "proven": {
        const proof = printable(done.proof, 80);
        const text = `logged out after ${who} left: ${done.how}; the console shows "${proof}"`;
        note("session.logout", text, { ...data, how: done.how, proof, offset: console.offset });
        tell(text);
        const { shell: _, ...visit } = this.#shown ?? this.#visitNow(who, 0, "");
        this.#shown = { ...visit, offset: console.offset };
        this.#paid();
        return;
      }
      case "needless":
        note("session.logout", `nothing to log out after ${who}: the login prompt stands`, {
          ...data,
          proof: printable(done.proof, 80),
        });
        this.#paid();
        return;
      case "unproven":
        this.#paid();
        this.#sayOpen({ who, policy }, done.why, true);
        return;
      case "called off":
        // Whoever writes now leaves in their turn; automation gives the seat back.
        if (this.#writers.size === 0) this.#owed = { who, policy };
        note("session.logout", `on-detach was called off: somebody else writes`, data);
    }
  }

  /** A process after this one has nothing left to do. */
  #paid(): void {
    void this.visit;
    if (this.#shown) this.#parts.book.write(this.#shown);
  }

  /** The event that an open shell is; without one, only a logout that is not proven is worth one. */
  #sayOpen({ who, policy }: Owed, why: string, unproven = false): void {
    const { console, note, tell } = this.#parts;
    const shell = shellIn(console.opinion);
    if (!shell && !unproven) return;
    const kind = shell ? `a${shell.root ? " root" : ""} shell` : "not proven to be logged out";
    const because = why === "" ? "" : ` (${why})`;
    const text = `console left logged in by ${who}: ${kind}${because}`;
    note("session.left-open", text, { who, policy: policy.is, ...(shell ?? {}) });
    tell(text);
  }

  #visitNow(who: string, since: number, how: string): Visit {
    const { clock, console } = this.#parts;
    const shell = shellIn(console.opinion);
    const { offset } = console;
    const { at } = this.#parts.typed();
    const typedAt = at === undefined ? {} : { typedAt: clock.now() - (clock.monotonic() - at) };
    const visit = { who, since, until: clock.now(), ...typedAt, how, offset };
    return { ...visit, ...(shell ? { shell } : {}) };
  }
}

/** The shell whose prompt is the newest that the detector saw. */
function shellIn({ evidence }: Opinion): { readonly root: boolean } | undefined {
  const newest = evidence.at(-1);
  if (!newest || !SHELL_RULE.test(newest.rule)) return undefined;
  return { root: newest.line.trimEnd().endsWith("#") };
}
