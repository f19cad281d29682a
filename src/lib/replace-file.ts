import fs from "node:fs";
import { dirname } from "node:path";

/** Replaces a file so that a kill leaves the old or the new one, never half of it. */
export function replaceFile(path: string, text: string): void {
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  const fresh = `${path}.${process.pid}.new`;
  const fd = fs.openSync(fresh, "w", 0o640);
  try {
    fs.writeFileSync(fd, text);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(fresh, path);
  const folder = fs.openSync(dirname(path), "r");
  try {
    fs.fsyncSync(folder);
  } finally {
    fs.closeSync(folder);
  }
}
