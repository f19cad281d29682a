import type { PowerEvent, PowerRequest, Site } from "../../core/site/site.ts";
import type { Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { Call } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { until } from "../interrupt.ts";
import { powerEventView } from "../json-views.ts";
import { Outcomes } from "../outcome.ts";
import type { Output } from "../output.ts";
import type { Piece, Style } from "../piece.ts";
import { timeOfDay } from "../times.ts";

/** Options of the verbs of `oob power` that act. */
export interface PowerOptions {
  readonly yes?: boolean;
  readonly confirm?: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly reason?: string;
  readonly graceful?: boolean;
  readonly within?: Millis;
  readonly thenHard?: boolean;
}

const RESULT_STYLES: Readonly<Record<NonNullable<PowerEvent["result"]>, Style>> = {
  done: "green",
  failed: "red",
  refused: "yellow",
  unknown: "red",
};

/**
 * Has the outlets switched and tells the story line by line. A daemon finishes what it has begun whoever listens. Where
 * this process does the switching, the first Ctrl-C only says what it would leave behind.
 */
export async function followPower(
  call: Call<PowerOptions>,
  site: Site,
  request: PowerRequest,
): Promise<number> {
  const { out, options, interrupt } = call;
  const outcomes = new Outcomes(request.hosts, request.dryRun ? EXIT.done : EXIT.unknown);
  const lastSeen = new Map<string, string>();
  const here = site.via === "direct" && !request.dryRun;
  const lift = here ? interrupt.guard(() => warnOf(out, request, lastSeen)) : () => {};
  try {
    // A reader of stdout that went away must not end a cycle between off and on: only Ctrl-C does.
    for await (const event of until(site.power(request), interrupt.signal)) {
      outcomes.add(event);
      see(event, lastSeen);
      if (options.json) out.json(powerEventView(event));
      else print(out, event, { quiet: options.quiet ?? false, dryRun: request.dryRun });
    }
  } catch (cause) {
    throw lostOn(cause, request, lastSeen);
  } finally {
    lift();
  }
  if (interrupt.signal.aborted) return sayLeft(out, request, lastSeen, here);
  if (request.dryRun && request.hosts.length > 1) out.talk(span(lastSeen));
  for (const host of outcomes.unknown)
    out.talk({ text: `${host}  outcome unknown`, style: "red" }, `; see: oob power status ${host}`);
  return outcomes.exitCode;
}

function see({ host, outlet, state }: PowerEvent, lastSeen: Map<string, string>): void {
  if (outlet !== undefined && state !== undefined) lastSeen.set(`${host} ${outlet}`, state);
}

/** "would switch 20 outlets on 2 PDUs (pdu-a 16, pdu-b 4)": what many hosts come to, without those that are refused. */
function span(seen: ReadonlyMap<string, string>): string {
  const each = new Map<string, number>();
  for (const outlet of new Set([...seen.keys()].map((key) => key.slice(key.indexOf(" ") + 1)))) {
    const pdu = outlet.slice(0, outlet.indexOf("/"));
    each.set(pdu, (each.get(pdu) ?? 0) + 1);
  }
  const outlets = [...each.values()].reduce((sum, n) => sum + n, 0);
  const where = [...each].map(([pdu, n]) => `${pdu} ${n}`).join(", ");
  const what = `would switch ${counted(outlets, "outlet")} on ${counted(each.size, "PDU")}`;
  return each.size === 0 ? what : `${what} (${where}), one after the other on each`;
}

const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;

function sayLeft(
  out: Output,
  request: PowerRequest,
  lastSeen: ReadonlyMap<string, string>,
  here: boolean,
): number {
  out.talk(`left in the middle: ${stateLeft(request, lastSeen)}`);
  if (!here && !request.dryRun)
    out.talk(`the daemon finishes it; see: oob events ${request.hosts.join(" ")} -f`);
  return EXIT.interrupted;
}

/** A daemon that ended in the middle says nothing about the outlets: they may be off, and stay so until it is back. */
function lostOn(
  cause: unknown,
  { verb, hosts, dryRun }: PowerRequest,
  lastSeen: ReadonlyMap<string, string>,
): unknown {
  const lost = cause instanceof OobError && cause.code === "DAEMON_UNREACHABLE";
  if (!lost || dryRun) return cause;
  const read = [...lastSeen].map(([outlet, state]) => `${outlet} last read ${state}`).join(", ");
  const seen = read === "" ? "no outlet was read back" : read;
  const message = `Cannot tell how ${verb} of ${hosts.join(", ")} ends: the daemon ended; ${seen}`;
  const hint = "Start oob serve: it reads the outlets, and switches on what a cycle left off";
  return new OobError("POWER_UNKNOWN", message, { cause, hint });
}

function warnOf(out: Output, request: PowerRequest, lastSeen: ReadonlyMap<string, string>): void {
  out.talk({
    text: `still at work; Ctrl-C again leaves it as it is: ${stateLeft(request, lastSeen)}`,
    style: "yellow",
  });
}

function stateLeft({ hosts }: PowerRequest, lastSeen: ReadonlyMap<string, string>): string {
  const states = [...lastSeen].map(([outlet, state]) => `${outlet} last read ${state}`);
  return states.length === 0
    ? `nothing read yet on ${hosts.join(", ")}; see: oob power status ${hosts.join(" ")}`
    : states.join(", ");
}

const READ_BACK = ", read back";

/** What was read back is what counts: it gets a sign. */
function told(text: string): Piece[] {
  if (!text.endsWith(READ_BACK)) return [text];
  return [text.slice(0, -READ_BACK.length), { text: " ✓ read back", style: "green" }];
}

function endOf(result: NonNullable<PowerEvent["result"]>, dryRun: boolean): string {
  // A rehearsal says itself that nothing was changed.
  if (result === "done") return dryRun ? "" : "  done";
  return result === "refused" ? "  refused" : `  ✗ ${result}`;
}

interface Telling {
  readonly quiet: boolean;
  readonly dryRun: boolean;
}

function print(out: Output, event: PowerEvent, { quiet, dryRun }: Telling): void {
  const { at, host, outlet, state, text, result, error } = event;
  const start = `${timeOfDay(at)} ${host}  ${outlet === undefined || text.startsWith(outlet) ? "" : `${outlet} `}`;
  const read = state === undefined || text.includes(state) ? "" : `  [${state}]`;
  const story = [start, ...told(text), read];
  if (result === undefined) {
    if (!quiet) out.talk(...story);
    return;
  }
  if (!(quiet && result === "done"))
    out.line(...story, { text: endOf(result, dryRun), style: RESULT_STYLES[result] });
  if (error === undefined) return;
  if (error.message !== text) out.talk({ text: "oob: ", style: "red" }, error.message);
  if (error.hint !== undefined) out.talk(`     ${error.hint}`);
}
