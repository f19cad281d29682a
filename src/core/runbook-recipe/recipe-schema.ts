import { z } from "zod";
import { duration, flag, listOf, one, reading, text, whole } from "../../config/schema-values.ts";

/** Deeper than this no recipe nests, and no YAML of ours does. */
export const MAX_STEPS = 200;

const within = duration.optional();
const name = reading("a name of a-z, 0-9 and '-' that begins with a letter", (value) =>
  typeof value === "string" && /^[a-z][a-z0-9-]{0,40}$/.test(value) ? value : undefined,
);
const statuses = reading('a status from 0 to 255, a list of such, or "any"', (value) => {
  if (value === "any") return value;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isStatus = (status: unknown) =>
    Number.isSafeInteger(status) && Number(status) >= 0 && Number(status) <= 255;
  return list.length > 0 && list.every(isStatus) ? (list as readonly number[]) : undefined;
});
/** `percent: ">= 90"` */
const when = z.record(
  z.string(),
  reading(
    'a comparison such as ">= 90", "= running" or "!= 0"',
    (value): { readonly is: string; readonly than: string } | undefined => {
      const [, is = "=", than] =
        /^(?:(=|!=|<=|>=|<|>) ?)?(.{0,200})$/.exec(
          typeof value === "number" || typeof value === "boolean"
            ? String(value)
            : (value as string),
        ) ?? [];
      const isText = ["string", "number", "boolean"].includes(typeof value);
      return isText && than !== undefined ? { is, than } : undefined;
    },
  ),
);

/** What a step does, by the key that says so; the other keys belong to it. */
const ACTIONS = {
  login: z.strictObject({ login: flag, within, when: when.optional() }),
  run: z.strictObject({
    run: text,
    within,
    status: statuses.optional(),
    match: text.optional(),
    when: when.optional(),
  }),
  capture: z.strictObject({
    capture: text,
    within,
    status: statuses.optional(),
    match: text.optional(),
    title: text.optional(),
    when: when.optional(),
  }),
  send: z.strictObject({ send: text, enter: flag.optional(), when: when.optional() }),
  expect: z.strictObject({
    expect: listOf(text),
    within,
    what: text.optional(),
    when: when.optional(),
  }),
  note: z.strictObject({ note: text, when: when.optional() }),
  verdict: z.strictObject({
    verdict: one(["ok", "look", "act", "failed"]),
    text,
    when: when.optional(),
  }),
  act: z.strictObject({
    act: text,
    do: z.array(z.unknown()).nonempty(),
    undo: text.optional(),
    when: when.optional(),
  }),
} as const;

export type Action = keyof typeof ACTIONS;
export const ACTION_NAMES = Object.keys(ACTIONS) as readonly Action[];
export const schemaOf = (action: Action) => ACTIONS[action];

/** Steps as they are read; those of an act stand in it. */
export type RecipeStep =
  | z.output<(typeof ACTIONS)[Exclude<Action, "act">]>
  | (Omit<z.output<typeof ACTIONS.act>, "do"> & { readonly do: readonly RecipeStep[] });

const setting = z.strictObject({
  kind: one(["text", "integer", "boolean", "duration"]).optional(),
  summary: text,
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  required: flag.optional(),
  min: whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).optional(),
  max: whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).optional(),
  choices: z.array(text).nonempty().optional(),
});

/** What stands over the steps. */
export const recipeSchema = z.strictObject({
  title: text,
  summary: text.optional(),
  risk: one(["read", "type", "disrupt"]),
  sources: listOf(text).optional(),
  needs: listOf(one(["login", "power"])).optional(),
  on: listOf(text).optional(),
  timeout: duration.optional(),
  settings: z.record(z.string(), setting).optional(),
  steps: z.array(z.unknown()).nonempty(),
});

export type RawRecipe = z.output<typeof recipeSchema>;
export const settingName = name;

/** A recipe that was read: what stands over the steps, the steps, and their patterns by how they are written. */
export interface Recipe {
  readonly head: Omit<RawRecipe, "steps">;
  readonly steps: readonly RecipeStep[];
  readonly patterns: ReadonlyMap<string, RegExp>;
}
