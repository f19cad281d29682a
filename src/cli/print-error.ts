import { messageOf, OobError } from "../lib/errors.ts";
import type { Output } from "./output.ts";

/** `oob: Cannot …`, and below it what to do. A message of several lines (configuration) keeps them. */
export function printError(out: Output, thrown: unknown): void {
  const [first = "", ...more] = messageOf(thrown).split("\n");
  out.talk({ text: "oob: ", style: "red" }, first);
  for (const line of more) out.talk(line);
  if (thrown instanceof OobError && thrown.hint !== undefined) out.talk(`     ${thrown.hint}`);
  else if (!(thrown instanceof OobError) && thrown instanceof Error)
    for (const line of (thrown.stack ?? "").split("\n").slice(1, 4)) out.talk(line);
}
