import type { SiteConfig } from "../../config/site-config.ts";
import { OobError } from "../../lib/errors.ts";

/** Throws where the configuration demands a reason and none was given. */
export function demandReason(
  { requireReason }: Pick<SiteConfig, "requireReason">,
  reason: string,
  dryRun: boolean,
): void {
  if (!requireReason || dryRun || reason.trim() !== "") return;
  throw new OobError("USAGE", "Cannot do this without a reason: the configuration demands one", {
    hint: "Give --reason TEXT",
  });
}
