import type { SiteConfig } from "../../config/site-config.ts";
import { type ScheduledEnd, Scheduler } from "../schedule/scheduler.ts";
import type { RunEvent } from "./run-doors.ts";
import { optionsOf, type RunSite, runOnHosts } from "./site-run.ts";

/** Refusals that may be over in a while: somebody is at the console, or it is down. */
const AGAIN: ReadonlySet<string> = new Set([
  "SEAT_TAKEN",
  "PORT_BUSY",
  "LINE_BUSY",
  "LINK_REFUSED",
  "TIMED_OUT",
  "HELD",
]);

/** Who runs what runs by itself, in the audit trail. */
const BY = "schedule";

/** What runs by itself at a site; nobody has started it. */
export function schedulerOf(core: RunSite, config: SiteConfig): Scheduler {
  const { audit, clock, registry } = core;
  return new Scheduler({
    ...{ entries: config.schedule, state: config.state, audit, clock },
    async riskOf(entry) {
      const runbook = await registry.runbook(entry.runbook);
      optionsOf(entry, runbook);
      return runbook.risk;
    },
    async run({ runbook, host, set }, signal): Promise<ScheduledEnd> {
      const request = {
        runbook,
        hosts: [host],
        set,
        dryRun: false,
        reason: "scheduled",
        scheduled: true,
      };
      let end: RunEvent | undefined;
      const events = runOnHosts(core, request, BY)[Symbol.asyncIterator]();
      const leave = () => void events.return?.();
      signal.addEventListener("abort", leave, { once: true });
      try {
        for (;;) {
          const { done, value } = await events.next();
          if (done === true) break;
          if (value.result !== undefined) end = value;
        }
      } finally {
        signal.removeEventListener("abort", leave);
      }
      const { result = "failed", text = "it ended without a word", error } = end ?? {};
      const again = result === "refused" && AGAIN.has(error?.code ?? "");
      return { result, text, again };
    },
  });
}
