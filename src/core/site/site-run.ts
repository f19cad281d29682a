import { randomUUID } from "node:crypto";
import { readOptions } from "../../config/option-values.ts";
import type { HostEntry } from "../../config/site-config.ts";
import type { Clock } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import { ERROR_CODES, messageOf, OobError } from "../../lib/errors.ts";
import type { OptionValues } from "../../sdk/options.ts";
import type { Runbook } from "../../sdk/runbook.ts";
import type { Audit } from "../audit/audit.ts";
import type { Registry } from "../registry/registry.ts";
import type { Secrets } from "../registry/secrets.ts";
import { runRunbook } from "../runbook/run-runbook.ts";
import { EventQueue } from "../session/event-queue.ts";
import type { WatchedConsole } from "../session/watched-console.ts";
import type { Guard } from "../watchdog/guard.ts";
import type { RungRunbook } from "../watchdog/watchdog-parts.ts";
import type { TypeShutdown } from "./going-down.ts";
import type { OnBehalf } from "./power-wish.ts";
import type { RunbookSummary, RunEvent, Site } from "./site.ts";
import type { SitePower } from "./site-power.ts";
import { untilUp } from "./until-up.ts";

/** A console that is opened for it, and a login, take their own time. */
const LOG_IN_WITHIN = minutes(1);

/** What running needs of a site. */
interface RunSite {
  readonly registry: Registry;
  readonly secrets: Secrets;
  readonly switching: SitePower;
  readonly audit: Audit;
  readonly clock: Clock;
  host(name: string): HostEntry;
  console(host: string): Promise<WatchedConsole>;
  guardNow(): Promise<Guard>;
}

type Request = Parameters<Site["run"]>[0];

/** A user's file that cannot be loaded is listed with what is wrong with it: the others have to go on working. */
export async function listRunbooks(registry: Registry): Promise<readonly RunbookSummary[]> {
  const names = await registry.names("runbook");
  return Promise.all(
    names.map(async (name): Promise<RunbookSummary> => {
      try {
        const { title, summary, risk, options } = await registry.runbook(name);
        return { name, title, summary, risk, options };
      } catch (thrown) {
        const why = messageOf(thrown);
        return { name, title: why, summary: why, risk: "disrupt", options: {} };
      }
    }),
  );
}

/** Runs a runbook on hosts, all at once. Leaving the loop stops it at the next step. */
export function runOnHosts(core: RunSite, request: Request, who: string): AsyncIterable<RunEvent> {
  const left = new AbortController();
  const events = new EventQueue<RunEvent>(() =>
    left.abort(
      new OobError("INTERRUPTED", `Cannot go on with ${request.runbook}: it was given up`),
    ),
  );
  const hosts = request.hosts.map((name) => core.host(name));
  void runAll(core, request, who, hosts, events, left.signal);
  return events;
}

async function runAll(
  core: RunSite,
  request: Request,
  who: string,
  hosts: readonly HostEntry[],
  events: EventQueue<RunEvent>,
  signal: AbortSignal,
): Promise<void> {
  const refuse = (host: string, thrown: unknown) => events.push(refused(core, host, thrown));
  try {
    const runbook = await core.registry.runbook(request.runbook);
    const options = optionsOf(request, runbook);
    const { runbook: name, reason, dryRun, force } = request;
    const emit = (event: RunEvent) => events.push(event);
    const runs = hosts.map((host) =>
      runGuarded(core, {
        name,
        runbook,
        options,
        host,
        by: who,
        person: who,
        force,
        reason,
        dryRun,
        signal,
        emit,
      }).catch((thrown: unknown) => refuse(host.name, thrown)),
    );
    await Promise.all(runs);
  } catch (thrown) {
    for (const host of hosts) refuse(host.name, thrown);
  } finally {
    events.end();
  }
}

interface Run extends OnBehalf {
  readonly name: string;
  readonly runbook: Runbook;
  readonly options: OptionValues;
  readonly host: HostEntry;
  readonly by: string;
  readonly reason: string;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
}

