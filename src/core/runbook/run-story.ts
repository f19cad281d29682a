import type { HostEntry } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Audit } from "../audit/audit.ts";
import type { RunEvent } from "../site/site.ts";

/** Notes of one run that are kept; a command's output may be long. */
const MAX_NOTES = 500;
const MAX_TEXT = 500;
const MAX_MESSAGE = 2000;
/** A shorter word would blank out half of every report. */
const MIN_SECRET = 6;
const HIDDEN = "********";

/** Codes that mean: nothing was done. */
const REFUSALS: ReadonlySet<string> = new Set(["GUARD_REFUSED", "HELD", "NOT_CONFIRMED"]);

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
  readonly #secrets = new Set<string>();
  #steps: readonly string[] = [];
  #failedStep: string | undefined;
  #notes = 0;

  constructor(parts: StoryParts) {
    this.#parts = parts;
    this.#began = parts.clock.monotonic();
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
    if (secret.length >= MIN_SECRET) this.#secrets.add(secret);
    return secret;
  }

  say(text: string, more: Partial<RunEvent> = {}): void {
    const { clock, host, emit } = this.#parts;
    const step = this.#steps.at(-1);
    const clean = this.#clean(text, MAX_TEXT);
    emit({ at: clock.now(), host: host.name, ...(step ? { step } : {}), text: clean, ...more });
  }

  /** A line of the report and of the audit trail. */
  note(text: string): void {
    this.#notes++;
    if (this.#notes > MAX_NOTES) return;
    const line = this.#notes === MAX_NOTES ? "further notes are left out" : text;
    this.say(line);
    this.#parts.audit.note(this.#record("run.note", line));
  }

  async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { clock } = this.#parts;
    const began = clock.monotonic();
    const outer = this.#steps;
    this.#steps = [...outer, name];
    try {
      const value = await work();
      this.say("done", { tookMs: clock.monotonic() - began });
      return value;
    } catch (thrown) {
      this.#failedStep ??= name;
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
    this.say(text, { result, tookMs: this.#parts.clock.monotonic() - this.#began, ...more });
  }

  /** `begun`: the runbook itself had been started. */
  fail(thrown: unknown, begun: boolean): "failed" | "refused" {
    const code = thrown instanceof OobError ? thrown.code : "INTERNAL";
    const hint = thrown instanceof OobError ? thrown.hint : undefined;
    const result = !begun || REFUSALS.has(code) ? "refused" : "failed";
    const message = this.#clean(messageOf(thrown), MAX_MESSAGE);
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
    return { host: host.name, type, by, text: this.#clean(`${name}: ${text}`, MAX_MESSAGE), data };
  }

  #clean(text: string, max: number): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, HIDDEN);
    return printable(clean, max);
  }
}
