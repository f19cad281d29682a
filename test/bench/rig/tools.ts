import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Folder of this checkout. */
export const ROOT = dirname(createRequire(import.meta.url).resolve("oob/package.json"));

/** Paths of the compiled helpers. */
export interface Tools {
  readonly feeder: string;
  readonly verify: string;
  readonly probe: string;
}

/** Compiles the helpers: console output at 11.5 kB a second and its proof must not cost what we want to measure. */
export function buildTools(folder: string): Tools {
  const build = (name: string): string => buildTool(folder, name);
  return { feeder: build("feeder"), verify: build("verify"), probe: build("probe") };
}

/** Compiles one of them. */
export function buildTool(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true });
  const out = join(folder, name);
  const source = join(ROOT, "test/bench/rig", `${name}.c`);
  execFileSync("cc", ["-O2", "-o", out, source, "-lutil"], { stdio: "inherit" });
  return out;
}

/** Whether a program is there, and what it prints about itself. */
export function versionOf(program: string, argument: string): string | undefined {
  try {
    const text = execFileSync(program, [argument], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return text.split("\n")[0];
  } catch {
    return undefined;
  }
}
