import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import type { Evidence } from "../../sdk/rule.ts";
import { isStart } from "../policy/classes.ts";

const MAX_TYPED = 4096;
/** Shorter words (a "y", "reboot") are in every other line. */
const SHORTEST_TYPED = 8;
/** Who types nothing for so long has ended their talk with the host. */
const TALK: Millis = seconds(60);

/** The last text that people typed at a console: what holds it is no evidence, and a prompt that follows it an answer. */
export class TypedText {
  #text = "";
  /** Where the stream stood when the talk began. */
  #from = 0;
  #at = Number.NEGATIVE_INFINITY;

  /** `offset`: where the console's stream stands. */
  add(bytes: Uint8Array, offset: number, now: Millis): void {
    this.#text = (this.#text + Buffer.from(bytes).toString("latin1")).slice(-MAX_TYPED);
    if (now - this.#at > TALK) this.#from = offset;
    this.#at = now;
  }

  /** Whether a line is, for the most part, what somebody typed. */
  holds(line: string): boolean {
    return this.#text
      .split(/[\r\n]+/)
      .some((typed) => typed.trim().length >= SHORTEST_TYPED && line.includes(typed.trim()));
  }

  /** Whether the host starts. That ends a talk: the prompt of the boot that somebody ordered comes by itself. */
  endsAt(evidence: readonly Evidence[]): boolean {
    const starts = evidence.some((one) => isStart(one.class));
    if (starts) this.#at = Number.NEGATIVE_INFINITY;
    return starts;
  }

  /** Whether the newest evidence is a prompt that came after what was typed: an echo makes no prompt. */
  isAnswered(evidence: readonly Evidence[], now: Millis): boolean {
    const newest = evidence.at(-1);
    return (
      newest !== undefined && now - this.#at <= TALK && newest.at >= this.#from && isPrompt(newest)
    );
  }
}

const isPrompt = ({ state, class: of, rule }: Evidence): boolean =>
  state === "healthy" && (of === "login-prompt" || rule.endsWith("prompt"));
