import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const root = new URL("../../..", import.meta.url).pathname;

/** In a process of its own that has as many files open as it may. */
const PROGRAM = `
  import { openSync } from "node:fs";
  import { createJiti } from "jiti";
  const jiti = createJiti(${JSON.stringify(import.meta.url)});
  const { runCommand } = await jiti.import("../../../src/sdk/program/run-command.ts");
  const { systemClock: clock } = await jiti.import("../../../src/lib/clock.ts");
  process.stdout.write("");
  try { for (;;) openSync("/dev/null"); } catch {}
  const told = await runCommand(["true"], { clock, timeout: 1000 }).catch((error) => error);
  await new Promise(setImmediate);
  process.stdout.write(told.code + ": " + told.message);`;

test("runCommand() refuses where too many files are open, and does not end the process", async () => {
  const words = ["-c", 'ulimit -n 64; exec "$@"', "sh", process.execPath];
  const { stdout } = await run("/bin/sh", [...words, "--input-type=module", "-e", PROGRAM], {
    cwd: root,
  });
  expect(stdout).toBe('LINK_REFUSED: Cannot run "true": too many files are open');
});
