/**
 * One run of a runbook on one host: what it needs is checked, the seat borrowed, its hands given, its time limit kept,
 * all of it reported and audited. The last event carries the result.
 *
 * A person who takes the seat, a cancelled run and the time limit all stop it the same way: every wait of its console
 * ends, nothing more is typed, no further act() begins; what cannot be interrupted, such as outlets being switched, is
 * waited for. The report says at which step.
 */
import type { HostEntry } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, minutes } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { BootLoader } from "../../sdk/boot-loader.ts";
import type { OptionValues } from "../../sdk/options.ts";
import type { PowerHands, Runbook, RunbookHands } from "../../sdk/runbook.ts";
import type { Audit } from "../audit/audit.ts";
import type { BorrowedSeat, WatchedConsole } from "../session/watched-console.ts";
import type { RunEvent } from "../site/site.ts";
import { interceptBoot } from "./intercept-boot.ts";
import type { Credentials } from "./log-in.ts";
import { RunStory } from "./run-story.ts";
import { RunbookConsole } from "./runbook-console.ts";

/** Hands on the outlets, as a run gets them: a cycle tells whenever an outlet was read off. */
export interface RunPower extends Omit<PowerHands, "cycle"> {
  cycle(readOff: () => void): ReturnType<PowerHands["cycle"]>;
}

/** One run of one runbook on one host. */
export interface RunbookRun {
  readonly name: string;
  readonly runbook: Runbook;
  readonly host: HostEntry;
  readonly console: WatchedConsole;
  readonly power: RunPower;
  readonly credentials: Credentials | undefined;
  readonly loaders: ReadonlyMap<string, BootLoader>;
  readonly options: OptionValues;
  readonly dryRun: boolean;
  readonly by: string;
  /** Whose seat may be borrowed while they write. */
  readonly lends?: (person: string) => boolean;
  readonly reason: string;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
}

/** How long a stopped run may take to end what cannot be interrupted. */
const WIND_UP: Millis = minutes(3);

/** Runs it; never throws. */
export async function runRunbook(run: RunbookRun): Promise<"done" | "failed" | "refused"> {
  const story = new RunStory(run);
  const stop = new AbortController();
  let undo: (() => void) | undefined;
  let console: RunbookConsole | undefined;
  let begun = false;
  try {
    await story.commit("run.start", run.dryRun ? "started, dry run" : "started");
    await checkNeeds(run);
    const seat = run.console.borrow(`runbook ${run.name}`, run.reason, run.lends);
    undo = () => seat.release();
    const unwatch = watchStops(run, story, seat, stop);
    undo = () => {
      unwatch();
      seat.release();
    };
    console = await openConsole(run, story, seat, stop.signal);
    begun = true;
    const work = run.runbook.run(hands(run, story, console, stop.signal));
    const text = await carriedOut(work, stop.signal, run.clock);
    await leave(console, story);
    await story.commit("run.done", text);
    story.end("done", text);
    return "done";
  } catch (thrown) {
    if (console) await leave(console, story);
    return story.fail(thrown, begun);
  } finally {
    console?.close();
    undo?.();
  }
}

/** What is missing is found out before anything is touched. */
async function checkNeeds(run: RunbookRun): Promise<void> {
  const { name } = run.host;
  const needs = run.runbook.needs ?? [];
  const cannot = `Cannot run ${run.name} on ${name}`;
  if (needs.includes("login")) {
    if (!run.credentials)
      throw new OobError("SECRET_MISSING", `${cannot}: the host's entry has no login`, {
        hint: `Add "login: { user: root, secret: NAME }" to hosts.${name}`,
      });
    await run.credentials.password();
  }
  if (needs.includes("power") && (await run.power.read()) === "unknown")
    throw new OobError("POWER_UNKNOWN", `${cannot}: the state of its outlets cannot be read`, {
      hint: `oob power status ${name}`,
    });
}

