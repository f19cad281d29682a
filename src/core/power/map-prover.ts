/**
 * Whether a PDU's map is right, shown on the device itself: one outlet that feeds nothing is switched and put back, and
 * every outlet is read before, between and after.
 *
 *   all outlets read ► refusals ► all reserved, intent on disk ► one command, once ► the device's whole time is waited
 *     exactly the asked outlet changed ► the other command, once ► all as before ► outcome on disk ► proof
 *     anything else: no proof. An "on" is sent to put back what an "off" may have cut; an "off" never is, because what
 *     it would reach is not known.
 *
 * A lost answer makes no proof, even where the outlet moved. An unproven map begins with an outlet that is off, unless
 * a person says otherwise: then the worst that a wrong map can do is to switch something on.
 */
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { MapClaim, OutletReading, Pdu, PduReading } from "../../sdk/power.ts";
import type { PowerResult } from "../site/site.ts";
import type { MapProofs } from "./map-proofs.ts";
import { type Change, calledOf, changesBetween, demandReadable } from "./map-readings.ts";
import type { PowerBank } from "./power-bank.ts";
import type { PowerIntent, PowerLedger } from "./power-ledger.ts";
import { bindOutlet, findOutlet } from "./power-outlets.ts";
import { asOobError } from "./verb-words.ts";

const LOOK_EVERY: Millis = 1000;
/** Beyond the settling time: readings take time, too. */
const GRACE: Millis = 2000;
/** How long a device that answers late, or not at all, is asked after its time is up. */
const READ_AT_MOST: Millis = 60_000;
/** Readings in a row that have to agree. */
const AGREEING = 2;
/** How often the on is sent again where the first did not bring back what was cut. */
const MORE_ONS = 3;

/** Which outlet, and what the person who asks believes about it. */
export interface ProofWish {
  readonly pdu: string;
  readonly reference: string;
  /** The outlet's name as typed, its label where it has none. */
  readonly called: string;
  /** Begin with an outlet that is on: a wrong map then cuts another one. */
  readonly fromOn: boolean;
  /** Ends where the first command would go out. */
  readonly dryRun?: boolean;
  /** Host that the outlet feeds by the configuration. */
  readonly feeds: (outlet: OutletReading, reading: PduReading) => string | undefined;
}

/** How it ended. */
export interface Proven {
  readonly result: PowerResult;
  readonly text: string;
  readonly error?: OobError;
}

/** What proving needs of the power engine. */
export interface ProvingParts {
  readonly bank: PowerBank;
  readonly ledger: PowerLedger;
  readonly clock: Clock;
  readonly proofs: MapProofs;
}

type Order = { readonly id: string; readonly by: string; readonly reason: string };
type Say = (text: string) => void;
type OnOff = "on" | "off";

/** One outlet and the device around it, as it was found. */
interface Subject {
  readonly outlet: OutletReading;
  readonly before: PduReading;
  readonly settle: Millis;
  /** Absent: the family's map is in no doubt, and nothing has to be stored. */
  readonly claim: MapClaim | undefined;
}

/** What came of one command. */
interface Step {
  /** The device did not say that it took it. */
  readonly lost: boolean;
  /** Undefined: the device could not be read in time. */
  readonly changes: readonly Change[] | undefined;
}

/** Proves the map of a PDU on one outlet. Throws where it is refused before anything was sent. */
export class MapProver {
  readonly #parts: ProvingParts;
  readonly #wish: ProofWish;
  readonly #say: Say;

  constructor(parts: ProvingParts, wish: ProofWish, say: Say) {
    this.#parts = parts;
    this.#wish = wish;
    this.#say = say;
  }

