import { latin1 } from "../../lib/bytes.ts";
import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";

const WORDS = latin1("\r\nNO CARRIER\r\n");
const WHOLE = WORDS.length - 2;
/** The modem says it in one breath, a person does not. */
const BEGUN_FOR: Millis = 150;
/** Longer than it takes to be sure that the call is over. */
const WHOLE_FOR: Millis = seconds(5);

/**
 * What somebody types, without the words of our own modem when the carrier is lost: the Enter in them would end the line
 * that was begun, and at a console it would be the host's.
 */
export class LastWords {
  #held = 0;

  /** How long what is held may be the modem's; undefined: nothing is. */
  get heldFor(): Millis | undefined {
    if (this.#held === 0) return undefined;
    return this.#held < WHOLE ? BEGUN_FOR : WHOLE_FOR;
  }

  /** What was typed for sure. */
  receive(bytes: Uint8Array): Uint8Array {
    const typed: number[] = [];
    for (const byte of bytes) {
      if (byte !== WORDS[this.#held]) typed.push(...this.release());
      if (byte === WORDS[this.#held]) this.#held++;
      else typed.push(byte);
    }
    return Uint8Array.from(typed);
  }

  /** It was typed after all. */
  release(): Uint8Array {
    const held = WORDS.slice(0, this.#held);
    this.#held = 0;
    return held;
  }
}
