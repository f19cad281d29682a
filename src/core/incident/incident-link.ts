import type { Rung } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import type { LinkRight } from "./link-token.ts";

/** A link that was made. Times are Unix ms. */
export interface IncidentLink {
  readonly url: string;
  readonly may: LinkRight;
  /** Until when it shows the incident. */
  readonly until: Millis;
  /** Of one that answers: what is asked, and how long that stands. */
  readonly ask?: { readonly rung: Rung; readonly until: Millis };
}
