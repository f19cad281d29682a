import { minutes, seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { OptionSpecs, OptionValues } from "../../sdk/options.ts";
import type { Verdict } from "../../sdk/run-report.ts";
import type { Runbook, RunbookHands } from "../../sdk/runbook.ts";
import type { Recipe, RecipeStep } from "./recipe-schema.ts";
import { filled, filledForShell, holds } from "./recipe-text.ts";

const RUN_WITHIN = seconds(30);
const CAPTURE_WITHIN = minutes(5);
const TIMEOUT = minutes(10);

/** What a verdict step says; "failed" ends the run as an error does. */
interface Ending {
  readonly verdict: Verdict;
  readonly text: string;
}

/** A recipe as a runbook like any other: same hands, same guards, same report. */
export function recipeRunbook({ head, steps, patterns }: Recipe): Runbook {
  const { title, summary = title, risk, sources = [], needs, on, timeout = TIMEOUT } = head;
  const usesShell = JSON.stringify(steps).match(/"(?:login|run|capture)":/) !== null;
  return {
    ...{ title, summary, risk, sources, timeout },
    needs: needs ?? (usesShell ? ["login"] : []),
    ...(on && { on }),
    options: optionsOf(head.settings ?? {}),
    async run(hands) {
      const cook = new Cook(hands, patterns);
      const ending = await cook.all(steps);
      return ending ?? `${title}: every step was done`;
    },
  };
}

function optionsOf(settings: NonNullable<Recipe["head"]["settings"]>): OptionSpecs {
  const all = Object.entries(settings).map(([name, given]) => {
    const { kind = "text", choices, ...rest } = given;
    const said = Object.entries(rest).filter(([, value]) => value !== undefined);
    const chosen = choices ? { kind: "choice", choices } : { kind };
    return [name, { ...Object.fromEntries(said), ...chosen }] as const;
  });
  return Object.fromEntries(all) as OptionSpecs;
}

/** Follows the steps of one run. */
class Cook {
  readonly #hands: RunbookHands;
  readonly #patterns: ReadonlyMap<string, RegExp>;
  readonly #values: Map<string, string>;

  constructor(hands: RunbookHands, patterns: ReadonlyMap<string, RegExp>) {
    this.#hands = hands;
    this.#patterns = patterns;
    const { name, os, user } = hands.host;
    const said: [string, string][] = [
      ["host", name],
      ["os", os],
      ["user", user],
    ];
    this.#values = new Map([...said, ...settingsIn(hands.options)]);
  }

  async all(steps: readonly RecipeStep[]): Promise<Ending | undefined> {
    for (const step of steps) {
      this.#hands.signal.throwIfAborted();
      if (!this.#applies(step)) continue;
      const ending = await this.#do(step);
      if (ending) return ending;
    }
    return undefined;
  }

  #applies({ when }: RecipeStep): boolean {
    return Object.entries(when ?? {}).every(([name, comparison]) =>
      holds(this.#values.get(name) ?? "", comparison),
    );
  }

  async #do(step: RecipeStep): Promise<Ending | undefined> {
    const { console, note, step: timed } = this.#hands;
    if ("login" in step) {
      if (step.login) await timed("login", () => console.login(step.within));
      return undefined;
    }
    if ("verdict" in step) return this.#end(step.verdict, filled(step.text, this.#values));
    if ("note" in step) note(filled(step.note, this.#values));
    else if ("send" in step)
      await console.send(`${filled(step.send, this.#values)}${step.enter === false ? "" : "\r"}`);
    else if ("expect" in step) await this.#expect(step);
    else if ("act" in step) return this.#act(step);
    else await this.#shell(step);
    return undefined;
  }

  #end(verdict: Verdict | "failed", text: string): Ending {
    if (verdict !== "failed") return { verdict, text };
    throw new OobError("RUNBOOK_FAILED", text);
  }

  async #expect({
    expect,
    within = RUN_WITHIN,
    what,
  }: Extract<RecipeStep, { expect: unknown }>): Promise<void> {
    const patterns = expect.map((text) => this.#pattern("expect", text));
    const { which, before, match } = await this.#hands.console.expect(
      patterns,
      within,
      what === undefined ? undefined : filled(what, this.#values),
    );
    const pattern = patterns[which];
    if (pattern) this.#learn(pattern, `${before.slice(-1000)}${match[0] ?? ""}`);
  }

  async #act(step: Extract<RecipeStep, { act: unknown }>): Promise<Ending | undefined> {
    const what = filled(step.act, this.#values);
    const undo = step.undo === undefined ? {} : { undo: filled(step.undo, this.#values) };
    return this.#hands.step(what, () => this.#hands.act(what, () => this.all(step.do), undo));
  }

  /** Runs a command; its status has to be one of those wanted, and what is to be in its output has to be there. */
  async #shell(step: Extract<RecipeStep, { run: unknown } | { capture: unknown }>): Promise<void> {
    const { console, step: timed, host, report } = this.#hands;
    const script = "run" in step ? step.run : step.capture;
    const name = printable(filled(script.trim().split("\n")[0] ?? "", this.#values), 60);
    const text = filledForShell(script.trim(), this.#values);
    const { status, output } = await timed(name, async () => {
      if ("run" in step) return console.run(text, step.within ?? RUN_WITHIN);
      const captured = await console.capture(text, {
        within: step.within ?? CAPTURE_WITHIN,
        what: name,
      });
      return { status: captured.status, output: captured.text };
    });
    this.#values.set("status", String(status));
    if ("capture" in step) report.text(filled(step.title ?? name, this.#values), output);
    const { status: wanted = [0], match } = step;
    if (wanted !== "any" && !wanted.includes(status))
      throw new OobError(
        "RUNBOOK_FAILED",
        `Cannot go on at ${host.name}: "${name}" ended with ${status}`,
      );
    if (match === undefined || this.#learn(this.#pattern("match", match), output)) return;
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot go on at ${host.name}: /${match}/ does not stand in what "${name}" printed`,
    );
  }

  #pattern(key: "match" | "expect", text: string): RegExp {
    const pattern = this.#patterns.get(`${key} ${text}`);
    if (pattern) return pattern;
    throw new OobError("INTERNAL", `Cannot match /${text}/: it was not read`);
  }

  /** Named groups become values. */
  #learn(pattern: RegExp, text: string): boolean {
    const found = pattern.exec(text);
    for (const [name, value] of Object.entries(found?.groups ?? {}))
      this.#values.set(name, printable(value ?? "", 1000));
    return found !== null;
  }
}

const settingsIn = (options: OptionValues): [string, string][] =>
  Object.entries(options).flatMap(([name, value]): [string, string][] =>
    value === undefined || typeof value === "object" ? [] : [[name, String(value)]],
  );
