import type { Clock, Millis } from "../../lib/clock.ts";
import type { OobError } from "../../lib/errors.ts";
import type { Audit } from "../audit/audit.ts";
import type { PowerResult, PowerVerb, SiteEvent } from "../site/site.ts";
import { MapDoubts } from "./map-doubts.ts";
import { type BoundOutlet, deviceOutlet, knownBy } from "./power-outlets.ts";

/** How far back an act is known by its id. */
const REMEMBER: Millis = 30 * 86_400_000;
/** Verbs after which an outlet was not left alone. */
const MOVES: ReadonlySet<PowerVerb> = new Set(["on", "off", "cycle", "reset"]);

/** What was going to be done, as it stands in the audit trail. */
export interface PowerIntent {
  readonly id: string;
  readonly host: string;
  readonly verb: PowerVerb;
  readonly outlets: readonly BoundOutlet[];
  readonly by: string;
  readonly at: Millis;
}

/** An act by its id: intended, and how it ended unless that is not known. */
export interface PowerAct {
  readonly intent: PowerIntent;
  readonly outcome?: { readonly result: PowerResult; readonly text: string };
  readonly endedAt?: Millis;
}

/** An act that was begun and of which no end is written. */
export interface OpenAct {
  readonly intent: PowerIntent;
  /** Its outlets without those that were switched again since: what somebody wanted later stands. */
  readonly left: readonly BoundOutlet[];
}

/** The audit trail seen as acts: which ids were begun, and how they ended. It is what makes an act happen at most once. */
export class PowerLedger {
  readonly #audit: Audit;
  readonly #clock: Clock;
  #acts: Promise<Map<string, PowerAct>> | undefined;
  /** By PDU: the box that it was when one of its outlets was last switched, or a person was told of it. */
  readonly #boxes = new Map<string, string>();
  readonly #doubts: MapDoubts;

  constructor(audit: Audit, clock: Clock) {
    this.#audit = audit;
    this.#doubts = new MapDoubts(audit);
    this.#clock = clock;
  }

