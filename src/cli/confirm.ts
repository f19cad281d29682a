import { createInterface } from "node:readline/promises";
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
 * question only, `--confirm` the others. Without a terminal and without an answer: NOT_CONFIRMED.
 */
export async function confirm(call: Call<Answers>, danger: Danger): Promise<void> {
  const { yes, confirm: given } = call.options;
  const wanted = wantedAnswer(danger);
  const what = `${danger.verb[0]?.toLowerCase() + danger.verb.slice(1)} ${hostsInWords(danger.hosts)}`;
  if (given !== undefined) {
    if (accepts(danger, wanted, given)) return;
    throw refusal(what, `--confirm says "${given}"`, wanted);
  }
  if (yes && wanted === "y") return;
  if (call.context.stdin.isTTY !== true) {
    const why = yes ? "--yes is not enough for this" : "nobody is there to be asked";
    throw refusal(what, why, wanted);
  }
  const facts = danger.facts === "" ? "" : ` ${danger.facts}.`;
  const question = `${danger.verb} ${hostsInWords(danger.hosts)}?${facts} Type ${wanted}: `;
  const answer = await ask(call, question);
  if (!accepts(danger, wanted, answer)) throw refusal(what, `the answer was "${answer}"`, wanted);
}

function wantedAnswer({ hosts, precious }: Danger): string {
  if (hosts.length > 1) return String(hosts.length);
  return precious[0] ?? "y";
}

function accepts({ hosts }: Danger, wanted: string, answer: string): boolean {
  if (answer === wanted) return true;
  // The name is never less careful than "y".
  return hosts.length === 1 && answer === hosts[0];
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
