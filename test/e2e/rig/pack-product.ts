import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");

/**
 * Packs the product, built anew, into `folder`/product.tar: what a guest unpacks in its memory, as files come slowly, one by
 * one, over a folder that it shares. `more`: folders and names in them that come along.
 */
export function packProduct(
  folder: string,
  more: readonly (readonly [folder: string, ...names: string[]])[],
): void {
  // Into a folder of our own. Type errors are for `npm run check` to find; what is emitted is what runs.
  const outDir = join(folder, "dist");
  const build = ["-p", "tsconfig.build.json", "--outDir", outDir, "--incremental", "false"];
  spawnSync("npx", ["tsc", ...build], { cwd: root });
  if (!existsSync(join(outDir, "drivers/console/serial.js"))) throw new Error("nothing was built");
  const list = ["ls", "--omit=dev", "--all", "--parseable"];
  const { stdout } = spawnSync("npm", list, { cwd: root, encoding: "utf8" });
  const modules = stdout.split("\n").filter((path) => path.startsWith(`${root}/node_`));
  const excluded = ["*.ts", "*.cts", "*.map", "*.md"].map((name) => `--exclude=${name}`);
  const words = ["-cf", join(folder, "product.tar"), ...excluded];
  for (const [from, ...names] of [
    [folder, "dist/src", "dist/drivers", "dist/scripts"],
    [root, "package.json", "bin", ...modules.map((path) => path.slice(root.length + 1))],
    ...more,
  ] as const)
    words.push("-C", from, ...names);
  const { status } = spawnSync("tar", words, { stdio: "inherit" });
  if (status !== 0) throw new Error(`tar ended with ${status}`);
}
