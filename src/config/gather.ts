import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { nameHint } from "../lib/nearest.ts";
import { isRecord } from "./host-range.ts";
import { describe } from "./option-values.ts";
import type { Problems } from "./problems.ts";
import { report, type Spot } from "./read-value.ts";
import { SECTIONS } from "./schema.ts";
import { readYamlFile, type YamlFile } from "./yaml-file.ts";

/** A value and where it stands. */
export interface Found {
  readonly value: unknown;
  readonly spot: Spot;
}

/** The files of a configuration put together: each section once, each PDU, host and group under its name. */
export interface Gathered {
  readonly sections: ReadonlyMap<string, Found>;
  readonly pdus: ReadonlyMap<string, Found>;
  readonly hosts: ReadonlyMap<string, Found>;
  readonly groups: ReadonlyMap<string, Found>;
  readonly "dial-in": ReadonlyMap<string, Found>;
  readonly notify: ReadonlyMap<string, Found>;
}

const NAMED = ["pdus", "hosts", "groups", "dial-in", "notify"] as const;
const TOP_KEYS = [...Object.keys(SECTIONS), ...NAMED];

/** Reads the main file and `conf.d/*.yaml` beside it, and merges them. Nothing may be said twice. */
export async function gather(path: string, problems: Problems): Promise<Gathered> {
  const files = await Promise.all([path, ...(await extraFiles(path))].map(readYamlFile));
  const all: Gathering = {
    sections: new Map(),
    pdus: new Map(),
    hosts: new Map(),
    groups: new Map(),
    "dial-in": new Map(),
    notify: new Map(),
  };
  for (const file of files) {
    for (const problem of file.problems) problems.add(problem);
    if (!isRecord(file.data)) {
      report(problems, spotOf(file), `expected a mapping, got ${describe(file.data)}`);
      continue;
    }
    for (const [key, value] of Object.entries(file.data))
      place(all, key, { value, spot: spotOf(file, key) }, problems);
  }
  return all;
}

interface Gathering {
  readonly sections: Map<string, Found>;
  readonly pdus: Map<string, Found>;
  readonly hosts: Map<string, Found>;
  readonly groups: Map<string, Found>;
  readonly "dial-in": Map<string, Found>;
  readonly notify: Map<string, Found>;
}

/** Puts one top-level key of a file where it belongs. */
function place(all: Gathering, key: string, found: Found, problems: Problems): void {
  const named = NAMED.find((one) => one === key);
  if (named !== undefined) gatherNamed(all[named], found, problems);
  else if (key === "version") {
    // Each file may say for which version it was written.
    if (!all.sections.has(key) || found.value !== 1) all.sections.set(key, found);
  } else if (TOP_KEYS.includes(key)) addOnce(all.sections, key, found, problems);
  else
    report(problems, found.spot, `unknown key "${key}"`, {
      hint: nameHint(key, TOP_KEYS),
      at: "key",
    });
}

const spotOf = (file: YamlFile, ...path: string[]): Spot => ({ file, path, shown: path });

function gatherNamed(into: Map<string, Found>, { value, spot }: Found, problems: Problems): void {
  if (value === null || value === undefined) return;
  if (!isRecord(value)) {
    report(problems, spot, `expected a mapping, got ${describe(value)}`);
    return;
  }
  for (const [name, entry] of Object.entries(value)) {
    const path = [...spot.path, name];
    addOnce(into, name, { value: entry, spot: { file: spot.file, path, shown: path } }, problems);
  }
}

function addOnce(into: Map<string, Found>, key: string, found: Found, problems: Problems): void {
  const first = into.get(key);
  if (first === undefined) into.set(key, found);
  else
    report(problems, found.spot, `"${key}" is defined twice`, {
      hint: `The other one is in ${first.spot.file.path}`,
      at: "key",
    });
}

/** `conf.d/*.yaml` beside the main file, in the order of their names. */
async function extraFiles(path: string): Promise<string[]> {
  const folder = join(dirname(path), "conf.d");
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith(".yaml") && !name.startsWith("."))
    .sort()
    .map((name) => join(folder, name));
}
