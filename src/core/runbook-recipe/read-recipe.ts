/**
 * A runbook without TypeScript: one YAML file. Everything that can be wrong with it is found before it runs, each with
 * its line and column: keys, values, patterns (matched in linear time, as those of users' rules), and names of values
 * that no step before has found.
 */
import { isRecord } from "../../config/host-range.ts";
import { describe } from "../../config/option-values.ts";
import { formatProblem, Problems } from "../../config/problems.ts";
import { inside, readValue, report, type Spot } from "../../config/read-value.ts";
import { readYamlFile } from "../../config/yaml-file.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { nameHint } from "../../lib/nearest.ts";
import type { Runbook } from "../../sdk/runbook.ts";
import { linearPattern } from "../registry/linear-pattern.ts";
import { recipeRunbook } from "./recipe-runbook.ts";
import {
  ACTION_NAMES,
  MAX_STEPS,
  type RawRecipe,
  type Recipe,
  type RecipeStep,
  recipeSchema,
  schemaOf,
  settingName,
} from "./recipe-schema.ts";
import { namesIn } from "./recipe-text.ts";

/** Reads a recipe as a runbook. Throws RUNBOOK_INVALID with every problem in the message. */
export async function loadRecipe(path: string): Promise<Runbook> {
  const { recipe, problems } = await readRecipe(path);
  if (recipe && problems.errors === 0) return recipeRunbook(recipe);
  const list = problems.sorted().map(formatProblem);
  throw new OobError("RUNBOOK_INVALID", `Cannot use "${path}"\n${list.join("\n")}`);
}

/** The same for whoever shows problems one by one. */
export async function readRecipe(
  path: string,
): Promise<{ readonly recipe: Recipe | undefined; readonly problems: Problems }> {
  const file = await readYamlFile(path);
  const problems = new Problems();
  for (const problem of file.problems) problems.add(problem);
  const top: Spot = { file, path: [], shown: [] };
  if (problems.errors > 0) return { recipe: undefined, problems };
  const raw = readValue(recipeSchema, file.data, top, problems);
  const given = isRecord(file.data) && Array.isArray(file.data.steps) ? file.data.steps : [];
  const reading = new Reading(problems, raw);
  reading.settings(raw, inside(top, "settings"));
  const steps = await reading.steps(given, inside(top, "steps"));
  if (!raw || problems.errors > 0) return { recipe: undefined, problems };
  const { steps: _steps, ...head } = raw;
  return { recipe: { head, steps, patterns: reading.patterns }, problems };
}

class Reading {
  readonly patterns = new Map<string, RegExp>();
  readonly #problems: Problems;
  /** Names that may be used in texts from here on. */
  readonly #names = new Set(["host", "os", "user", "status"]);
  /** Those among them that patterns find in the host's text. */
  readonly #found = new Set<string>();
  readonly #mayAct: boolean;
  #count = 0;

  constructor(problems: Problems, raw: RawRecipe | undefined) {
    this.#problems = problems;
    this.#mayAct = raw?.risk !== "read";
    for (const name of Object.keys(raw?.settings ?? {})) this.#names.add(name);
  }

