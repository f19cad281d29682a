/**
 * One console with everybody at it. The port logs and then tells this session, which tells, in this order: the
 * detector, followers (watchdog, runbooks), each viewer's own queue, and the screen if there is one. Nothing here
 * waits for anybody, so nobody can delay the reading of a console.
 */
import type { Millis } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { ModemLines } from "../../sdk/link.ts";
import type { ScreenText } from "../../sdk/runbook.ts";
import type { Opinion } from "../detect/opinion.ts";
import type { ConsolePort, PortListener, PortState } from "../port/console-port.ts";
import type { LineDemand } from "../port/line-demand.ts";
import { PlacedDetector } from "../site/placed-detector.ts";
import type { Attachment, AttachRequest, ScreenShot } from "../site/site.ts";
import { SessionAttachment } from "./attachment.ts";
import { lastLines } from "./last-lines.ts";
import { LastWriter } from "./last-writer.ts";
import { LentSeats } from "./lent-seats.ts";
import { People } from "./people.ts";
import { REPLAY_BYTES, ScreenKeeper } from "./screen-keeper.ts";
import { type PaintFor, paintScreen } from "./screen-paint.ts";
import { SealNews } from "./seal-news.ts";
import type { SessionOptions } from "./session-options.ts";
import { UpAndDown } from "./up-and-down.ts";
import { Viewer } from "./viewer.ts";
import { VisitBook } from "./visit-book.ts";
import type { ConsoleFollower, SeatHolder, WatchedConsole } from "./watched-console.ts";

/** What an earlier process logged is evidence only if it came a moment ago: older proofs may have been dealt with. */
const RECALL_WITHIN: Millis = minutes(10);

type Data = Readonly<Record<string, unknown>>;

/** One console with everybody at it. */
export class Session implements WatchedConsole, PortListener {
  readonly host: string;
  readonly #options: SessionOptions;
  readonly #port: ConsolePort;
  readonly #detector: PlacedDetector;
  readonly guests: People;
  readonly seals: SealNews;
  readonly #screen: ScreenKeeper;
  readonly #followers = new Set<ConsoleFollower>();
  readonly #lent: LentSeats;
  readonly #lastWriter: LastWriter;
  readonly #upAndDown: UpAndDown;
  #offset: number;
  #lastByteAt: Millis | undefined;
  #state: PortState = { is: "closed" };

