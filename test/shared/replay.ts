/** Plays a recorded console to the real session, detector, guard and watchdog, on a clock that only the player moves. */

/** Plays a recorded console to the real session, detector, guard and watchdog, on a clock that only the player moves. */
import fs, { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostEntry, WatchPolicy } from "../../src/config/site-config.ts";
import { WATCH_PRESETS } from "../../src/config/watch-policy.ts";
import type { Audit } from "../../src/core/audit/audit.ts";
import { createDetector } from "../../src/core/detect/create-detector.ts";
import { Incidents } from "../../src/core/incident/incident.ts";
import type { ConsolePort, PortListener, PortState } from "../../src/core/port/console-port.ts";
import { Session } from "../../src/core/session/session.ts";
import type { HostStatus, SiteEvent } from "../../src/core/site/site.ts";
import { Holds } from "../../src/core/watchdog/holds.ts";
import { Watchdog } from "../../src/core/watchdog/watchdog.ts";
import type { WatchdogParts } from "../../src/core/watchdog/watchdog-parts.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import { ManualClock } from "../../src/lib/clock.ts";
import { minutes } from "../../src/lib/durations.ts";
import { shippedRules } from "../core/detect/shipped-rules.ts";

/** A piece of a recording: it had come as a whole at this time. */
interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** What a carriage return brings: the host's prompt, nothing at all, or only itself. */
export type Answers = "prompt" | "nothing" | "echo";

/** How a recording is played. */
export interface Playing {
  readonly policy: Partial<WatchPolicy>;
  readonly answers: Answers;
  /** Time that passes after the last byte. */
  readonly after: number;
}

/** What the watchdog did. Times are since the last byte. */
export interface Played {
  readonly cuts: readonly number[];
  readonly pages: readonly string[];
  readonly typed: number;
  readonly events: readonly SiteEvent[];
}

/** 115200 baud, in pieces as a console server hands them over. */
const BYTES_PER_TICK = 2304;
const TICK = 200;

/** Cuts bytes as they came: by `milliseconds offset` lines, or at line speed where nothing is known. */
export function piecesOf(bytes: Uint8Array, times?: string): readonly Piece[] {
  const marks = times
    ? times
        .trim()
        .split("\n")
        .map((line) => line.split(" ").map(Number))
    : Array.from({ length: Math.ceil(bytes.length / BYTES_PER_TICK) }, (_, n) => [
        n * TICK,
        (n + 1) * BYTES_PER_TICK,
      ]);
  let from = 0;
  const pieces: Piece[] = [];
  for (const [at = 0, to = 0] of [...marks, [marks.at(-1)?.[0] ?? 0, bytes.length]]) {
    if (to > from) pieces.push({ at, bytes: bytes.subarray(from, to) });
    from = Math.max(from, to);
  }
  return pieces;
}

/** The same for a capture: lines of "seconds since the piece before" and "bytes". */
export function capturePieces(folder: string, name: string): readonly Piece[] {
  const bytes = readFileSync(join(folder, `${name}.raw`));
  let at = 0;
  let from = 0;
  return readFileSync(join(folder, `${name}.timing`), "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const [delay = 0, length = 0] = line.split(" ").map(Number);
      at += delay * 1000;
      const piece = { at, bytes: bytes.subarray(from, from + length) };
      from += length;
      return piece;
    });
}

/** A console whose other end is a recording, and a host that goes on as it left off. */
class PlayedPort implements ConsolePort {
  readonly host = "host";
  readonly #clock: ManualClock;
  readonly #answers: Answers;
  readonly carriesBreak = false;
  state: PortState = { is: "closed" };
  loggedAt: number | undefined;
  typed = 0;
  #log = Buffer.alloc(0);
  #listener: PortListener | undefined;

  constructor(clock: ManualClock, answers: Answers) {
    this.#clock = clock;
    this.#answers = answers;
  }

  get offset(): number {
    return this.#log.length;
  }

