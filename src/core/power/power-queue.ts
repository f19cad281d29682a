import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { Pdu, PduReading } from "../../sdk/power.ts";

/** Longest time for one request to a device, the waiting behind others included. */
const ANSWER_WITHIN: Millis = 20_000;
/** A device that holds a request longer is given up, so that those behind it get on. */
const HELD_AT_MOST: Millis = 60_000;
/** As many times as long for one that is reached through others: a call comes first, and 24 outlets take 10 s at 1200 baud. */
const FAR = 6;
/** Such a device may serve one session at a time: it is left so long after the last request. */
const LEFT_AFTER: Millis = 60_000;
/** Longest time that the next opening waits for the leaving. */
const LEAVING_AT_MOST: Millis = 6000;
const MAX_WAITING = 256;
/** After these the device is opened anew: it may have been another one, or its session is worth nothing. */
const REOPEN_AFTER = new Set(["PDU_SILENT", "PDU_UNKNOWN", "LOGIN_REFUSED", "PDU_REFUSED"]);

/** The address in an error of a device, with the name that it has in the configuration. */
function withName(error: unknown, name: string, host: string): unknown {
  if (!(error instanceof OobError) || !REOPEN_AFTER.has(error.code) || host === "") return error;
  const at = error.message.split(/(?<= )/).findIndex((word) => word.startsWith(host));
  if (at < 0 || error.message.includes(name)) return error;
  const words = error.message.split(/(?<= )/);
  const [, address = "", rest = ""] = /^(.*?)([:,;]? ?)$/.exec(words[at] ?? "") ?? [];
  words[at] = `${name} (${address})${rest}`;
  const { code, hint } = error;
  return new OobError(code, words.join(""), { cause: error, ...(hint !== undefined && { hint }) });
}

type Work<T> = (pdu: Pdu, late: AbortSignal) => Promise<T>;

/**
 * The only way to one PDU: one request at a time, in order, because small agents fail under parallel clients. A silent
 * PDU delays nobody but those who ask it, and a request whose time ran out while it waited is never sent.
 */
export class PduQueue {
  readonly #name: string;
  readonly #open: () => Promise<Pdu>;
  readonly #clock: Clock;
  readonly #patience: number;
  readonly #host: string;
  #idle: Timer | undefined;
  #left: Promise<unknown> | undefined;
  #pdu: Promise<Pdu> | undefined;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #nextRead: Promise<PduReading> | undefined;
  /** The last whole reading, and when it began. */
  #whole: { readonly reading: PduReading; readonly at: Millis } | undefined;
  /** Of a reading that is in nobody's way: aborted when somebody else asks. */
  #yields: AbortController | undefined;

  /** `far`: it is reached through other devices. `host`: its address, of which people know the name. */
  constructor(name: string, open: () => Promise<Pdu>, clock: Clock, far = false, host = "") {
    this.#host = host;
    this.#patience = far ? FAR : 1;
    this.#name = name;
    this.#open = open;
    this.#clock = clock;
  }

