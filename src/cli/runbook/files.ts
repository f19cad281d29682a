import { OobError } from "../../lib/errors.ts";
import type { Call } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";

/** `oob runbook check`: every problem with its place. Opens no site and touches no device. */
export async function checkFiles(
  { out, options, context }: Call,
  words: readonly string[],
): Promise<number | undefined> {
  const { runbookBench, formatProblem } = await import("../../daemon/offline.ts");
  const { checkRunbooks } = await runbookBench();
  const checks = await checkRunbooks(words, options.config, context.env);
  const broken = checks.filter(({ problems }) => problems.length > 0).length;
  const code = broken > 0 ? EXIT.usage : undefined;
  if (options.json) {
    const views = checks.map(({ file, problems, runbook }) => ({
      ...{ file, ok: problems.length === 0, problems },
      ...(runbook && { title: runbook.title, risk: runbook.risk }),
    }));
    out.json({ v: JSON_VERSION, ok: broken === 0, runbooks: views });
    return code;
  }
  for (const { file, problems, runbook } of checks) {
    if (runbook && problems.length === 0)
      out.line(`${file}: ok, ${runbook.title} (${runbook.risk})`);
    for (const problem of problems)
      for (const line of formatProblem(problem).split("\n")) out.line(line);
  }
  const count = `${checks.length} ${checks.length === 1 ? "runbook" : "runbooks"}`;
  out.talk(checks.length === 0 ? "no runbooks of yours" : `${count}, ${broken} with problems`);
  return code;
}

/** `oob runbook new`: a file that loads and runs as it is. */
export async function writeNew(
  { out, options, context }: Call<{ readonly yaml?: boolean; readonly folder?: string }>,
  [name, ...more]: readonly string[],
): Promise<undefined> {
  if (name === undefined || more.length > 0)
    throw new OobError("USAGE", "Cannot write a runbook: one name is needed", {
      hint: "oob runbook new disk-space",
    });
  const { runbookBench } = await import("../../daemon/offline.ts");
  const { newRunbook } = await runbookBench();
  const { yaml = false, folder } = options;
  const path = await newRunbook(name, { yaml, folder }, options.config, context.env);
  if (options.json) out.json({ v: JSON_VERSION, file: path });
  else {
    out.line(path);
    out.talk(`then: oob runbook check ${path}`);
  }
}
