/**
 * One rung, from wish to outcome: interlocks ► incident on disk ► journal on disk ► objections once more ► the act.
 * Until the act begins, any sign of life or of a person calls it off.
 */
import type { Rung } from "../../config/site-config.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Incident } from "../incident/incident.ts";
import type { GuardedAct } from "../interlocks/interlock.ts";
import { rungInWords } from "../policy/draft.ts";
import type { RungEnd } from "../policy/state.ts";
import type { PowerEvent } from "../site/site.ts";
import { type HostParts, WATCHDOG, type WatchedHost } from "./watchdog-parts.ts";

interface Climb {
  readonly rung: Rung;
  readonly host: WatchedHost;
  readonly parts: HostParts;
  readonly incident: Incident | undefined;
  /** Who approved it, in mode ask. */
  readonly person: string | undefined;
  /** Aborted by an objection. */
  readonly signal: AbortSignal;
  /** Aborted when the watch ends. */
  readonly ending: AbortSignal;
  readonly note: (type: string, text: string) => void;
}

interface End {
  readonly how: RungEnd;
  readonly text: string;
}

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
  const { parts, host, signal, note, person } = climb;
  const watchdog = { asker: "watchdog", by: WATCHDOG, person } as const;
  const request = { host: host.entry.name, act: rung, ...watchdog };
  const permit = await parts.guard.ask(request);
  incident.judged(rung, permit.verdicts);
  const against = permit.objections.map((one) => one.text).join("; ");
  if (!permit.allowed) {
    note("watch.veto", `${rung}: ${against}`);
    return { how: "vetoed", text: against } as const;
  }
  if (signal.aborted) return stoodDown(climb);
  const id = incident.begins(rung);
  await parts.guard.spend(request, permit, id);
  await host.console.sync();
  if (!signal.aborted) return id;
  incident.ends(id, "stood-down", messageOf(signal.reason));
  return stoodDown(climb);
}

function stoodDown({ signal, note, rung }: Climb): End {
  const text = messageOf(signal.reason);
  note("watch.veto", `${rung} is called off: ${text}`);
  return { how: "stood-down", text };
}

async function perform(
  climb: Climb,
  incident: Incident,
  rung: GuardedAct & Rung,
  id: string,
): Promise<End> {
  const { parts, host, signal, note, person } = climb;
  const approved = person === undefined ? "" : `, approved by ${person}`;
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
  const report = await parts.power.switchHost(host.entry, "cycle", order, onEvent, signal);
  const text =
    report.error?.message ?? `power reads ${report.power}; watching for a boot and a login prompt`;
  if (report.result !== "refused") return { how: report.result, text };
  return { how: signal.aborted ? "stood-down" : "vetoed", text };
}
