/**
 * A Link on which we talk first and which others read afterwards.
 *
 *   link.bytes ─► Conversation.run(steps): Dialogue ─► what came too early goes back ─► Conversation.bytes ─► the consumer
 *
 * One read of the Link is under way at most, and it is never thrown away: a dialogue that ends while it waits leaves it to
 * whoever reads next. While a last dialogue runs (run() beside a waiting next()), both hear the same bytes.
 */
import { Dialogue } from "../../codec/dialogue.ts";
import type { DialogueEvent, DialogueSteps, DialogueValues } from "../../codec/dialogue-steps.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { Link } from "../link.ts";

/** Silence after which an unfinished line counts as a prompt. */
export const PROMPT_QUIET: Millis = 300;
/** How long a device may be silent in a step that does not say so itself, and how many times as long it may talk. */
const PATIENCE: Millis = seconds(30);
const MAX_SLOW = 10;

/** What a dialogue needs besides its steps. */
export interface ConversationOptions extends DialogueValues {
  /** The step that it begins with. */
  readonly first: string;
  /** Begins every message: `Cannot open port 7 of "cs1:23"`. */
  readonly failing: string;
  readonly signal?: AbortSignal;
  readonly patience?: Millis;
  /** Hears the names of the steps. */
  readonly progress?: (step: string) => void;
}

/** How a dialogue went. */
export interface ConversationResult {
  /** Every match that named something, in order: rows of a table, who is on a port. */
  readonly captured: readonly Readonly<Record<string, string>>[];
  /** Prompts of the device that were answered. */
  readonly prompts: ReadonlySet<string>;
}

type Heard = IteratorResult<Uint8Array> | "quiet" | "late" | "aborted";

/** Talks on a Link by dialogues, then gives the rest of its bytes. */
export class Conversation {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #reader: AsyncIterator<Uint8Array>;
  #reading: Promise<IteratorResult<Uint8Array>> | undefined;
  #early: Uint8Array[] = [];

  constructor(link: Link, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
    this.#reader = link.bytes[Symbol.asyncIterator]();
  }

  /** The next bytes that no dialogue took. One caller at a time. */
  async next(): Promise<IteratorResult<Uint8Array>> {
    const early = this.#early.shift();
    if (early) return { done: false, value: early };
    this.#reading ??= this.#reader.next();
    const reading = this.#reading;
    try {
      return await reading;
    } finally {
      if (this.#reading === reading) this.#reading = undefined;
    }
  }

  /** Walks through the steps to the end. Throws what the steps say, LINK_REFUSED where they say nothing, INTERRUPTED. */
  async run(steps: DialogueSteps, options: ConversationOptions): Promise<ConversationResult> {
    const dialogue = new Dialogue(steps, options.first, options);
    const captured: Readonly<Record<string, string>>[] = [];
    let entered = this.#clock.monotonic();
    let heardAt = entered;
    const take = (events: readonly DialogueEvent[]): void => {
      for (const event of events) {
        if (event.is === "captured") captured.push(event.values);
        else if (event.is === "data") this.#early.push(event.bytes);
        else if (event.is === "failed") throw failed(event, options.failing);
        else if (event.is === "step") {
          entered = this.#clock.monotonic();
          options.progress?.(event.name);
        }
      }
    };
    while (dialogue.over === undefined) {
      const patience = options.patience ?? PATIENCE;
      const { within = patience * MAX_SLOW, silence = Math.min(within, patience) } =
        dialogue.limits;
      const sent = dialogue.takeOutput();
      if (sent.length > 0) await this.#write(sent, options);
      const end = Math.min(entered + within, Math.max(entered, heardAt) + silence);
      const left = end - this.#clock.monotonic();
      const heard = await this.#hear(Math.max(0, left), options.signal);
      if (heard === "aborted") throw interrupted(options);
      if (heard === "quiet") take(dialogue.settled());
      else if (heard === "late") {
        entered = this.#clock.monotonic();
        take(dialogue.expired());
      } else if (heard.done) take(dialogue.ended());
      else {
        heardAt = this.#clock.monotonic();
        take(dialogue.receive(heard.value));
      }
    }
    const last = dialogue.takeOutput();
    if (last.length > 0) await this.#write(last, options);
    return { captured, prompts: dialogue.prompts };
  }

  /** What comes next: bytes, a pause, the end of the step's time. A read that lost the race stays under way. */
  #hear(left: Millis, signal: AbortSignal | undefined): Promise<Heard> {
    const early = this.#early.shift();
    if (early) return Promise.resolve({ done: false, value: early });
    if (signal?.aborted) return Promise.resolve("aborted");
    this.#reading ??= this.#reader.next();
    const reading = this.#reading;
    return new Promise((resolve, reject) => {
      let over = false;
      const end = (finish: () => void): void => {
        if (over) return;
        over = true;
        timer.cancel();
        signal?.removeEventListener("abort", onAbort);
        finish();
      };
      const heard = (result: Heard) => end(() => resolve(result));
      const onAbort = () => heard("aborted");
      const what = left <= PROMPT_QUIET ? "late" : "quiet";
      let timer = this.#clock.after(Math.min(left, PROMPT_QUIET), () => {
        // This process may have slept itself: what came meanwhile is read before the silence counts.
        timer = this.#clock.after(1, () => heard(what));
      });
      signal?.addEventListener("abort", onAbort, { once: true });
      const read = (finish: () => void) =>
        end(() => {
          if (this.#reading === reading) this.#reading = undefined;
          finish();
        });
      reading.then(
        (result) => read(() => resolve(result)),
        (error: unknown) => read(() => reject(error as Error)),
      );
    });
  }

  /** A device that does not read must not hold us for ever. */
  async #write(bytes: Uint8Array, options: ConversationOptions): Promise<void> {
    const { signal, failing } = options;
    const waited = new AbortController();
    const stop = signal ? AbortSignal.any([signal, waited.signal]) : waited.signal;
    const patience = this.#clock.sleep(options.patience ?? PATIENCE, stop).then(
      () => {
        throw new OobError("LINK_REFUSED", `${failing}: it does not take what is typed`);
      },
      () => {
        if (!waited.signal.aborted) throw interrupted(options);
      },
    );
    try {
      await Promise.race([this.#link.write(bytes), patience]);
    } finally {
      waited.abort();
    }
  }
}

const interrupted = ({ failing }: ConversationOptions): OobError =>
  new OobError("INTERRUPTED", `${failing}: the attempt was given up`);

function failed(
  { code, why, hint, step }: Extract<DialogueEvent, { is: "failed" }>,
  failing: string,
): OobError {
  const message = `${failing}: ${why} (at "${step}")`;
  return new OobError(code, message, hint === undefined ? {} : { hint });
}