  async find(id: string): Promise<PowerAct | undefined> {
    return (await this.#load()).get(id);
  }

  /** Serial number or mark that a PDU had last; undefined: nothing of that is known. */
  async boxOf(pdu: string): Promise<string | undefined> {
    await this.#load();
    return this.#boxes.get(pdu);
  }

  /** A person was told that a PDU is another box than before: whoever asks from now on means this one. */
  async meet(
    pdu: string,
    box: string,
    { host, by, text }: { readonly host: string; readonly by: string; readonly text: string },
  ): Promise<void> {
    await this.#audit.commit({ type: "power.exchanged", host, by, text, data: { pdu, box } });
    this.#boxes.set(pdu, box);
  }

  /** PDUs of which another outlet moved than the one that was asked, as the trail has them by now. */
  async doubts(): Promise<MapDoubts> {
    await this.#load();
    return this.#doubts;
  }

  /** Acts that were begun and of which no end is written. */
  async unfinished(): Promise<OpenAct[]> {
    const open: OpenAct[] = [];
    const overtaken = new Set<string>();
    for (const act of [...(await this.#load()).values()].reverse()) {
      const { intent, outcome } = act;
      const left = intent.outlets.filter((outlet) => !overtaken.has(placeOf(outlet)));
      if (outcome === undefined) open.unshift({ intent, left });
      if (overtakes(act)) for (const outlet of intent.outlets) overtaken.add(placeOf(outlet));
    }
    return open;
  }

  /** On disk when it resolves; nothing has moved yet. Throws AUDIT_UNWRITABLE. */
  async begin(intent: PowerIntent, reason: string, incident?: number): Promise<void> {
    const acts = await this.#load();
    const { id, host, verb, outlets, by } = intent;
    const names = outlets.map((outlet) => outlet.id).join(", ");
    await this.#audit.commit({
      type: "power.intent",
      host,
      by,
      text: `${verb} ${names}${reason === "" ? "" : `: ${reason}`}`,
      data: { id, verb, outlets, reason, ...(incident !== undefined && { incident }) },
    });
    acts.set(id, { intent });
    for (const [pdu, box] of boxesIn(outlets)) this.#boxes.set(pdu, box);
  }

  /** The loudest that the trail has: a host may be left without power. */
  alarm({ id, host, by, verb }: PowerIntent, error: OobError | undefined): void {
    const text = `${host} MAY BE WITHOUT POWER: ${error?.message ?? "no outlet reads on"}`;
    this.#audit.note({ type: "power.alarm", host, by, text, data: { id, verb } });
  }

  async end(intent: PowerIntent, result: PowerResult, text: string): Promise<void> {
    const acts = await this.#load();
    acts.set(intent.id, { intent, outcome: { result, text } });
    await this.#audit.commit({
      type: "power.outcome",
      host: intent.host,
      by: intent.by,
      text,
      data: { id: intent.id, verb: intent.verb, result },
    });
  }

  /** Whether it has no end by now, as the trail on disk tells: another process may have written it. */
  async isOpen(id: string): Promise<boolean> {
    this.#acts = undefined;
    return (await this.find(id))?.outcome === undefined;
  }

  /** When outlets were moved last, by what they are; from the disk, for other processes switch as well. */
  async movedSince(since: Millis): Promise<ReadonlyMap<string, Millis>> {
    const acts = await this.#read();
    const moved = new Map<string, Millis>();
    for (const { intent, outcome, endedAt = intent.at } of acts.values()) {
      if (endedAt < since || outcome?.result === "refused" || !MOVES.has(intent.verb)) continue;
      for (const outlet of intent.outlets)
        for (const key of [deviceOutlet(outlet), placeOf(outlet)])
          moved.set(key, Math.max(moved.get(key) ?? 0, endedAt));
    }
    return moved;
  }

  #load(): Promise<Map<string, PowerAct>> {
    this.#acts ??= this.#read();
    return this.#acts;
  }

  async #read(): Promise<Map<string, PowerAct>> {
    const acts = new Map<string, PowerAct>();
    // Orders look at #boxes meanwhile: what a PDU was before it was exchanged must not come back, not even for a moment.
    const boxes = new Map<string, string>();
    const doubts = this.#doubts.reading();
    const since = this.#clock.now() - REMEMBER;
    for await (const event of this.#audit.read({ hosts: [], since, follow: false })) {
      const { id } = event.data ?? {};
      for (const [pdu, box] of metIn(event)) boxes.set(pdu, box);
      doubts.take(event);
      if (typeof id !== "string") continue;
      if (event.type === "power.intent") {
        const intent = intentOf(event, id);
        acts.set(id, { intent });
        for (const [known, is] of boxesIn(intent.outlets)) boxes.set(known, is);
      }
      const act = acts.get(id);
      if (event.type === "power.outcome" && act)
        acts.set(id, {
          ...act,
          outcome: { result: resultOf(event), text: event.text },
          endedAt: event.at,
        });
    }
    for (const [pdu, box] of boxes) this.#boxes.set(pdu, box);
    doubts.end();
    return acts;
  }
}

/** What a record holds is read back as it was written: a box that is no text is none. */
const boxesIn = (outlets: readonly BoundOutlet[]) =>
  outlets.flatMap((outlet) => {
    const box: unknown = knownBy(outlet);
    return typeof box === "string" ? [[outlet.pdu, box] as const] : [];
  });

/** The box of which a person was told. */
function metIn({ type, data: { pdu, box } = {} }: SiteEvent) {
  const isMet = type === "power.exchanged" && typeof pdu === "string" && typeof box === "string";
  return isMet ? [[pdu, box] as const] : [];
}

const placeOf = ({ pdu, instance }: BoundOutlet): string => `${pdu} ${instance}`;

/** Whether an act leaves nothing of earlier ones to put right; one that failed to bring power leaves it. */
function overtakes({ intent: { verb }, outcome }: PowerAct): boolean {
  if (verb !== "on" && verb !== "cycle") return outcome?.result !== "refused";
  // A cycle without an end is taken up itself.
  return outcome === undefined ? verb === "cycle" : outcome.result === "done";
}

function intentOf(event: SiteEvent, id: string): PowerIntent {
  const { verb, outlets } = event.data ?? {};
  return {
    id,
    host: event.host ?? "",
    verb: VERBS.find((one) => one === verb) ?? "off",
    outlets: Array.isArray(outlets) ? outlets.filter(isBound) : [],
    by: event.by,
    at: event.at,
  };
}

const VERBS: readonly PowerVerb[] = ["on", "off", "cycle", "reset", "soft", "nmi"];
const RESULTS: readonly PowerResult[] = ["done", "failed", "refused", "unknown"];

const resultOf = (event: SiteEvent): PowerResult =>
  RESULTS.find((one) => one === event.data?.result) ?? "unknown";

function isBound(value: unknown): value is BoundOutlet {
  const { id, pdu, instance } = Object(value) as Record<string, unknown>;
  return typeof id === "string" && typeof pdu === "string" && typeof instance === "string";
}
