import type { SiteConfig } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { anchorStatus } from "../anchor/anchor-view.ts";
import type { Finding } from "./finding.ts";

const GUIDE = "docs/guides/evidence.md has a receiver to copy";

/** Whether checkpoints of the logs leave this machine: without them it proves nothing of its own logs. */
export function checkAnchors(
  { state, log }: Pick<SiteConfig, "state" | "log">,
  now: Millis,
): Finding[] {
  const { anchors = [] } = log;
  if (anchors.length === 0)
    return [
      {
        ...{ is: "warning", check: "anchors" },
        text: "no checkpoint of a log leaves this machine: who takes it can rewrite today's logs",
        todo: `Name a place elsewhere: log: { anchors: [ … ] }; ${GUIDE}`,
      },
    ];
  try {
    const all = anchorStatus(state, anchors, now);
    const found = all.flatMap((one): Finding[] => {
      const { anchor, way, state, failingSince = now, why = "" } = one;
      const base = { check: "anchors", about: anchor } as const;
      const stood = formatDuration(Math.max(0, now - failingSince));
      const text = `anchor "${anchor}" (${way}) takes nothing for ${stood}: ${why}`;
      const todo = `Mend it, or what it names; ${GUIDE}`;
      if (state === "late") return [{ ...base, is: "problem", text, todo }];
      if (state === "failing") return [{ ...base, is: "warning", text, todo }];
      if (state === "ok") return [];
      const never = `anchor "${anchor}" (${way}) never took anything`;
      return [{ ...base, is: "warning", text: never, todo: "Start oob serve, and look again" }];
    });
    if (found.length > 0) return found;
    const names = all.map((one) => one.anchor).join(", ");
    return [{ is: "ok", check: "anchors", text: `checkpoints of the logs are kept by ${names}` }];
  } catch (thrown) {
    const text = `what left this machine was not looked at: ${messageOf(thrown)}`;
    const todo = "Run oob doctor as root, or as the user of the daemon";
    return [{ is: "unchecked", check: "anchors", text, todo }];
  }
}
