import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newRunbook } from "../../src/daemon/runbook-bench.ts";

test("newRunbook() writes no file that would take the place of a runbook that ships", async () => {
  const folder = mkdtempSync(join(tmpdir(), "oob-bench-"));
  for (const yaml of [false, true])
    await expect(newRunbook("daily-check", { yaml, folder }, undefined, {})).rejects.toMatchObject({
      code: "USAGE",
      message: 'Cannot write runbook "daily-check": one of this name ships with oob',
    });
  expect(existsSync(join(folder, "daily-check.ts"))).toBe(false);
  expect(await newRunbook("mine", { yaml: false, folder }, undefined, {})).toBe(
    join(folder, "mine.ts"),
  );
});
