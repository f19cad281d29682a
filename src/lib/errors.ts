/**
 * Every code that an OobError can carry. Each has a paragraph in docs/errors.md (a test compares the two).
 */
export const ERROR_CODES = [
  "USAGE",
  "CONFIG_INVALID",
  "CONFIG_NOT_FOUND",
  "HOST_UNKNOWN",
  "DRIVER_UNKNOWN",
  "DRIVER_INVALID",
  "SECRET_MISSING",
  "SECRET_EXPOSED",
  "PORT_BUSY",
  "LINK_REFUSED",
  "LINK_LOST",
  "LINK_UNSUPPORTED",
  "LINE_BUSY",
  "LOGIN_REFUSED",
  "EXPECT_TIMEOUT",
  "PDU_UNKNOWN",
  "PDU_SILENT",
  "PDU_REFUSED",
  "OUTLET_UNKNOWN",
  "POWER_UNVERIFIED",
  "POWER_UNKNOWN",
  "NEIGHBOUR_MOVED",
  "GUARD_REFUSED",
  "HELD",
  "NOT_CONFIRMED",
  "SECOND_PERSON",
  "SEAT_TAKEN",
  "NOT_PERMITTED",
  "DAEMON_UNREACHABLE",
  "DAEMON_RUNNING",
  "FILE_LIMIT",
  "AUDIT_UNWRITABLE",
  "LOG_UNWRITABLE",
  "NOTIFY_FAILED",
  "ANCHOR_FAILED",
  "RUNBOOK_FAILED",
  "RUNBOOK_INVALID",
  "TRANSFER_FAILED",
  "TRANSFER_UNPROVEN",
  "TIMED_OUT",
  "INTERRUPTED",
  "INTERNAL",
] as const;

/** The name by which programs know an error. */
export type ErrorCode = (typeof ERROR_CODES)[number];

interface OobErrorOptions {
  readonly hint?: string;
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** The one error class: `code` for programs, `message` for people, `hint` for what to do about it. */
export class OobError extends Error {
  override readonly name = "OobError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** Milliseconds: trying again sooner is in vain, or forbidden. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: OobErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.retryAfter = options.retryAfter;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
