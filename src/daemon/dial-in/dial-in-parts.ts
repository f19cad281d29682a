import type { DialInEntry } from "../../config/site-config.ts";
import type { Site } from "../../core/site/site.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Link } from "../../sdk/link.ts";
import type { SecretRef } from "../../sdk/options.ts";
import type { LockOut } from "./lock-out.ts";

/** What answering calls needs of the site. */
export interface DialInParts {
  readonly entry: DialInEntry;
  readonly clock: Clock;
  /** Opens the way to the modem. */
  readonly open: (signal: AbortSignal) => Promise<{ readonly link: Link; close(): Promise<void> }>;
  readonly secret: (ref: SecretRef) => Promise<string>;
  /** The site as far as somebody may reach. */
  readonly siteFor: (who: string) => Site;
  readonly lockOut: LockOut;
  /** Into the audit trail. */
  readonly note: (type: string, by: string, text: string) => void;
  readonly progress: (text: string) => void;
}
