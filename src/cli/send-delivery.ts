import type { Site } from "../core/site/site.ts";
import { utf8 } from "../lib/bytes.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { formatDuration } from "../lib/durations.ts";
import { messageOf, OobError } from "../lib/errors.ts";
import { lineSpeed } from "./attach/header.ts";
import { PASTE_ASKS_FROM_BYTES, pasteRate } from "./attach/paste.ts";
import { HostLine } from "./host-line.ts";

/** Host text in which a pattern is looked for: what came last. */
const LOOKED_AT = 4096;
/** Bytes of one write when sending is paced by the line's speed. */
const PIECE_BYTES = 32;

/** What goes to one host. */
interface Sending {
  readonly host: string;
  readonly typed: Uint8Array;
  readonly break: boolean;
  readonly sysrq: string | undefined;
  /** Characters a second; undefined: as fast as the line takes it. */
  readonly pace: number | undefined;
  readonly expect: string | undefined;
  readonly within: Millis;
  /** All of it is typed; what is looked for may not come. */
  readonly onTyped?: () => void;
}

interface Around {
  readonly site: Site;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What was sent, and what the pattern found. */
export interface Delivery {
  readonly bytes: number;
  readonly breaks: number;
  readonly found?: string;
}

/** Takes the seat, sends, waits for the pattern, lets the seat go. */
export async function deliver(
  { site, clock, signal }: Around,
  sending: Sending,
  { join, reason }: { join: boolean; reason: string },
): Promise<Delivery> {
  const { host, expect } = sending;
  const find = expect === undefined ? undefined : await patternOf(expect);
  const search = new Search(find);
  const wish = { host, what: "send to", join, reason, filter: "strict", replayLines: 0 } as const;
  const hear = (bytes: Uint8Array, replay: boolean) => {
    if (!replay) search.see(bytes);
  };
  const line = await HostLine.open(site, { ...wish, hear }, signal);
  try {
    await type(line, clock, sending, signal);
    sending.onTyped?.();
    const sent = { bytes: sending.typed.length, breaks: breaksOf(sending) };
    if (find === undefined) return sent;
    const found = await search.within(sending.within, clock, AbortSignal.any([signal, line.lost]));
    if (found !== undefined) return { ...sent, found };
    throw new OobError(
      "EXPECT_TIMEOUT",
      `Cannot find "${expect}" on ${host}: not seen within ${formatDuration(sending.within)}`,
      { hint: `The text was sent. See: oob screen ${host}` },
    );
  } finally {
    await line.leave();
  }
}

function breaksOf({ break: asked, sysrq }: Sending): number {
  return (asked ? 1 : 0) + (sysrq === undefined ? 0 : 1);
}

async function type(
  line: HostLine,
  clock: Clock,
  { typed, break: asked, sysrq, pace }: Sending,
  signal: AbortSignal,
): Promise<void> {
  if (asked) await line.sendBreak();
  if (sysrq !== undefined) {
    await line.sendBreak();
    await line.write(utf8(sysrq));
  }
  const slow = pace !== undefined && pace > 0;
  if (!slow && typed.length <= PASTE_ASKS_FROM_BYTES) {
    if (typed.length > 0) await line.write(typed);
    return;
  }
  const piece = slow ? 1 : PIECE_BYTES;
  const rate = slow ? pace : pasteRate(lineSpeed(line.label));
  for (let at = 0; at < typed.length; at += piece) {
    signal.throwIfAborted();
    await line.write(typed.subarray(at, at + piece));
    await clock.sleep((piece * 1000) / rate, signal);
  }
}

type Find = (text: string) => string | undefined;

/** Looks for a pattern in the end of what a host prints. */
class Search {
  readonly #find: Find | undefined;
  readonly #decoder = new TextDecoder();
  #seen = "";
  #found: string | undefined;
  #wake = () => {};

  constructor(find: Find | undefined) {
    this.#find = find;
  }

  see(bytes: Uint8Array): void {
    if (this.#find === undefined || this.#found !== undefined) return;
    this.#seen = (this.#seen + this.#decoder.decode(bytes, { stream: true })).slice(-LOOKED_AT);
    this.#found = this.#find(this.#seen);
    if (this.#found !== undefined) this.#wake();
  }

  /** What matched; undefined: nothing in that time. */
  async within(within: Millis, clock: Clock, signal: AbortSignal): Promise<string | undefined> {
    if (this.#found !== undefined) return this.#found;
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      const timer = clock.after(within, () => this.#wake());
      this.#wake = () => {
        timer.cancel();
        signal.removeEventListener("abort", this.#wake);
        resolve();
      };
      signal.addEventListener("abort", this.#wake, { once: true });
    });
    if (this.#found === undefined) signal.throwIfAborted();
    return this.#found;
  }
}

/** Compiled by re2js: the text comes from a host, and no pattern may take for ever on it. */
async function patternOf(pattern: string): Promise<Find> {
  const { RE2JS } = await import("re2js");
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => {
      const matcher = compiled.matcher(text);
      return matcher.find() ? (matcher.group() ?? "") : undefined;
    };
  } catch (thrown) {
    throw new OobError("USAGE", `Cannot read the pattern "${pattern}": ${messageOf(thrown)}`, {
      hint: "RE2 syntax: no look-around, no back-references",
    });
  }
}
