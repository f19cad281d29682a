/**
 * One console with everybody at it. The port logs and then tells this session, which tells, in this order: the
 * detector, followers (watchdog, runbooks), each viewer's own queue, and the screen if there is one. Nothing here
 * waits for anybody, so nobody can delay the reading of a console.
 */
import { TextLines } from "../../codec/text-lines.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { ModemLines } from "../../sdk/link.ts";
import type { ScreenText } from "../../sdk/runbook.ts";
import type { Audit } from "../audit/audit.ts";
import type { Detector, Opinion } from "../detect/opinion.ts";
import type { ConsolePort, PortListener, PortState } from "../port/console-port.ts";
import { PlacedDetector } from "../site/placed-detector.ts";
import type { Attachment, AttachRequest, HostStatus, ScreenShot } from "../site/site.ts";
import { SessionAttachment } from "./attachment.ts";
import { type Encoding, toUtf8 } from "./host-encoding.ts";
import { LentSeats } from "./lent-seats.ts";
import { People } from "./people.ts";
import { REPLAY_BYTES, ScreenKeeper } from "./screen-keeper.ts";
import { type PaintFor, paintScreen } from "./screen-paint.ts";
import { Viewer } from "./viewer.ts";
import type { ConsoleFollower, SeatHolder, WatchedConsole } from "./watched-console.ts";

/** What an earlier process logged is evidence only if it came a moment ago: older proofs may have been dealt with. */
const RECALL_WITHIN: Millis = minutes(10);

interface SessionOptions {
  readonly host: string;
  readonly port: ConsolePort;
  readonly detector: Detector;
  readonly audit: Pick<Audit, "note">;
  readonly clock: Clock;
  readonly encoding: Encoding;
  readonly breakMs: Millis;
  readonly idleTimeout: Millis;
  /** The row of `oob status`, for those who come. */
  readonly status: () => HostStatus;
  /** Escape key of the configuration, for those who did not choose one. */
  readonly escape?: string;
  /** "strict": whatever somebody asks for, text alone is what they get. */
  readonly filter?: "safe" | "strict";
}

