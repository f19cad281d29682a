/**
 * One host's watch: gives decide() what happens, in order, and carries out what it wishes. Inputs that come while
 * wishes are carried out wait their turn. Whatever goes wrong here stays here: other hosts are watched on.
 */
import type { Rung } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Evidence } from "../../sdk/rule.ts";
import type { Incident } from "../incident/incident.ts";
import { isStart, kindOf, LOGIN } from "../policy/classes.ts";
import { decide } from "../policy/decide.ts";
import type { CutShort } from "../policy/resume.ts";
import {
  freshState,
  type Input,
  type LivePolicy,
  type WatchState,
  type Wish,
} from "../policy/state.ts";
import { AskedOfKernel } from "./asked-of-kernel.ts";
import { Climber } from "./climber.ts";
import { seenOf } from "./guard.ts";
import type { KernelEar } from "./kernel-ear.ts";
import { Learner } from "./learner.ts";
import { Prober } from "./prober.ts";
import { TypedText } from "./typed-text.ts";
import { Alarm } from "./watchdog-alarm.ts";
import type { HostParts, LeftIncident, WatchedHost, WatchStatus } from "./watchdog-parts.ts";
import { HostStory } from "./watchdog-story.ts";
import { holdInWords, othersSeat, readProgress, resumed, statusOf } from "./watchdog-view.ts";
import type { Recollection } from "./why/recollection.ts";
import { stillShows, takenUp, type Witness } from "./witness.ts";

/** A timer that fires this late: the process stood still, and silence was ours. */
export const STOOD_STILL: Millis = seconds(5);

export class HostWatch {
  readonly host: WatchedHost;
  readonly learner: Learner | undefined;
  readonly #parts: HostParts;
  readonly #inputs: Input[] = [];
  readonly #typed = new TypedText();
  readonly #story: HostStory;
  readonly #alarm: Alarm;
  #state: WatchState;
  #working = false;
  #unfollow: (() => void) | undefined;
  readonly #prober: Prober;
  readonly #climber: Climber;
  readonly #asked = new AskedOfKernel();
  #lookedAt = -1;
  #since: Millis;
  #suspectedAt: Millis | undefined;
  #gapAt: Millis | undefined;
  #typedItself = false;

  constructor(host: WatchedHost, parts: HostParts) {
    this.host = host;
    this.#parts = parts;
    this.#story = new HostStory(host, parts);
    const answered = (since: Millis) => this.learner?.answered(since);
    this.#prober = new Prober({ host, parts, story: this.#story, answered });
    this.#climber = new Climber(host, parts, this.#story);
    const keeper =
      host.entry.watch.mode === "off" ? undefined : parts.habits?.keeperOf(host.entry.name);
    this.learner = keeper && new Learner(host, keeper, parts.clock);
    this.#alarm = new Alarm(parts.clock, (late) => this.#tick(late));
    this.#since = parts.clock.now();
    this.#state = freshState(parts.clock.monotonic(), host.console.everAlive);
  }

  get state(): WatchState {
    return this.#state;
  }

