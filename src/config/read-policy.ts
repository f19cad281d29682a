import { messageOf, OobError } from "../lib/errors.ts";
import { isRecord } from "./host-range.ts";
import { formatProblem, Problems } from "./problems.ts";
import { readWatch, watchPolicy } from "./read-host.ts";
import { report } from "./read-value.ts";
import type { WatchPolicy } from "./site-config.ts";
import { WATCH_PRESETS } from "./watch-policy.ts";
import { readYamlFile } from "./yaml-file.ts";

/** A policy that stands alone: the name of a preset, or a YAML file with a `watch:` as a host's entry has it. */
export async function readPolicy(given: string): Promise<WatchPolicy> {
  const preset = Object.entries(WATCH_PRESETS).find(([name]) => name === given);
  if (preset) return preset[1];
  const file = await readYamlFile(given).catch((cause: unknown) => {
    const presets = Object.keys(WATCH_PRESETS).join(", ");
    const why = messageOf(cause).replace(/^Cannot read configuration "[^"]*": /, "");
    throw new OobError("USAGE", `Cannot read policy "${given}": ${why}`, {
      cause,
      hint: `Give one of ${presets}, or a YAML file with "watch:"`,
    });
  });
  const problems = new Problems();
  for (const problem of file.problems) problems.add(problem);
  const at = { file, path: ["watch"], shown: ["watch"] };
  const watch = isRecord(file.data) ? file.data.watch : undefined;
  if (problems.errors === 0 && watch === undefined)
    report(problems, { ...at, path: [], shown: [] }, '"watch" is missing');
  const own = watch === undefined ? undefined : readWatch(watch, at, problems);
  if (own && problems.errors === 0) return watchPolicy({}, own);
  throw new OobError(
    "CONFIG_INVALID",
    `Cannot use policy "${given}"\n${problems.sorted().map(formatProblem).join("\n")}`,
  );
}