/** One console with everybody at it. */
export class Session implements WatchedConsole, PortListener {
  readonly host: string;
  readonly #options: SessionOptions;
  readonly #port: ConsolePort;
  readonly #detector: PlacedDetector;
  readonly #people: People;
  readonly #screen: ScreenKeeper;
  readonly #followers = new Set<ConsoleFollower>();
  readonly #lent: LentSeats;
  #offset: number;
  #lastByteAt: Millis | undefined;
  #state: PortState = { is: "closed" };
  #toldDown: string | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.host = options.host;
    this.#port = options.port;
    this.#detector = new PlacedDetector(options.detector, (error) =>
      this.#note("detect.failed", "oob", `detection failed: ${messageOf(error)}`, {}),
    );
    this.#offset = options.port.offset;
    this.#people = new People({
      host: options.host,
      clock: options.clock,
      idleTimeout: options.idleTimeout,
      events: {
        changed: (by, type, text, data) => this.#seatChanged(by, type, text, data),
        evicted: (place) => this.#lent.evict(place),
      },
    });
    this.#lent = new LentSeats({
      host: options.host,
      people: this.#people,
      port: options.port,
      breakMs: options.breakMs,
      typed: (bytes) => this.#detector.typed(bytes),
      changed: () => this.#setEager(),
    });
    this.#screen = new ScreenKeeper({
      clock: options.clock,
      encoding: options.encoding,
      offset: () => this.#offset,
      tail: (bytes) => this.#port.tail(bytes),
    });
  }

  /** Recalls what was logged a moment ago, then begins to read. */
  async start(): Promise<void> {
    const { clock } = this.#options;
    const { loggedAt } = this.#port;
    this.#detector.beginAt(this.#offset);
    if (loggedAt !== undefined && clock.now() - loggedAt < RECALL_WITHIN) {
      const { bytes, offset } = await this.#port.tail(REPLAY_BYTES);
      this.#detector.beginAt(offset);
      this.#detector.see(bytes, loggedAt);
    }
    this.#port.start(this);
  }

  /** Sends everybody away and closes the console. */
  async stop(): Promise<void> {
    this.#people.close("the console is closed");
    this.#screen.close();
    await this.#port.stop();
  }

  // --- what the port tells ---

  bytes(chunk: Uint8Array, offset: number, at: Millis): void {
    this.#offset = offset + chunk.length;
    this.#lastByteAt = this.#options.clock.monotonic();
    const evidence = this.#detector.see(chunk, at);
    for (const follower of this.#followers) {
      follower.bytes?.(chunk, offset, at);
      if (evidence.length > 0) follower.evidence?.(evidence);
    }
    for (const guest of this.#people.guests) guest.viewer.show(chunk);
    this.#screen.feed(chunk);
  }

  state(state: PortState): void {
    const before = this.#state;
    this.#state = state;
    // While nobody was connected, the host went on without us.
    if (state.is === "up" && this.#toldDown !== undefined) this.#detector.gap();
    this.#tellState(state, before);
    for (const follower of this.#followers) follower.state?.(state);
  }

  gap(bytes: number, why: string): void {
    this.notice(`${bytes} bytes were not logged: ${why}`);
    this.#note("console.gap", "oob", `${bytes} bytes were not logged: ${why}`, { bytes });
    for (const follower of this.#followers) follower.gap?.(bytes, why);
  }

  notice(text: string): void {
    this.#people.tell({ is: "notice", text: printable(text) });
  }

  // --- what the watchdog and the runbooks see ---

  get opinion(): Opinion {
    return this.#detector.opinion;
  }

  get portState(): PortState {
    return this.#state;
  }

  get offset(): number {
    return this.#offset;
  }

  get carriesBreak(): boolean {
    return this.#port.carriesBreak;
  }

  get lastByteAt(): Millis | undefined {
    return this.#lastByteAt;
  }

  get everAlive(): boolean {
    return this.#offset > 0;
  }

  get seat(): SeatHolder | undefined {
    return this.#people.holder;
  }

  get lastTypedAt(): Millis | undefined {
    return this.#people.lastTypedAt;
  }

  readonly typedByOthers = (than: string) => this.#people.typedByOthers(than);

  get people(): readonly string[] {
    return this.#people.names;
  }

  follow(follower: ConsoleFollower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  readonly borrow: LentSeats["lend"] = (...asked) => this.#lent.lend(...asked);

  readLines(): Promise<ModemLines | undefined> {
    return this.#port.readLines();
  }

  screen(): Promise<ScreenText> {
    return this.shot();
  }

  async lastLines(count: number): Promise<readonly string[]> {
    const tail = await this.#port.tail(REPLAY_BYTES);
    const lines = new TextLines(tail.offset);
    const found = lines.receive(toUtf8(tail.bytes, this.#options.encoding));
    const open = lines.unfinished();
    return [...found, ...(open ? [open] : [])].slice(-count).map((line) => printable(line.text));
  }

  tail(bytes: number): Promise<{ readonly bytes: Uint8Array; readonly offset: number }> {
    return this.#port.tail(bytes);
  }

  /** The host's power came back: its console may be reachable again. */
  retryNow(): void {
    this.#port.retryNow();
  }

  mark(kind: string, text: string): void {
    if (kind === "power") this.#detector.expectBoot();
    this.#port.mark(kind, text);
  }

  sync(): Promise<void> {
    return this.#port.sync();
  }

  /** What the visible screen holds now. */
  shot(): Promise<ScreenShot> {
    return this.#screen.read((screen) => screen.shot(this.host));
  }

  /** A place at the console for a person. */
  async attach(request: AttachRequest, who: string): Promise<Attachment> {
    const { encoding, breakMs, escape: key, filter: least } = this.#options;
    const filter = least === "strict" ? least : request.filter;
    const source = {
      encoding,
      offset: () => this.#offset,
      tail: (bytes: number) => this.#port.tail(bytes),
      paint: (person: PaintFor, began: () => void) =>
        this.#screen.read((screen) => paintScreen(screen, person), began),
    };
    const viewer = new Viewer(source, { ...request, filter });
    const guest = this.#people.enter(who, viewer, request.mode, request.reason);
    this.#setEager();
    const seat = this.#people.viewOf(guest);
    const status = this.#options.status();
    viewer.tell({ is: "welcome", status, seat, filter, ...(key ? { escape: key } : {}) });
    if (request.replayLines > 0) void viewer.paint({ history: request.replayLines, again: false });
    return new SessionAttachment({
      passReports: filter === "raw",
      guest,
      people: this.#people,
      port: this.#port,
      breakMs,
      typed: (bytes) => {
        this.#detector.typed(bytes);
        for (const follower of this.#followers) follower.typed?.(bytes);
      },
      note: (type, text, data) => this.#note(type, guest.place.who, text, data),
      left: () => this.#setEager(),
    });
  }

  #tellState(state: PortState, before: PortState): void {
    if (state.is === "opening" && state.progress !== "") this.notice(state.progress);
    if (state.is === "up") {
      this.#toldDown = undefined;
      this.notice(`console up: ${state.label}`);
      this.#note("console.up", "oob", `console up: ${state.label}`, {});
    }
    // Each further attempt fails for the same reason: once is enough.
    if (state.is !== "down" || this.#toldDown === state.why) return;
    this.#toldDown = state.why;
    this.notice(`console down: ${state.why}; it is opened again by itself`);
    this.#note("console.down", "oob", `console down: ${state.why}`, { wasUp: before.is === "up" });
  }

  #seatChanged(
    by: string,
    type: string,
    text: string,
    data: Readonly<Record<string, unknown>>,
  ): void {
    this.#port.mark("session", text);
    this.#note(type, by, text, data);
    for (const follower of this.#followers) follower.seat?.(this.seat);
  }

  #note(type: string, by: string, text: string, data: Readonly<Record<string, unknown>>): void {
    this.#options.audit.note({ host: this.host, type, by, text: printable(text), data });
  }

  #setEager(): void {
    this.#port.setEager(this.#people.guests.size > 0 || this.#lent.size > 0);
  }
}
