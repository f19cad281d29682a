/** What the runbooks of the daily look share: into a proven shell, what is new since the last look, which verdict counts. */
import { minutes } from "../lib/durations.ts";
import { OobError } from "../lib/errors.ts";
import type { OptionValues } from "./options.ts";
import type { Verdict } from "./run-report.ts";
import type { ConsoleHands, HostIdentity, RunbookHands } from "./runbook.ts";

/** Most keys that are kept from one look to the next. */
const MAX_KEPT_KEYS = 20_000;
/** How long one capture may take: a day's aggregate over a 9600 line takes a minute or two. */
const CAPTURE_WITHIN = minutes(15);

/** Reads a list option, in YAML or with commas; empty where it was not given. */
export function listOf(options: OptionValues, name: string): readonly string[] {
  const value = options[name];
  if (!Array.isArray(value)) return [];
  return value
    .flatMap((item: unknown) => String(item).split(/[,\s]+/))
    .filter((item) => item !== "");
}

/** Consoles at whose shells somebody of this run has proven where it is: the parts of a run have one console. */
const entered = new WeakMap<ConsoleHands, HostIdentity>();

/** Logs in where it has to, and proves where it is; a part goes on in the shell of the whole. */
export async function enterHost({ console, step, identify }: RunbookHands): Promise<HostIdentity> {
  const before = entered.get(console);
  if (before) return before;
  return step("log in", async () => {
    await console.login();
    const identity = await identify();
    entered.set(console, identity);
    return identity;
  });
}

/** Whatever went wrong may have ended that shell, or the host: the next part logs in again. */
export function enterAgain({ console }: RunbookHands): void {
  entered.delete(console);
}

/** What a script printed on the host; a script that ends with another status than 0 was not carried out. */
export async function captured(
  { console, step, host }: RunbookHands,
  what: string,
  script: string,
): Promise<string> {
  const { status, text } = await step(what, () =>
    console.capture(script, { within: CAPTURE_WITHIN, what }),
  );
  if (status === 0) return text;
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot read the ${what} of ${host.name}: the host's shell ended with ${status}`,
  );
}

/** What was not there at the last look, and what is there no longer. */
export interface Changes {
  /** There was no look before this one: nothing is new. */
  readonly first: boolean;
  readonly fresh: ReadonlySet<string>;
  readonly gone: readonly string[];
}

/** Compares with what was remembered by `keptKeys`. */
export function changesSince(recalled: unknown, keys: readonly string[]): Changes {
  const kept =
    typeof recalled === "object" && recalled !== null && "keys" in recalled
      ? recalled.keys
      : undefined;
  if (!Array.isArray(kept)) return { first: true, fresh: new Set(), gone: [] };
  const before = new Set(kept.map(String));
  const now = new Set(keys);
  return {
    first: false,
    fresh: new Set(keys.filter((key) => !before.has(key))),
    gone: [...before].filter((key) => !now.has(key)),
  };
}

/** What to remember for changesSince(). */
export const keptKeys = (keys: readonly string[]): { readonly keys: readonly string[] } => ({
  keys: keys.slice(0, MAX_KEPT_KEYS),
});

const ORDER: readonly (Verdict | "failed")[] = ["ok", "look", "act", "failed"];

/** The verdict that a person has to hear of first. */
export function worstVerdict<V extends Verdict | "failed">(verdicts: readonly V[], least: V): V {
  return verdicts.reduce(
    (worst, one) => (ORDER.indexOf(one) > ORDER.indexOf(worst) ? one : worst),
    least,
  );
}

/** "3 new, 1 gone": counts that are not 0. */
export const countsText = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`)
    .join(", ");
