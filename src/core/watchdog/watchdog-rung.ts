/**
 * One rung, from wish to outcome: interlocks ► incident on disk ► journal on disk ► objections once more ► the act.
 * Until the act begins, any sign of life or of a person calls it off.
 */
import type { Rung } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Incident } from "../incident/incident.ts";
import type { GuardedAct } from "../interlocks/interlock.ts";
import { rungInWords } from "../policy/draft.ts";
import type { RungEnd } from "../policy/state.ts";
import type { PowerOrder } from "../power/power.ts";
import type { PowerEvent } from "../site/site.ts";
import { type CollectOrder, collect, collectedInWords } from "./collector.ts";
import type { GuardRequest, Permit } from "./guard-request.ts";
import { type HostParts, WATCHDOG, type WatchedHost } from "./watchdog-parts.ts";

interface Climb {
  readonly rung: Rung;
  readonly host: WatchedHost;
  readonly parts: HostParts;
  readonly incident: Incident | undefined;
  /** Who approved it, in mode ask. */
  readonly person: string | undefined;
  /** Who approved it besides, where two have to. */
  readonly second: string | undefined;
  /** Aborted by an objection. */
  readonly signal: AbortSignal;
  /** Aborted when the watch ends. */
  readonly ending: AbortSignal;
  readonly note: (type: string, text: string) => void;
  readonly seen: CollectOrder["seen"];
  readonly listens: CollectOrder["listens"];
  readonly beside: CollectOrder["beside"];
}

interface End {
  readonly how: RungEnd;
  readonly text: string;
}

/** A machine that is still well enough goes down within this. */
const SOFT_WITHIN: Millis = minutes(2);

const RUNBOOKS = { sysrq: "sysrq-reboot", "single-user": "single-user" } as const;

/** Carries a rung out. Never throws: what went wrong is how it ended. */
export async function climbRung(climb: Climb): Promise<End> {
  const { rung, incident } = climb;
  if (rung === "nudge" || rung === "page") return { how: "done", text: "nothing to be done" };
  if (!incident) return { how: "vetoed", text: "its incident cannot be written down" };
  let id: string | undefined;
  try {
    const calledOff = await prepare(climb, incident, rung);
    if (typeof calledOff !== "string") return calledOff;
    id = calledOff;
    climb.note("watch.act", `begins: ${rungInWords[rung]} (order ${id})`);
    const end = await perform(climb, incident, rung, id);
    incident.ends(id, end.how, end.text);
    climb.note("watch.act", end.how === "done" ? end.text : `${rung} ${end.how}: ${end.text}`);
    return end;
  } catch (thrown) {
    // Before the act, an error is a veto. After it began, nobody knows.
    const how = id === undefined ? "vetoed" : "unknown";
    return { how, text: messageOf(thrown) };
  }
}

/** Everything that has to hold before the act; gives its id, or why it is called off. */
async function prepare(climb: Climb, incident: Incident, rung: GuardedAct & Rung) {
  const { parts, host, signal, person, second } = climb;
  const watchdog = { asker: "watchdog", by: WATCHDOG, person, second } as const;
  const request = { host: host.entry.name, act: rung, ...watchdog };
  let permit = await permitted(climb, incident, request);
  if ("how" in permit) return permit;
  if (signal.aborted) return stoodDown(climb);
  // What takes its time is followed by all questions again; other consoles were asked a moment ago.
  if (await collects(climb, incident)) {
    if (signal.aborted) return stoodDown(climb);
    permit = await permitted(climb, incident, { ...request, onlyToKnow: true });
    if ("how" in permit) return permit;
  }
  if (signal.aborted) return stoodDown(climb);
  const id = incident.begins(rung);
  await parts.guard.spend(request, permit, id);
  await host.console.sync(true);
  if (!signal.aborted) return id;
  incident.ends(id, "stood-down", messageOf(signal.reason));
  return stoodDown(climb);
}

