import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostEntry } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { Evidence } from "../../sdk/rule.ts";
import type { Incident } from "../incident/incident.ts";
import type { SiteEvent } from "../site/site.ts";
import type { LogMoment, PlayableLog } from "./log-moment.ts";
import { Places } from "./places.ts";
import { Player, type Playing } from "./player.ts";
import { counted, type LogSummary, nothingFound, type Story } from "./story.ts";
import { StoryTeller } from "./story-teller.ts";

/** After its end a log is taken to be silent for so long, and only while a suspicion stands. */
const AFTER_THE_END: Millis = minutes(30);
const STEP: Millis = seconds(10);
/** An outlet moves for some seconds. */
const LOOK_AGAIN: Millis = seconds(1);

/** How a log is played. */
export interface Backtest extends Pick<Playing, "site" | "rules"> {
  readonly entry: HostEntry;
  /** `from`: when the log begins. */
  readonly told: (story: Story, from: Millis) => void;
  readonly signal: AbortSignal;
}

/** Plays a log to the watchdog. The host behind it answers no probe; what it did say is in the log. */
export async function playLog(log: PlayableLog, backtest: Backtest): Promise<LogSummary> {
  const memory = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const folder = fs.mkdtempSync(join(memory, "oob-backtest-"));
  try {
    return await new Play(log, backtest, folder).run();
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

class Play {
  readonly #log: PlayableLog;
  readonly #backtest: Backtest;
  readonly #folder: string;
  readonly #places = new Places();
  readonly #teller: StoryTeller;
  #player: Player | undefined;
  #summary = nothingFound(0);
  #evidence: readonly Evidence[] = [];
  /** Since an imagined cut nothing came. */
  #unseen = false;

  constructor(log: PlayableLog, backtest: Backtest, folder: string) {
    this.#log = log;
    this.#backtest = backtest;
    this.#folder = folder;
    this.#teller = new StoryTeller({
      evidence: () => this.#player?.session.opinion.evidence ?? [],
      cause: () => this.#player?.incidents.list([])[0]?.record.case.cause,
      place: (offset) => this.#places.of(offset),
      bootWithin: backtest.entry.watch.bootWithin,
      told: (story) => {
        this.#summary = counted(this.#summary, story);
        backtest.told(story, this.#summary.from);
      },
    });
  }

  async run(): Promise<LogSummary> {
    const { signal } = this.#backtest;
    for await (const moment of this.#log.moments()) {
      if (signal.aborted) break;
      const player = this.#player ?? (await this.#begin(moment.at));
      if (moment.is === "bytes") await this.#bytes(player, moment);
      else await player.play(moment);
    }
    if (this.#player) await this.#finish(this.#player);
    if (signal.aborted)
      throw new OobError("INTERRUPTED", `Cannot go on playing "${this.#log.name}": interrupted`);
    return this.#summary;
  }

  async #begin(from: Millis): Promise<Player> {
    const { entry, site, rules } = this.#backtest;
    const told = (event: SiteEvent) => this.#hears(event);
    const player = new Player({ entry, site, rules, folder: this.#folder, from, behind: {}, told });
    this.#player = player;
    this.#summary = nothingFound(from);
    player.session.follow({
      evidence: (evidence) => {
        this.#evidence = [...this.#evidence, ...evidence];
      },
    });
    await player.start();
    return player;
  }

  async #bytes(player: Player, moment: LogMoment & { is: "bytes" }): Promise<void> {
    this.#places.note(player.session.offset, moment.offset);
    this.#summary = { ...this.#summary, bytes: this.#summary.bytes + moment.bytes.length };
    await player.until(moment.at);
    if (this.#unseen) player.link(true, "played");
    this.#unseen = false;
    await player.play(moment);
    this.#teller.shows(player.clock.now(), this.#evidence);
    this.#evidence = [];
  }

  #hears(event: SiteEvent): void {
    this.#teller.hears(event);
    const { act, cut } = event.data ?? {};
    const incident = this.#player?.incidents.list([])[0];
    if (event.type !== "guard.permit" || !(cut === true || act === "single-user") || !incident)
      return;
    this.#player?.clock.after(LOOK_AGAIN, () => this.#closeCut(incident));
  }

  /**
   * The log goes on as it did without our cut: its incident ends here, and the next one begins afresh. That it is silent
   * proves nothing about a host that was cut, so the console counts as down until it speaks.
   */
  #closeCut(incident: Incident): void {
    const { acts, closedAt, id } = incident.record;
    if (closedAt !== undefined || !this.#player) return;
    if (acts.at(-1)?.how === undefined)
      this.#player.clock.after(LOOK_AGAIN, () => this.#closeCut(incident));
    else {
      this.#player.watchdog.closeIncident(id, "backtest", "what a cut brings, no log can tell");
      this.#player.link(false, "the host was cut, as imagined");
      this.#unseen = true;
    }
  }

  async #finish(player: Player): Promise<void> {
    this.#summary = { ...this.#summary, until: player.clock.now() };
    // A row that no line end closed (a prompt, the last line of a panic) is looked at by the next heartbeat.
    await player.pass(STEP);
    for (let passed = 0; passed < AFTER_THE_END && this.#teller.suspects; passed += STEP)
      await player.pass(STEP);
    await player.end();
    this.#teller.ends();
  }
}
