import type { HostEntry } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { RunReport } from "../../sdk/run-report.ts";
import type { Runbook } from "../../sdk/runbook.ts";
import type { Audit } from "../audit/audit.ts";
import type { RunEvent } from "../site/site.ts";

/** Notes of one run that are kept; a command's output may be long. */
const MAX_NOTES = 500;
/** Steps and acts of one run that its report holds. */
const MAX_STEPS = 1000;
const MAX_TEXT = 500;
const MAX_MESSAGE = 2000;
/** A shorter secret is left out where it stands as a word: within words it would blank out half of every report. */
const MIN_ANYWHERE = 6;
const HIDDEN = "********";

/** Codes that mean: nothing was done. */
const REFUSALS: ReadonlySet<string> = new Set([
  "GUARD_REFUSED",
  "HELD",
  "NOT_CONFIRMED",
  "SECOND_PERSON",
]);

/** Neighbours that make a short secret a part of something else: a word, a path, a file name. */
const PART = String.raw`[\p{L}\p{N}_/#@-]`;

function patternOf(secret: string): RegExp {
  const text = secret.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  if (secret.length >= MIN_ANYWHERE) return new RegExp(text, "gu");
  return new RegExp(String.raw`(?<!${PART}|[\p{L}\p{N}]\.)${text}(?!${PART}|\.[\p{L}\p{N}])`, "gu");
}

interface StoryParts {
  readonly name: string;
  readonly host: HostEntry;
  readonly dryRun: boolean;
  readonly by: string;
  readonly reason: string;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly emit: (event: RunEvent) => void;
}

/** What is told of a run: to whoever waits for it, and to the audit trail. No secret gets through here. */
export class RunStory {
  readonly #parts: StoryParts;
  readonly #began: Millis;
  readonly #secrets = new Map<string, RegExp>();
  #steps: readonly string[] = [];
  #failedStep: string | undefined;
  readonly #startedAt: Millis;
  readonly #notes: string[] = [];
  readonly #tookSteps: RunReport["steps"][number][] = [];
  readonly #acts: RunReport["acts"][number][] = [];
  #end: Pick<RunReport, "result" | "text" | "error"> = { result: "failed", text: "" };

  constructor(parts: StoryParts) {
    this.#parts = parts;
    this.#began = parts.clock.monotonic();
    this.#startedAt = parts.clock.now();
  }

  /** ` in step "root shell"`, or "" outside of all steps. */
  where(): string {
    const step = this.#steps.at(-1);
    return step === undefined ? "" : ` in step "${printable(step, 80)}"`;
  }

  /** The run is stopped from outside: at the step that is under way. */
  stopHere(): string {
    this.#failedStep ??= this.#steps.at(-1);
    return this.where();
  }

  /** Returns the secret, which from here on is left out of everything. */
  hide(secret: string): string {
    if (secret !== "") this.#secrets.set(secret, patternOf(secret));
    return secret;
  }

  say(text: string, more: Partial<RunEvent> = {}): void {
    const { clock, host, emit } = this.#parts;
    const step = this.#steps.at(-1);
    const clean = this.clean(text, MAX_TEXT);
    emit({ at: clock.now(), host: host.name, ...(step ? { step } : {}), text: clean, ...more });
  }

  /** A line of the report and of the audit trail. */
  note(text: string): void {
    if (this.#notes.length >= MAX_NOTES) return;
    const line = this.#notes.length === MAX_NOTES - 1 ? "further notes are left out" : text;
    this.#notes.push(this.clean(line, MAX_TEXT));
    this.say(line);
    this.#parts.audit.note(this.#record("run.note", line));
  }

  /** An act begins. */
  act(what: string, undo: string | undefined): void {
    this.say(what);
    if (this.#acts.length >= MAX_STEPS) return;
    const at = this.#parts.clock.now();
    const way = undo === undefined ? {} : { undo: this.clean(undo, MAX_TEXT) };
    this.#acts.push({ at, what: this.clean(what, MAX_TEXT), ...way });
  }

  /** A part failed, and the whole goes on. */
  partFailed(name: string, text: string): void {
    this.#failedStep = undefined;
    this.note(`${name} failed: ${text}`);
  }

  async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { clock } = this.#parts;
    const began = clock.monotonic();
    const outer = this.#steps;
    this.#steps = [...outer, name];
    const took = (failed: boolean) => {
      const tookMs = Math.round(clock.monotonic() - began);
      const step = { name: this.clean(name, MAX_TEXT), tookMs, ...(failed && { failed }) };
      if (this.#tookSteps.length < MAX_STEPS) this.#tookSteps.push(step);
    };
    try {
      const value = await work();
      this.say("done", { tookMs: clock.monotonic() - began });
      took(false);
      return value;
    } catch (thrown) {
      this.#failedStep ??= name;
      took(true);
      throw thrown;
    } finally {
      this.#steps = outer;
    }
  }

  /** On disk before it returns. */
  async commit(type: string, text: string): Promise<void> {
    await this.#parts.audit.commit(this.#record(type, text));
  }

  end(result: "done" | "failed" | "refused", text: string, more: Partial<RunEvent> = {}): void {
    const { error } = more;
    this.#end = { result, text: this.clean(text, MAX_MESSAGE), ...(error ? { error } : {}) };
    this.say(text, { result, tookMs: this.#parts.clock.monotonic() - this.#began, ...more });
  }

  /** `begun`: the runbook itself had been started. */
  fail(thrown: unknown, begun: boolean): "failed" | "refused" {
    const code = thrown instanceof OobError ? thrown.code : "INTERNAL";
    const hint = thrown instanceof OobError ? thrown.hint : undefined;
    const result = !begun || REFUSALS.has(code) ? "refused" : "failed";
    const message = this.clean(messageOf(thrown));
    const step = this.#failedStep;
    this.#parts.audit.note(
      this.#record(`run.${result}`, message, step ? { step, code } : { code }),
    );
    this.end(result, message, {
      text: message,
      ...(step ? { step } : {}),
      error: { code, message, ...(hint ? { hint } : {}) },
    });
    return result;
  }

  #record(type: string, text: string, more: Readonly<Record<string, unknown>> = {}) {
    const { name, host, by, reason, dryRun } = this.#parts;
    const data = { runbook: name, reason, dryRun, ...more };
    return { host: host.name, type, by, text: this.clean(`${name}: ${text}`), data };
  }

  /** The report of the run, but for what the runbook wrote in it. */
  record({ title, risk }: Runbook): Omit<RunReport, "sections"> {
    const { name, host, by, reason, dryRun, clock } = this.#parts;
    return {
      v: 1,
      host: host.name,
      runbook: name,
      title: this.clean(title, MAX_TEXT),
      risk,
      by: this.clean(by, MAX_TEXT),
      reason: this.clean(reason, MAX_TEXT),
      dryRun,
      startedAt: this.#startedAt,
      endedAt: clock.now(),
      ...this.#end,
      steps: this.#tookSteps,
      acts: this.#acts,
      notes: this.#notes,
    };
  }

  /** The text without secrets. */
  hideIn(text: string): string {
    let clean = text;
    for (const pattern of this.#secrets.values()) clean = clean.replace(pattern, HIDDEN);
    return clean;
  }

  /** The text as it may be shown: printable, without secrets. */
  clean(text: string, max = MAX_MESSAGE): string {
    return printable(this.hideIn(text), max);
  }
}
