import type { Site, SiteEvent } from "../../core/site/site.ts";
import type { Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { Call } from "../command.ts";
import { confirm } from "../confirm.ts";
import { EXIT } from "../exit-codes.ts";
import { until } from "../interrupt.ts";
import { JSON_VERSION, timedView } from "../json-views.ts";
import { timeOfDay } from "../times.ts";

/** Options of approve and deny. */
export interface AnswerOptions {
  readonly yes?: boolean;
  readonly confirm?: string;
  readonly wait?: boolean;
  readonly reason?: string;
}

const QUESTIONS = {
  cycle: "Cycle",
  sysrq: "Reboot by SysRq",
  soft: "Press the power button of",
  "single-user": "Boot into single-user mode",
};

/** Says yes to what the watchdog asks, and tells what comes of it: it proves everything again before it acts. */
export async function approveIncident(call: Call<AnswerOptions>, id: number): Promise<number> {
  const { out, options } = call;
  const site = await call.site();
  const { host, rung, view } = await asked(call, site, id);
  for (const one of view.interlocks?.verdicts ?? [])
    if (!one.passes && one.interlock !== "stale-evidence")
      out.talk(`objects now: ${one.interlock}: ${one.text}`);
  const confirmed = await confirm(call, {
    verb: QUESTIONS[rung],
    hosts: [host],
    precious: view.precious ? [host] : [],
    facts: `${view.health.why}; it is asked once more before that`,
  });
  await site.approveIncident(id, rung, options.reason ?? "", confirmed);
  if (options.wait !== false) return followAnswer(call, site, { id, host, since: view.at });
  if (options.json) out.json({ v: JSON_VERSION, id, host, approved: rung });
  else out.line(`incident ${id}  approved: ${rung} of ${host}, once it is proven again`);
  return EXIT.done;
}

/** Says no: nothing more is done by itself, the incident stays open. */
export async function denyIncident(call: Call<AnswerOptions>, id: number): Promise<number> {
  const { out, options } = call;
  const { reason = "" } = options;
  if (reason === "")
    throw new OobError("USAGE", `Cannot deny incident ${id}: --reason is needed`, {
      hint: `oob incident deny ${id} --reason 'the disk is being replaced'`,
    });
  await (await call.site()).denyIncident(id, reason);
  if (options.json) out.json({ v: JSON_VERSION, id, denied: true, reason });
  else out.line(`incident ${id}  denied: ${reason}. Nothing more is done by itself; it stays open`);
  return EXIT.done;
}

async function asked(call: Call<AnswerOptions>, site: Site, id: number) {
  const { host } = (await site.incident(id)).summary;
  const asking = site.why(host, { interlocks: true });
  const view = await call.out.waiting(`what is known of ${host}, and its outlets`, asking);
  const rung = view.ask?.rung;
  if (view.incident === id && rung !== undefined && rung !== "nudge" && rung !== "page")
    return { host, rung, view };
  const open = view.incident === id;
  const why = open ? `nothing is asked now: ${view.next.text}` : "it is over";
  throw new OobError("GUARD_REFUSED", `Cannot approve incident ${id} of ${host}: ${why}`, {
    hint: open ? `oob why ${host}; by hand: oob power cycle ${host}` : `oob why ${host}`,
  });
}

/** Events after which nothing more comes of a yes. */
const ENDS: ReadonlySet<string> = new Set([
  "incident.close",
  "watch.ask",
  "watch.denied",
  "watch.page",
  "watch.veto",
]);

interface Answered {
  readonly id: number;
  readonly host: string;
  readonly since: Millis;
}

async function followAnswer(
  call: Call<AnswerOptions>,
  site: Site,
  { id, host, since }: Answered,
): Promise<number> {
  const { out, options, interrupt } = call;
  const events = site.events({ hosts: [host], since, follow: true });
  for await (const event of until(events, interrupt.signal)) {
    if (!/^(?:watch|incident|power)\./.test(event.type) || event.type === "incident.approve")
      continue;
    if (options.json) out.json(timedView(event));
    else out.line(`${timeOfDay(event.at)} ${host}  ${event.text}`);
    if (ENDS.has(event.type)) return exitOf(event, await site.incident(id));
  }
  out.talk(`the watchdog goes on by itself: oob why ${host}`);
  return EXIT.interrupted;
}

/** A closed incident is a host that is well; what was not done was refused; what did not help has failed. */
function exitOf({ type }: SiteEvent, { summary }: Awaited<ReturnType<Site["incident"]>>): number {
  if (type === "incident.close") return EXIT.done;
  const last = summary.acts.at(-1) ?? "";
  if (type !== "watch.page" || /: (?:vetoed|stood-down)$/.test(last)) return EXIT.refused;
  if (last.endsWith(": unknown")) return EXIT.unknown;
  return last === "" ? EXIT.refused : EXIT.failed;
}
