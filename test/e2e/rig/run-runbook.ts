import type { RunEvent, Site } from "../../../src/core/site/site.ts";

/** How one run of a runbook went, and all that it told. */
export interface Told {
  readonly end: RunEvent | undefined;
  readonly story: string;
  readonly events: readonly RunEvent[];
}

/** The port of a machine appears a moment after it is on. */
const PORT_WITHIN = 60_000;

/** Runs a runbook at one host, prints what it tells, and when. */
export async function runRunbook(
  site: Site,
  runbook: string,
  host: string,
  set: Readonly<Record<string, string>> = {},
  dryRun = false,
): Promise<Told> {
  const began = performance.now();
  const request = { runbook, hosts: [host], set, dryRun, force: true, reason: "e2e" };
  let events: RunEvent[] = [];
  do {
    if (events.length > 0) await new Promise((resolve) => setTimeout(resolve, 250));
    events = [];
    for await (const event of site.run(request)) events.push(event);
  } while (
    events.at(-1)?.text.startsWith("Cannot reach the console") &&
    performance.now() - began < PORT_WITHIN
  );
  const story = events.map((event) => `${event.step ?? ""}: ${event.text}`).join("\n");
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const words = Object.entries(set).map(([name, value]) => ` --set ${name}="${value}"`);
  process.stdout.write(
    `\n$ oob run ${runbook} ${host}${words.join("")} (${seconds} s)\n${story}\n`,
  );
  return { end: events.at(-1), story, events };
}
