/*
 * What goes over the daemon's socket: frames of a JSON head and, where bytes go along, the bytes as they are.
 *
 *   u32 length of the rest │ u32 length of the head │ head, JSON │ bytes
 */
import { concatBytes } from "../lib/bytes.ts";
import { OobError } from "../lib/errors.ts";

/** A message: its head, and bytes where the head says that there are some. */
export interface Frame {
  readonly head: Readonly<Record<string, unknown>>;
  readonly bytes: Uint8Array | undefined;
}

const PREFIX_BYTES = 8;

/** Turns a message into bytes. */
export function encodeFrame(head: object, bytes?: Uint8Array): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const more = bytes?.length ?? 0;
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + json.length + more);
  frame.writeUInt32BE(4 + json.length + more, 0);
  frame.writeUInt32BE(json.length, 4);
  json.copy(frame, PREFIX_BYTES);
  if (bytes) frame.set(bytes, PREFIX_BYTES + json.length);
  return frame;
}

/** Cuts a stream into frames, however it arrives. Holds at most one frame of `maxBytes`. */
export class FrameReader {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #length = 0;
  /** Bytes of the frame that is arriving, its first four included; unknown before those came. */
  #wanted: number | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Throws DAEMON_UNREACHABLE where the other side does not speak this protocol. */
  *push(chunk: Uint8Array): Generator<Frame> {
    this.#parts.push(chunk);
    this.#length += chunk.length;
    for (;;) {
      if (this.#length < 4) return;
      if (this.#wanted === undefined) {
        this.#wanted = 4 + this.#view().readUInt32BE(0);
        if (this.#wanted < PREFIX_BYTES || this.#wanted > this.#maxBytes) throw wrong("length");
      }
      if (this.#length < this.#wanted) return;
      const all = this.#view();
      const frame = decode(all.subarray(0, this.#wanted));
      const rest = all.subarray(this.#wanted);
      this.#parts = rest.length > 0 ? [rest] : [];
      this.#length = rest.length;
      this.#wanted = undefined;
      yield frame;
    }
  }

  #view(): Buffer {
    const all = concatBytes(this.#parts);
    this.#parts = [all];
    return Buffer.from(all.buffer, all.byteOffset, all.byteLength);
  }
}

function decode(frame: Buffer): Frame {
  const end = PREFIX_BYTES + frame.readUInt32BE(4);
  if (end > frame.length) throw wrong("head");
  let head: unknown;
  try {
    head = JSON.parse(frame.toString("utf8", PREFIX_BYTES, end));
  } catch {
    throw wrong("JSON");
  }
  if (typeof head !== "object" || head === null || Array.isArray(head)) throw wrong("head");
  // A copy: the frame's memory is shared with what follows it.
  const bytes = end < frame.length ? Uint8Array.from(frame.subarray(end)) : undefined;
  return { head: head as Record<string, unknown>, bytes };
}

const wrong = (what: string): OobError =>
  new OobError(
    "DAEMON_UNREACHABLE",
    `Cannot understand the other side of the socket: bad ${what}`,
    {
      hint: "Client and daemon may be of different versions: restart oob serve",
    },
  );
