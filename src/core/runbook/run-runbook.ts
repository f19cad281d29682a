import type { HostEntry } from "../../config/site-config.ts";
import type { Clock } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { BootLoader } from "../../sdk/boot-loader.ts";
import type { OptionValues } from "../../sdk/options.ts";
import type { PowerHands, Runbook, RunbookHands } from "../../sdk/runbook.ts";
import type { Audit } from "../audit.ts";
import type { RunEvent } from "../site.ts";
import type { BorrowedSeat, WatchedConsole } from "../watched-console.ts";
import { interceptBoot } from "./intercept-boot.ts";
import type { Credentials } from "./log-in.ts";
import { RunbookConsole } from "./runbook-console.ts";

/** One run of one runbook on one host. */
export interface RunbookRun {
  readonly name: string;
  readonly runbook: Runbook;
  readonly host: HostEntry;
  readonly console: WatchedConsole;
  readonly power: PowerHands;
  readonly credentials: Credentials | undefined;
  readonly loaders: ReadonlyMap<string, BootLoader>;
  readonly options: OptionValues;
  readonly dryRun: boolean;
  readonly by: string;
  readonly reason: string;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
}

/**
 * Runs a runbook: borrows the seat, gives it its hands, keeps its time limit, reports and audits. The last event
 * carries the result. A person who takes the seat stops it; the report says at which step.
 */
export async function runRunbook(run: RunbookRun): Promise<"done" | "failed" | "refused"> {
  const began = run.clock.monotonic();
  const say = (text: string, more: Partial<RunEvent> = {}) =>
    run.emit({ at: run.clock.now(), host: run.host.name, text: printable(text, 500), ...more });
  const limit = new AbortController();
  const timer = run.clock.after(run.runbook.timeout, () =>
    limit.abort(
      new OobError(
        "TIMED_OUT",
        `Cannot finish ${run.name} on ${run.host.name}: ${formatDuration(run.runbook.timeout)} are over`,
      ),
    ),
  );
  let seat: BorrowedSeat | undefined;
  let console: RunbookConsole | undefined;
  try {
    await run.audit.commit(record(run, "run.start", `${run.name} started`));
    seat = run.console.borrow(`runbook ${run.name}`, run.reason);
    const signal = AbortSignal.any([run.signal, seat.signal, limit.signal]);
    console = new RunbookConsole({ ...run, seat, signal });
    const work = run.runbook.run(hands(run, console, signal, say));
    const text = await Promise.race([work, aborted(signal)]);
    await run.audit.commit(record(run, "run.done", `${run.name}: ${printable(text, 300)}`));
    say(text, { result: "done", tookMs: run.clock.monotonic() - began });
    return "done";
  } catch (thrown) {
    const result = refusal(thrown) ? "refused" : "failed";
    run.audit.note(
      record(run, `run.${result}`, `${run.name}: ${printable(messageOf(thrown), 300)}`),
    );
    say(messageOf(thrown), {
      result,
      tookMs: run.clock.monotonic() - began,
      error: described(thrown),
    });
    return result;
  } finally {
    timer.cancel();
    if (console) console.close();
    else seat?.release();
  }
}

function hands(
  run: RunbookRun,
  console: RunbookConsole,
  signal: AbortSignal,
  say: (text: string, more?: Partial<RunEvent>) => void,
): RunbookHands {
  let current = "";
  return {
    host: { name: run.host.name, os: run.host.os, user: run.host.login?.user ?? "root" },
    console,
    power: run.power,
    boot: { intercept: (args, within) => interceptBoot(console, run.loaders, args, within) },
    options: run.options,
    dryRun: run.dryRun,
    signal,
    note: (text) => say(text, current === "" ? {} : { step: current }),
    async step(name, work) {
      const outer = current;
      current = name;
      const began = run.clock.monotonic();
      try {
        signal.throwIfAborted();
        const value = await work();
        say("done", { step: name, tookMs: run.clock.monotonic() - began });
        return value;
      } catch (thrown) {
        say(`stopped: ${messageOf(thrown)}`, { step: name, tookMs: run.clock.monotonic() - began });
        throw thrown;
      } finally {
        current = outer;
      }
    },
    async act(what, change) {
      signal.throwIfAborted();
      if (run.dryRun) {
        say(`would: ${what}`, { step: current });
        return undefined;
      }
      await run.audit.commit(record(run, "run.act", `${run.name}: ${printable(what, 300)}`));
      say(what, { step: current });
      return change();
    },
  };
}

function record(run: RunbookRun, type: string, text: string) {
  const data = { runbook: run.name, reason: run.reason, dryRun: run.dryRun };
  return { host: run.host.name, type, by: run.by, text, data };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

const REFUSALS: ReadonlySet<string> = new Set([
  "GUARD_REFUSED",
  "HELD",
  "SEAT_TAKEN",
  "NOT_CONFIRMED",
]);
const refusal = (thrown: unknown): boolean =>
  thrown instanceof OobError && REFUSALS.has(thrown.code);

function described(thrown: unknown): { code: string; message: string; hint?: string } {
  if (!(thrown instanceof OobError)) return { code: "INTERNAL", message: messageOf(thrown) };
  const { code, message, hint } = thrown;
  return hint === undefined ? { code, message } : { code, message, hint };
}