  async prove(order: Order): Promise<Proven> {
    const { bank, ledger, clock } = this.#parts;
    const { pdu } = this.#wish;
    const bound = await this.#bindAll();
    const feeds = bound.map((outlet) => bank.feed(outlet));
    const free = bank.reserve(feeds, `the proof of ${pdu}`);
    let giveBack: (() => Promise<void>) | undefined;
    try {
      giveBack = await bank.own(bound);
      const subject = await this.#look();
      if (this.#wish.dryRun) {
        const text = `${calledOf(subject.outlet)} may be switched; nothing was sent`;
        return { result: "done", text };
      }
      const first: OnOff = subject.outlet.state === "on" ? "off" : "on";
      const outlets = bound.filter(({ instance }) => instance === subject.outlet.instance);
      const verb = first === "off" ? ("cycle" as const) : first;
      const intent = { id: order.id, host: pdu, verb, outlets, by: order.by, at: clock.now() };
      await ledger.begin(intent, `proof of the map: ${order.reason}`);
      return await this.#carryOut(intent, subject, first);
    } finally {
      free();
      await giveBack?.();
    }
  }

  /** Every outlet, so that no other order of this process moves one meanwhile. */
  async #bindAll() {
    const { pdu } = this.#wish;
    const reading = await this.#parts.bank.queue(pdu).read();
    return reading.outlets.map(({ instance }) =>
      bindOutlet(reading, { pdu, reference: `instance:${instance}` }),
    );
  }

  /** The outlet as it reads now. Throws where it is not to be touched. */
  async #look(): Promise<Subject> {
    const { bank } = this.#parts;
    const { pdu, reference, called, fromOn, feeds } = this.#wish;
    const before = await bank.queue(pdu).read();
    const outlet = findOutlet(before, { pdu, reference });
    const cannot = `Cannot prove the map of ${pdu} on ${calledOf(outlet)}`;
    const name = outlet.name || outlet.label;
    if (name !== called)
      throw new OobError("NOT_CONFIRMED", `${cannot}: it is called "${name}", not "${called}"`);
    demandReadable(cannot, before, outlet);
    const host = feeds(outlet, before);
    const lifelines = await bank.lifelines(pdu);
    if (host !== undefined || lifelines.has(outlet.instance))
      throw new OobError(
        "GUARD_REFUSED",
        `${cannot}: by the configuration it feeds ${host ?? "this box, or the way to the PDU"}`,
        { hint: "Take an outlet into which nothing is plugged" },
      );
    const { settle, claim } = await bank.queue(pdu).run(async (device) => ({
      settle: device.settle + longest(outlet),
      claim: await device.unproven?.claim(outlet.instance),
    }));
    if (claim === undefined && outlet.refuses !== undefined)
      throw new OobError("PDU_REFUSED", `${cannot}: it is ${outlet.refuses}`);
    const proven = claim !== undefined && this.#parts.proofs.has(claim);
    if (claim && !proven && outlet.state === "on" && (!fromOn || lifelines.size > 0))
      throw new OobError(
        "GUARD_REFUSED",
        `${cannot}: it reads on, and a wrong map would cut another`,
        {
          hint: "Switch it off at the PDU (panel, web page) and ask again: then a wrong map can only switch something on",
        },
      );
    return { outlet, before, settle, claim };
  }

  async #carryOut(intent: PowerIntent, subject: Subject, first: OnOff): Promise<Proven> {
    const { ledger } = this.#parts;
    let ended: Proven;
    try {
      ended = await this.#bothWays(subject, first);
    } catch (thrown) {
      const error = asOobError(thrown);
      ended = { result: "unknown", text: error.message, error };
    }
    // The outcome stands in the journal before the proof counts.
    await ledger.end(intent, ended.result, ended.text);
    if (ended.result === "done" && subject.claim) await this.#keep(intent, subject, subject.claim);
    return ended;
  }

  async #keep({ by, at }: PowerIntent, { outlet }: Subject, claim: MapClaim): Promise<void> {
    const { bank, proofs } = this.#parts;
    const { pdu } = this.#wish;
    const now = await bank.queue(pdu).run((device) => claimNow(device, outlet.instance));
    if (JSON.stringify(now) !== JSON.stringify(claim))
      throw new OobError("PDU_REFUSED", `Cannot keep the proof of ${pdu}: the device has changed`);
    proofs.add(claim, { by, at, outlet: calledOf(outlet) });
    // Opened anew, it finds the proof.
    await bank.queue(pdu).close();
  }

  async #bothWays(subject: Subject, first: OnOff): Promise<Proven> {
    const called = calledOf(subject.outlet);
    const there = await this.#step(subject, first);
    const exact = movedAlone(there, subject.outlet.instance, first);
    this.#say(`${called} told ${first}: ${told(there)}`);
    const back: OnOff = first === "on" ? "off" : "on";
    if (!exact && back === "off")
      return failed(there, subject, "it was not put back: an off might cut another");
    let home = await this.#step(subject, back);
    // What an off has cut comes back if anything can be done about it.
    for (let left = MORE_ONS; back === "on" && !asBefore(home) && left > 0; left--)
      home = { ...(await this.#step(subject, back)), lost: true };
    this.#say(
      `${called} told ${back}: ${asBefore(home) ? "every outlet reads as before" : told(home)}`,
    );
    if (!asBefore(home)) return failed(home, subject, "not every outlet reads as before");
    if (!exact) return failed(there, subject, "every outlet reads as before");
    if (there.lost || home.lost)
      return failed(there, subject, "not every command was answered; try again");
    const text = `the map is right: ${called} moved, and nothing else`;
    return { result: "done", text };
  }

  /** Sends a command, once, and waits the device's whole time: what moves late moves, too. */
  async #step({ outlet, before, settle }: Subject, command: OnOff): Promise<Step> {
    const { bank, clock } = this.#parts;
    const queue = bank.queue(this.#wish.pdu);
    const watched = formatDuration(settle + GRACE);
    this.#say(`telling ${calledOf(outlet)} ${command}, watching every outlet for ${watched}`);
    let lost = false;
    try {
      await queue.run((device, late) => send(device, outlet.instance, command, late));
    } catch (thrown) {
      const error = asOobError(thrown);
      lost = true;
      this.#say(`${command}: ${error.message}`);
    }
    const until = clock.monotonic() + settle + GRACE;
    let changes: readonly Change[] | undefined;
    let agreed = 0;
    while (clock.monotonic() < until || agreed < AGREEING) {
      await clock.sleep(LOOK_EVERY);
      const seen = await queue.read().catch(() => undefined);
      const now = seen && changesBetween(before, seen);
      agreed = now && JSON.stringify(now) === JSON.stringify(changes) ? agreed + 1 : 1;
      changes = now;
      if (clock.monotonic() > until + READ_AT_MOST) break;
    }
    return { lost, changes: agreed < AGREEING ? undefined : changes };
  }
}

