/** What stands at the watchdog's seams in its tests: a scripted console, a relay, and a site made of them. */
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostEntry, WatchPolicy } from "../../../src/config/site-config.ts";
import type { Audit } from "../../../src/core/audit/audit.ts";
import { openAuditTrail } from "../../../src/core/audit/audit-trail.ts";
import type { Opinion } from "../../../src/core/detect/opinion.ts";
import { Habits } from "../../../src/core/habit/habits.ts";
import { Incidents } from "../../../src/core/incident/incident.ts";
import type { PortState } from "../../../src/core/port/console-port.ts";
import type { Power } from "../../../src/core/power/power.ts";
import type {
  BorrowedSeat,
  ConsoleFollower,
  SeatHolder,
  WatchedConsole,
} from "../../../src/core/session/watched-console.ts";
import type { PowerEvent, PowerVerb, SiteEvent } from "../../../src/core/site/site.ts";
import { Holds } from "../../../src/core/watchdog/holds.ts";
import { Watchdog } from "../../../src/core/watchdog/watchdog.ts";
import type { RungRunbook } from "../../../src/core/watchdog/watchdog-parts.ts";
import { latin1 } from "../../../src/lib/bytes.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { OobError } from "../../../src/lib/errors.ts";
import type { ModemLines } from "../../../src/sdk/link.ts";
import type { Evidence } from "../../../src/sdk/rule.ts";

type HostPower = Awaited<ReturnType<Power["readHost"]>>;
type PowerOrder = Parameters<Power["switchHost"]>[2];
type PowerReport = Awaited<ReturnType<Power["switchHost"]>>;

export const usual: WatchPolicy = {
  mode: "act",
  ladder: ["nudge", "cycle", "page"],
  confirmFor: seconds(60),
  silence: minutes(10),
  handsOff: minutes(10),
  bootWithin: minutes(5),
  budget: { cycles: 2, per: minutes(360) },
  sysrq: false,
  quiet: [],
};

const NOTHING: Opinion = {
  state: "healthy",
  class: "runtime",
  action: "none",
  since: 0,
  evidence: [],
};

const ANSWERS = {
  alive: "\r\nweb1 login: ",
  echo: "\r\n",
  none: undefined,
  kernel: "[  912.100000] watchdog: BUG: soft lockup\r\n",
} as const;

/** A console that shows what the test makes it show, and answers CR as a host does: alive, dead, or by its kernel. */
export class ScriptedConsole implements WatchedConsole {
  readonly host: string;
  readonly #clock: ManualClock;
  readonly #followers = new Set<ConsoleFollower>();
  opinion: Opinion = NOTHING;
  portState: PortState = { is: "up", label: "scripted", since: 0 };
  offset = 0;
  carriesBreak = false;
  lastByteAt: number | undefined;
  everAlive = true;
  seat: SeatHolder | undefined;
  lastTypedAt: number | undefined;
  typedBy = "jana";
  people: readonly string[] = [];
  answers: "alive" | "echo" | "none" | "kernel" = "alive";
  /** How late an answer comes. */
  answersAfter = 0;
  /** What it prints instead of an answer. */
  chatters: string | undefined;
  /** What is written to it is never taken, but for a probe. */
  hangs = false;
  /** Runs when something was typed. */
  sends: (() => void) | undefined;
  /** What its kernel says to a key behind a BREAK; nothing where it is not said. */
  kernel: ((key: string) => string | undefined) | undefined;
  lines: string[] = [];
  readonly sent: string[] = [];
  readonly marks: string[] = [];
  tailFails = false;

  constructor(host: string, clock: ManualClock) {
    this.host = host;
    this.#clock = clock;
  }

