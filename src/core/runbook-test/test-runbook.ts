/**
 * A runbook against a recorded host, five times. It passes where it comes to an end each time, and never to another one
 * than on the good line: noise may make it fail, clearly, and may not make it lie; slowness may not even make it fail;
 * hostile text may not break it. On the line that is cut it has to fail.
 */
import { readOptions } from "../../config/option-values.ts";
import { ERROR_CODES, messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Runbook, RunbookHands } from "../../sdk/runbook.ts";
import type { Recording } from "./recording.ts";
import { type Heard, partFailed, replayHands } from "./replay-hands.ts";
import { Player, VARIANTS, type Variant } from "./variants.ts";

/** One playing. */
export interface PlayedRun {
  readonly variant: Variant;
  readonly passes: boolean;
  readonly result: "done" | "failed";
  readonly verdict?: string;
  readonly text: string;
  /** Why it does not pass. */
  readonly why?: string;
  /** Commands that stand in no recording. */
  readonly missing: readonly string[];
  readonly acts: number;
}

/** What a test is made of. */
export interface RunbookTest {
  readonly name: string;
  readonly runbook: Runbook;
  readonly recording: Recording;
  readonly set: Readonly<Record<string, string>>;
  /** Another runbook by its name, for part(). */
  readonly load: (name: string) => Promise<Runbook>;
}

/** It may run without an end: so many answers, and no more. */
const MAX_ANSWERS = 100_000;

/** Plays all five. Throws RUNBOOK_INVALID where a setting is wrong. */
export async function testRunbook(test: RunbookTest): Promise<readonly PlayedRun[]> {
  const runs: PlayedRun[] = [];
  let answers = 0;
  for (const variant of VARIANTS) {
    const player = new Player(variant, answers);
    const run = await play(test, variant, player);
    if (variant === "good") answers = player.asked;
    runs.push(judged(run, runs[0] ?? run, answers));
  }
  return runs;
}

type Played = Omit<PlayedRun, "passes" | "why"> & { readonly code?: string };

async function play(test: RunbookTest, variant: Variant, player: Player): Promise<Played> {
  const heard: Heard = { missing: [], acts: [], sections: 0 };
  const told = () => ({ variant, missing: [...new Set(heard.missing)], acts: heard.acts.length });
  try {
    const said = await handsOf(test, variant, player, heard);
    const { verdict, text } = typeof said === "string" ? { verdict: "ok", text: said } : said;
    return { ...told(), result: "done", verdict, text: printable(text, 300) };
  } catch (thrown) {
    const code = thrown instanceof OobError ? thrown.code : "INTERNAL";
    return { ...told(), result: "failed", text: printable(messageOf(thrown), 300), code };
  }
}

function handsOf(test: RunbookTest, variant: Variant, player: Player, heard: Heard) {
  const { recording, load } = test;
  const start = (runbook: Runbook, name: string, set: Readonly<Record<string, string>>) => {
    const { values, problems } = readOptions(runbook.options, set);
    const [wrong] = problems;
    if (wrong)
      throw new OobError(
        "RUNBOOK_INVALID",
        `Cannot run ${name}: ${wrong.option}: ${wrong.message}`,
      );
    if (player.asked > MAX_ANSWERS)
      throw new OobError("TIMED_OUT", `${name} does not come to an end`);
    return runbook.run(replayHands({ recording, variant, player, options: values, part }, heard));
  };
  const part: RunbookHands["part"] = async (name, set = {}) => {
    try {
      const said = await start(await load(name), name, set);
      const { verdict, text } =
        typeof said === "string" ? { verdict: "ok" as const, text: said } : said;
      return { verdict, text, sections: [] };
    } catch (thrown) {
      // A line that is gone ends the whole; so does what is broken, that the test may tell it.
      if (!(thrown instanceof OobError) || thrown.code === "LINK_LOST") throw thrown;
      return partFailed(messageOf(thrown));
    }
  };
  return start(test.runbook, test.name, test.set);
}

function judged({ code, ...run }: Played, good: Played | PlayedRun, answers: number): PlayedRun {
  const why = wrongIn(run, code, good, answers);
  return { ...run, passes: why === undefined, ...(why !== undefined && { why }) };
}

function wrongIn(
  run: Omit<Played, "code">,
  code: string | undefined,
  good: Played | PlayedRun,
  answers: number,
): string | undefined {
  const { variant, result, missing } = run;
  if (variant === "good" && missing.length > 0)
    return `the recording does not answer ${missing.map((one) => `"${printable(one, 60)}"`).join(", ")}`;
  if (variant === "good" && result === "failed") return "it fails on the good line";
  if (variant === "slow" && result === "failed") return "its limits are too short for a slow line";
  if (variant === "cut" && result === "done" && answers > 0)
    return "it is done although the line was cut";
  if (result === "failed") return isBroken(code) ? BROKEN : undefined;
  // Hostile lines are part of what the host printed: to count them is no lie.
  const same = run.verdict === good.verdict && run.text === good.text;
  const mayDiffer = variant === "good" || variant === "hostile";
  return same || mayDiffer ? undefined : "it says something else than on the good line";
}

const BROKEN = "it broke: what can go wrong is to be an OobError with a message";

const isBroken = (code: string | undefined): boolean =>
  code === "INTERNAL" || !ERROR_CODES.some((one) => one === code);
