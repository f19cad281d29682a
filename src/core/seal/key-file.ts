import fs from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";

const fsync = promisify(fs.fsync);

/** Work on files, written down once: what it did to each file that it yields has to be on the disk before it goes on. */
export type DiskSteps<T = void> = Generator<number, T, void>;

/** Does it while everything else stands still. */
export function doAtOnce<T>(steps: DiskSteps<T>): T {
  for (let step = steps.next(); ; ) {
    if (step.done) return step.value;
    try {
      fs.fsyncSync(step.value);
    } catch (thrown) {
      step = steps.throw(thrown);
      continue;
    }
    step = steps.next();
  }
}

/** Does it while others go on: only the disk is waited for. */
export async function doMeanwhile<T>(steps: DiskSteps<T>): Promise<T> {
  for (let step = steps.next(); ; ) {
    if (step.done) return step.value;
    try {
      await fsync(step.value);
    } catch (thrown) {
      step = steps.throw(thrown);
      continue;
    }
    step = steps.next();
  }
}

/** What a file holds; undefined where there is none. */
export function readText(path: string): string | undefined {
  try {
    return fs.readFileSync(path, "latin1");
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw thrown;
  }
}

/** Makes a file for its owner alone; it is on the disk afterwards. */
export function writeAndSync(path: string, text: string | Uint8Array): void {
  doAtOnce(writeFile(path, text));
}

/** Makes a file for its owner alone. */
export function* writeFile(path: string, text: string | Uint8Array): DiskSteps {
  yield* withFile(path, "w", 0o600, (fd) => fs.writeFileSync(fd, text));
}

/** Appends to a file that the group may read. */
export function* appendFile(path: string, text: string): DiskSteps {
  yield* withFile(path, "a", 0o640, (fd) => fs.writeFileSync(fd, text));
}

/** Overwrites a file with zeros, and unlinks it once they are on the disk. */
export function* eraseFile(path: string): DiskSteps {
  if (!fs.existsSync(path)) return;
  yield* withFile(path, "r+", 0o600, (fd) => {
    fs.writeSync(fd, Buffer.alloc(fs.fstatSync(fd).size), 0, undefined, 0);
  });
  fs.unlinkSync(path);
  yield* syncFolder(dirname(path));
}

/** Brings the names in a folder to the disk. */
export function* syncFolder(folder: string): DiskSteps {
  const fd = fs.openSync(folder, "r");
  try {
    yield fd;
  } finally {
    fs.closeSync(fd);
  }
}

function* withFile(
  path: string,
  flags: string,
  mode: number,
  work: (fd: number) => void,
): DiskSteps {
  const fd = fs.openSync(path, flags, mode);
  try {
    work(fd);
    yield fd;
  } finally {
    fs.closeSync(fd);
  }
  yield* syncFolder(dirname(path));
}
