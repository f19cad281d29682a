import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { SnmpTarget } from "../../sdk/snmp-profile.ts";

/** How the library's errors look; its classes are not exported to types. */
interface LibraryError {
  readonly name?: string;
  readonly status?: number;
  readonly code?: number | string;
}

// Error-status values of RFC 3416, section 3.
export const TOO_BIG = 1;
export const NO_SUCH_NAME = 2;
export const GENERAL_ERROR = 5;
const NO_RIGHT = new Set([4, 6, 16, 17]);
const NO_ROW = new Set([11, 18]);
const STATUS_WORDS: Readonly<Record<number, string>> = {
  2: "noSuchName",
  3: "badValue",
  4: "readOnly",
  5: "genErr",
  6: "noAccess",
  7: "wrongType",
  8: "wrongLength",
  9: "wrongEncoding",
  10: "wrongValue",
  11: "noCreation",
  12: "inconsistentValue",
  13: "resourceUnavailable",
  14: "commitFailed",
  15: "undoFailed",
  16: "authorizationError",
  17: "notWritable",
  18: "inconsistentName",
};
/** undoFailed: the agent could not take back what it had begun, so the SET may have happened. */
const UNDO_FAILED = 15;

/** The agent's error-status; undefined where the request failed otherwise. */
export function statusOf(error: unknown): number | undefined {
  const { name, status } = error as LibraryError;
  return name === "RequestFailedError" && typeof status === "number" ? status : undefined;
}

/** true where nothing came back in time. */
export function timedOut(error: unknown): boolean {
  return (error as LibraryError).name === "RequestTimedOutError";
}

/** true where something came back that is no answer to what was asked: parts of it are missing, or out of place. */
export function isGarbled(error: unknown): boolean {
  return (error as LibraryError).name === "ResponseInvalidError";
}

/** true where an agent of version 3 has another clock or name than a session knows: it was started anew (RFC 3414, 3.2). */
export const startedAnew = (error: unknown): boolean =>
  /time window|engine ?id/i.test(messageOf(error));

/** Host and port for people. */
export const addressOf = (target: SnmpTarget): string => `${target.host}:${target.port}`;

/** A failed read in our words. */
export function readError(error: unknown, target: SnmpTarget): OobError {
  const what = `Cannot read ${addressOf(target)}`;
  if (error instanceof OobError) return error;
  const status = statusOf(error);
  if (status !== undefined) {
    const word = STATUS_WORDS[status] ?? `error ${status}`;
    return new OobError("PDU_REFUSED", `${what}: the device answers "${word}"`, { cause: error });
  }
  return commonError(error, target, what);
}

/** A failed SET in our words: PDU_SILENT where it may have happened all the same. */
export function writeError(error: unknown, target: SnmpTarget, outlet: string): OobError {
  const what = `Cannot switch outlet "${outlet}" of ${addressOf(target)}`;
  const status = statusOf(error);
  if (status === undefined && startedAnew(error)) {
    const text = `${what}: the device started anew just then, and its answer does not tell whether it took it`;
    return new OobError("PDU_SILENT", text, { cause: error });
  }
  if (status === undefined) return commonError(error, target, what);
  const word = STATUS_WORDS[status] ?? `error ${status}`;
  const cause = { cause: error };
  if (status === UNDO_FAILED)
    return new OobError("PDU_SILENT", `${what}: the device answers "${word}"`, cause);
  if (status === NO_SUCH_NAME && target.login.version === "1") {
    const hint = "SNMPv1 does not tell the two apart; check the write community and the outlet";
    const text = `${what}: the device answers "noSuchName": no right to write, or no such outlet`;
    return new OobError("PDU_REFUSED", text, { ...cause, hint });
  }
  if (NO_RIGHT.has(status)) {
    const text = `${what}: no right to write (the device answers "${word}")`;
    const hint = "Give a community or user that may write, and check the PDU's access list";
    return new OobError("PDU_REFUSED", text, { ...cause, hint });
  }
  if (NO_ROW.has(status))
    return new OobError("OUTLET_UNKNOWN", `${what}: no such outlet ("${word}")`, cause);
  return new OobError("PDU_REFUSED", `${what}: the device refuses it ("${word}")`, cause);
}

function commonError(error: unknown, target: SnmpTarget, what: string): OobError {
  const v3 = target.login.version === "3";
  const text = messageOf(error);
  if (timedOut(error)) {
    const hint = v3
      ? "Check address, UDP port, user, auth and priv passwords: some agents do not answer a wrong one; what another address answers does not count"
      : "Check address, UDP port and community: a wrong community gets no answer either, and what another address answers does not count";
    return new OobError("PDU_SILENT", `${what}: no answer`, { cause: error, hint });
  }
  const login = v3 ? loginError(text) : undefined;
  if (login !== undefined) {
    const hint = "Check user, auth and priv of the PDU, passwords and protocols";
    return new OobError("LOGIN_REFUSED", `${what}: ${login}`, { cause: error, hint });
  }
  const { code } = error as LibraryError;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return new OobError("PDU_SILENT", `${what}: the name "${target.host}" has no address`, {
      cause: error,
    });
  if (typeof code === "string")
    return new OobError("PDU_SILENT", `${what}: no way to it (${code})`, { cause: error });
  // Digests and keys never reach people: the library puts some into its messages.
  const seen = /digest/i.test(text) ? "an answer that is not authentic" : printable(text, 200);
  return new OobError("PDU_SILENT", `${what}: the answer makes no sense (${seen})`, {
    hint: "Part of it may have been lost; an SNMP agent on another port looks the same",
  });
}

/** What a USM report or a failed decryption means (RFC 3414, section 3.2). */
function loginError(text: string): string | undefined {
  if (/wrong digest|digest .* does not match/i.test(text)) return "wrong authentication password";
  if (/unknown user name/i.test(text)) return "the device does not know this user";
  if (/unsupported security level/i.test(text))
    return "the device wants another security level for this user";
  if (/decrypt/i.test(text)) return "wrong privacy password or protocol";
  if (/time window/i.test(text)) return "the device's SNMPv3 clock and ours disagree";
  return undefined;
}
