/**
 * QEMU's machine protocol (docs/interop/qmp-spec): a line of JSON each way. The greeting is answered with
 * qmp_capabilities; `ready` tells that commands may be sent. Replies carry the id of their command; events come between.
 */
import { concatBytes, utf8 } from "../lib/bytes.ts";
import type { Codec } from "./codec.ts";

/** Longest line of an answer; a longer one is skipped. query-qmp-schema, the longest that we know, is 170 kB. */
export const MAX_QMP_LINE_BYTES = 512 * 1024;

const LF = 10;
const decoder = new TextDecoder();
const CAPABILITIES_ID = 0;

/** What the machine said. */
export type QmpEvent =
  | { readonly is: "greeting"; readonly version: string }
  | { readonly is: "ready" }
  | { readonly is: "return"; readonly id: number; readonly value: unknown }
  | {
      readonly is: "error";
      readonly id: number | undefined;
      readonly class: string;
      readonly description: string;
    }
  | {
      readonly is: "event";
      readonly name: string;
      readonly data: Readonly<Record<string, unknown>>;
    }
  | { readonly is: "violation"; readonly what: string };

type JsonObject = Readonly<Record<string, unknown>>;

/** A machine's QMP socket. */
export class QmpCodec implements Codec<QmpEvent> {
  #pieces: Uint8Array[] = [];
  #held = 0;
  #skipping = false;
  #output = "";
  #lastId = CAPABILITIES_ID;

  /** Bytes of the unfinished line. */
  get held(): number {
    return this.#held;
  }

  /** Queues a command for `takeOutput`; returns the id that its reply carries. Wait for `ready` before the first. */
  execute(command: string, parameters?: JsonObject): number {
    this.#lastId += 1;
    this.#send(this.#lastId, command, parameters);
    return this.#lastId;
  }

  takeOutput(): Uint8Array {
    const output = utf8(this.#output);
    this.#output = "";
    return output;
  }

  receive(bytes: Uint8Array): QmpEvent[] {
    const events: QmpEvent[] = [];
    let at = 0;
    while (at < bytes.length) {
      const lf = bytes.indexOf(LF, at);
      const end = lf < 0 ? bytes.length : lf;
      this.#collect(bytes.subarray(at, end), events);
      if (lf >= 0) this.#endLine(events);
      at = end + 1;
    }
    return events;
  }

  #collect(piece: Uint8Array, events: QmpEvent[]): void {
    if (this.#skipping || piece.length === 0) return;
    if (this.#held + piece.length > MAX_QMP_LINE_BYTES) {
      events.push({ is: "violation", what: `line of more than ${MAX_QMP_LINE_BYTES} bytes` });
      this.#skipping = true;
      this.#pieces = [];
      this.#held = 0;
      return;
    }
    this.#pieces.push(piece.slice());
    this.#held += piece.length;
  }

  #endLine(events: QmpEvent[]): void {
    const skipped = this.#skipping;
    const text = decoder.decode(concatBytes(this.#pieces));
    this.#skipping = false;
    this.#pieces = [];
    this.#held = 0;
    if (!skipped && text.trim() !== "") events.push(...this.#message(text));
  }

  #message(text: string): QmpEvent[] {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return [{ is: "violation", what: "line that is no JSON" }];
    }
    if (!isObject(message)) return [{ is: "violation", what: "line that is no JSON object" }];
    if (isObject(message.QMP)) {
      this.#send(CAPABILITIES_ID, "qmp_capabilities");
      return [{ is: "greeting", version: versionOf(message.QMP) }];
    }
    if (typeof message.event === "string") {
      const data = isObject(message.data) ? message.data : {};
      return [{ is: "event", name: message.event, data }];
    }
    return [reply(message)];
  }

  #send(id: number, command: string, parameters?: JsonObject): void {
    const message = { execute: command, id, ...(parameters && { arguments: parameters }) };
    this.#output += `${JSON.stringify(message)}\n`;
  }
}

function reply(message: JsonObject): QmpEvent {
  const id = typeof message.id === "number" ? message.id : undefined;
  if (isObject(message.error)) {
    const description = textOf(message.error.desc);
    return { is: "error", id, class: textOf(message.error.class), description };
  }
  if (!("return" in message)) return { is: "violation", what: "message of no known kind" };
  if (id === undefined) return { is: "violation", what: "return without our id" };
  return id === CAPABILITIES_ID ? { is: "ready" } : { is: "return", id, value: message.return };
}

function versionOf(qmp: JsonObject): string {
  const qemu = isObject(qmp.version) && isObject(qmp.version.qemu) ? qmp.version.qemu : {};
  return [qemu.major, qemu.minor, qemu.micro].map((part) => Number(part) || 0).join(".");
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
