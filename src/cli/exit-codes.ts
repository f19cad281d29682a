import { type ErrorCode, OobError } from "../lib/errors.ts";

/** Exit codes of `oob`, as in the manual. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  notPermitted: 4,
  refused: 5,
  unknown: 6,
  timedOut: 7,
  interrupted: 130,
} as const;

/** Which exit code an error means. */
export const EXIT_OF_CODE: Readonly<Record<ErrorCode, number>> = {
  USAGE: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  CONFIG_NOT_FOUND: EXIT.usage,
  HOST_UNKNOWN: EXIT.usage,
  DRIVER_UNKNOWN: EXIT.usage,
  DRIVER_INVALID: EXIT.usage,
  SECRET_MISSING: EXIT.usage,
  SECRET_EXPOSED: EXIT.usage,
  OUTLET_UNKNOWN: EXIT.usage,
  RUNBOOK_INVALID: EXIT.usage,
  PORT_BUSY: EXIT.refused,
  LINE_BUSY: EXIT.refused,
  SEAT_TAKEN: EXIT.refused,
  GUARD_REFUSED: EXIT.refused,
  HELD: EXIT.refused,
  NOT_CONFIRMED: EXIT.refused,
  SECOND_PERSON: EXIT.refused,
  DAEMON_RUNNING: EXIT.refused,
  LINK_REFUSED: EXIT.failed,
  LINK_LOST: EXIT.failed,
  LINK_UNSUPPORTED: EXIT.failed,
  LOGIN_REFUSED: EXIT.failed,
  PDU_UNKNOWN: EXIT.failed,
  PDU_REFUSED: EXIT.failed,
  NEIGHBOUR_MOVED: EXIT.failed,
  FILE_LIMIT: EXIT.failed,
  AUDIT_UNWRITABLE: EXIT.failed,
  LOG_UNWRITABLE: EXIT.failed,
  NOTIFY_FAILED: EXIT.failed,
  ANCHOR_FAILED: EXIT.failed,
  RUNBOOK_FAILED: EXIT.failed,
  TRANSFER_FAILED: EXIT.failed,
  INTERNAL: EXIT.failed,
  NOT_PERMITTED: EXIT.notPermitted,
  DAEMON_UNREACHABLE: EXIT.unreachable,
  POWER_UNVERIFIED: EXIT.unknown,
  POWER_UNKNOWN: EXIT.unknown,
  TRANSFER_UNPROVEN: EXIT.unknown,
  PDU_SILENT: EXIT.timedOut,
  EXPECT_TIMEOUT: EXIT.timedOut,
  TIMED_OUT: EXIT.timedOut,
  INTERRUPTED: EXIT.interrupted,
};

/** The exit code for anything that was thrown. */
export function exitCodeOf(thrown: unknown): number {
  return thrown instanceof OobError ? EXIT_OF_CODE[thrown.code] : EXIT.failed;
}

/** The exit code for a code by name, as it comes over the socket. */
export function exitCodeNamed(code: string): number {
  return (EXIT_OF_CODE as Readonly<Record<string, number>>)[code] ?? EXIT.failed;
}

/** Not knowing an outcome is worse than a failure, and a failure worse than a refusal. */
const WORST_FIRST = [EXIT.unknown, EXIT.failed, EXIT.timedOut, EXIT.refused];

/** One exit code for several hosts: the largest of 6, 1, 7, 5 wins; what is none of them counts as failed. */
export function worstExit(codes: readonly number[]): number {
  const [only] = codes;
  if (codes.length === 1 && only !== undefined) return only;
  const bad = codes
    .filter((code) => code !== EXIT.done)
    .map((code) => (WORST_FIRST.some((known) => known === code) ? code : EXIT.failed));
  return WORST_FIRST.find((code) => bad.some((one) => one === code)) ?? EXIT.done;
}