  /** Settings are typed as --set NAME=VALUE, and stand in texts as {{NAME}}. */
  settings(raw: RawRecipe | undefined, spot: Spot): void {
    for (const name of Object.keys(raw?.settings ?? {}))
      if (!settingName.safeParse(name).success)
        report(this.#problems, inside(spot, name), `"${name}" is no name for a setting`, {
          at: "key",
          hint: "a-z, 0-9 and '-', beginning with a letter",
        });
  }

  async steps(given: readonly unknown[], spot: Spot, inAct = false): Promise<RecipeStep[]> {
    const steps: RecipeStep[] = [];
    for (const [n, one] of given.entries()) {
      if (++this.#count > MAX_STEPS) {
        report(this.#problems, inside(spot, n), `more than ${MAX_STEPS} steps`);
        break;
      }
      const step = await this.#step(one, inside(spot, n), inAct);
      if (step) steps.push(step);
    }
    return steps;
  }

  async #step(given: unknown, spot: Spot, inAct: boolean): Promise<RecipeStep | undefined> {
    const value = given === "login" ? { login: true } : given;
    if (!isRecord(value)) {
      report(this.#problems, spot, `expected a step such as "run: uptime", got ${describe(given)}`);
      return undefined;
    }
    const [action, ...more] = ACTION_NAMES.filter((name) => Object.hasOwn(value, name));
    if (action === undefined || more.length > 0) {
      const keys = Object.keys(value);
      const what =
        action === undefined
          ? `a step needs one of ${ACTION_NAMES.join(", ")}`
          : `a step does one thing, this one does ${[action, ...more].join(" and ")}`;
      report(this.#problems, spot, what, { hint: nameHint(keys[0] ?? "", ACTION_NAMES) });
      return undefined;
    }
    const read = readValue(schemaOf(action), value, spot, this.#problems);
    if (!read) return undefined;
    this.#checkNames(read, spot);
    for (const key of ["match", "expect"] as const) await this.#patterns(read, key, spot);
    if (!("act" in read)) return read;
    const wrong = inAct
      ? "an act does not stand in another one"
      : this.#mayAct
        ? undefined
        : 'a recipe of risk "read" changes nothing: it has no act';
    if (wrong !== undefined) report(this.#problems, inside(spot, "act"), wrong, { at: "key" });
    return { ...read, do: await this.steps(read.do, inside(spot, "do"), true) };
  }

  /** Texts may name what settings and patterns before have given. */
  #checkNames(step: object, spot: Spot): void {
    for (const [key, value] of Object.entries(step)) {
      if (key === "match" || key === "expect") continue;
      const names = textsOf(value).flatMap(namesIn);
      for (const name of names) this.#demandName(name, inside(spot, key), key === "send");
    }
    const asked = "when" in step && isRecord(step.when) ? Object.keys(step.when) : [];
    for (const name of asked) this.#demandName(name, inside(spot, "when", name), false);
  }

  /** `typed`: it would be typed as it is, and what a host printed never is. */
  #demandName(name: string, spot: Spot, typed: boolean): void {
    if (typed && this.#found.has(name)) {
      const hint = "In run: and capture: it stands as one quoted word";
      report(this.#problems, spot, `"${name}" is the host's text, which is not typed`, { hint });
    } else if (!this.#names.has(name) && !this.#found.has(name)) {
      const hint =
        nameHint(name, [...this.#names, ...this.#found]) ??
        'A group such as "(?<free>[0-9]+)" gives it';
      report(this.#problems, spot, `nothing before this gives "${name}"`, { hint });
    }
  }

  async #patterns(step: object, key: "match" | "expect", spot: Spot): Promise<void> {
    const texts = textsOf((step as Readonly<Record<string, unknown>>)[key]);
    for (const [n, text] of texts.entries()) {
      const at = texts.length > 1 ? inside(spot, key, n) : inside(spot, key);
      try {
        // In output each line has an end; on a console only the text has one, where the host waits.
        const pattern = new RegExp(text, key === "match" ? "m" : "");
        this.patterns.set(`${key} ${text}`, await linearPattern(pattern, "this pattern"));
        for (const [, name = ""] of text.matchAll(/\(\?<([a-z]\w*)>/gi)) this.#found.add(name);
      } catch (thrown) {
        const hint = thrown instanceof OobError ? NO_LOOKAROUND : undefined;
        report(this.#problems, at, messageOf(thrown), { hint });
      }
    }
  }
}

const textsOf = (value: unknown): string[] =>
  [value].flat().filter((one): one is string => typeof one === "string");

const NO_LOOKAROUND = "Patterns have no look-around and no back-references";
