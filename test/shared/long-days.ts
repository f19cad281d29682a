/**
 * Long days of imagined hosts, woven of recorded consoles: boots, nightly jobs, people who log in, kernels that
 * chatter, silences, lines that drop, and now and then a fault. All by one seed, so that a day can be lived again.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareConfig, bareHost } from "../../src/config/bare-config.ts";
import type { WatchPolicy } from "../../src/config/site-config.ts";
import { WATCH_PRESETS } from "../../src/config/watch-policy.ts";
import type { ImaginedHost } from "../../src/core/backtest/imagined-host.ts";
import { Player } from "../../src/core/backtest/player.ts";
import type { SiteEvent } from "../../src/core/site/site.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import { hours, minutes, seconds } from "../../src/lib/durations.ts";
import { shippedRules } from "../core/detect/shipped-rules.ts";
import { piecesOf } from "./replay.ts";

/** A line of the corpus' labels, as far as it is used here; corpus/README.md names the fields. */
export interface Label {
  readonly file: string;
  readonly os: string;
  readonly expect: string;
  readonly action: "none" | "notify" | "hold" | "confirm" | "recover";
  readonly must_not_act: boolean;
  readonly needs_time?: boolean;
  readonly evidence_end?: number;
  readonly times?: string;
}

/**
 * What answers at a console: a getty, nobody (no login prompt there), a job in the foreground, which echoes, or nobody any
 * more: a login prompt shows in each boot, and then something takes the console that answers nothing.
 */
export type Manner = "getty" | "mute" | "echo" | "gone";

/** Numbers from a seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0 to 1. */
  roll(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  between(low: number, high: number): number {
    return low + this.roll() * (high - low);
  }

  one<T>(list: readonly T[]): T {
    return list[Math.floor(this.roll() * list.length)] as T;
  }
}

