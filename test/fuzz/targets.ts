import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FuzzTarget } from "./fuzz-target.ts";

/** Files of this folder that are no targets. */
const OWN = ["fuzz.ts", "fuzz-target.ts", "run.ts", "targets.ts"];

/** Targets, each one file of this folder. */
export function targetNames(): string[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !OWN.includes(file))
    .map((file) => file.slice(0, -3));
}

/** Loads a target by its name. */
export async function loadTarget(name: string): Promise<FuzzTarget> {
  const module = (await import(`./${name}.ts`)) as { readonly default: FuzzTarget };
  return module.default;
}

/** Where a target's kept inputs are. */
export const corpusOf = (name: string): string => join(import.meta.dirname, "corpus", name);

/** Inputs that once broke a promise of this target. */
export function keptInputs(name: string): { readonly file: string; readonly bytes: Uint8Array }[] {
  const folder = corpusOf(name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((file) => ({ file, bytes: readFileSync(join(folder, file)) }));
}
