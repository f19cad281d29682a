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
import { demandSecond } from "./demand-second.ts";
import type { TypeShutdown } from "./going-down.ts";
import { hostFolder } from "./host-folder.ts";
import type { OnBehalf } from "./power-wish.ts";
import type { RunbookSummary, RunEvent, RunRequest } from "./run-doors.ts";
import type { MarkedRun, RunMarks } from "./run-marks.ts";
import { inTurns, PARALLEL } from "./run-turns.ts";
import type { SitePower } from "./site-power.ts";
import { untilUp } from "./until-up.ts";

/** A console that is opened for it, and a login, take their own time. */
const LOG_IN_WITHIN = minutes(1);

/** What running needs of a site. */
export interface RunSite {
  readonly config: { readonly state: string };
  readonly registry: Registry;
  readonly secrets: Secrets;
  readonly switching: SitePower;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly marks: RunMarks;
  host(name: string): HostEntry;
  console(host: string): Promise<WatchedConsole>;
  guardNow(): Promise<Guard>;
}

/** A user's file that cannot be loaded is listed with what is wrong with it: the others have to go on working. */
export async function listRunbooks(registry: Registry): Promise<readonly RunbookSummary[]> {
  const names = await registry.names("runbook");
  return Promise.all(
    names.map(async (name): Promise<RunbookSummary> => {
      const { own, path, hides } = (await registry.runbookFile(name)) ?? { own: true };
      const yours = { ...(!own && path && { file: path }), ...(hides && { hides: true as const }) };
      try {
        const { title, summary, risk, options } = await registry.runbook(name);
        return { name, title, summary, risk, options, ...yours };
      } catch (thrown) {
        const why = messageOf(thrown);
        return { name, title: why, summary: why, risk: "disrupt", options: {}, ...yours };
      }
    }),
  );
}

/** Runs a runbook on hosts, all at once. Leaving the loop stops it at the next step. */
export function runOnHosts(
  core: RunSite,
  request: RunRequest,
  who: string,
): AsyncIterable<RunEvent> {
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
  request: RunRequest,
  who: string,
  hosts: readonly HostEntry[],
  events: EventQueue<RunEvent>,
  signal: AbortSignal,
): Promise<void> {
  const refuse = (host: string, thrown: unknown) => events.push(refused(core, host, thrown));
  try {
    const runbook = await core.registry.runbook(request.runbook);
    const options = optionsOf(request, runbook);
    const { runbook: name, reason, dryRun, force, second, scheduled } = request;
    const emit = (event: RunEvent) => events.push(event);
    const common = {
      name,
      runbook,
      options,
      by: who,
      person: who,
      ...{ second, scheduled, force, reason, dryRun },
    };
    const changes = runbook.risk !== "read" && !dryRun && request.keepGoing !== true;
    let failedOn: string | undefined;
    await inTurns(hosts, request.parallel ?? PARALLEL[runbook.risk], async (host) => {
      if (signal.aborted) return;
      if (failedOn !== undefined && changes) return refuse(host.name, notBegun(name, failedOn));
      try {
        const result = await runGuarded(core, { ...common, host, signal, emit });
        if (result === "failed") failedOn ??= host.name;
      } catch (thrown) {
        refuse(host.name, thrown);
      }
    });
  } catch (thrown) {
    for (const host of hosts) refuse(host.name, thrown);
  } finally {
    events.end();
  }
}

/** What went wrong on one host is not done to the next. */
const notBegun = (name: string, failedOn: string): OobError =>
  new OobError("GUARD_REFUSED", `Cannot begin ${name}: it failed on ${failedOn}`, {
    hint: "Look there first; --keep-going begins on the others all the same",
  });

