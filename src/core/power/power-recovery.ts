/**
 * Acts that a crash cut short: an intent on disk without an outcome. Their outlets are read; what a cycle has left off is
 * switched on. Nothing is carried out twice, and nothing while the process that began it lives.
 */
import type { Clock, Millis } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { PowerBank } from "./power-bank.ts";
import type { Feed } from "./power-feed.ts";
import type { OpenAct, PowerIntent, PowerLedger } from "./power-ledger.ts";
import { bringOn, type Ended, type Moving } from "./power-moves.ts";
import { asOobError } from "./verb-words.ts";

/** An act that was cut short longer ago is not taken up: somebody may have switched by hand since. */
const RECOVER_WITHIN: Millis = minutes(60);
/** How often a PDU is looked at that another process has. */
const OWN_EVERY: Millis = 1000;

/** An act of before that is being taken up. */
export interface Recovery {
  readonly host: string;
  readonly pdus: readonly string[];
  /** Never rejects. */
  readonly done: Promise<void>;
}

/** Takes up what was left. */
export class PowerRecovery {
  readonly #bank: PowerBank;
  readonly #ledger: PowerLedger;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>[] = [];

  constructor(bank: PowerBank, ledger: PowerLedger, clock: Clock) {
    this.#bank = bank;
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** Reserves the outlets of all such acts, and begins. */
  async begin(movingOf: (host: string) => Moving): Promise<readonly Recovery[]> {
    const acts = await this.#ledger.unfinished();
    return acts.map((act) => {
      const { host } = act.intent;
      const done = this.#finish(act, movingOf(host));
      this.#running.push(done);
      return { host, pdus: act.left.map(({ pdu }) => pdu), done };
    });
  }

  /** Waits for what has begun, and for no other process. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
  }

  async #finish({ intent, left }: OpenAct, moving: Moving): Promise<void> {
    let free = () => {};
    let giveBack: (() => Promise<void>) | undefined;
    let feeds: readonly Feed[] = [];
    let ended: Ended;
    try {
      feeds = left.map((outlet) => this.#bank.feed(outlet));
      free = this.#bank.reserve(feeds, intent.host);
      giveBack = await this.#ownAtLast({ ...intent, outlets: left }, moving);
      // Whoever had the PDU may have been at this very act, and alive.
      if (giveBack === undefined || !(await this.#ledger.isOpen(intent.id))) {
        free();
        await giveBack?.();
        return;
      }
      ended = await this.#takeUp(intent, feeds, moving);
    } catch (error) {
      ended = { result: "unknown", error: asOobError(error) };
    }
    const text = ended.error?.message ?? "it is so, read back";
    moving.say(`${intent.verb} of ${intent.host} was cut short by a restart: ${text}`);
    if (intent.verb === "cycle" && left.length > 0 && !(await areOn(feeds)))
      this.#ledger.alarm(intent, ended.error);
    await writeEnd(this.#ledger, intent, ended, moving);
    free();
    await giveBack?.();
  }

  /** The PDUs, when the process that switches there is done; undefined: we end first. */
  async #ownAtLast({ verb, host, outlets }: PowerIntent, { say }: Moving) {
    const { signal } = this.#closing;
    for (let told = false; !signal.aborted; told = true) {
      try {
        return await this.#bank.own(outlets);
      } catch (thrown) {
        if (!(thrown instanceof OobError) || thrown.code !== "PORT_BUSY") throw thrown;
        if (!told) say(`${verb} of ${host} has no end yet: ${thrown.message}`);
      }
      await this.#clock.sleep(OWN_EVERY, signal).catch(() => undefined);
    }
    return undefined;
  }

  async #takeUp(intent: PowerIntent, feeds: readonly Feed[], moving: Moving): Promise<Ended> {
    const { verb, at, host } = intent;
    const unknown = (why: string): Ended => {
      const text = `Cannot tell whether ${verb} of ${host} happened: ${why}`;
      return { result: "unknown", error: new OobError("POWER_UNKNOWN", text) };
    };
    if (feeds.length === 0) return unknown("its outlets were switched again since");
    if (this.#clock.now() - at > RECOVER_WITHIN)
      return unknown("it was begun too long ago, nothing was touched");
    const isWhole = feeds.length === intent.outlets.length;
    if (verb === "on" || verb === "off") {
      const so = await Promise.all(feeds.map((feed) => feed.shows(verb)));
      return isWhole && so.every(Boolean)
        ? { result: "done" }
        : unknown("it does not read so, and was not repeated");
    }
    if (verb !== "cycle") return unknown("nothing that can be read tells");
    const wereOff = await Promise.all(feeds.map((feed) => feed.shows("off")));
    const on = await Promise.all(feeds.map((feed) => bringOn(feed, true, moving)));
    const dark = on.find(({ verified }) => !verified);
    if (dark) return { result: "failed", ...(dark.error && { error: dark.error }) };
    const wasDark = isWhole && wereOff.every(Boolean);
    return wasDark ? { result: "done" } : unknown("the outlets read on now");
  }
}

async function areOn(feeds: readonly Feed[]): Promise<boolean> {
  const on = await Promise.all(feeds.map((feed) => feed.shows("on")));
  return on.length > 0 && on.every(Boolean);
}

/** The outcome on disk. What has moved is told even where it cannot be written. */
export async function writeEnd(
  ledger: PowerLedger,
  intent: PowerIntent,
  ended: Ended,
  { say }: Moving,
): Promise<void> {
  const text = `${intent.verb} ${ended.result}${ended.error ? `: ${ended.error.message}` : ""}`;
  try {
    await ledger.end(intent, ended.result, text);
  } catch (error) {
    say(`the outcome could not be written: ${messageOf(error)}`);
  }
}