  follow(follower: ConsoleFollower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  prints(text: string): void {
    const bytes = latin1(text);
    this.lastByteAt = this.#clock.monotonic();
    this.everAlive = true;
    this.offset += bytes.length;
    this.lines.push(...text.split(/\r?\n/).filter((line) => line !== ""));
    for (const follower of this.#followers)
      follower.bytes?.(bytes, this.offset - bytes.length, this.#clock.now());
  }

  /** Prints a line that a rule takes for evidence. */
  shows(
    state: Opinion["state"],
    hostClass: string,
    action: Opinion["action"],
    line: string,
    newest = hostClass,
  ): void {
    const at = this.offset;
    this.prints(`${line}\r\n`);
    const means = `the console shows ${hostClass}`;
    const one: Evidence = {
      rule: `test/${hostClass}`,
      means,
      state,
      class: newest,
      action,
      at,
      offset: this.offset,
      line,
    };
    const evidence = [...this.opinion.evidence, one];
    this.opinion = { state, class: hostClass, action, since: at, evidence };
    for (const follower of this.#followers) follower.evidence?.([one]);
  }

  /** Prints several lines of evidence in one piece; the last one is what is thought of it. */
  showsAtOnce(...all: readonly Pick<Evidence, "class" | "state" | "line">[]): void {
    const at = this.offset;
    this.prints(all.map(({ line }) => `${line}\r\n`).join(""));
    const found = all.map(
      (one, i): Evidence => ({
        ...{ ...one, rule: `test/${one.class}`, means: `the console shows ${one.class}` },
        ...{ action: "none", at: at + i, offset: this.offset },
      }),
    );
    const { state, class: of } = all.at(-1) ?? NOTHING;
    const evidence = [...this.opinion.evidence, ...found];
    this.opinion = { state, class: of, action: "none", since: at, evidence };
    for (const follower of this.#followers) follower.evidence?.(found);
  }

  /** New evidence that leaves the opinion as it was. */
  tells(opinion: Opinion): void {
    this.prints("more\r\n");
    this.opinion = opinion;
    for (const follower of this.#followers) follower.evidence?.(opinion.evidence.slice(-1));
  }

  panics(): void {
    this.answers = "none";
    this.shows("crash", "panic", "recover", "Kernel panic - not syncing: sysrq triggered crash");
  }

  boots(): void {
    this.shows("healthy", "boot", "none", "Linux version 6.1.0");
  }

  asksForLogin(): void {
    this.answers = "alive";
    this.shows("healthy", "login-prompt", "none", `${this.host} login:`);
  }

  sits(who: string | undefined): void {
    const since = this.#clock.monotonic();
    this.seat =
      who === undefined ? undefined : { who, person: true, since, lastTypedAt: undefined };
    for (const follower of this.#followers) follower.seat?.(this.seat);
  }

  types(text: string): void {
    this.lastTypedAt = this.#clock.monotonic();
    for (const follower of this.#followers) follower.typed?.(latin1(text));
  }

  goes(state: PortState): void {
    this.portState = state;
    for (const follower of this.#followers) follower.state?.(state);
  }

  typedByOthers(than: string): number | undefined {
    return than === this.typedBy ? undefined : this.lastTypedAt;
  }

  loses(bytes: number): void {
    for (const follower of this.#followers) follower.gap?.(bytes, "disk full");
  }

  borrow(who: string, _reason: string, lends?: (person: string) => boolean): BorrowedSeat {
    const lender = this.seat && lends?.(this.seat.who) ? this.seat : undefined;
    if (this.seat && !lender)
      throw new OobError(
        "SEAT_TAKEN",
        `Cannot borrow the seat of ${this.host}: ${this.seat.who} has it`,
      );
    this.seat = { who, person: false, since: this.#clock.monotonic(), lastTypedAt: undefined };
    for (const follower of this.#followers) follower.seat?.(this.seat);
    const write = (bytes: Uint8Array): Promise<void> => {
      this.sent.push(Buffer.from(bytes).toString("latin1"));
      this.sends?.();
      const answer = this.chatters ?? ANSWERS[this.answers];
      if (answer && this.answersAfter === 0) this.prints(answer);
      else if (answer) this.#clock.after(this.answersAfter, () => this.prints(answer));
      return Promise.resolve();
    };
    return {
      write,
      sendBreak: () => {
        this.sent.push("BREAK");
        return Promise.resolve();
      },
      breakThen: (_, next) => {
        this.sent.push("BREAK");
        if (next !== "break" && this.kernel) {
          const key = Buffer.from(next).toString("latin1");
          this.sent.push(key);
          if (this.hangs && key !== "h") return new Promise(() => {});
          const says = this.kernel(key);
          if (says !== undefined) this.prints(says);
          return Promise.resolve();
        }
        if (next !== "break") return write(next);
        this.sent.push("BREAK");
        return Promise.resolve();
      },
      signal: new AbortController().signal,
      release: () => {
        if (this.seat?.who === who) this.seat = lender;
        for (const follower of this.#followers) follower.seat?.(this.seat);
      },
    };
  }

  /** The modem lines, where the way shows them. */
  modemLines: ModemLines | undefined;

  readLines(): Promise<ModemLines | undefined> {
    return Promise.resolve(this.modemLines);
  }

  screen() {
    return Promise.resolve({ rows: this.lines.slice(-24), cursor: { row: 0, column: 0 } });
  }

  lastLines(count: number): Promise<readonly string[]> {
    return Promise.resolve(this.lines.slice(-count));
  }

  tail(bytes: number) {
    if (this.tailFails) return Promise.reject(new Error("the disk is gone"));
    const all = latin1(this.lines.join("\r\n")).subarray(-bytes);
    return Promise.resolve({ bytes: all, offset: this.offset - all.length });
  }

  mark(kind: string, text: string): void {
    this.marks.push(`${kind} ${text}`);
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }
}

/** Outlets that do what they are told, at most once for an id, and keep count. */
export class Relay {
  readonly orders: string[] = [];
  readonly #audit: () => Audit;
  state: "on" | "off" | "unknown" = "on";
  result: PowerReport["result"] = "done";
  /** What each outlet draws, where it is metered. */
  watts: number | undefined;
  /** Runs while an outlet is read. */
  reading: () => void = () => {};
  /** What outlets really are, where names do not tell. */
  readonly keys = new Map<string, string>();
  /** Outlets that read other than `state`. */
  readonly states = new Map<string, "on" | "off" | "unknown">();
  /** Runs between the asking and the moving: what happens in that time. */
  meanwhile: (host: string) => void = () => {};
  /** Runs after the outlets are on again. */
  afterwards: (host: string) => void = () => {};
  /** The process dies with the intent written and nothing else. */
  dies = false;

  constructor(audit: () => Audit) {
    this.#audit = audit;
  }

  readHost(host: HostEntry): Promise<HostPower> {
    const outlets = host.outlets.map((outlet) => ({
      id: `${outlet.pdu}/${outlet.reference}`,
      state: this.states.get(`${outlet.pdu}/${outlet.reference}`) ?? this.state,
      pending: false,
      readAt: 0,
      ...(this.watts !== undefined && { watts: this.watts }),
    }));
    this.reading();
    return Promise.resolve({ power: this.state, outlets });
  }

  outletKeys() {
    return Promise.resolve(this.keys);
  }

  async switchHost(
    host: HostEntry,
    verb: PowerVerb,
    order: PowerOrder,
    onEvent: (event: PowerEvent) => void = () => {},
    signal?: AbortSignal,
  ): Promise<PowerReport> {
    this.meanwhile(host.name);
    const { outlets } = await this.readHost(host);
    if (signal?.aborted)
      return {
        result: "refused",
        power: "on",
        outlets,
        error: { code: "INTERRUPTED", message: "given up" },
      };
    const { id, by } = order;
    await this.#audit().commit({
      host: host.name,
      type: "power.intent",
      by,
      text: verb,
      data: { id, verb },
    });
    this.orders.push(`${verb} ${host.name} ${id}`);
    if (this.dies) return new Promise(() => {});
    onEvent({ at: 0, host: host.name, text: "pdu/1 off, read back" });
    onEvent({ at: 0, host: host.name, text: "pdu/1 on, read back" });
    const { result } = this;
    await this.#audit().commit({
      host: host.name,
      type: "power.outcome",
      by,
      text: verb,
      data: { id, result },
    });
    if (result === "done") this.afterwards(host.name);
    return { result, power: this.state, outlets };
  }
}

/** A site of scripted hosts with a real audit trail, holds, guard, incidents and watchdog, on a clock of its own. */
export class Bench {
  clock: ManualClock;
  #committing = 0;
  readonly dir = fs.mkdtempSync(join(tmpdir(), "oob-watchdog-"));
  readonly entries = new Map<string, HostEntry>();
  readonly consoles = new Map<string, ScriptedConsole>();
  readonly relay: Relay;
  readonly runs: RungRunbook[] = [];
  answersPing = false;
  readonly pinged: string[] = [];
  /** What the outlets' loads tell of every host. */
  load: string | undefined;
  runbook: (run: RungRunbook) => Promise<"done" | "failed" | "refused"> = () =>
    Promise.resolve("done");
  fleet = { suspects: 3, within: minutes(5), cycles: 3, per: minutes(60) };
  audit: Audit;
  holds: Holds;
  incidents: Incidents;
  watchdog: Watchdog;

  constructor(
    names: readonly string[],
    policy: Partial<WatchPolicy> = {},
    more: Partial<HostEntry> = {},
  ) {
    this.clock = new ManualClock(Date.UTC(2026, 10, 22, 12));
    for (const name of names) {
      this.entries.set(name, entry(name, { ...usual, ...policy }, more));
      this.consoles.set(name, new ScriptedConsole(name, this.clock));
    }
    this.audit = this.#openAudit();
    this.relay = new Relay(() => this.audit);
    this.holds = new Holds(this.dir, this.clock, this.audit);
    this.incidents = new Incidents(this.dir, this.clock);
    this.watchdog = this.#make();
  }

  /** The real trail; counts what is being written, so that time passes only when nothing is. */
  #openAudit(): Audit {
    const trail = openAuditTrail(join(this.dir, "audit"), this.clock);
    const commit: Audit["commit"] = async (event) => {
      this.#committing++;
      try {
        return await trail.commit(event);
      } finally {
        this.#committing--;
      }
    };
    return {
      commit,
      note: (event) => trail.note(event),
      read: (query) => this.#reads(trail.read(query)),
      hear: (listen) => trail.hear?.(listen) ?? (() => undefined),
      close: () => trail.close(),
      get writable() {
        return trail.writable;
      },
    };
  }

  /** Time passes only when nothing is being read either. */
  async *#reads<T>(events: AsyncIterable<T>): AsyncIterable<T> {
    this.#committing++;
    try {
      yield* events;
    } finally {
      this.#committing--;
    }
  }

  #make(): Watchdog {
    return new Watchdog({
      hosts: [...this.consoles].map(([name, console]) => ({
        entry: this.entries.get(name)!,
        console,
      })),
      site: this.entries,
      fleet: this.fleet,
      power: this.relay,
      runRunbook: (run) => {
        this.runs.push(run);
        return this.runbook(run);
      },
      audit: this.audit,
      holds: this.holds,
      incidents: this.incidents,
      clock: this.clock,
      ping: async (address) => {
        this.pinged.push(address);
        return this.answersPing
          ? { answers: true, text: "answered" }
          : { answers: false, text: "no answer" };
      },
      habits: new Habits(this.dir, this.clock, this.audit),
      loadOf: () => this.load,
    });
  }

  async start(): Promise<this> {
    this.watchdog = this.#make();
    await this.watchdog.start();
    for (const console of this.consoles.values()) console.asksForLogin();
    return this;
  }

  /** Each host is silent until it is asked, and answers: from then on it is known to. */
  async answersOnce(): Promise<this> {
    await this.pass(minutes(11));
    for (const console of this.consoles.values()) console.sent.length = 0;
    return this;
  }

  /**
   * What kill -9 and a new start make of it: the old process's timers never fire, all is read from disk again. `keeps`: the
   * log's tail tells it what the console showed last.
   */
  async restart({ keeps = false } = {}): Promise<void> {
    this.clock = new ManualClock(this.clock.now());
    for (const [name, old] of this.consoles) {
      const fresh = new ScriptedConsole(name, this.clock);
      fresh.answers = old.answers;
      fresh.offset = old.offset;
      fresh.lines = old.lines;
      if (keeps) fresh.opinion = old.opinion;
      this.consoles.set(name, fresh);
    }
    this.audit = this.#openAudit();
    this.holds = new Holds(this.dir, this.clock, this.audit);
    this.incidents = new Incidents(this.dir, this.clock);
    this.watchdog = this.#make();
    await this.watchdog.start();
  }

  console(name = "web1"): ScriptedConsole {
    return this.consoles.get(name)!;
  }

  /** Passes time in steps; what files and promises do in between has its turn first. */
  async pass(time: number): Promise<void> {
    for (let left = time; left > 0; left -= 5000) {
      await this.clock.advance(Math.min(left, 5000));
      await this.still();
    }
  }

  /** Waits until nothing is being written any more. */
  async still(): Promise<void> {
    for (let calm = 0; calm < 3; calm++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#committing > 0) calm = -1;
    }
  }

  async events(type = "watch"): Promise<readonly SiteEvent[]> {
    const found: SiteEvent[] = [];
    for await (const event of this.audit.read({ hosts: [], type, follow: false }))
      found.push(event);
    return found;
  }

  async texts(type: string): Promise<readonly string[]> {
    return (await this.events(type)).map((event) => event.text);
  }

  async end(): Promise<void> {
    await this.watchdog.stop();
    this.holds.close();
    await this.audit.close();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

function entry(name: string, watch: WatchPolicy, more: Partial<HostEntry>): HostEntry {
  return {
    name,
    console: { driver: "tcp", options: {} },
    outlets: [{ pdu: "pdu", reference: name }],
    os: "linux",
    watch,
    precious: false,
    offFor: seconds(5),
    encoding: "utf-8",
    breakMs: 250,
    needs: [],
    ...more,
  };
}
