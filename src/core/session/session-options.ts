import type { OnDetach } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import type { Audit } from "../audit/audit.ts";
import type { Detector } from "../detect/opinion.ts";
import type { ConsolePort } from "../port/console-port.ts";
import type { HostStatus } from "../site/site.ts";
import type { Encoding } from "./host-encoding.ts";
import type { VisitBook } from "./visit-book.ts";

/** What a session is made of. */
export interface SessionOptions {
  readonly host: string;
  readonly port: ConsolePort;
  readonly detector: Detector;
  readonly audit: Pick<Audit, "note">;
  readonly clock: Clock;
  readonly encoding: Encoding;
  readonly breakMs: Millis;
  readonly idleTimeout: Millis;
  /** The row of `oob status`, for those who come. */
  readonly status: () => HostStatus;
  /** Escape key of the configuration, for those who did not choose one. */
  readonly escape?: string;
  /** "strict": whatever somebody asks for, text alone is what they get. */
  readonly filter?: "safe" | "strict";
  /** What closes the shell that the last writer leaves. */
  readonly onDetach?: OnDetach;
  /** Who was here before; in memory where there is none. */
  readonly visits?: VisitBook;
}