/** The interlocks' yes, or how the rung ends without it. */
async function permitted(
  { parts, note }: Climb,
  incident: Incident,
  request: GuardRequest,
): Promise<Permit | End> {
  const permit = await parts.guard.ask(request);
  incident.judged(request.act, permit.verdicts);
  if (permit.allowed) return permit;
  const against = permit.objections.map((one) => one.text).join("; ");
  note("watch.veto", `${request.act}: ${against}`);
  return { how: "vetoed", text: against };
}

/** Takes what dies with a cut. True: the host was typed at. */
async function collects(climb: Climb, incident: Incident): Promise<boolean> {
  const typed = await collect({ ...climb, incident });
  const { collected } = incident.record;
  if (typed && collected) climb.note("watch.collect", collectedInWords(collected));
  return typed;
}

function stoodDown({ signal, note, rung }: Climb): End {
  const text = messageOf(signal.reason);
  note("watch.veto", `${rung} is called off: ${text}`);
  return { how: "stood-down", text };
}

/** The button first, then on: a machine that went down in order is not left off. */
async function pressButton(
  { parts, host, signal }: Climb,
  order: PowerOrder,
  onEvent: (event: PowerEvent) => void,
): Promise<End> {
  const press = { ...order, softWithin: SOFT_WITHIN };
  const down = await parts.power.switchHost(host.entry, "soft", press, onEvent, signal);
  const why = down.error?.message ?? `power reads ${down.power}`;
  if (down.result === "refused")
    return { how: signal.aborted ? "stood-down" : "failed", text: why };
  if (down.result !== "done") return { how: down.result, text: why };
  // It is switched on whether or not that can be written down.
  await parts.guard.tookDown(host.entry.name, order.id, WATCHDOG).catch(() => undefined);
  const again = { ...order, id: `${order.id}-on` };
  const up = await parts.power.switchHost(host.entry, "on", again, onEvent);
  if (up.result === "done")
    return { how: "done", text: "it went down in order, and is on again; watching for a boot" };
  const trouble = up.error?.message ?? `power reads ${up.power}`;
  return { how: "unknown", text: `it went down, and MAY BE OFF: ${trouble}` };
}

async function perform(
  climb: Climb,
  incident: Incident,
  rung: GuardedAct & Rung,
  id: string,
): Promise<End> {
  const { parts, host, signal, note, person, second } = climb;
  const both = second === undefined ? "" : ` and ${second}`;
  const approved = person === undefined ? "" : `, approved by ${person}${both}`;
  const order = {
    id,
    by: WATCHDOG,
    reason: `incident ${incident.record.id}${approved}`,
    incident: incident.record.id,
  };
  const onText = (text: string) => {
    incident.step(id, text);
    note("watch.step", text);
  };
  if (rung === "sysrq" || rung === "single-user") {
    // What the host prints while it is worked upon is no objection any more; a person who takes the seat stops it.
    const run = {
      ...order,
      name: RUNBOOKS[rung],
      host: host.entry,
      onText,
      signal: climb.ending,
      ...(person !== undefined && { person }),
      ...(second !== undefined && { second }),
    };
    const result = await parts.runRunbook(run);
    return {
      how: result === "refused" ? "vetoed" : result,
      text: `runbook ${RUNBOOKS[rung]} ended: ${result}`,
    };
  }
  host.console.mark("power", `${rung} by ${WATCHDOG}, incident ${order.incident}`);
  // The event with the result says what the report says.
  const onEvent = ({ text, result }: PowerEvent) => {
    if (result === undefined) onText(text);
  };
  if (rung === "soft") return pressButton(climb, order, onEvent);
  const report = await parts.power.switchHost(host.entry, "cycle", order, onEvent, signal);
  const text =
    report.error?.message ?? `power reads ${report.power}; watching for a boot and a login prompt`;
  if (report.result !== "refused") return { how: report.result, text };
  return { how: signal.aborted ? "stood-down" : "vetoed", text };
}
