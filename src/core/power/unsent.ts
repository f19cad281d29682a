import type { ErrorCode, OobError } from "../../lib/errors.ts";
import type { Ended } from "./power-moves.ts";
import { asOobError } from "./verb-words.ts";

/** Nothing was sent because somebody or something said no; other codes before an intent are failures. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  "PDU_REFUSED",
  "POWER_UNKNOWN",
  "GUARD_REFUSED",
  "HELD",
  "SECOND_PERSON",
  "SEAT_TAKEN",
  "PORT_BUSY",
  "INTERRUPTED",
  "AUDIT_UNWRITABLE",
]);

/** How an order ends of which nothing was sent. */
export function unsent(thrown: unknown): Ended & { readonly error: OobError } {
  const error = asOobError(thrown);
  return { result: REFUSALS.has(error.code) ? "refused" : "failed", error };
}

/** An error as a report has it. */
export const plain = ({ code, message, hint }: OobError) => ({
  code,
  message,
  ...(hint !== undefined && { hint }),
});
