import { createInterface } from "node:readline/promises";
import { isConfirmed, wantedAnswer } from "../lib/confirmation.ts";
import { OobError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { hostsInWords } from "./chosen-hosts.ts";
import type { Call } from "./command.ts";

/** What is about to happen, to whom. */
export interface Danger {
  /** "Cycle" */
  readonly verb: string;
  readonly hosts: readonly string[];
  readonly precious: readonly string[];
  /** What is known of the hosts now, said before the question. */
  readonly facts: string;
}

interface Answers {
  readonly yes?: boolean;
  readonly confirm?: string;
}

/**
 * Asks, as loudly as the danger is: one host "y"; a precious one its name; several how many. `--yes` answers the first
 * question only, `--confirm` the others. Gives the answer. Without a terminal and without an answer: NOT_CONFIRMED.
 */
export async function confirm(call: Call<Answers>, danger: Danger): Promise<string> {
  const { yes, confirm: given } = call.options;
  const { hosts, precious } = danger;
  const wanted = wantedAnswer(hosts, precious);
  const what = `${danger.verb[0]?.toLowerCase() + danger.verb.slice(1)} ${hostsInWords(danger.hosts)}`;
  if (given !== undefined) {
    if (isConfirmed(hosts, precious, given)) return given;
    throw refusal(what, `--confirm says "${given}"`, wanted);
  }
  if (yes && wanted === "y") return wanted;
  if (call.context.stdin.isTTY !== true) {
    const why = yes ? "--yes is not enough for this" : "nobody is there to be asked";
    throw refusal(what, why, wanted);
  }
  const facts = danger.facts === "" ? "" : ` ${danger.facts}.`;
  const question = `${danger.verb} ${hostsInWords(danger.hosts)}?${facts} Type ${wanted}: `;
  const answer = await ask(call, question);
  if (!isConfirmed(hosts, precious, answer))
    throw refusal(what, `the answer was "${answer}"`, wanted);
  return answer;
}

function refusal(what: string, why: string, wanted: string): OobError {
  const flag = wanted === "y" ? "--yes" : `--confirm ${wanted}`;
  return new OobError("NOT_CONFIRMED", `Cannot ${what} without confirmation: ${why}`, {
    hint: `Answer the question at a terminal, or give ${flag}. Nothing was done`,
  });
}

async function ask(call: Call, question: string): Promise<string> {
  const { stdin, stderr } = call.context;
  const prompt = createInterface({ input: stdin, output: stderr, terminal: false });
  // End of input (Ctrl-D) leaves the question open for ever otherwise.
  const ended = new Promise<string>((resolve) => prompt.once("close", () => resolve("")));
  try {
    const answer = prompt.question(printable(question), { signal: call.interrupt.signal });
    return (await Promise.race([answer, ended])).trim();
  } finally {
    prompt.close();
  }
}
