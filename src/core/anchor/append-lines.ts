import fs from "node:fs";
import { dirname } from "node:path";

const NEWLINE = 10;

/** Adds lines to a file; on the disk when it returns. What a full disk cut short stays as it is, on a line of its own. */
export function appendLines(path: string, text: string): void {
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  const fd = fs.openSync(path, "a+", 0o640);
  try {
    const { size } = fs.fstatSync(fd);
    fs.writeFileSync(fd, isWhole(fd, size) ? text : `\n${text}`);
    fs.fsyncSync(fd);
    if (size === 0) syncNames(dirname(path));
  } finally {
    fs.closeSync(fd);
  }
}

function isWhole(fd: number, size: number): boolean {
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  fs.readSync(fd, last, 0, 1, size - 1);
  return last[0] === NEWLINE;
}

function syncNames(folder: string): void {
  const fd = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