  /** All outlets, fresh; those who ask while a reading waits for its turn share it. */
  read(): Promise<PduReading> {
    this.#nextRead ??= this.run(async (pdu) => {
      this.#nextRead = undefined;
      const at = this.#clock.monotonic();
      const reading = await pdu.read();
      this.#whole = { reading, at };
      return reading;
    }).finally(() => {
      this.#nextRead = undefined;
    });
    return this.#nextRead;
  }

  /** All outlets, and when their reading began; made anew where the last one began longer ago than `age`. */
  async readLately(age: Millis): Promise<{ readonly reading: PduReading; readonly at: Millis }> {
    const begun = this.#clock.monotonic();
    if (this.#whole && this.#whole.at >= begun - age) return this.#whole;
    return { reading: await this.read(), at: begun };
  }

  /** All outlets, and what is read only for somebody who looks at the whole device. */
  async readWhole(): Promise<PduReading> {
    const reading = await this.read();
    const more = this.run((pdu) => pdu.withEnergy?.(reading) ?? Promise.resolve(reading));
    // The outlets were read: nobody has to do without them.
    return more.catch(() => reading);
  }

  /**
   * All outlets, in nobody's way: undefined where somebody waits for the device, and where somebody comes before it is
   * read. Whoever comes waits for one request of it at most.
   */
  async readUnhurried(): Promise<PduReading | undefined> {
    if (this.#waiting > 0) return undefined;
    const yields = new AbortController();
    const reading = this.run((pdu) => {
      yields.signal.throwIfAborted();
      return pdu.read(yields.signal);
    });
    this.#yields = yields;
    try {
      return await reading;
    } catch (error) {
      if (yields.signal.aborted) return undefined;
      throw error;
    } finally {
      if (this.#yields === yields) this.#yields = undefined;
    }
  }

  /** Does `work` with the device when its turn comes. Throws PDU_SILENT when its time runs out, and aborts `late`. */
  run<T>(work: Work<T>, within: Millis = ANSWER_WITHIN * this.#patience): Promise<T> {
    if (this.#waiting >= MAX_WAITING)
      return Promise.reject(
        new OobError("PDU_SILENT", `Cannot ask ${this.#name}: ${MAX_WAITING} requests wait for it`),
      );
    this.#idle?.cancel();
    this.#yields?.abort(new OobError("INTERRUPTED", `Cannot read ${this.#name}: others wait`));
    return new Promise<T>((resolve, reject) => {
      const turn = new AbortController();
      const timer = this.#clock.after(within, () => {
        const text = `Cannot reach ${this.#name}: no answer within ${formatDuration(within)}`;
        const error = new OobError("PDU_SILENT", text);
        turn.abort(error);
        reject(error);
      });
      this.#waiting++;
      this.#tail = this.#tail.then(async () => {
        try {
          if (!turn.signal.aborted) resolve(await this.#take(work, turn.signal));
        } catch (error) {
          reject(error);
        } finally {
          this.#waiting--;
          timer.cancel();
          if (this.#patience > 1) this.#leaveLater();
        }
      });
    });
  }

  async close(): Promise<void> {
    this.#idle?.cancel();
    const pdu = this.#pdu;
    this.#pdu = undefined;
    const left = pdu?.then((open) => open.close()).catch(() => undefined);
    // A serial port is opened anew only when it has been closed.
    this.#left = Promise.all([this.#left, left]);
    await left;
  }

  async #untilLeft(): Promise<void> {
    if (this.#left === undefined) return;
    const enough = new AbortController();
    const late = this.#clock.sleep(LEAVING_AT_MOST, enough.signal).catch(() => undefined);
    await Promise.race([this.#left, late]);
    enough.abort();
    this.#left = undefined;
  }

  #leaveLater(): void {
    this.#idle?.cancel();
    this.#idle = this.#clock.after(LEFT_AFTER, () => {
      if (this.#waiting === 0) void this.close();
    });
  }

  async #take<T>(work: Work<T>, late: AbortSignal): Promise<T> {
    const giveUp = this.#giveUp();
    try {
      return await Promise.race([giveUp.late, this.#use(work, late)]);
    } catch (error) {
      if (!(error instanceof OobError) || REOPEN_AFTER.has(error.code)) void this.close();
      throw withName(error, this.#name, this.#host);
    } finally {
      giveUp.cancel();
    }
  }

  async #use<T>(work: Work<T>, late: AbortSignal): Promise<T> {
    if (this.#pdu === undefined) await this.#untilLeft();
    this.#pdu ??= this.#open();
    const pdu = await this.#pdu;
    // Whoever asked has been told that it did not happen: it must not happen now.
    late.throwIfAborted();
    return work(pdu, late);
  }

  #giveUp(): { readonly late: Promise<never>; cancel(): void } {
    let cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      const timer = this.#clock.after(HELD_AT_MOST * this.#patience, () =>
        reject(new OobError("PDU_SILENT", `Cannot reach ${this.#name}: it holds a request`)),
      );
      cancel = () => timer.cancel();
    });
    return { late, cancel };
  }
}
