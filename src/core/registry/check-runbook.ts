import { readFile } from "node:fs/promises";
import { readOptions } from "../../config/option-values.ts";
import type { Problem } from "../../config/problems.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { nameHint } from "../../lib/nearest.ts";
import type { OptionKind, OptionSpec } from "../../sdk/options.ts";
import type { Runbook } from "../../sdk/runbook.ts";
import { type DriverFile, isRecipe } from "./driver-files.ts";
import { lacking } from "./driver-shapes.ts";
import { loadModule } from "./load-module.ts";

/** What is wrong with the file of a runbook; with nothing wrong, the runbook. */
export interface RunbookCheck {
  readonly file: string;
  readonly problems: readonly Problem[];
  readonly runbook?: Runbook;
}

const RISKS = ["read", "type", "disrupt"];
const NEEDS = ["login", "power"];
const KINDS: Readonly<Record<OptionKind, true>> = {
  text: true,
  integer: true,
  boolean: true,
  duration: true,
  secret: true,
  choice: true,
  list: true,
};

/** Loads a runbook's file and looks at what it declares. Nothing of it is run but what the file itself does. */
export async function checkRunbook(file: DriverFile): Promise<RunbookCheck> {
  const { path } = file;
  if (isRecipe(path)) return checkRecipe(path);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new OobError("USAGE", `Cannot read "${path}": ${messageOf(cause)}`, { cause });
  });
  const source = new Source(path, text);
  try {
    const declared = await loadModule(file);
    const problems = declaredProblems(declared, source);
    if (problems.length > 0) return { file: path, problems };
    return { file: path, problems, runbook: declared as Runbook };
  } catch (thrown) {
    return { file: path, problems: [source.failure(thrown)] };
  }
}

async function checkRecipe(path: string): Promise<RunbookCheck> {
  const { readRecipe } = await import("../runbook-recipe/read-recipe.ts");
  const { recipe, problems } = await readRecipe(path);
  if (!recipe) return { file: path, problems: problems.sorted() };
  const { recipeRunbook } = await import("../runbook-recipe/recipe-runbook.ts");
  return { file: path, problems: problems.sorted(), runbook: recipeRunbook(recipe) };
}

function declaredProblems(declared: unknown, source: Source): Problem[] {
  const missing = lacking("runbook", declared);
  if (missing.length > 0)
    return missing.map((field) => source.at("export default", `it lacks ${field}`));
  const { risk, timeout, needs = [], options } = declared as Runbook;
  const problems: Problem[] = [];
  if (!RISKS.includes(risk))
    problems.push(source.at("risk:", `"${risk}" is no risk`, nameHint(risk, RISKS)));
  if (!(typeof timeout === "number" && timeout > 0))
    problems.push(source.at("timeout:", 'it needs a time limit, such as "timeout: minutes(5)"'));
  for (const need of needs)
    if (!NEEDS.includes(need))
      problems.push(source.at("needs:", `"${need}" cannot be needed`, nameHint(need, NEEDS)));
  for (const [name, spec] of Object.entries(options)) {
    const wrong = optionProblem(name, spec);
    const key = source.has(`${name}:`) ? `${name}:` : name;
    if (wrong !== undefined) problems.push(source.at(key, `setting "${name}": ${wrong}`));
  }
  return problems;
}

/** A default is a value that a person could give. */
function optionProblem(name: string, spec: OptionSpec): string | undefined {
  if (!Object.hasOwn(KINDS, spec.kind))
    return `"${spec.kind}" is no kind; ${nameHint(spec.kind, Object.keys(KINDS)) ?? Object.keys(KINDS).join(", ")}`;
  if (spec.default === undefined) return undefined;
  const { problems } = readOptions({ [name]: spec }, { [name]: String(spec.default) });
  return problems[0] && `its default: ${problems[0].message}`;
}

/** The text of a file, for problems with a place in it. */
class Source {
  readonly #path: string;
  readonly #lines: readonly string[];

  constructor(path: string, text: string) {
    this.#path = path;
    this.#lines = text.split(/\r?\n/);
  }

  has(word: string): boolean {
    return this.#lines.some((line) => line.includes(word));
  }

  /** At the first place of a word; where it stands nowhere, at what is exported. */
  at(wanted: string, message: string, hint?: string): Problem {
    const word = this.has(wanted) ? wanted : "export default";
    const line = Math.max(
      0,
      this.#lines.findIndex((text) => text.includes(word)),
    );
    const column = Math.max(0, (this.#lines[line] ?? "").indexOf(word));
    return this.#problem(line + 1, column + 1, message, word.replace(/:$/, "").length, hint);
  }

  /** What loading has thrown, at the line of this file that it came from. */
  failure(thrown: unknown): Problem {
    const cause = thrown instanceof OobError && thrown.cause !== undefined ? thrown.cause : thrown;
    const [first = ""] = messageOf(cause).split("\n");
    const message = first.replace(/^ParseError: /, "").trim();
    const module = /^Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1];
    if (module !== undefined && this.has(module)) return this.at(module, message);
    const unknown = /^\(0 , _\w+\.(\w+)\) is not a function/.exec(message)?.[1];
    if (unknown !== undefined)
      return this.at(unknown, `"${unknown}" is not what it imports it from`, hintFor(unknown));
    if (/default export/.test(message)) return this.#problem(1, 1, message, 1, hintOf(cause));
    // The parser counts columns from 0, a stack from 1.
    const parsed = this.#placeIn(messageOf(cause));
    if (parsed) return this.#problem(parsed.line, parsed.column + 1, message);
    const stack = cause instanceof Error ? this.#placeIn(cause.stack ?? "") : undefined;
    return this.#problem(stack?.line ?? 1, stack?.column ?? 1, message);
  }

  #placeIn(text: string): { readonly line: number; readonly column: number } | undefined {
    const at = text.indexOf(`${this.#path}:`);
    const place = at < 0 ? null : /^:(\d+):(\d+)/.exec(text.slice(at + this.#path.length));
    return place ? { line: Number(place[1]), column: Number(place[2]) } : undefined;
  }

  #problem(line: number, column: number, message: string, width = 1, hint?: string): Problem {
    const source = this.#lines[line - 1] ?? "";
    const place = { file: this.#path, line, column, path: "", message, source, width };
    return { severity: "error", ...place, ...(hint !== undefined && { hint }) };
  }
}

const hintFor = (unknown: string) =>
  nameHint(unknown, ["defineRunbook", "seconds", "minutes", "hours"]);

const hintOf = (cause: unknown): string | undefined =>
  cause instanceof OobError ? cause.hint : undefined;