  /** When it became suspect and when bytes were lost, last; whether a person typed the text that matched. */
  get noted() {
    return { suspectedAt: this.#suspectedAt, gapAt: this.#gapAt, typedItself: this.#typedItself };
  }

  get incident(): Incident | undefined {
    return this.#story.incident;
  }

  /** The host's policy, with what was learnt of it. */
  get policy(): LivePolicy {
    const { quietSince } = this.#state;
    const since = Math.max(quietSince, this.host.console.lastByteAt ?? quietSince);
    return this.learner?.applied(since) ?? this.host.entry.watch;
  }

  /** What came and what was asked, as far as this process remembers. */
  get recollection(): Pick<Recollection, "seenAt" | "probes"> {
    return this.#story.recollection;
  }

  get status(): WatchStatus {
    const now = this.#parts.clock.monotonic();
    return statusOf(this.#state, this.host.entry.watch.mode, this.incident, this.#since, now);
  }

  /** Begins to watch; takes up an incident that a restart left open. `closed`: up to where people closed what shows. */
  start(left: LeftIncident | undefined, witness?: Witness, closed = -1): void {
    const { console, entry } = this.host;
    // A log that begins anew counts from 0 again.
    const dismissed = closed <= console.offset ? closed : -1;
    this.#state = { ...this.#state, liveFrom: console.offset, dismissed };
    if (left) this.#resume(left.incident, left.cutShort);
    else if (witness && stillShows(witness, console.opinion)) this.#takeUp(witness);
    this.#unfollow = console.follow({
      bytes: (chunk, offset) => {
        if (this.#asked.isAnswer(chunk, offset, this.#parts.clock.monotonic())) return;
        // A calm host's bytes need no decision: console.lastByteAt is looked at when the timer fires.
        if (this.#state.phase.is !== "calm" || !this.#state.seenAlive) this.give({ is: "bytes" });
      },
      evidence: (evidence) => this.#sees(evidence),
      state: (state) => this.give({ is: "link", up: state.is === "up" }),
      gap: (bytes, why) => this.gap(`${bytes} bytes are missing: ${why}`),
      seat: () => this.#seat(),
      typed: (bytes) => {
        const at = this.#parts.clock.monotonic();
        this.#typed.add(bytes, console.offset, at);
        this.give({ is: "typed", at });
      },
    });
    this.learner?.start();
    this.give({ is: "link", up: console.portState.is === "up" });
    this.holdChanged();
    this.#seat();
    this.give({ is: "opinion", seen: seenOf(console.opinion) });
    if (entry.watch.mode !== "off")
      this.#story.note("watch.start", `watching, mode ${entry.watch.mode}`);
  }

  async stop(): Promise<void> {
    this.#unfollow?.();
    this.learner?.stop();
    this.#alarm.cancel();
    this.#prober.stop("the watch ends");
    this.#climber.stop("the watch ends");
    await this.#story.settled();
    this.#alarm.cancel();
  }

  gap(why: string): void {
    this.#gapAt = this.#parts.clock.monotonic();
    this.#prober.stop(why);
    this.give({ is: "gap", why });
  }

  holdChanged(): void {
    const { holds, clock } = this.#parts;
    const held = holdInWords(holds.of(this.host.entry.name), clock.now());
    if (held !== undefined) this.#prober.stop(held);
    this.give({ is: "hold", held });
  }

  closedBy(by: string, reason: string): void {
    this.give({ is: "closed", by });
    this.#story.close("closed", `${by}: ${reason}`);
  }

  /** Puts an input to decide() and carries out its wishes. */
  give(input: Input): void {
    this.#inputs.push(input);
    if (this.#working) return;
    this.#working = true;
    try {
      for (let next = this.#inputs.shift(); next; next = this.#inputs.shift()) this.#decide(next);
    } catch (thrown) {
      this.#inputs.length = 0;
      this.#story.note("watch.error", `the watch stumbled: ${messageOf(thrown)}`);
    } finally {
      this.#working = false;
      this.#alarm.set(this.#state.next.at);
    }
  }

  #decide(input: Input): void {
    if (input.is === "started") this.#prober.stop("the host starts");
    const before = this.#state;
    const now = this.#parts.clock.monotonic();
    const { state, wishes } = decide(this.policy, before, input, now);
    this.#state = state;
    const began = (before.phase.is === "calm") !== (state.phase.is === "calm");
    if (began || before.seen.class !== state.seen.class) this.#since = this.#parts.clock.now();
    if (before.phase.is === "calm" && state.phase.is !== "calm") this.#suspectedAt = now;
    if (state.phase.is === "calm") this.#prober.forget();
    for (const wish of wishes) this.#try(wish);
    if (state.phase.is === "acting" && state.phase.objection !== undefined)
      this.#climber.callOff(state.phase.objection);
    if (this.incident && state.phase.is !== "calm" && before.phase !== state.phase)
      this.incident.change({ case: state.phase.case });
  }

  /** A wish that fails does not take the others with it. */
  #try(wish: Wish): void {
    try {
      this.#do(wish);
    } catch (thrown) {
      this.#story.note("watch.error", `${wish.is}: ${messageOf(thrown)}`);
    }
  }

  #do(wish: Wish): void {
    if (wish.is === "probe") this.#story.run(this.#prober.make(this));
    else if (wish.is === "act") {
      this.#climber.begins();
      this.#story.run(this.#climb(wish.rung));
    } else this.#story.tells(wish, this.#state);
  }

  async #climb(rung: Rung): Promise<void> {
    const { console } = this.host;
    const listens = (ear?: KernelEar) => this.#asked.listens(ear, console.offset);
    const end = await this.#climber.climb(rung, this.#state, listens);
    this.#asked.ends(console.offset);
    if (end.how === "done" && rung !== "single-user") this.learner?.acted();
    this.give({ is: "finished", rung, how: end.how, text: end.text });
  }