const send = (device: Pdu, instance: string, command: OnOff, late: AbortSignal): Promise<void> =>
  device.unproven?.command(instance, command, late) ?? device.command(instance, command, late);

const claimNow = (device: Pdu, instance: string) =>
  device.unproven?.claim(instance) ?? Promise.resolve(undefined);

const longest = ({ delays = {} }: OutletReading): Millis =>
  Math.max(delays.on ?? 0, delays.off ?? 0);

function movedAlone({ changes }: Step, instance: string, want: OnOff): boolean {
  const [only, more] = changes ?? [];
  return more === undefined && only?.instance === instance && only.to === want;
}

const asBefore = ({ changes }: Step): boolean => changes?.length === 0;

function told({ changes }: Step): string {
  if (changes === undefined) return "the outlets could not be read, or are not the same";
  if (changes.length === 0) return "nothing changed";
  return changes.map(({ text }) => text).join(", ");
}

function failed(step: Step, { outlet }: Subject, and: string): Proven {
  const text = `Cannot take the map as proven: ${calledOf(outlet)} was asked, and ${told(step)}; ${and}`;
  const unknown = step.changes === undefined || step.changes.some(({ to }) => !/^o/.test(to));
  const hint = "Look at the outlets on the PDU itself. Nothing was stored";
  const error = new OobError(unknown ? "POWER_UNKNOWN" : "POWER_UNVERIFIED", text, { hint });
  return { result: unknown ? "unknown" : "failed", text, error };
}
