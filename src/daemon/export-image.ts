/** An export as an ISO image, for media that can be written once. By xorriso, and read back through it. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { MANIFEST, parseManifest } from "../core/seal/export-manifest.ts";
import { type Millis, systemClock } from "../lib/clock.ts";
import { hours } from "../lib/durations.ts";
import { OobError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { runCommand } from "../sdk/program/run-command.ts";

/** A large archive on a slow disk. */
const WITHIN: Millis = hours(12);
/** Paths that one call of xorriso is given. */
const AT_ONCE = 200;
const LAST_WORDS = 2000;
/** Reads no start-up files; names below are paths of ours. */
const XORRISO = ["xorriso", "-no_rc"];
/** Name of the volume, as systems show it. */
const VOLUME = "OOB_LOGS";

/** Makes the image, and compares every file in it with the manifest. Throws; then `image` is no good. */
export async function writeImage(
  folder: string,
  image: string,
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly files: number }> {
  // -r: names and modes as they are, for all to read. Level 3: a segment may be larger than 4 GiB.
  const words = ["-as", "mkisofs", "-quiet", "-r", "-iso-level", "3", "-V", VOLUME];
  const run = { clock: systemClock, timeout: WITHIN, signal };
  const { status, err } = await runCommand(
    [...XORRISO, ...words, "-o", resolve(image), resolve(folder)],
    run,
  ).catch(noProgram);
  if (status !== 0) throw failed("make the image", image, err);
  const files = await compare(folder, image, signal);
  return { bytes: (await stat(image)).size, files };
}

/** Reads every file out of the image. Gives how many. */
async function compare(folder: string, image: string, signal: AbortSignal): Promise<number> {
  const text = await readFile(join(folder, MANIFEST), "latin1");
  const wanted = new Map(parseManifest(text).files);
  wanted.set(MANIFEST, createHash("sha256").update(text, "latin1").digest("hex"));
  const names = [...wanted.keys()];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE);
    const sizes = await Promise.all(
      some.map(async (name) => (await stat(join(folder, name))).size),
    );
    const digests = await readOut(image, some, sizes, signal);
    for (const [n, name] of some.entries())
      if (digests[n] !== wanted.get(name))
        throw failed("read the image back", image, `"${name}" in it is not what was exported`);
  }
  return names.length;
}

/** Digests of files in the image: it gives them one behind the other, and their sizes tell them apart. */
function readOut(
  image: string,
  names: readonly string[],
  sizes: readonly number[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [program = "", ...first] = XORRISO;
  const open = ["-report_about", "WARNING", "-osirrox", "on", "-indev", `stdio:${resolve(image)}`];
  const paths = names.map((name) => `/${name}`);
  const words = [...first, ...open, "-concat", "overwrite", "-", ...paths, "--"];
  return new Promise((settle, reject) => {
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], signal });
    const split = new Split(sizes);
    let said = "";
    child.stdout.on("data", (bytes: Buffer) => split.take(bytes));
    child.stderr.on("data", (bytes: Buffer) => {
      said = (said + bytes.toString("latin1")).slice(-LAST_WORDS);
    });
    child.once("error", reject);
    child.once("close", (status) => {
      if (status === 0 && split.isWhole) settle(split.digests);
      else reject(failed("read the image back", image, said));
    });
  });
}

/** Bytes of several files, one behind the other. */
class Split {
  readonly digests: string[] = [];
  readonly #sizes: readonly number[];
  #hash = createHash("sha256");
  #got = 0;
  #tooMany = 0;

  constructor(sizes: readonly number[]) {
    this.#sizes = sizes;
    this.#end();
  }

  get isWhole(): boolean {
    return this.digests.length === this.#sizes.length && this.#tooMany === 0;
  }

  take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const size = this.#sizes[this.digests.length];
      if (size === undefined) {
        this.#tooMany += bytes.length - at;
        return;
      }
      const part = bytes.subarray(at, at + size - this.#got);
      this.#hash.update(part);
      this.#got += part.length;
      at += part.length;
      this.#end();
    }
  }

  /** Files that have all their bytes, those without any too. */
  #end(): void {
    while (this.#got === this.#sizes[this.digests.length]) {
      this.digests.push(this.#hash.digest("hex"));
      this.#hash = createHash("sha256");
      this.#got = 0;
    }
  }
}

function noProgram(cause: unknown): never {
  if (!(cause instanceof OobError) || cause.code !== "LINK_REFUSED") throw cause;
  throw new OobError("TRANSFER_FAILED", `Cannot make an image: ${cause.message}`, {
    cause,
    hint: "Install xorriso (Debian package xorriso), or leave --worm out",
  });
}

const failed = (what: string, image: string, said: string): OobError =>
  new OobError("TRANSFER_FAILED", `Cannot ${what} "${image}": ${printable(said.trim(), 500)}`);
