import { ERROR_CODES, type ErrorCode, OobError } from "../../lib/errors.ts";
import { inWords } from "../power/verb-words.ts";
import type { GuardRequest, Permit } from "./guard-request.ts";

const CODES: Readonly<Record<string, ErrorCode>> = {
  "audit-unwritable": "AUDIT_UNWRITABLE",
  "second-person": "SECOND_PERSON",
  held: "HELD",
  "seat-held": "SEAT_TAKEN",
  "outlet-missing": "OUTLET_UNKNOWN",
};

/** Whether a person stands behind it, who may override what a person may. */
export const isForPerson = ({ asker, person }: GuardRequest): boolean =>
  asker === "person" || (asker === "runbook" && person !== undefined);

/** The objections that stand, as an error for whoever asked; what kept a device from being read keeps its own code. */
export function guardRefusal(request: GuardRequest, permit: Permit): OobError {
  const first = permit.objections[0];
  const texts = permit.objections.map((one) => one.text).join("; ");
  const forceable = permit.objections.every((one) => one.forceable);
  const { unread } = permit;
  const cause = first?.interlock === "outlet-unknown" ? unread?.code : undefined;
  const hint =
    isForPerson(request) && forceable
      ? "--force overrides this, and is written down"
      : unread?.hint;
  return new OobError(
    ERROR_CODES.find((code) => code === cause) ?? CODES[first?.interlock ?? ""] ?? "GUARD_REFUSED",
    `Cannot ${request.what ?? inWords(request.act, request.host)}: ${texts}`,
    hint === undefined ? {} : { hint },
  );
}
