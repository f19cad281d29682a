import type { AnchorEntry, AnchorWay } from "../../config/anchor-entry.ts";
import type { SiteConfig } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import { printable } from "../../lib/printable.ts";
import { readAnchorState } from "../seal/anchored.ts";

/** Beyond its pace an anchor may fail so long before people are shown that the logs are not anchored. */
const PATIENCE: Millis = minutes(10);

/** An anchor of checkpoints, as it stands. Times are Unix ms. */
export interface AnchorStatus {
  readonly anchor: string;
  /** "syslog loghost:6514" */
  readonly way: string;
  /** "late": it took nothing for longer than `oob status` lets pass. */
  readonly state: "ok" | "failing" | "late" | "unused";
  /** Logs of which it has a checkpoint. */
  readonly logs: number;
  readonly deliveredAt?: Millis;
  /** Since when nothing goes through, and why. */
  readonly failingSince?: Millis;
  readonly why?: string;
}

/** How the anchors stand, as whoever sends to them wrote it down. */
export function anchorStatus(
  state: string,
  entries: readonly AnchorEntry[],
  now: Millis,
): AnchorStatus[] {
  return entries.map(({ name, every, way }) => {
    const known = readAnchorState(state, name);
    const base = { anchor: name, way: wayText(way), logs: Object.keys(known?.logs ?? {}).length };
    const { deliveredAt, failingSince, why } = known ?? {};
    const stood = failingSince === undefined ? undefined : now - failingSince;
    const fine = deliveredAt === undefined ? "unused" : "ok";
    return {
      ...base,
      state: stood === undefined ? fine : stood > every + PATIENCE ? "late" : "failing",
      ...(deliveredAt !== undefined && { deliveredAt }),
      ...(failingSince !== undefined && { failingSince }),
      ...(why !== undefined && { why }),
    };
  });
}

function wayText(way: AnchorWay): string {
  switch (way.is) {
    case "syslog":
      return printable(`syslog ${way.tls ? "" : "tcp "}${way.host}:${way.port}`, 120);
    case "serial":
      return printable(`serial ${way.path} ${way.baud}`, 120);
    case "folder":
      return printable(`folder ${way.path}`, 120);
    case "exec":
      return printable(`exec ${way.words.join(" ")}`, 120);
  }
}

/** The same of a site. */
export async function anchorsOf({
  config: { state, log },
  clock,
}: {
  readonly config: Pick<SiteConfig, "state" | "log">;
  readonly clock: Pick<Clock, "now">;
}): Promise<readonly AnchorStatus[]> {
  return anchorStatus(state, log.anchors ?? [], clock.now());
}