  start(listener: PortListener): void {
    this.#listener = listener;
    this.state = { is: "up", label: "recording", since: this.#clock.now() };
    listener.state(this.state);
  }

  prints(bytes: Uint8Array): void {
    const at = this.#log.length;
    this.#log = Buffer.concat([this.#log, bytes]);
    this.#listener?.bytes(bytes, at, this.#clock.now());
  }

  retryNow(): void {
    // Never down.
  }

  write(bytes: Uint8Array): Promise<void> {
    this.typed += bytes.length;
    if (this.#answers === "nothing") return Promise.resolve();
    const row = this.#log.subarray(this.#log.lastIndexOf(10) + 1).toString("latin1");
    const prompt = row.trim() === "" ? "host login: " : row;
    const answer = this.#answers === "echo" ? "\r\n" : `\r\n${prompt}`;
    this.#clock.after(300, () => this.prints(latin1(answer)));
    return Promise.resolve();
  }

  tail(bytes: number) {
    const last = this.#log.subarray(-bytes);
    return Promise.resolve({ bytes: last, offset: this.#log.length - last.length });
  }

  setEager(): void {}
  mark(): void {}
  sendBreak = () => Promise.resolve();
  readLines = () => Promise.resolve(undefined);
  setLines = () => Promise.resolve();
  sync = () => Promise.resolve();
  stop = () => Promise.resolve();
}

/** An audit trail in memory. */
class Trail implements Audit {
  readonly events: SiteEvent[] = [];
  readonly writable = true;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  note: Audit["note"] = (event) => {
    const noted = { ...event, seq: this.events.length, at: this.#clock.now() };
    this.events.push(noted);
    return noted;
  };
  commit: Audit["commit"] = (event) => Promise.resolve(this.note(event));
  async *read(): AsyncIterable<SiteEvent> {}
  close = () => Promise.resolve();
}

/** Counts how often its one outlet falls. */
class Relay implements Readonly<WatchdogParts["power"]> {
  readonly cutAt: number[] = [];
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  readHost() {
    const outlet = { id: "pdu/1", state: "on", pending: false, readAt: 0 } as const;
    return Promise.resolve({ power: "on" as const, outlets: [outlet] });
  }

  outletKeys() {
    return Promise.resolve(new Map<string, string>());
  }

  async switchHost(...[, , , , signal]: Parameters<WatchdogParts["power"]["switchHost"]>) {
    const read = await this.readHost();
    if (signal?.aborted) return { ...read, result: "refused" as const };
    this.cutAt.push(this.#clock.monotonic());
    await this.#clock.sleep(10_000);
    return { ...read, result: "done" as const };
  }
}

/** Plays the pieces, lets time pass, and says what became of it. */
export async function play(pieces: readonly Piece[], playing: Playing): Promise<Played> {
  const clock = new ManualClock(Date.UTC(2026, 10, 22, 12));
  const dir = fs.mkdtempSync(join(fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "oob-play-"));
  const port = new PlayedPort(clock, playing.answers);
  const audit = new Trail(clock);
  const relay = new Relay(clock);
  const session = new Session({
    host: port.host,
    port,
    detector: createDetector(shippedRules),
    audit,
    clock,
    encoding: "utf-8",
    breakMs: 250,
    idleTimeout: minutes(30),
    status: () => ({ host: port.host }) as HostStatus,
  });
  const host = entry(port.host, { ...WATCH_PRESETS.act, ...playing.policy });
  const holds = new Holds(dir, clock, audit);
  const watchdog = new Watchdog({
    hosts: [{ entry: host, console: session }],
    site: new Map([[host.name, host]]),
    fleet: { suspects: 3, within: minutes(5), cycles: 3, per: minutes(60) },
    power: relay,
    runRunbook: () => Promise.resolve("failed"),
    audit,
    holds,
    incidents: new Incidents(dir, clock),
    clock,
  });
  await session.start();
  await watchdog.start();
  for (const { at, bytes } of pieces) {
    if (at > clock.monotonic()) await clock.advance(at - clock.monotonic());
    port.prints(bytes);
  }
  const ended = clock.monotonic();
  await clock.advance(playing.after);
  await watchdog.stop();
  await session.stop();
  holds.close();
  fs.rmSync(dir, { recursive: true, force: true });
  return {
    cuts: relay.cutAt.map((at) => at - ended),
    pages: audit.events.filter(({ type }) => type === "watch.page").map(({ text }) => text),
    typed: port.typed,
    events: audit.events,
  };
}

function entry(name: string, watch: WatchPolicy): HostEntry {
  return {
    name,
    console: { driver: "tcp", options: {} },
    outlets: [{ pdu: "pdu", reference: "1" }],
    os: "linux",
    watch,
    precious: false,
    offFor: 5000,
    encoding: "utf-8",
    breakMs: 250,
    needs: [],
  };
}
