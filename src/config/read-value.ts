import type { z } from "zod";
import { nameHint } from "../lib/nearest.ts";
import { isRecord } from "./host-range.ts";
import { describe } from "./option-values.ts";
import type { Path, Problems } from "./problems.ts";
import type { YamlFile } from "./yaml-file.ts";

/** Where a value stands: in which file, under which path, and by which path people know it. */
export interface Spot {
  readonly file: YamlFile;
  readonly path: Path;
  /** Differs from `path` for a host of a range. */
  readonly shown: Path;
}

/** The spot of something inside. */
export const inside = (spot: Spot, ...steps: Path): Spot => ({
  file: spot.file,
  path: [...spot.path, ...steps],
  shown: [...spot.shown, ...steps],
});

/** Notes a problem at a spot. */
export function report(
  problems: Problems,
  spot: Spot,
  message: string,
  more: {
    readonly hint?: string | undefined;
    readonly at?: "key" | "value";
    readonly severity?: "error" | "warning";
  } = {},
): void {
  const { hint, at, severity } = more;
  problems.add(
    spot.file.problem(spot.path, message, {
      shown: spot.shown,
      ...(hint === undefined ? {} : { hint }),
      ...(at === undefined ? {} : { at }),
      ...(severity === undefined ? {} : { severity }),
    }),
  );
}

/** Reads a value by its schema; undefined where it is wrong, with every problem noted. */
export function readValue<T extends z.ZodType>(
  schema: T,
  value: unknown,
  spot: Spot,
  problems: Problems,
  /** Keys beside those of the schema, for the hint: they are read elsewhere. */
  others: readonly string[] = [],
): z.output<T> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const steps = issue.path.filter((step) => typeof step !== "symbol");
    const place = inside(spot, ...steps);
    if (issue.code === "unrecognized_keys") {
      const known = [...(steps.length === 0 ? others : []), ...knownKeys(schema, steps)];
      for (const key of issue.keys)
        report(problems, inside(place, key), `unknown key "${key}"`, {
          hint: nameHint(key, known),
          at: "key",
        });
    } else {
      const given = valueAt(value, steps);
      const missing = given === undefined && steps.length > 0;
      report(problems, place, missing ? `"${steps.at(-1)}" is missing` : wording(issue, given), {
        hint: hintOf(issue, given),
      });
    }
  }
  return undefined;
}

function valueAt(value: unknown, steps: Path): unknown {
  let at = value;
  for (const step of steps) {
    if (Array.isArray(at)) at = at[Number(step)];
    else if (isRecord(at) && Object.hasOwn(at, step)) at = at[step];
    // One text stands for a list of it.
    else if (step === 0 && typeof at === "string") continue;
    else return undefined;
  }
  return at;
}

type Issue = z.core.$ZodIssue;

function wording(issue: Issue, given: unknown): string {
  if (issue.code === "invalid_type") {
    const wanted = { object: "a mapping", record: "a mapping", array: "a list" }[
      issue.expected as string
    ];
    return `expected ${wanted ?? issue.expected}, got ${describe(given)}`;
  }
  if (issue.code === "invalid_value") {
    const choices = issue.values.map((choice) => JSON.stringify(choice));
    const wanted = choices.length === 1 ? choices[0] : `one of ${choices.join(", ")}`;
    return `expected ${wanted}, got ${describe(given)}`;
  }
  if (issue.code === "too_small") return "expected at least one item";
  return issue.message;
}

function hintOf(issue: Issue, given: unknown): string | undefined {
  if (issue.code !== "invalid_value" || typeof given !== "string") return undefined;
  return nameHint(given, issue.values.map(String));
}

/** Keys that the mapping at `steps` may have. */
function knownKeys(schema: z.ZodType, steps: Path): string[] {
  let at: unknown = schema;
  for (const step of ["", ...steps]) {
    if (typeof step === "number") at = partOf(at, "element");
    else if (step !== "") at = partOf(partOf(at, "shape"), step);
    for (let inner = partOf(at, "innerType") ?? partOf(at, "out"); inner !== undefined; ) {
      at = inner;
      inner = partOf(at, "innerType") ?? partOf(at, "out");
    }
  }
  const shape = partOf(at, "shape");
  return isRecord(shape) ? Object.keys(shape) : [];
}

/** A part of a zod schema's definition. */
function partOf(schema: unknown, part: string): unknown {
  if (typeof schema !== "object" || schema === null) return undefined;
  const definition = "def" in schema ? schema.def : schema;
  if (typeof definition !== "object" || definition === null) return undefined;
  return part in definition ? (definition as Record<string, unknown>)[part] : undefined;
}
