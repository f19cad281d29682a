/*
 * One configured virtual serial port at our listener, and its hand-over when the machine moves to another host.
 *
 *   idle ─connection─► up ─BEGIN: go-ahead with a secret─► moving ─new connection: PEER with the secret─► both
 *    both ─COMPLETE─► the old one is read to its end, then the new one; typed bytes go to the new one   ─► up
 *    moving, both ─ABORT, or nothing for MOVE_TIMEOUT─► the old one goes on                             ─► up
 *
 * While it moves, typed bytes wait. A connection that comes without a move replaces what was there: the machine was
 * started again somewhere else, and the Link ends.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { concatBytes } from "../../lib/bytes.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";
import type { VspcConnection, VspcControl, VspcPort } from "./vspc-connection.ts";

const SECRET_BYTES = 16;
/** A move that says neither COMPLETE nor ABORT is over. */
const MOVE_TIMEOUT: Millis = minutes(5);
/** A connection that another one replaces may take so long to end. */
const OLD_END: Millis = seconds(5);
/** An old connection that ended in a move waits so long for the new one to say COMPLETE. */
const NEW_START: Millis = seconds(30);

interface Move {
  readonly sequence: Uint8Array;
  readonly cookie: Uint8Array;
  peer: VspcConnection | undefined;
  over(): void;
  readonly isOver: Promise<void>;
}

/** What a seat tells whoever reads it. */
export interface SeatEvents {
  note(text: string): void;
}

/** A configured port, its connections, and the bytes in their right order. */
export class VspcSeat {
  readonly port: VspcPort;
  readonly #clock: Clock;
  #current: VspcConnection | undefined;
  #next: VspcConnection | undefined;
  #move: Move | undefined;
  /** The connection that a move led to: its bytes go on where those of the one before end. */
  #movedTo: VspcConnection | undefined;
  #arrived: (() => void) | undefined;
  #reading: Promise<void> | undefined;
  #result: Uint8Array | undefined;
  events: SeatEvents | undefined;

  constructor(port: VspcPort, clock: Clock) {
    this.port = port;
    this.#clock = clock;
  }

  /** There is a connection whose bytes can be read. */
  get isUp(): boolean {
    return this.#current !== undefined;
  }

