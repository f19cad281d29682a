import type { Millis } from "../../lib/clock.ts";
import type { Evidence } from "../../sdk/rule.ts";
import type { Cause } from "../policy/state.ts";
import type { SiteEvent } from "../site/site.ts";
import type { Hindsight, Story, StoryAct, StoryLine } from "./story.ts";

/** A kernel that complains all night fills no memory. */
const MAX_LINES = 200;
/** What tells the story; the rest is of no interest once it is over. */
const TOLD = /^(?:watch\.(?!start|warning)|incident\.open)/;
/** An oops becomes a panic: the story is that of what was acted upon. */
const RECONSIDERS: ReadonlySet<string> = new Set([
  "incident.open",
  "watch.confirmed",
  "guard.permit",
]);
const ENDS: ReadonlySet<string> = new Set(["watch.calm", "watch.recovered"]);
/** The host was started again. */
const BOOTS: ReadonlySet<string> = new Set(["boot", "unexpected-reboot", "boot-loop"]);
/** What a host shows to people who may type: it was not dead. */
const LIVES: ReadonlySet<string> = new Set(["login-prompt", "runtime", "recovered"]);

interface OpenAct extends Omit<StoryAct, "after"> {
  after: Hindsight;
  /** When the first byte came since. */
  spokeAt: Millis | undefined;
  settled: boolean;
}

interface OpenStory {
  readonly began: Millis;
  class: string;
  means: string;
  evidence?: NonNullable<Story["evidence"]>;
  readonly lines: StoryLine[];
  readonly acts: OpenAct[];
  readonly pages: StoryLine[];
  incident: boolean;
  /** Power would have been cut: the rest of the story is no more than imagined. */
  cut: boolean;
  ended?: Millis;
}

interface Listening {
  /** What the watchdog goes by now, where an incident stands. */
  readonly cause: () => Cause | undefined;
  /** Evidence that stands on the console, for the rule and the line. */
  readonly evidence: () => readonly Evidence[];
  /** Where a place of the stream stands in the log. */
  readonly place: (offset: number) => number | undefined;
  /** A boot is shown within this after the first byte. */
  readonly bootWithin: Millis;
  /** A story is complete, hindsight included. */
  readonly told: (story: Story) => void;
}

/** Makes stories of what the watchdog tells, and adds what the log shows afterwards. */
export class StoryTeller {
  readonly #listening: Listening;
  #open: OpenStory | undefined;
  /** Over, but what the log shows after its acts is not known yet. */
  #waiting: OpenStory[] = [];

  constructor(listening: Listening) {
    this.#listening = listening;
  }

  /** A suspicion stands. */
  get suspects(): boolean {
    return this.#open !== undefined;
  }

  hears(event: SiteEvent): void {
    const { at, type, text, data = {} } = event;
    if (type === "watch.suspect" && !this.#open) this.#begin(event);
    const story = this.#open;
    if (!story) return;
    if (!story.cut) listen(story, event);
    if (RECONSIDERS.has(type)) this.#cause(story, this.#listening.cause());
    if (type === "guard.permit") {
      const rung = typeof data.act === "string" ? data.act : "act";
      const after = { is: "nothing" } as const;
      story.acts.push({ at, rung, permit: text, after, spokeAt: undefined, settled: false });
      story.cut ||= data.cut === true;
    }
    if (ENDS.has(type)) this.#end(at);
  }

  /** The console showed something. */
  shows(at: Millis, evidence: readonly Evidence[]): void {
    for (const act of this.#unsettled()) {
      if (act.spokeAt !== undefined && at - act.spokeAt > this.#listening.bootWithin)
        act.settled = true;
      if (act.settled) continue;
      act.spokeAt ??= at;
      if (act.after.is === "nothing") act.after = { is: "text", at };
      for (const one of evidence) takeSign(act, one, at);
    }
    this.#tell(false);
  }

  /** The log is at its end. */
  ends(): void {
    if (this.#open) this.#waiting.push(this.#open);
    this.#open = undefined;
    this.#tell(true);
  }

  #begin({ at, text, data = {} }: SiteEvent): void {
    const of = typeof data.class === "string" ? data.class : "unknown";
    const story: OpenStory = {
      ...{ began: at, class: of, means: text, lines: [], acts: [], pages: [] },
      ...{ incident: false, cut: false },
    };
    if (data.is === "evidence" && typeof data.at === "number") this.#evidence(story, of, data.at);
    this.#open = story;
  }

  #cause(story: OpenStory, cause: Cause | undefined): void {
    if (cause?.is !== "evidence") return;
    story.class = cause.class;
    story.means = cause.means;
    this.#evidence(story, cause.class, cause.at);
  }

  #evidence(story: OpenStory, of: string, at: number): void {
    const proof = this.#listening.evidence().findLast((one) => one.at === at && one.class === of);
    if (!proof) return;
    const { rule, line, means } = proof;
    const offset = this.#listening.place(at);
    story.means = means;
    story.evidence = { rule, line, ...(offset !== undefined && { offset }) };
  }

  #end(at: Millis): void {
    if (!this.#open) return;
    this.#open.ended = at;
    this.#waiting.push(this.#open);
    this.#open = undefined;
    this.#tell(false);
  }

  #unsettled(): OpenAct[] {
    const stories = this.#open ? [...this.#waiting, this.#open] : this.#waiting;
    return stories.flatMap(({ acts }) => acts.filter(({ settled }) => !settled));
  }

  /** In their order: one that waits keeps those behind it. */
  #tell(all: boolean): void {
    while (this.#waiting[0] && (all || this.#waiting[0].acts.every(({ settled }) => settled)))
      this.#listening.told(closed(this.#waiting.shift() as OpenStory));
  }
}

function takeSign(act: OpenAct, { class: kind, line, state }: Evidence, at: Millis): void {
  const booted = BOOTS.has(kind);
  if (act.settled) return;
  if (!booted && !(LIVES.has(kind) && state === "healthy")) return;
  act.after = booted ? { is: "boot", at: act.spokeAt ?? at } : { is: "lived", at, line };
  act.settled = true;
}

function listen(story: OpenStory, { at, type, text }: SiteEvent): void {
  if (TOLD.test(type) && story.lines.length < MAX_LINES) story.lines.push({ at, type, text });
  if (type === "incident.open") story.incident = true;
  if (type === "watch.page") story.pages.push({ at, type, text });
}

const closed = ({ began, class: of, means, evidence, ...story }: OpenStory): Story => ({
  ...{ began, class: of, means, lines: story.lines, pages: story.pages, incident: story.incident },
  ...(evidence && { evidence }),
  ...(story.ended !== undefined && { ended: story.ended }),
  acts: story.acts.map(({ at, rung, permit, after }) => ({ at, rung, permit, after })),
});