/** Turns whatever ends the run early into one reason with the step in it. Returns the way to stop watching. */
function watchStops(
  run: RunbookRun,
  story: RunStory,
  seat: BorrowedSeat,
  stop: AbortController,
): () => void {
  const cannot = () => `Cannot finish ${run.name} on ${run.host.name}`;
  const taken = () => {
    const who = run.console.seat?.who ?? "somebody";
    const text = `${cannot()}: "${who}" took the seat${story.stopHere()}`;
    const hint = "The console is theirs; look at it, then run the runbook again";
    stop.abort(new OobError("SEAT_TAKEN", text, { hint }));
  };
  const cancelled = () =>
    stop.abort(new OobError("INTERRUPTED", `${cannot()}: it was given up${story.stopHere()}`));
  const timer = run.clock.after(run.runbook.timeout, () => {
    const limit = formatDuration(run.runbook.timeout);
    stop.abort(new OobError("TIMED_OUT", `${cannot()}: its ${limit} were over${story.stopHere()}`));
  });
  seat.signal.addEventListener("abort", taken, { once: true });
  run.signal.addEventListener("abort", cancelled, { once: true });
  if (run.signal.aborted) cancelled();
  return () => {
    timer.cancel();
    seat.signal.removeEventListener("abort", taken);
    run.signal.removeEventListener("abort", cancelled);
  };
}

function openConsole(
  run: RunbookRun,
  story: RunStory,
  seat: BorrowedSeat,
  signal: AbortSignal,
): Promise<RunbookConsole> {
  const { console, clock } = run;
  const mayType = () => {
    if (!run.dryRun || run.runbook.risk !== "disrupt") return;
    throw new OobError(
      "RUNBOOK_INVALID",
      `Cannot rehearse ${run.name} on ${run.host.name}: it types outside of act()${story.where()}`,
      { hint: "Wrap what it does in act(), which a dry run only lists" },
    );
  };
  const { credentials } = run;
  const known = credentials && {
    user: credentials.user,
    password: async () => story.hide(await credentials.password()),
  };
  const where = () => story.where();
  return RunbookConsole.open({ console, seat, clock, signal, credentials: known, where, mayType });
}

function hands(
  run: RunbookRun,
  story: RunStory,
  console: RunbookConsole,
  signal: AbortSignal,
): RunbookHands {
  return {
    host: { name: run.host.name, os: run.host.os, user: run.host.login?.user ?? "root" },
    console,
    power: {
      ...run.power,
      cycle: () => {
        // A prompt from before the cut is no sign of a host that came back, and it lives until its outlets are off.
        console.goesDown();
        return run.power.cycle(() => console.goesDown());
      },
    },
    boot: { intercept: (args, within) => interceptBoot(console, run.loaders, args, within) },
    options: run.options,
    dryRun: run.dryRun,
    signal,
    note: (text) => story.note(text),
    step: (name, work) =>
      story.step(name, async () => {
        signal.throwIfAborted();
        return work();
      }),
    async act(what, change) {
      signal.throwIfAborted();
      if (run.dryRun) {
        story.say(`would: ${what}`);
        return undefined;
      }
      await story.commit("run.act", what);
      signal.throwIfAborted();
      story.say(what);
      return change();
    },
  };
}

/** The runbook's result. Once it is stopped, what cannot be interrupted is waited for, and the stop is the result. */
async function carriedOut(
  work: Promise<string>,
  signal: AbortSignal,
  clock: Clock,
): Promise<string> {
  const ended = work.then(
    (text) => ({ text, error: undefined }),
    (error: unknown) => ({ text: undefined, error }),
  );
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const first = await Promise.race([ended, stopped]);
  const last = first ?? (await Promise.race([ended, windUp(clock)]));
  if (last?.text !== undefined) return last.text;
  if (first) throw first.error;
  const { reason } = signal;
  if (last?.error === reason) throw reason;
  const more = last ? messageOf(last.error) : `it did not end within ${formatDuration(WIND_UP)}`;
  throw reason instanceof OobError
    ? new OobError(reason.code, `${reason.message}; then: ${more}`, { cause: reason })
    : reason;
}

const windUp = (clock: Clock) =>
  new Promise<undefined>((resolve) => {
    clock.after(WIND_UP, () => resolve(undefined));
  });

async function leave(console: RunbookConsole, story: RunStory): Promise<void> {
  const left = await console.leave();
  if (left !== undefined) story.note(printable(left));
}
