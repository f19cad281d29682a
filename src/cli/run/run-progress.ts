import type { RunEvent } from "../../core/site/site.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { printable } from "../../lib/printable.ts";
import { cutToWidth } from "../display-width.ts";
import type { Output } from "../output.ts";
import type { Style } from "../piece.ts";
import { timeOfDay } from "../times.ts";

const STYLES: Readonly<Record<NonNullable<RunEvent["result"]>, Style>> = {
  done: "green",
  failed: "red",
  refused: "yellow",
};
/** The line at the bottom is drawn anew no more often than this. */
const REDRAW: Millis = 100;

/** How a run is shown: every step of one host; of several, on a terminal, their ends and one line that lives. */
export class RunProgress {
  readonly #out: Output;
  readonly #clock: Clock;
  readonly #hosts: readonly string[];
  /** Only ends, and what is going on in one line at the bottom. */
  readonly #short: boolean;
  readonly #began: Millis;
  readonly #doing = new Map<string, string>();
  readonly #ends = new Map<string, NonNullable<RunEvent["result"]>>();
  readonly #width: number;
  readonly #hints = new Set<string>();
  /** Of those that are done, which is not to say that all is well there. */
  readonly #verdicts: string[] = [];
  #drawnAt: Millis = 0;
  #drawn = false;

  constructor(out: Output, clock: Clock, hosts: readonly string[], verbose: boolean) {
    this.#out = out;
    this.#clock = clock;
    this.#hosts = hosts;
    this.#short = !verbose && hosts.length > 1 && out.columns !== undefined;
    this.#began = clock.monotonic();
    this.#width = Math.max(...hosts.map((host) => host.length));
  }

  add(event: RunEvent): void {
    const { host, result, step, text } = event;
    if (result === undefined) this.#doing.set(host, step ?? text);
    else {
      this.#doing.delete(host);
      this.#ends.set(host, result);
      if (result === "done" && event.verdict !== undefined) this.#verdicts.push(event.verdict);
    }
    if (!this.#short || result !== undefined) this.#line(event);
    if (this.#short) this.#draw(result !== undefined);
  }

  /** Ends the live line; says how it went altogether. */
  end(): void {
    this.#wipe();
    if (this.#hosts.length < 2) return;
    const took = formatDuration(this.#clock.monotonic() - this.#began);
    this.#out.talk(`${this.#hosts.length} hosts · ${this.#counts().join(" · ")} · ${took}`);
  }

  #counts(): string[] {
    const all = [...this.#ends.values()];
    const counted = tally(all, ["failed", "refused", "done"]);
    const verdicts = tally(this.#verdicts, ["act", "look"]);
    if (verdicts.length > 0) counted.push(`${counted.pop()} (${verdicts.join(", ")})`);
    const left = this.#hosts.length - all.length;
    return left > 0 ? [...counted, `${left} without an end`] : counted;
  }

  #line({ at, host, step, text, tookMs, result, verdict, error }: RunEvent): void {
    this.#wipe();
    const took = tookMs === undefined ? "" : `  (${formatDuration(tookMs)})`;
    const name = this.#hosts.length > 1 ? host.padEnd(this.#width) : host;
    const head = `${timeOfDay(at)} ${name}  `;
    const of = step === undefined ? "" : `${step}: `;
    const said = verdict === undefined ? "" : ` ${verdict}`;
    if (result === undefined) this.#out.line(`${head}${of}${text}${took}`);
    // Of many hosts the results stand under each other.
    else if (this.#short)
      this.#out.line(
        head,
        { text: result.padEnd(7), style: STYLES[result] },
        `${said}  ${of}${text}${took}`,
      );
    else
      this.#out.line(`${head}${of}${text}${took}  `, { text: result, style: STYLES[result] }, said);
    if (error === undefined) return;
    if (error.message !== text) this.#out.talk({ text: "oob: ", style: "red" }, error.message);
    // What forty hosts have in common is said once.
    if (error.hint === undefined || this.#hints.has(error.hint)) return;
    this.#hints.add(error.hint);
    this.#out.talk(`     ${error.hint}`);
  }

  /** "12 of 40 · 2 failed · web4: login · web7: read" in one line, on which the next one is drawn. */
  #draw(now: boolean): void {
    const at = this.#clock.monotonic();
    if (!now && this.#drawn && at - this.#drawnAt < REDRAW) return;
    this.#drawnAt = at;
    const doing = [...this.#doing].map(([host, step]) => `${host}: ${step}`);
    if (doing.length === 0) {
      this.#wipe();
      return;
    }
    const failed = [...this.#ends.values()].filter((one) => one === "failed").length;
    const parts = [
      `${this.#ends.size} of ${this.#hosts.length}`,
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...doing,
    ];
    const line = cutToWidth(printable(parts.join(" · "), 400), (this.#out.columns ?? 80) - 1);
    this.#out.raw(`\r${line}\u001b[K`);
    this.#drawn = true;
  }

  #wipe(): void {
    if (this.#drawn) this.#out.raw("\r\u001b[K");
    this.#drawn = false;
  }
}

/** "2 failed", "9 done": how many there are of each, but for none. */
const tally = (all: readonly string[], names: readonly string[]): string[] =>
  names
    .map((name) => [all.filter((one) => one === name).length, name] as const)
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}`);
