import type { Millis } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";

/** How an opening, or the Link that came of it, ended. */
export interface Ended {
  readonly why: string;
  readonly hint?: string;
  /** undefined: it was never up. */
  readonly lastedMs: Millis | undefined;
  /** The driver forbids to try sooner. */
  readonly retryAfter: Millis;
}

/** What `thrown` says of the end; where it was ended on purpose, the purpose says it. */
export function endedBy(
  thrown: unknown,
  purpose: AbortSignal,
  lastedMs: Millis | undefined,
): Ended {
  if (purpose.aborted) return { why: messageOf(purpose.reason), lastedMs, retryAfter: 0 };
  if (thrown === undefined) return { why: "the other side hung up", lastedMs, retryAfter: 0 };
  const hint = thrown instanceof OobError ? thrown.hint : undefined;
  const retryAfter = retryAfterOf(thrown);
  return { why: messageOf(thrown), ...(hint ? { hint } : {}), lastedMs, retryAfter };
}

/** What the driver asked for, also where its error was told on with more words. */
function retryAfterOf(thrown: unknown): Millis {
  for (let at = thrown; at instanceof Error; at = at.cause)
    if (at instanceof OobError && at.retryAfter !== undefined) return at.retryAfter;
  return 0;
}
