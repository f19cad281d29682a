import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { PowerResult, PowerVerb } from "../site/site.ts";
import type { Feed, Turned } from "./power-feed.ts";

const RETRY_ON: Millis = 2000;
/** How long a machine has to obey its power button. */
const SOFT_WITHIN: Millis = 120_000;
const LOOK_EVERY: Millis = 1000;
/** Beyond what the device says of its own cycle: a switch on the way to it has to boot. */
const ALONE_AT_MOST: Millis = 300_000;

/** How a verb ended. */
export interface Ended {
  readonly result: PowerResult;
  readonly error?: OobError;
}

/** Tells people what happens, as it happens. */
export type Say = (text: string, feed?: Feed) => void;

/** What moving outlets needs to know. */
export interface Moving {
  readonly clock: Clock;
  readonly say: Say;
  readonly host: string;
  /** Aborted where the process ends: what has not begun, and would wait long, does not begin. */
  readonly ending: AbortSignal;
  /** How long the on is tried after an off. */
  readonly onFor: Millis;
  /** How long a machine has to obey its power button. */
  readonly softWithin?: Millis | undefined;
  /** Looks at outlets that nobody named: an off may have hit another one, and the on brings it back. */
  readonly lookBeside?: (() => Promise<void>) | undefined;
}

/** Carries a verb out. */
export function move(
  verb: PowerVerb,
  feeds: readonly Feed[],
  offFor: Millis,
  moving: Moving,
): Promise<Ended> {
  switch (verb) {
    case "on":
    case "off":
      return turnAll(feeds, verb, moving);
    case "cycle": {
      const [only] = feeds;
      return only?.cyclesAlone ? cycleAlone(only, moving) : cycleAll(feeds, offFor, moving);
    }
    case "reset":
    case "soft":
    case "nmi":
      return pressAll(feeds, verb, moving);
  }
}

/** All feeds on, or all off, each read back. Those that are so already are left alone. */
async function turnAll(
  feeds: readonly Feed[],
  want: "on" | "off",
  { say }: Moving,
): Promise<Ended> {
  const turned = await Promise.all(feeds.map((feed) => make(feed, want, say)));
  return judged(feeds, turned);
}

async function make(feed: Feed, want: "on" | "off", say: Say): Promise<Turned> {
  if (feed.state === want && feed.proofTakes > 0)
    say(`${feed.outlet.id} reads ${want}, from memory: waiting ${formatDuration(feed.proofTakes)}`);
  if (feed.state === want && (await feed.shows(want))) {
    say(`${feed.outlet.id} is ${want} already, read back`, feed);
    return { verified: true, taken: false };
  }
  const turned = await feed.turn(want);
  say(turned.error?.message ?? `${feed.outlet.id} ${want}, read back`, feed);
  return turned;
}

/**
 * All feeds off and read back, a pause, all on and read back. From the first off on nothing stops it: whatever fails,
 * and whoever has lost interest, the on is tried until it is read back or the time for it is up.
 */
async function cycleAll(feeds: readonly Feed[], offFor: Millis, moving: Moving): Promise<Ended> {
  const { clock, say, host, lookBeside = () => Promise.resolve() } = moving;
  const offs = await Promise.all(feeds.map((feed) => make(feed, "off", say)));
  const failed = offs.find(({ verified }) => !verified);
  if (failed === undefined) {
    say(`waiting ${formatDuration(offFor)} with ${ids(feeds)} off`);
    await Promise.all([clock.sleep(offFor), lookBeside()]);
  } else {
    await lookBeside();
    say(`an off could not be verified: switching ${ids(feeds)} back on`);
  }
  // An off that was not seen may still come: then the outlets are watched for as long as the device may need.
  const backOn = await Promise.all(
    feeds.map((feed) => bringOn(feed, failed !== undefined, moving)),
  );
  const dark = backOn.find(({ verified }) => !verified);
  if (dark) {
    const text = `Cannot bring ${host} back: ${dark.error?.message ?? "no outlet reads on"}`;
    const hint = `${ids(feeds)} may be without power; switch on by hand, or oob power on ${host}`;
    return judgedAs(feeds, new OobError("POWER_UNVERIFIED", text, { hint, cause: dark.error }));
  }
  if (failed) return { result: "failed", ...(failed.error && { error: failed.error }) };
  say(`${ids(feeds)} on, read back`);
  return { result: "done" };
}

/**
 * The device's own cycle, sent once: the outlet carries our way to the device, or this very box. What can be seen
 * afterwards is that it is on; that it was off has to be seen, or power may never have gone.
 */
