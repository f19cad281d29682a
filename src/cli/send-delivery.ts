import type { AttachEvent, Attachment, Site } from "../core/site/site.ts";
import { utf8 } from "../lib/bytes.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { formatDuration } from "../lib/durations.ts";
import { messageOf, OobError } from "../lib/errors.ts";
import { lineSpeed } from "./attach/header.ts";
import { PASTE_ASKS_FROM_BYTES, pasteRate } from "./attach/paste.ts";
import { until } from "./interrupt.ts";

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
  const attachment = await site.attach({
    host,
    mode: join ? "join" : "write",
    reason,
    replayLines: 0,
    filter: "strict",
    columns: 80,
    rows: 24,
  });
  const late = new AbortController();
  const events = until(attachment.events, late.signal, signal);
  try {
    const label = await seated(events, host);
    await type(attachment, clock, sending, pasteRate(lineSpeed(label)));
    const sent = { bytes: sending.typed.length, breaks: breaksOf(sending) };
    if (find === undefined) return sent;
    const timer = clock.after(sending.within, () => late.abort());
    const found = await search(events, find).finally(() => timer.cancel());
    if (found !== undefined) return { ...sent, found };
    throw new OobError(
      "EXPECT_TIMEOUT",
      `Cannot find "${expect}" on ${host}: not seen within ${formatDuration(sending.within)}`,
      { hint: `The text was sent. See: oob screen ${host}` },
    );
  } finally {
    late.abort();
    await attachment.leave().catch(() => {});
  }
}

/** Waits for the seat; gives the console's label. */
async function seated(events: AsyncIterator<AttachEvent>, host: string): Promise<string> {
  for (;;) {
    const { value, done } = await events.next();
    if (done || value === undefined || value.is === "ended")
      throw new OobError("LINK_LOST", `Cannot send to ${host}: ${value?.why ?? "interrupted"}`);
    if (value.is !== "welcome") continue;
    if (value.seat.mine === "write") return value.status.console.label;
    const who = value.seat.writer?.who ?? "somebody";
    throw new OobError("SEAT_TAKEN", `Cannot send to ${host}: ${who} is writing there`, {
      hint: "Wait, or send beside them with --join",
    });
  }
}

function breaksOf({ break: asked, sysrq }: Sending): number {
  return (asked ? 1 : 0) + (sysrq === undefined ? 0 : 1);
}

async function type(
  attachment: Attachment,
  clock: Clock,
  { typed, break: asked, sysrq, pace }: Sending,
  lineRate: number,
): Promise<void> {
  if (asked) await attachment.sendBreak();
  if (sysrq !== undefined) {
    await attachment.sendBreak();
    await attachment.write(utf8(sysrq));
  }
  const slow = pace !== undefined && pace > 0;
  if (!slow && typed.length <= PASTE_ASKS_FROM_BYTES) {
    if (typed.length > 0) await attachment.write(typed);
    return;
  }
  const piece = slow ? 1 : PIECE_BYTES;
  for (let at = 0; at < typed.length; at += piece) {
    await attachment.write(typed.subarray(at, at + piece));
    await clock.sleep((piece * 1000) / (slow ? pace : lineRate));
  }
}

type Find = (text: string) => string | undefined;

async function search(events: AsyncIterator<AttachEvent>, find: Find): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let seen = "";
  for (;;) {
    const { value, done } = await events.next();
    if (done || value === undefined || value.is === "ended") return undefined;
    if (value.is !== "bytes" || value.replay) continue;
    seen = (seen + decoder.decode(value.bytes, { stream: true })).slice(-LOOKED_AT);
    const found = find(seen);
    if (found !== undefined) return found;
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