interface Run extends OnBehalf {
  readonly name: string;
  readonly runbook: Runbook;
  readonly options: OptionValues;
  readonly host: HostEntry;
  readonly by: string;
  readonly reason: string;
  readonly dryRun: boolean;
  readonly scheduled?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
  readonly onAct?: (what: string, undo?: string) => void;
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

/** As a person asked: one that takes the host down passes the interlocks first, and what changes it is marked. */
async function runGuarded(core: RunSite, run: Run) {
  const { name, by, dryRun, person, second, force = false } = run;
  const host = run.host.name;
  const { risk } = run.runbook;
  if (risk === "read" || dryRun) return runHere(core, run);
  if (run.scheduled !== true) demandSecond(run.host, `run ${name} on ${host}`, second);
  if (!force) core.marks.demandClear(host, name);
  if (risk === "disrupt") {
    const guard = await core.guardNow();
    const runbook = `runbook ${name}`;
    const what = `run ${name} on ${host}`;
    const as = { act: "runbook", asker: "runbook" } as const;
    const question = { ...as, host, by: runbook, person, second, what, force };
    const permit = await guard.demand(question);
    if (permit.overridden.length > 0) await guard.spend(question, permit, randomUUID());
  }
  return runMarked(core, run, core.marks.begin(host, name, by));
}

/** The mark stands from the first act on; only an end that the runbook came to takes it away. */
async function runMarked(core: RunSite, run: Run, mark: MarkedRun) {
  let why = "it ended without a word";
  let acted = false;
  const emit = (event: RunEvent) => {
    if (event.result !== undefined) why = event.error?.message ?? event.text;
    run.emit(acted && event.result === "failed" ? withWayOn(event) : event);
  };
  const onAct = (what: string, undo?: string) => {
    acted = true;
    mark.act(what, undo);
  };
  let result: "done" | "failed" | "refused" = "failed";
  try {
    result = await runHere(core, { ...run, emit, onAct });
    return result;
  } catch (thrown) {
    why = messageOf(thrown);
    throw thrown;
  } finally {
    if (result === "done") mark.ended();
    else await mark.left(why, result === "refused");
  }
}

/** The mark stands: said where it failed, not only where the next run is refused. */
function withWayOn({ error, ...event }: RunEvent): RunEvent {
  if (error === undefined) return event;
  const wayOn = `It stopped half-way. Look at the host, then: oob runbook clear ${event.host}`;
  const hint = error.hint === undefined ? wayOn : `${error.hint}. ${wayOn}`;
  return { ...event, error: { ...error, hint } };
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
    ...(host.grub
      ? {
          loaderLogin: {
            user: host.grub.user,
            password: () => core.secrets({ secret: host.grub?.secret ?? "" }),
          },
        }
      : {}),
    loaders: await core.registry.bootLoaders(),
    firmware: await core.registry.firmware(),
    folder: hostFolder(core.config.state, host.name),
    secrets: core.secrets,
    load: (name) => core.registry.runbook(name),
    audit: core.audit,
    clock: core.clock,
  });
}

/** What a runbook is given. Throws RUNBOOK_INVALID where a setting is wrong. */
export function optionsOf(
  request: Pick<RunRequest, "runbook" | "set">,
  runbook: Runbook,
): OptionValues {
  const { values, problems } = readOptions(runbook.options, request.set);
  const [wrong] = problems;
  if (wrong === undefined) return values;
  throw new OobError(
    "RUNBOOK_INVALID",
    `Cannot run ${request.runbook}: ${wrong.option}: ${wrong.message}`,
    { hint: [wrong.hint, `See: oob runbook show ${request.runbook}`].filter(Boolean).join("  ") },
  );
}

function refused(core: RunSite, host: string, thrown: unknown): RunEvent {
  const message = messageOf(thrown);
  const known = thrown instanceof OobError ? thrown : undefined;
  const hint = known?.hint === undefined ? {} : { hint: known.hint };
  const error = { code: known?.code ?? "INTERNAL", message, ...hint };
  return { at: core.clock.now(), host, text: message, result: "refused", error };
}