  constructor(options: SessionOptions) {
    this.#options = options;
    this.host = options.host;
    this.#port = options.port;
    this.#detector = new PlacedDetector(options.detector, (error) =>
      this.#note("detect.failed", "oob", `detection failed: ${messageOf(error)}`, {}),
    );
    this.#offset = options.port.offset;
    const note = (type: string, text: string, data: Data) => this.#note(type, "oob", text, data);
    this.seals = new SealNews(note);
    const notice = (text: string) => this.notice(text);
    this.#upAndDown = new UpAndDown({ clock: options.clock, notice, note });
    this.#lastWriter = new LastWriter({
      console: this,
      clock: options.clock,
      book: options.visits ?? new VisitBook(),
      policy: options.onDetach ?? { is: "nothing" },
      lent: () => this.#lent.size > 0,
      typed: () => this.guests.typed,
      ...{ tell: notice, note },
    });
    this.guests = new People({
      host: options.host,
      clock: options.clock,
      idleTimeout: options.idleTimeout,
      events: {
        changed: (by, type, text, data) => this.#seatChanged(by, type, text, data),
        evicted: (place) => this.#lent.evict(place),
        said: (by, text, data) => this.#note("session.message", by, text, data),
        began: (place) => this.#lastWriter.began(place),
        stopped: (place, why) => this.#lastWriter.stopped(place, why),
      },
      last: () => this.#lastWriter.visit,
    });
    this.#lent = new LentSeats({
      host: options.host,
      people: this.guests,
      port: options.port,
      breakMs: options.breakMs,
      typed: (bytes) => this.#detector.typed(bytes),
      changed: () => {
        this.#setEager();
        this.#lastWriter.settle();
      },
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
    this.#lastWriter.start();
    this.#port.start(this);
  }

  /** Ends when what the last writer left is dealt with, where that has begun. */
  readonly settled = () => this.#lastWriter.finished();

  /** Sends everybody away and closes the console. */
  async stop(): Promise<void> {
    this.#lastWriter.close();
    this.guests.close("the console is closed");
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
    for (const guest of this.guests.all) guest.viewer.show(chunk);
    this.#screen.feed(chunk);
  }

  state(state: PortState): void {
    const before = this.#state;
    this.#state = state;
    if (this.#upAndDown.tell(state, before)) this.#detector.gap();
    if (state.is === "up") this.#lastWriter.settle();
    for (const follower of this.#followers) follower.state?.(state);
  }

  gap(bytes: number, why: string): void {
    this.notice(`${bytes} bytes were not logged: ${why}`);
    this.#note("console.gap", "oob", `${bytes} bytes were not logged: ${why}`, { bytes });
    for (const follower of this.#followers) follower.gap?.(bytes, why);
  }

  notice(text: string): void {
    this.guests.tell({ is: "notice", text: printable(text) });
  }

  readonly seal = (why: string | undefined): void => this.seals.tell(why);

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

  get demand(): LineDemand | undefined {
    return this.#port.demand;
  }

  get lastByteAt(): Millis | undefined {
    return this.#lastByteAt;
  }

  get everAlive(): boolean {
    return this.#offset > 0;
  }

  get seat(): SeatHolder | undefined {
    return this.guests.holder;
  }

  get lastTypedAt(): Millis | undefined {
    return this.guests.typed.at;
  }

  readonly typedByOthers = (than: string) => this.guests.typed.byOthers(than);

  get people(): readonly string[] {
    return this.guests.names;
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
    return lastLines((await this.#port.tail(REPLAY_BYTES)).bytes, this.#options.encoding, count);
  }

  readonly tail: ConsolePort["tail"] = (bytes) => this.#port.tail(bytes);

  /** The host's power came back: its console may be reachable again. */
  retryNow(): void {
    this.#port.retryNow();
  }

  setLines(lines: { readonly dtr: boolean }): Promise<void> {
    return this.#port.setLines(lines);
  }

  mark(kind: string, text: string): void {
    if (kind === "power") this.#detector.expectBoot();
    this.#port.mark(kind, text);
  }

  readonly sync = (sealed?: boolean): Promise<void> => this.#port.sync(sealed);

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
    const { openShell } = this.#lastWriter;
    const guest = this.guests.enter(who, viewer, request);
    this.#setEager();
    const seat = { ...this.guests.viewOf(guest), ...(openShell ? { openShell } : {}) };
    const status = this.#options.status();
    viewer.tell({ is: "welcome", status, seat, filter, ...(key ? { escape: key } : {}) });
    if (request.replayLines > 0) void viewer.paint({ history: request.replayLines, again: false });
    return new SessionAttachment({
      passReports: filter === "raw",
      guest,
      people: this.guests,
      port: this.#port,
      disarmed: () => this.#lent.disarmed,
      breakMs,
      typed: (bytes) => {
        this.#detector.typed(bytes);
        for (const follower of this.#followers) follower.typed?.(bytes);
      },
      note: (type, text, data) => this.#note(type, guest.place.who, text, data),
      left: () => this.#setEager(),
    });
  }

  #seatChanged(by: string, type: string, text: string, data: Data): void {
    this.#port.mark("session", text);
    this.#note(type, by, text, data);
    for (const follower of this.#followers) follower.seat?.(this.seat);
  }

  #note(type: string, by: string, text: string, data: Data): void {
    this.#options.audit.note({ host: this.host, type, by, text: printable(text), data });
  }

  #setEager(): void {
    this.#port.setEager(this.guests.all.size > 0 || this.#lent.size > 0);
  }
}