  /** Resolves when a connection is there. */
  async arrival(): Promise<void> {
    while (!this.#current) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  /** A connection said that it is this port, and its proxy request is answered. */
  connect(connection: VspcConnection): void {
    const old = this.#current;
    if (!old || old.isEnded) {
      this.#movedTo = undefined;
      this.#current = connection;
      this.#arrived?.();
      return;
    }
    if (this.#move) return;
    this.events?.note(`${connection.description} connects anew`);
    this.#next?.destroy();
    this.#movedTo = undefined;
    this.#next = connection;
    this.#end(old);
  }

  /** A connection said something about a move; a new one is known by its secret. */
  heard(connection: VspcConnection, event: VspcControl): void {
    if (event.is !== "vmotion") return;
    if (connection === this.#current) this.#fromOld(connection, event.step, event.bytes);
    else this.#fromNew(connection, event.step, event.bytes);
    connection.flush();
  }

  /** Whether these are sequence and secret of the move that is under way. */
  hasSecret(shown: Uint8Array): boolean {
    const cookie = this.#move?.cookie;
    return cookie !== undefined && shown.length === cookie.length && timingSafeEqual(shown, cookie);
  }

  /** Whether it has shown the secret of the move that is under way. */
  isPeer(connection: VspcConnection): boolean {
    return this.#move?.peer === connection;
  }

  /** Whether it is this seat that reads the connection, now or next. */
  has(connection: VspcConnection): boolean {
    return connection === this.#current || connection === this.#next;
  }

  /** Resolves when `take` has something. A reader that has gone meanwhile leaves it to the next one. */
  ready(): Promise<void> {
    this.#reading ??= this.#read().then((result) => {
      this.#result = result;
    });
    return this.#reading;
  }

  /** The next bytes; undefined where the machine is gone, or has begun anew. */
  take(): Uint8Array | undefined {
    const result = this.#result;
    this.#result = undefined;
    this.#reading = undefined;
    return result;
  }

  async #read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const connection = this.#current;
      if (!connection) return undefined;
      const early = connection.takeEarly();
      if (early.length > 0) return concatBytes(early);
      const data = await connection.pull((event) => this.heard(connection, event));
      if (data !== undefined) {
        if (data.length > 0) return concatBytes(data);
        continue;
      }
      if (!(await this.#handOver())) return undefined;
    }
  }

  /** Types, once no move is under way; false where nobody takes it. */
  async write(bytes: Uint8Array): Promise<boolean> {
    while (this.#move) await this.#move.isOver;
    const connection = this.#movedTo ?? this.#current;
    return connection !== undefined && (await connection.write(bytes));
  }

  /** Drops what is connected. */
  close(): void {
    this.#move?.over();
    for (const connection of [this.#current, this.#next, this.#move?.peer]) connection?.destroy();
    this.#current = undefined;
    this.#next = undefined;
  }

  /** Its last bytes are still read; a host that is dead does not end it, so we do. */
  #end(old: VspcConnection): void {
    old.end();
    this.#clock.after(OLD_END, () => old.destroy());
  }

  #fromOld(old: VspcConnection, step: string, bytes: Uint8Array): void {
    if (step === "begin") this.#begin(old, bytes);
    else if (step === "abort" && this.#move) {
      this.events?.note("the move to another host was given up");
      this.#move.peer?.destroy();
      this.#move.over();
    }
  }

  #begin(old: VspcConnection, sequence: Uint8Array): void {
    if (this.#move || this.#next) {
      old.codec.notNow(sequence);
      return;
    }
    // No 0xFF in it: it would be doubled on the wire, and a machine has been seen not to undo that.
    const secret = randomBytes(SECRET_BYTES).map((byte) => byte & 0x7f);
    let over = (): void => undefined;
    const isOver = new Promise<void>((resolve) => {
      over = resolve;
    });
    const timer = this.#clock.after(MOVE_TIMEOUT, () => {
      if (!move.peer) move.over();
    });
    const move: Move = {
      sequence: sequence.slice(),
      cookie: concatBytes([sequence.slice(), secret]),
      peer: undefined,
      isOver,
      over: () => {
        timer.cancel();
        if (this.#move === move) this.#move = undefined;
        over();
      },
    };
    this.#move = move;
    old.codec.goAhead(sequence, secret);
    this.events?.note("the machine moves to another host");
  }

  #fromNew(connection: VspcConnection, step: string, bytes: Uint8Array): void {
    const move = this.#move;
    if (step === "peer" && move) {
      connection.codec.answerPeer(bytes, true);
      move.peer = connection;
    } else if (step === "complete" && move?.peer === connection) {
      this.#next = connection;
      this.#movedTo = connection;
      move.over();
      if (this.#current) this.#end(this.#current);
      this.events?.note(`the machine has moved, and is heard from ${connection.from}`);
    }
  }

  /** The current connection ended: the next one takes its place where the machine moved. */
  async #handOver(): Promise<boolean> {
    const move = this.#move;
    if (move) {
      const waited = new AbortController();
      const patience = this.#clock.sleep(NEW_START, waited.signal).catch(() => undefined);
      await Promise.race([move.isOver, patience]);
      waited.abort();
      this.#next ??= move.peer;
      move.over();
      this.#current = this.#next;
      this.#next = undefined;
      this.#movedTo = undefined;
      return this.#current !== undefined;
    }
    const moved = this.#next !== undefined && this.#movedTo === this.#next;
    this.#current = this.#next;
    this.#next = undefined;
    this.#movedTo = undefined;
    return moved;
  }
}
