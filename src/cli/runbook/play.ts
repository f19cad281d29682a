import type { PlayedRun } from "../../daemon/offline.ts";
import { OobError } from "../../lib/errors.ts";
import type { Call } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";

interface PlayOptions {
  readonly recording?: string;
  readonly set?: Readonly<Record<string, string>>;
}

/** `oob runbook test`: opens no site and touches no device. */
export async function playRecordings(
  { out, options, context }: Call<PlayOptions>,
  [word, ...more]: readonly string[],
): Promise<number | undefined> {
  const { recording, set = {} } = options;
  if (word === undefined || more.length > 0 || recording === undefined)
    throw new OobError("USAGE", "Cannot test a runbook: one of them and --recording are needed", {
      hint: "oob runbook test disk-space --recording web1.rec",
    });
  const { runbookBench } = await import("../../daemon/offline.ts");
  const { playRunbook } = await runbookBench();
  const played = await playRunbook(word, { recording, set }, options.config, context.env);
  const runs = played.flatMap((one) => one.runs);
  const wrong = runs.filter(({ passes }) => !passes).length;
  const code = wrong > 0 ? EXIT.failed : undefined;
  if (options.json) {
    out.json({ v: JSON_VERSION, runbook: word, ok: wrong === 0, recordings: played });
    return code;
  }
  out.table(
    [
      { title: "RECORDING" },
      { title: "LINE" },
      { title: "TEST" },
      { title: "RESULT" },
      { title: "ACTS", align: "right" },
      { title: "WHAT", flexible: true },
    ],
    played.flatMap((one) =>
      one.runs.map((run) => [
        one.recording,
        run.variant,
        { text: run.passes ? "ok" : "WRONG", style: run.passes ? "green" : "red" },
        resultOf(run),
        String(run.acts),
        run.text,
      ]),
    ),
  );
  for (const one of played)
    for (const { variant, why } of one.runs)
      if (why !== undefined)
        out.talk({ text: `${one.recording}, ${variant}: `, style: "red" }, why);
  return code;
}

const resultOf = ({ result, verdict }: PlayedRun): string => verdict ?? result;
