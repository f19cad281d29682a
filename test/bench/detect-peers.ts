import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Milliseconds that a search tool takes for the words, or undefined where it is not installed. */
export function grep(
  tool: string,
  options: readonly string[],
  text: Uint8Array,
  words: readonly string[],
): number | undefined {
  const folder = mkdtempSync(join(tmpdir(), "oob-bench-"));
  try {
    writeFileSync(join(folder, "words"), `${words.join("\n")}\n`);
    writeFileSync(join(folder, "text"), text);
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 3; i++) {
      const start = performance.now();
      const { error } = spawnSync(tool, [...options, join(folder, "words"), join(folder, "text")], {
        env: { ...process.env, LC_ALL: "C" },
        stdio: ["ignore", "pipe", "ignore"],
      });
      if (error) return undefined;
      least = Math.min(least, performance.now() - start);
    }
    return least;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a plain program does: each line decoded, one expression of all words. */
export function alternation(text: Uint8Array, words: readonly string[]): number {
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  const pattern = new RegExp(escaped.join("|"), "i");
  let found = 0;
  for (const line of Buffer.from(text).toString("latin1").split("\n"))
    if (pattern.test(line)) found++;
  return found;
}