/** A rung of the watchdog that is a runbook. The guard was asked before. */
export async function runRung(core: RunSite, rung: RungRunbook) {
  const runbook = await core.registry.runbook(rung.name);
  const options = optionsOf({ runbook: rung.name, set: {} }, runbook);
  const emit = (event: RunEvent) => rung.onText(event.text);
  return runHere(core, { ...rung, runbook, options, dryRun: false, emit });
}

/** A shutdown before a cut. The guard was asked before. Throws where the host was not seen to go down. */
export async function typeShutdown(
  core: RunSite,
  { host, within, by, reason, force, say }: Parameters<TypeShutdown>[0],
): Promise<void> {
  const name = "shutdown";
  const runbook = await core.registry.runbook(name);
  const set: Record<string, string> = {};
  if (host.shutdown !== undefined) set.command = host.shutdown;
  const options = { ...optionsOf({ runbook: name, set }, runbook), within };
  let error: RunEvent["error"];
  const emit = (event: RunEvent) => {
    if (event.error) ({ error } = event);
    else if (event.result === undefined) say(event.text);
  };
  const late = new AbortController();
  const timer = core.clock.after(within + LOG_IN_WITHIN, () =>
    late.abort(new OobError("TIMED_OUT", `Cannot shut ${host.name} down: its time is over`)),
  );
  try {
    const run = { name, runbook, options, host, by, person: by, force, reason, dryRun: false };
    const result = await runHere(core, { ...run, signal: late.signal, emit });
    if (result === "done") return;
  } finally {
    timer.cancel();
  }
  throw new OobError(
    ERROR_CODES.find((code) => code === error?.code) ?? "RUNBOOK_FAILED",
    error?.message ?? `Cannot shut ${host.name} down`,
    error?.hint === undefined ? {} : { hint: error.hint },
  );
}

/** As a person asked: one that takes the host down passes the interlocks first. */
async function runGuarded(core: RunSite, run: Run) {
  if (run.runbook.risk === "disrupt" && !run.dryRun) {
    const guard = await core.guardNow();
    const { person, force = false } = run;
    const host = run.host.name;
    const by = `runbook ${run.name}`;
    const what = `run ${run.name} on ${host}`;
    const question = { host, act: "runbook", asker: "runbook", by, person, what, force } as const;
    const permit = await guard.demand(question);
    if (permit.overridden.length > 0) await guard.spend(question, permit, randomUUID());
  }
  return runHere(core, run);
}

async function runHere(core: RunSite, run: Run) {
  const { host, signal } = run;
  const session = await core.console(host.name);
  const release = session.demand?.hold();
  try {
    await untilUp(session, core.clock, signal);
    return await runAt(core, session, run);
  } finally {
    release?.();
  }
}

async function runAt(core: RunSite, session: WatchedConsole, run: Run) {
  const { host, person, force = false } = run;
  const { login } = host;
  return runRunbook({
    ...run,
    console: session,
    power: core.switching.hands(host, run),
    lends: (writer) => force || writer === person,
    credentials: login && {
      user: login.user,
      password: () => core.secrets({ secret: login.secret }),
    },
    loaders: await core.registry.bootLoaders(),
    audit: core.audit,
    clock: core.clock,
  });
}

function optionsOf(request: Pick<Request, "runbook" | "set">, runbook: Runbook): OptionValues {
  const { values, problems } = readOptions(runbook.options, request.set);
  const [wrong] = problems;
  if (wrong === undefined) return values;
  throw new OobError(
    "RUNBOOK_INVALID",
    `Cannot run ${request.runbook}: ${wrong.option}: ${wrong.message}`,
    wrong.hint === undefined ? {} : { hint: wrong.hint },
  );
}

function refused(core: RunSite, host: string, thrown: unknown): RunEvent {
  const message = messageOf(thrown);
  const known = thrown instanceof OobError ? thrown : undefined;
  const hint = known?.hint === undefined ? {} : { hint: known.hint };
  const error = { code: known?.code ?? "INTERNAL", message, ...hint };
  return { at: core.clock.now(), host, text: message, result: "refused", error };
}