async function cycleAlone(feed: Feed, moving: Moving): Promise<Ended> {
  const { clock, say } = moving;
  const { id } = feed.outlet;
  const sent = await feed.send("cycle");
  if (sent.is === "refused") return { result: "failed", error: sent.error };
  say(`${id} is cycled by its PDU, which brings it back by itself`, feed);
  const until = clock.monotonic() + feed.cycleTime + ALONE_AT_MOST;
  let wasOff = false;
  while (clock.monotonic() < until) {
    await clock.sleep(LOOK_EVERY);
    // Silence is no sign of an outlet that is off: the way there may be slow.
    await feed.read().catch(() => undefined);
    wasOff ||= feed.state === "off" || feed.status.pending;
    if (wasOff && (await feed.shows("on"))) {
      say(`${id} on, read back`, feed);
      return { result: "done" };
    }
  }
  const text = wasOff
    ? `Cannot see ${id} on again after its PDU cycled it`
    : `Cannot tell whether ${id} was cycled: it was never read off`;
  return {
    result: feed.state === "off" ? "failed" : "unknown",
    error: new OobError(wasOff ? "POWER_UNVERIFIED" : "POWER_UNKNOWN", text, {
      hint: `oob power status, then look at ${id} itself`,
    }),
  };
}

/**
 * Sends on until it is read back. `doubt`: an off went out that was not read back and may still come; then the device
 * must have said that it took an on after it, and the outlet is watched for as long as the device may need.
 */
export async function bringOn(
  feed: Feed,
  doubt: boolean,
  { clock, say, onFor }: Moving,
): Promise<Turned> {
  const { id } = feed.outlet;
  let until: Millis | undefined;
  for (;;) {
    const turned = await turnOn(feed);
    // Counted from the end of the first try: that may have waited long for its turn among the outlets of its PDU.
    until ??= clock.monotonic() + onFor;
    const sure = turned.verified && (!doubt || (turned.taken && (await feed.staysOn(feed.settle))));
    if (sure) return turned;
    const text = `Cannot be sure that ${id} stays on: an off may still come`;
    const error = turned.error ?? new OobError("POWER_UNVERIFIED", text);
    const left = until - clock.monotonic();
    if (left <= 0) return { verified: false, taken: turned.taken, error };
    say(`${id} IS NOT SAFELY ON: ${error.message}; trying for ${formatDuration(left)} more`, feed);
    await clock.sleep(RETRY_ON);
  }
}

/** Nothing is sent to a device before it was read and is the one that was bound: it may have been exchanged. */
async function turnOn(feed: Feed): Promise<Turned> {
  if (!feed.known) await feed.shows("on");
  if (feed.known) return feed.turn("on");
  const text = `Cannot read ${feed.outlet.id}: ${feed.status.error ?? "no answer"}`;
  return { verified: false, taken: false, error: new OobError("POWER_UNKNOWN", text) };
}

/** A command of the device's own that no reading can prove beyond "it is on now". Sent once, never again. */
async function pressAll(
  feeds: readonly Feed[],
  verb: "reset" | "soft" | "nmi",
  { clock, say, softWithin = SOFT_WITHIN }: Moving,
): Promise<Ended> {
  for (const feed of feeds) {
    const sent = await feed.send(verb);
    if (sent.is === "refused") return { result: "failed", error: sent.error };
    if (sent.is === "lost") {
      const { message } = sent.error;
      const text = `Cannot tell whether ${feed.outlet.id} did "${verb}": ${message}`;
      return {
        result: "unknown",
        error: new OobError("POWER_UNKNOWN", text, { cause: sent.error }),
      };
    }
    say(`${feed.outlet.id} took "${verb}"`, feed);
  }
  if (verb === "soft") return waitForOff(feeds, clock, softWithin);
  const on = await Promise.all(feeds.map((feed) => feed.shows("on")));
  if (on.every(Boolean)) return { result: "done" };
  return judgedAs(
    feeds,
    new OobError("POWER_UNVERIFIED", `Cannot see ${ids(feeds)} on after "${verb}"`),
  );
}

async function waitForOff(feeds: readonly Feed[], clock: Clock, within: Millis): Promise<Ended> {
  const until = clock.monotonic() + within;
  for (;;) {
    const off = await Promise.all(feeds.map((feed) => feed.shows("off")));
    if (off.every(Boolean)) return { result: "done" };
    if (clock.monotonic() >= until) break;
    await clock.sleep(LOOK_EVERY);
  }
  const time = formatDuration(within);
  const text = `Cannot see ${ids(feeds)} off: the machine did not go down within ${time}`;
  return judgedAs(feeds, new OobError("POWER_UNVERIFIED", text));
}

const ids = (feeds: readonly Feed[]): string => feeds.map(({ outlet }) => outlet.id).join(", ");

/** Done when all are verified; else failed where every feed can be read, unknown where one cannot. */
function judged(feeds: readonly Feed[], turned: readonly Turned[]): Ended {
  const bad = turned.find(({ verified }) => !verified);
  if (!bad) return { result: "done" };
  return judgedAs(
    feeds,
    bad.error ?? new OobError("POWER_UNKNOWN", `Cannot tell how ${ids(feeds)} ended`),
  );
}

function judgedAs(feeds: readonly Feed[], error: OobError): Ended {
  const blind = feeds.some(({ status }) => status.state === "unknown" || status.pending);
  return { result: blind ? "unknown" : "failed", error };
}
