import type { Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { Answer } from "./recording.ts";

/** How a recorded console is played. */
export const VARIANTS = ["good", "slow", "noisy", "hostile", "cut"] as const;
export type Variant = (typeof VARIANTS)[number];

/** What a line of 300 baud takes for a byte: each answer comes that late. */
const SLOW: Millis = 1000 / 30;

const CHATTER = [
  "[  912.104512] sd 0:0:0:0: [sda] tag#3 timing out command, waited 180s",
  "[  934.880021] usb 1-1: new high-speed USB device number 7 using xhci_hcd",
];

/**
 * What somebody on the host may put into anything that it prints: escape sequences, a prompt, a line without an end, text
 * that a shell, a page or a pattern would take for its own.
 */
const HOSTILE = [
  "\u001b]0;owned\u0007\u001b[2J\u001b[31mroot@recorded:~# \u001b[0m",
  `$(reboot) \`reboot\`; reboot | reboot && reboot '"\\ <script>alert(1)</script> | a | b | %n`,
  `${"A".repeat(20_000)}`,
  "__proto__ constructor NaN -1 99999999999999999999 \u202egnp.exe \u0000",
];

/** How long the answer takes to come. */
export const tookOf = (variant: Variant, { output }: Answer): Millis =>
  variant === "slow" ? output.length * SLOW : 1;

/** Answers of one playing. */
export class Player {
  readonly #variant: Variant;
  readonly #cutAt: number;
  #asked = 0;

  /** `all`: how many answers the good playing took: the cut comes in the middle of them. */
  constructor(variant: Variant, all: number) {
    this.#variant = variant;
    this.#cutAt = Math.max(1, Math.ceil(all / 2));
  }

  get asked(): number {
    return this.#asked;
  }

  /** `proven`: it comes as the host has it (capture), so that noise of the line is not in it. */
  play(answer: Answer, proven: boolean): Answer {
    this.#asked++;
    if (this.#variant === "cut" && this.#asked >= this.#cutAt)
      throw new OobError(
        "LINK_LOST",
        "Cannot go on at the recorded host: the recording is cut here",
      );
    if (this.#variant === "noisy" && !proven) return { ...answer, output: noisy(answer.output) };
    if (this.#variant === "hostile") return { ...answer, output: hostile(answer.output) };
    return answer;
  }
}

/** Kernel messages between the lines, as they stand in what run() gives on hosts that can store nothing. */
function noisy(output: string): string {
  const lines = output.split("\n");
  const middle = Math.floor(lines.length / 2);
  return [...CHATTER, ...lines.slice(0, middle), ...CHATTER, ...lines.slice(middle)].join("\n");
}

/** Hostile lines behind what was said. */
const hostile = (output: string): string => {
  const open = output === "" || output.endsWith("\n") ? output : `${output}\n`;
  return `${open}${HOSTILE.join("\n")}\n`;
};
