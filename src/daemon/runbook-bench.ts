/** For `oob runbook check`, `test` and `new`: users' files, looked at without any device. */
import { access, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { loadConfig } from "../config/load-config.ts";
import type { Environment } from "../config/places.ts";
import { formatProblem } from "../config/problems.ts";
import { checkRunbook, type RunbookCheck } from "../core/registry/check-runbook.ts";
import { nameOf } from "../core/registry/driver-files.ts";
import { openRegistry, Registry } from "../core/registry/registry.ts";
import { parseRecording } from "../core/runbook-test/recording.ts";
import { type PlayedRun, testRunbook } from "../core/runbook-test/test-runbook.ts";
import { messageOf, OobError } from "../lib/errors.ts";
import { nameHint } from "../lib/nearest.ts";
import type { Runbook } from "../sdk/runbook.ts";
import { RECIPE_START, RUNBOOK_START } from "./runbook-start.ts";

export type { RunbookCheck } from "../core/registry/check-runbook.ts";
export type { PlayedRun } from "../core/runbook-test/test-runbook.ts";

/** Whether a word of the command line is a file, not the name of a runbook. */
const isPath = (word: string): boolean => /[/\\]|\.(?:[mc]?[jt]s|ya?ml)$/.test(word);

/** Checks files, or runbooks by their names; without any, all users' ones. */
export async function checkRunbooks(
  words: readonly string[],
  config: string | undefined,
  env: Environment,
): Promise<readonly RunbookCheck[]> {
  const registry = words.every(isPath) && words.length > 0 ? undefined : await open(config, env);
  const names = registry && words.length === 0 ? await usersRunbooks(registry) : words;
  return Promise.all(names.map(async (word) => checkRunbook(await fileOf(word, registry))));
}

async function open(config: string | undefined, env: Environment): Promise<Registry> {
  const { drivers, runbooks } = await loadConfig(config, env, openRegistry);
  return new Registry(drivers, runbooks);
}

async function usersRunbooks(registry: Registry): Promise<readonly string[]> {
  const names = await registry.names("runbook");
  const files = await Promise.all(names.map((name) => registry.runbookFile(name)));
  return files.flatMap((file) => (file && !file.own ? [file.name] : []));
}

async function fileOf(word: string, registry: Registry | undefined) {
  if (isPath(word)) return { name: nameOf(word), path: resolve(word), own: false };
  const file = await registry?.runbookFile(word);
  if (file) return file;
  const names = (await registry?.names("runbook")) ?? [];
  throw new OobError("USAGE", `Cannot find runbook "${word}": there is none of this name`, {
    hint: nameHint(word, names) ?? "Give a name of oob runbook list, or a file",
  });
}

/** One recording, played five times. */
export interface PlayedRecording {
  readonly recording: string;
  readonly runs: readonly PlayedRun[];
}

/** Plays recordings against a runbook: a file, or each file of a folder. */
export async function playRunbook(
  word: string,
  options: { readonly recording: string; readonly set: Readonly<Record<string, string>> },
  config: string | undefined,
  env: Environment,
): Promise<readonly PlayedRecording[]> {
  // A file needs no configuration, unless its parts do.
  const registry = await open(config, env).catch((thrown: unknown) => {
    if (isPath(word) && config === undefined) return new Registry();
    throw thrown;
  });
  const load = async (name: string): Promise<Runbook> => registry.runbook(name);
  const runbook = isPath(word) ? await wholeRunbook(word) : await load(word);
  const files = await recordingsAt(options.recording);
  return Promise.all(
    files.map(async (file): Promise<PlayedRecording> => {
      const recording = parseRecording(await readFile(file, "utf8"), file);
      const runs = await testRunbook({ name: word, runbook, recording, set: options.set, load });
      return { recording: basename(file), runs };
    }),
  );
}

async function wholeRunbook(word: string): Promise<Runbook> {
  const { runbook, problems } = await checkRunbook(await fileOf(word, undefined));
  if (runbook) return runbook;
  const text = problems.map(formatProblem).join("\n");
  throw new OobError("RUNBOOK_INVALID", `Cannot use "${word}"\n${text}`);
}

async function recordingsAt(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).filter((name) => !name.startsWith(".")).sort();
    if (names.length > 0) return names.map((name) => join(path, name));
  } catch (cause) {
    throw new OobError("USAGE", `Cannot read "${path}": ${messageOf(cause)}`, { cause });
  }
  throw new OobError("USAGE", `Cannot play "${path}": no recording lies there`);
}

/** Writes a starting file; gives its path. Nothing is written over. */
export async function newRunbook(
  name: string,
  options: { readonly yaml: boolean; readonly folder: string | undefined },
  config: string | undefined,
  env: Environment,
): Promise<string> {
  if (!/^[a-z0-9][a-z0-9-]{0,60}$/.test(name))
    throw new OobError("USAGE", `Cannot name a runbook "${name}"`, {
      hint: "a-z, 0-9 and '-', beginning with a letter or digit",
    });
  // Yours goes before a shipped one: a starting file would take its place unseen, in the schedule, too.
  if ((await new Registry().names("runbook")).includes(name))
    throw new OobError("USAGE", `Cannot write runbook "${name}": one of this name ships with oob`, {
      hint: "Give another name: yours would run in its place",
    });
  const folder = options.folder ?? (await configured(config, env));
  const path = join(resolve(folder), `${name}.${options.yaml ? "yaml" : "ts"}`);
  const start = options.yaml ? RECIPE_START : RUNBOOK_START;
  try {
    await mkdir(resolve(folder), { recursive: true });
    await writeFile(path, start.replaceAll("NAME", name), { flag: "wx", mode: 0o644 });
  } catch (cause) {
    throw new OobError("USAGE", `Cannot write "${path}": ${messageOf(cause)}`, { cause });
  }
  return path;
}

async function configured(config: string | undefined, env: Environment): Promise<string> {
  const { runbooks, file } = await loadConfig(config, env, openRegistry);
  for (const folder of runbooks) {
    const isThere = await access(folder).then(
      () => true,
      () => false,
    );
    if (isThere) return folder;
  }
  const [first] = runbooks;
  if (first !== undefined) return first;
  const where = file === undefined ? "oob.yaml" : `"${file}"`;
  throw new OobError("USAGE", `Cannot tell where runbooks lie: ${where} names no folder`, {
    hint: "Add runbooks: [/etc/oob/runbooks], or give --folder",
  });
}
