import type { SiteConfig } from "../config/site-config.ts";
import { sendToAnchor } from "../core/anchor/anchor-send.ts";
import { AnchorSender } from "../core/anchor/anchor-sender.ts";
import type { Audit } from "../core/audit/audit.ts";
import type { Clock } from "../lib/clock.ts";

/** The anchors of a site, which nobody has started. */
export function openAnchors(
  { site, state, log }: Pick<SiteConfig, "site" | "state" | "log">,
  audit: Pick<Audit, "note">,
  clock: Clock,
): readonly AnchorSender[] {
  const send: ConstructorParameters<typeof AnchorSender>[1]["send"] = (entry, lines, signal) =>
    sendToAnchor(entry, lines, { site, clock, signal });
  return (log.anchors ?? []).map((entry) => new AnchorSender(entry, { state, clock, audit, send }));
}
