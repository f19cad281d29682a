/**
 * What an export holds, in a file that `sha256sum -c SHA256SUMS` reads as well. It tells whether a copy is whole; that
 * nobody changed the logs before they were copied is what their seals tell.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Its name in the folder. */
export const MANIFEST = "SHA256SUMS";

/** Lines of it that are read. */
const MAX_FILES = 1_000_000;
const MAX_BYTES = 256 << 20;
/** Problems of one kind that are named. */
const MAX_NAMED = 5;
/** Names as an export has them: nothing that leads out of it, or that a shell or a terminal would obey. */
const LINE = /^([0-9a-f]{64}) {2}((?:[\w%~!'()*-][\w%.~!'()*-]*\/)*[\w%~!'()*-][\w%.~!'()*-]*)$/;

/** SHA-256 of each file, by its path in the folder. */
export type Manifest = ReadonlyMap<string, string>;

export const manifestText = (files: Manifest): string =>
  [...files].map(([path, digest]) => `${digest}  ${path}\n`).join("");

/** Reads a manifest; what is wrong with it comes beside. */
export function parseManifest(text: string): {
  readonly files: Manifest;
  readonly problems: readonly string[];
} {
  const files = new Map<string, string>();
  const lines = text.split("\n");
  if (lines.pop() !== "") return { files, problems: ["it ends in the middle of a line"] };
  if (lines.length > MAX_FILES) return { files, problems: ["it is too long"] };
  for (const [n, line] of lines.entries()) {
    const [, digest, path] = LINE.exec(line) ?? [];
    if (digest === undefined || path === undefined || files.has(path))
      return { files, problems: [`line ${n + 1} of it makes no sense`] };
    files.set(path, digest);
  }
  return { files, problems: [] };
}

/** SHA-256 of a file. */
export async function digestOf(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, signal && { signal }))
    hash.update(piece as Buffer);
  return hash.digest("hex");
}

/** Whether a folder holds an export. */
export const isExport = (folder: string): Promise<boolean> =>
  lstat(join(folder, MANIFEST)).then(
    (found) => found.isFile(),
    () => false,
  );

/** What of an export is not as its manifest says; how many files are. */
export async function checkManifest(
  folder: string,
  signal?: AbortSignal,
): Promise<{ readonly problems: readonly string[]; readonly files: number }> {
  const path = join(folder, MANIFEST);
  if ((await lstat(path)).size > MAX_BYTES)
    return { problems: [`${MANIFEST}: it is too long`], files: 0 };
  const { files, problems } = parseManifest(await readFile(path, "latin1"));
  if (problems.length > 0)
    return { problems: problems.map((problem) => `${MANIFEST}: ${problem}`), files: 0 };
  const found = await filesIn(folder);
  const changed: string[] = [];
  const gone: string[] = [];
  for (const [name, digest] of files) {
    if (!found.delete(name)) gone.push(name);
    else if ((await digestOf(join(folder, name), signal)) !== digest) changed.push(name);
  }
  found.delete(MANIFEST);
  return {
    problems: [
      ...named(changed, "is not as it was exported"),
      ...named(gone, "was exported, and is gone"),
      ...named([...found], "was not exported"),
    ],
    files: files.size,
  };
}

function named(names: readonly string[], what: string): string[] {
  const some = names.slice(0, MAX_NAMED).map((name) => `"${name}" ${what}`);
  const more = names.length - some.length;
  return more > 0 ? [...some, `and ${more} more like it`] : some;
}

/** Paths of all that is no folder below a folder. */
async function filesIn(folder: string, below = ""): Promise<Set<string>> {
  const found = new Set<string>();
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    const inside = entry.isDirectory() ? await filesIn(folder, path) : [path];
    for (const one of inside) found.add(one);
    if (found.size > MAX_FILES) break;
  }
  return found;
}
