import { ERROR_CODES, type ErrorCode, messageOf, OobError } from "../lib/errors.ts";

/** Raised when messages change so that older ones would be misunderstood: version 3 ran a runbook on all hosts at once. */
export const PROTOCOL_VERSION = 4;

/** Largest frame of a client: a paste is cut up before it comes here. */
export const MAX_CLIENT_FRAME = 1024 * 1024;
/** Largest frame of the daemon: status of ten thousand hosts, an incident's report. */
export const MAX_DAEMON_FRAME = 32 * 1024 * 1024;
/** Items of a stream under way before the client has to say that it took some. */
export const STREAM_WINDOW = 32;
/** Calls, streams and attachments that one connection may have at a time. */
export const MAX_CALLS = 256;

/** An error as it crosses the socket, and as it stands in `--json`. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Client to daemon. `bytes` of `args` goes behind the head. */
export type ClientMessage =
  | { readonly is: "hello"; readonly v: number }
  | { readonly is: "call"; readonly id: number; readonly method: string; readonly args: object }
  | { readonly is: "more"; readonly id: number; readonly items: number }
  | { readonly is: "cancel"; readonly id: number };

/** Daemon to client. `bytes` of `value` goes behind the head. */
export type DaemonMessage =
  | { readonly is: "hello"; readonly v: number; readonly facts: DaemonFacts }
  | { readonly is: "result"; readonly id: number; readonly value: unknown }
  | { readonly is: "item"; readonly id: number; readonly value: unknown }
  | { readonly is: "end"; readonly id: number }
  | { readonly is: "error"; readonly id: number; readonly error: WireError };

/** What a daemon says about itself to whoever connects. */
export interface DaemonFacts {
  readonly pid: number;
  readonly site: string;
  /** Its configuration file. */
  readonly config: string | undefined;
  /** As whom it sees the client: the user of the socket. */
  readonly who: string;
}

/** Turns anything thrown into what crosses the socket. */
export function toWireError(thrown: unknown): WireError {
  if (!(thrown instanceof OobError)) return { code: "INTERNAL", message: messageOf(thrown) };
  const { code, message, hint } = thrown;
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}

/** Makes the error again on the other side. */
export function fromWireError(error: unknown): OobError {
  const { code, message, hint } = (error ?? {}) as Partial<Record<keyof WireError, unknown>>;
  const known = ERROR_CODES.find((one): one is ErrorCode => one === code) ?? "INTERNAL";
  return new OobError(known, typeof message === "string" ? message : "The daemon failed", {
    ...(typeof hint === "string" ? { hint } : {}),
  });
}

/** Takes bytes out of a value: they go behind the head of the frame. */
export function splitBytes(value: unknown): { value: unknown; bytes: Uint8Array | undefined } {
  if (typeof value !== "object" || value === null || !("bytes" in value))
    return { value, bytes: undefined };
  const { bytes, ...rest } = value;
  return bytes instanceof Uint8Array
    ? { value: { ...rest, bytes: true }, bytes }
    : { value, bytes: undefined };
}

/** Puts the bytes of a frame back into its value. */
export function joinBytes(value: unknown, bytes: Uint8Array | undefined): unknown {
  if (typeof value !== "object" || value === null || !("bytes" in value)) return value;
  return value.bytes === true ? { ...value, bytes: bytes ?? new Uint8Array() } : value;
}
