import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, minutes } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Verdict } from "../../sdk/run-report.ts";
import type { Runbook } from "../../sdk/runbook.ts";
import type { BorrowedSeat } from "../session/watched-console.ts";
import { ActsDone } from "./acts-done.ts";
import { FetchRate } from "./fetch-rate.ts";
import { LeftoversFile, NoLeftovers } from "./leftovers-file.ts";
import { writeReport } from "./report-files.ts";
import { RunBook } from "./run-book.ts";
import { checkSystem, hidden, makeHands, outcomeOf } from "./run-hands.ts";
import { RunMemory } from "./run-memory.ts";
import { RunStory } from "./run-story.ts";
import { RunbookConsole } from "./runbook-console.ts";
import type { RunbookRun } from "./runbook-run.ts";

export type { RunbookRun, RunPower } from "./runbook-run.ts";

type Said = Awaited<ReturnType<Runbook["run"]>>;

/** How long a stopped run may take to end what cannot be interrupted. */
const WIND_UP: Millis = minutes(3);

/** Runs it; never throws. */
export async function runRunbook(run: RunbookRun): Promise<"done" | "failed" | "refused"> {
  const story = new RunStory(run);
  const book = new RunBook((text) => story.hideIn(text));
  const stop = new AbortController();
  let undo: (() => void) | undefined;
  let console: RunbookConsole | undefined;
  let begun = false;
  let verdict: Verdict | undefined;
  let remembered: RunMemory | undefined;
  try {
    await story.commit("run.start", run.dryRun ? "started, dry run" : "started");
    await checkNeeds(run);
    const seat = run.console.borrow(seatOf(run), run.reason, run.lends);
    undo = () => seat.release();
    const unwatch = watchStops(run, story, seat, stop);
    undo = () => {
      unwatch();
      seat.release();
    };
    console = await openConsole(run, story, seat, stop.signal);
    begun = true;
    const acts = new ActsDone(run.dryRun ? undefined : run.folder, run.name);
    const memory = new RunMemory(run.folder);
    const context = { run, story, console, signal: stop.signal, book, memory, acts };
    const hands = makeHands(context, { name: run.name, options: run.options, parts: [] });
    const said = await carriedOut(run.runbook.run(hands), stop.signal, run.clock);
    const { text, ...outcome } = outcomeOf(said);
    await leave(console, story);
    if (!run.dryRun) acts.ended();
    verdict = outcome.verdict;
    await story.commit("run.done", verdict === "ok" ? text : `${verdict}: ${text}`);
    story.end("done", text, { verdict });
    if (!run.dryRun) remembered = memory;
    return "done";
  } catch (thrown) {
    if (console) await leave(console, story);
    return story.fail(thrown, begun);
  } finally {
    console?.close();
    undo?.();
    // What was refused before it began is no evidence of anything.
    if (begun) keepReport(run, story, book, verdict, remembered);
  }
}

/** What is new is remembered once a report on disk tells of it: told twice does no harm, never told does. */
function keepReport(
  run: RunbookRun,
  story: RunStory,
  { sections }: RunBook,
  verdict: Verdict | undefined,
  remembered: RunMemory | undefined,
): void {
  if (run.folder === undefined || run.dryRun) return;
  try {
    writeReport(run.folder, {
      ...story.record(run.runbook),
      sections,
      ...(verdict && { verdict }),
    });
    remembered?.keep();
  } catch (thrown) {
    story.note(`its report, or what it remembers, cannot be kept: ${messageOf(thrown)}`);
  }
}

/** What is missing is found out before anything is touched. */
async function checkNeeds(run: RunbookRun): Promise<void> {
  const { name } = run.host;
  const needs = run.runbook.needs ?? [];
  const cannot = `Cannot run ${run.name} on ${name}`;
  checkSystem(run.name, run.runbook, run.host);
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

const seatOf = ({ name }: RunbookRun): string => `runbook ${name}`;

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
    if (who === seatOf(run))
      return stop.abort(
        new OobError("INTERRUPTED", `${cannot()}: its console was closed${story.stopHere()}`),
      );
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
  const known = run.credentials && hidden(run.credentials, story);
  const where = () => story.where();
  const leftovers = run.folder === undefined ? new NoLeftovers() : new LeftoversFile(run.folder);
  const rate = new FetchRate(clock, (text) => story.say(text));
  return RunbookConsole.open({
    ...{ console, seat, clock, signal, credentials: known, where, mayType, leftovers },
    loaders: run.loaders,
    progress: (what, bytes, whole) => rate.at(what, bytes, whole),
  });
}

/** The runbook's result. Once it is stopped, what cannot be interrupted is waited for, and the stop is the result. */
async function carriedOut(work: Promise<Said>, signal: AbortSignal, clock: Clock): Promise<Said> {
  const ended = work.then(
    (said) => ({ said, error: undefined }),
    (error: unknown) => ({ said: undefined, error }),
  );
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const first = await Promise.race([ended, stopped]);
  const last = first ?? (await Promise.race([ended, windUp(clock)]));
  if (first?.said !== undefined) return first.said;
  if (first) throw first.error;
  const { reason } = signal;
  if (last?.error === reason) throw reason;
  const more = last ? lastWords(last) : `it did not end within ${formatDuration(WIND_UP)}`;
  throw reason instanceof OobError
    ? new OobError(reason.code, `${reason.message}; then: ${more}`, { cause: reason })
    : reason;
}

/** What a runbook says that swallowed the stop is no result: it could neither look nor act any more. */
const lastWords = ({ said, error }: { readonly said?: Said; readonly error: unknown }): string =>
  said === undefined ? messageOf(error) : `it says "${outcomeOf(said).text}"`;

const windUp = (clock: Clock) =>
  new Promise<undefined>((resolve) => {
    clock.after(WIND_UP, () => resolve(undefined));
  });

async function leave(console: RunbookConsole, story: RunStory): Promise<void> {
  const left = await console.leave();
  if (left !== undefined) story.note(printable(left));
}