  /** Evidence in a row that no line end has closed is in no event: looked for once a console has come to rest. */
  look(): void {
    const { console } = this.host;
    const { phase } = this.#state;
    if (phase.is === "acting") return;
    // A habit that has become known meanwhile rings no timer.
    const { next } = this.#state;
    if (this.host.entry.watch.byHabit && phase.is === "calm" && next.at === undefined)
      this.#tick(0);
    // Where nothing came, nothing has moved.
    if (this.#lookedAt === console.offset) return;
    this.#lookedAt = console.offset;
    const seen = seenOf(console.opinion);
    const { class: before, at } = this.#state.seen;
    const isNews = seen.class !== before || seen.at !== at;
    if (isNews && !this.#asked.holds(seen)) this.give({ is: "opinion", seen });
    if (kindOf(this.#state.seen) === "busy") this.#story.run(readProgress(this));
  }

  #sees(evidence: readonly Evidence[]): void {
    const seen = seenOf(this.host.console.opinion);
    if (this.#asked.isEndedBy(evidence)) this.give({ is: "bytes" });
    if (this.#asked.holds(seen)) return;
    this.#looksForCrashKernel(evidence);
    this.#typedItself = evidence.some((one) => this.#typed.holds(one.line));
    this.#story.saw(evidence);
    if (this.#state.phase.is === "calm") this.give({ is: "bytes" });
    if (this.#typed.endsAt(evidence)) this.give({ is: "started" });
    this.give({ is: "opinion", seen });
    if (this.#typed.isAnswered(evidence, this.#parts.clock.monotonic()))
      this.give({ is: "answered" });
  }

  /** A boot's own lines tell whether a dump is to be waited for after a panic; by its login prompt all are there. */
  #looksForCrashKernel(evidence: readonly Evidence[]): void {
    const { crashKernel } = this.#prober;
    if (evidence.some((one) => isStart(one.class))) crashKernel.boots();
    if (evidence.some((one) => one.class === LOGIN))
      this.#story.run(crashKernel.look(this.host.console));
  }

  #seat(): void {
    const acting = this.#state.phase.is === "acting";
    this.give({ is: "seat", holder: othersSeat(this.host.console.seat, acting) });
    const typedAt = this.host.console.lastTypedAt;
    if (typedAt !== undefined) this.give({ is: "typed", at: typedAt });
  }

  /** What a process saw that was killed before it opened an incident. */
  #takeUp(witness: Witness): void {
    this.#suspectedAt = this.#parts.clock.monotonic();
    this.#state = takenUp(this.#state, witness, this.host, this.#suspectedAt);
    this.#story.note("watch.resume", "goes on after a restart: the console ends in what was seen");
  }

  #resume(incident: Incident, cutShort: CutShort | undefined): void {
    this.#story.resume(incident);
    const now = this.#parts.clock.monotonic();
    this.#state = resumed(this.#state, this.host, incident, cutShort, now);
    this.#suspectedAt = now;
    if (cutShort?.how === "unknown")
      this.#story.page(
        `${cutShort.rung} was cut short by a restart: it is not known whether it worked, and it is not repeated`,
      );
  }

  #tick(late: Millis): void {
    if (late > STOOD_STILL) {
      this.gap(`this process stood still for ${formatDuration(late)}`);
      return;
    }
    const { lastTypedAt, lastByteAt } = this.host.console;
    if (lastTypedAt !== undefined) this.give({ is: "typed", at: lastTypedAt });
    this.give({ is: "tick", lastByteAt });
  }
}