/** The recordings of a folder, sorted by what they are good for. */
export class Corpus {
  readonly faults: readonly Label[];
  readonly boots: readonly Label[];
  /** Boots that go straight to where the login prompt would be: what waits on the way for a person is no sound host. */
  readonly muteBoots: readonly Label[];
  readonly works: readonly Label[];
  readonly chatter: readonly Label[];
  /** Chatter of consoles at which nobody can log in: a login prompt that never answers is no sound host. */
  readonly muteChatter: readonly Label[];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    const labels: Label[] = readFileSync(join(folder, "labels.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const sound = labels.filter((label) => label.must_not_act);
    this.faults = labels.filter((label) => !(label.must_not_act || label.needs_time));
    // Linux with a login prompt at its end: what a host of this kind shows when it comes up.
    this.boots = sound.filter(
      (label) => label.expect === "healthy:boot" && this.bytes(label).includes("login: "),
    );
    this.muteBoots = this.boots.filter((label) => !WAITS.test(beforeLogin(this.text(label))));
    this.works = sound.filter(({ action }) => action === "hold");
    this.chatter = sound.filter(({ action }) => action !== "hold");
    this.muteChatter = this.chatter.filter((label) => !/login: |\w:~# /.test(this.text(label)));
  }

  bytes({ file }: Label): Buffer {
    return readFileSync(join(this.#folder, file));
  }

  text(label: Label): string {
    return this.bytes(label).toString("latin1");
  }

  pieces(label: Label) {
    const times = label.times && readFileSync(join(this.#folder, label.times), "utf8");
    return piecesOf(this.bytes(label), times);
  }
}

/** What became of a fault. Times since the bytes that prove it came; undefined: never. */
export interface Found {
  readonly label: Label;
  readonly manner: Manner;
  /** It was suspected, and the suspicion was not taken back. */
  readonly suspected: number | undefined;
  /** An incident was opened: nobody answers, or it restarts by itself. */
  readonly incident: number | undefined;
  /** Something was done, or somebody called. */
  readonly dealt: number | undefined;
  readonly cuts: number;
  readonly events: readonly SiteEvent[];
}

/** One host with its console, its habits, and the watchdog over it. */
export class LongHost implements ImaginedHost {
  readonly name: string;
  readonly manner: Manner;
  readonly events: SiteEvent[] = [];
  readonly #dice: Dice;
  readonly #corpus: Corpus;
  readonly #player: Player;
  readonly #folder: string;
  #row = "";
  /** Nobody answers now: it boots, works or is dead. */
  #away = true;
  #powered = false;
  cuts = 0;

  constructor(
    name: string,
    manner: Manner,
    policy: Partial<WatchPolicy>,
    corpus: Corpus,
    seed: number,
  ) {
    this.name = name;
    this.manner = manner;
    this.#corpus = corpus;
    this.#dice = new Dice(seed);
    const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
    this.#folder = mkdtempSync(join(memory, "oob-days-"));
    const entry = {
      ...bareHost(name, { driver: "log", options: {} }),
      outlets: [{ pdu: "pdu", reference: "1" }],
      watch: { ...WATCH_PRESETS.act, ...policy },
    };
    this.#player = new Player({
      entry,
      site: bareConfig({}),
      rules: shippedRules,
      folder: this.#folder,
      from: Date.UTC(2026, 2, 2) + Math.floor(this.#dice.between(0, hours(24))),
      behind: this,
      told: (event) => this.events.push(event),
    });
    this.#player.session.follow({ bytes: (chunk) => this.#printed(chunk) });
  }

  answers(typed: Uint8Array) {
    if (this.#away || this.#isMute || !typed.includes(13)) return undefined;
    const prompt = this.#row.trim() === "" ? `${this.name} login: ` : this.#row;
    const text = this.manner === "echo" ? "\r\n" : `\r\n${prompt}`;
    return { bytes: latin1(text), after: Math.floor(this.#dice.between(5, 3000)) };
  }

  powered(): void {
    this.cuts++;
    this.#powered = true;
  }

  get #isMute(): boolean {
    return this.manner === "mute" || this.manner === "gone";
  }

  get now(): number {
    return this.#player.clock.now();
  }

  async start(): Promise<void> {
    await this.#player.start();
    await this.#boots();
  }

  /** Lives on for so long, in good health. */
  async lives(time: number): Promise<void> {
    const until = this.now + time;
    while (this.now < until) {
      const hour = new Date(this.now).getUTCHours();
      // Nights are still, but for the jobs that run then; people come by day.
      const quiet =
        hour < 2 || hour > 20
          ? this.#dice.between(minutes(20), hours(5))
          : this.#dice.between(minutes(1), hours(2));
      await this.#pass(Math.min(quiet, until - this.now));
      if (this.now < until) await this.#something(hour);
    }
  }

  /** Dies as a recording did, and is found, or is not. */
  async dies(label: Label): Promise<Found> {
    const { clock } = this.#player;
    await this.#prompts();
    await this.#pass(this.#dice.between(minutes(2), minutes(40)));
    this.#powered = false;
    const cuts = this.cuts;
    const since = this.events.length;
    this.#away = true;
    let shown = 0;
    let proven: number | undefined;
    for await (const length of this.#plays(label)) {
      shown += length;
      if (proven === undefined && shown >= (label.evidence_end ?? 0)) proven = clock.now();
    }
    const from = proven ?? clock.now();
    const boots = rebootsWithin(this.#corpus.bytes(label));
    const fresh = () => this.events.slice(since);
    for (let waited = 0; waited < minutes(40); waited += seconds(5)) {
      await this.#pass(seconds(5));
      if (boots !== undefined && waited >= boots) break;
      if (this.#powered || fresh().some(({ type, at }) => type === "watch.page" && at >= from))
        break;
    }
    const selfBoots = !this.#powered && boots !== undefined;
    if (this.#powered || selfBoots) await this.#boots();
    const events = fresh();
    const first = (wanted: (event: SiteEvent) => boolean) => {
      const found = events.find((event) => wanted(event));
      return found && Math.max(0, found.at - from);
    };
    const calm = events.findLastIndex(({ type, at }) => type === "watch.calm" && at < from);
    const later = events.slice(calm + 1);
    const suspect = later.find(({ type }) => type === "watch.suspect");
    const found: Found = {
      label,
      manner: this.manner,
      suspected: suspect && Math.max(0, suspect.at - from),
      incident: first(({ type }) => type === "incident.open" || type === "watch.page"),
      dealt: first(({ type }) => /^(?:guard\.permit|watch\.(?:page|booting))$/.test(type)),
      cuts: this.cuts - cuts,
      events,
    };
    return found;
  }

  async end(): Promise<void> {
    await this.#player.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #something(hour: number): Promise<void> {
    const dice = this.#dice.roll();
    if (hour >= 2 && hour < 5 && dice < 0.5) await this.#nightlyJob();
    else if (dice < 0.03) await this.#drops();
    else if (dice < 0.1) await this.#reboots();
    else if (dice < 0.16) await this.#works();
    else if (dice < 0.5 && !this.#isMute) await this.#visited();
    else await this.#chatters();
  }

  /** Lines of a job, each some time after the other. */
  async #nightlyJob(): Promise<void> {
    const lines = Math.floor(this.#dice.between(3, 60));
    for (let n = 0; n < lines; n++) {
      await this.#prints(`backup[${2000 + n}]: volume ${n} of ${lines} done, ${n * 37} MB\r\n`);
      await this.#pass(this.#dice.between(100, minutes(2)));
    }
    await this.#prompts();
  }

  /** The line to the console goes away, and comes back. */
  async #drops(): Promise<void> {
    await this.#player.play({ is: "link", at: this.now, up: false, text: "connection lost" });
    await this.#pass(this.#dice.between(seconds(1), hours(1)));
    await this.#player.play({ is: "link", at: this.now, up: true, text: "played" });
  }

  async #reboots(): Promise<void> {
    this.#away = true;
    await this.#prints(
      "\r\n[  OK  ] Reached target System Reboot.\r\n[ 9000.100000] reboot: Restarting system\r\n",
    );
    await this.#pass(this.#dice.between(seconds(5), minutes(3)));
    await this.#boots();
  }

  /** Work that must not be cut: a dump, a check of disks, an installation. It takes its time, and a boot follows. */
  async #works(): Promise<void> {
    this.#away = true;
    const { works } = this.#corpus;
    const mute = works.filter((label) => !this.#corpus.text(label).includes("login: "));
    await this.#all(this.#dice.one(this.#isMute ? mute : works));
    await this.#pass(this.#dice.between(seconds(10), minutes(12)));
    await this.#boots();
  }

  /** A person comes, does something that shows on the console, and goes. */
  async #visited(): Promise<void> {
    const who = this.#dice.one(["jana", "petr", "mira"]);
    const seen = this.#dice.roll() < 0.5;
    if (seen) await this.#player.play({ is: "person", at: this.now, who, came: true });
    await this.#prints(
      `\r\n${this.name} login: root\r\nPassword: \r\nLast login: Mon Mar  2 on ttyS0\r\n`,
    );
    await this.#prints(`root@${this.name}:~# `);
    await this.#pass(this.#dice.between(seconds(1), minutes(5)));
    const command = this.#dice.one([
      "dmesg",
      "cat /var/log/kern.log",
      "journalctl -k",
      "uptime",
      "less /var/log/syslog",
    ]);
    await this.#prints(`${command}\r\n`);
    if (command !== "uptime") await this.#all(this.#dice.one(this.#corpus.faults), 20_000);
    await this.#pass(this.#dice.between(seconds(1), seconds(20)));
    await this.#prints(`\r\nroot@${this.name}:~# `);
    await this.#pass(this.#dice.between(seconds(1), minutes(40)));
    await this.#prints("logout\r\n\r\n");
    await this.#prompts();
    if (seen) await this.#player.play({ is: "person", at: this.now, who, came: false });
  }

  async #chatters(): Promise<void> {
    // Some end in the middle of a boot, a pager, a halt: the host goes on from there as its recording did.
    this.#away = true;
    const { chatter, muteChatter } = this.#corpus;
    await this.#all(this.#dice.one(this.#isMute ? muteChatter : chatter));
    await this.#pass(this.#dice.between(seconds(1), seconds(20)));
    await this.#prompts();
  }

  async #boots(): Promise<void> {
    this.#away = true;
    const { boots, muteBoots } = this.#corpus;
    const label = this.#dice.one(this.manner === "mute" ? muteBoots : boots);
    const shown = beforeLogin(this.#corpus.text(label)).length;
    await this.#all(label, this.manner === "mute" ? shown : undefined);
    await this.#prompts();
  }

  /** It is up: a login prompt, or whatever this host shows instead. */
  async #prompts(): Promise<void> {
    this.#away = false;
    if (this.manner === "getty") await this.#prints(`\r\n${this.name} login: `);
    else await this.#prints("\r\nservice started\r\n");
  }

  async #all(label: Label, most = Number.POSITIVE_INFINITY): Promise<void> {
    for await (const length of this.#plays(label, most)) void length;
  }

  async *#plays(label: Label, most = Number.POSITIVE_INFINITY): AsyncGenerator<number> {
    const from = this.now;
    let left = most;
    for (const { at, bytes } of this.#corpus.pieces(label)) {
      if (left <= 0) return;
      const part = bytes.subarray(0, left);
      left -= part.length;
      await this.#player.play({ is: "bytes", at: from + at, bytes: part, offset: 0 });
      yield part.length;
    }
  }

  async #prints(text: string): Promise<void> {
    await this.#player.play({ is: "bytes", at: this.now, bytes: latin1(text), offset: 0 });
  }

  async #pass(time: number): Promise<void> {
    await this.#player.pass(Math.floor(time));
  }

  #printed(chunk: Uint8Array): void {
    const text = Buffer.from(chunk.subarray(-200)).toString("latin1");
    const end = text.lastIndexOf("\n");
    this.#row = end < 0 ? (this.#row + text).slice(-200) : text.slice(end + 1);
  }
}

const WAITS = /rescue mode|emergency mode|for maintenance|\(initramfs\)|grub>/i;

/** What a boot shows before its first login prompt. */
function beforeLogin(text: string): string {
  return text.slice(0, text.lastIndexOf("\n", text.indexOf("login: ")) + 1);
}

/** A host that says that it starts again by itself does so. */
function rebootsWithin(bytes: Buffer): number | undefined {
  const [, amount] = /Rebooting in (\d{1,3}) ?seconds?/.exec(bytes.toString("latin1")) ?? [];
  return amount === undefined ? undefined : seconds(Number(amount));
}
