import type { Hash } from "node:crypto";
import { open } from "node:fs/promises";
import { DamagedBlock } from "../log/packed-file.ts";
import { RawFile } from "../log/raw-file.ts";

const PIECE_BYTES = 256 << 10;

type Readable = Pick<RawFile, "read" | "close"> & { stat(): Promise<{ readonly size: number }> };

/** A file that is read from the beginning to the end. */
export class FilePieces {
  readonly #file: Readable | undefined;
  readonly #buffer = Buffer.alloc(PIECE_BYTES);
  #from = 0;
  #to = 0;

  private constructor(file: Readable | undefined) {
    this.#file = file;
  }

  /** A file that is not there has no bytes. */
  static async open(path: string): Promise<FilePieces> {
    const file = await open(path, "r").catch(noneIfGone);
    if (!file) return new FilePieces(undefined);
    return new FilePieces({
      stat: () => file.stat(),
      read: async (into, at) => (await file.read(into, 0, into.length, at)).bytesRead,
      close: () => file.close(),
    });
  }

  /** The bytes of a segment, compressed or not. */
  static async ofSegment(folder: string, stem: string): Promise<FilePieces> {
    return new FilePieces(await RawFile.open(folder, stem).catch(noneIfGone));
  }

  async size(): Promise<number> {
    return (await this.#file?.stat())?.size ?? 0;
  }

  /** Gives a part to a hash; false: the file is shorter, or cannot be read there. */
  async hash(position: number, length: number, value: Hash): Promise<boolean> {
    for (let at = position; at < position + length; ) {
      if (at < this.#from || at >= this.#to) {
        const got = await this.#file?.read(this.#buffer, at).catch(noneIfDamaged);
        this.#from = at;
        this.#to = at + (got ?? 0);
        if (this.#to === at) return false;
      }
      const end = Math.min(this.#to, position + length);
      value.update(this.#buffer.subarray(at - this.#from, end - this.#from));
      at = end;
    }
    return true;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

function noneIfGone(thrown: NodeJS.ErrnoException): undefined {
  if (thrown.code !== "ENOENT") throw thrown;
}

function noneIfDamaged(thrown: unknown): undefined {
  if (!(thrown instanceof DamagedBlock)) throw thrown;
}
