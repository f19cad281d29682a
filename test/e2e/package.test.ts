/** What `npm pack` would publish, and what an installation brings with it by the lockfile. Asks no registry. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
}
const lock: Readonly<Record<string, Locked>> = JSON.parse(
  readFileSync(join(ROOT, "package-lock.json"), "utf8"),
).packages;

/** As Node resolves it: beside the one that wants it, or further up. */
function place(from: string, name: string): string {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    const path = `${at === "" ? "" : `${at}/`}node_modules/${name}`;
    if (lock[path]) return path;
    if (at === "") throw new Error(`${name} of ${from} is not in the lockfile`);
  }
}

it("an installation brings 17 packages of other people, each pinned by its hash", () => {
  const found = new Set<string>();
  const look = (from: string) => {
    for (const name of Object.keys(lock[from]?.dependencies ?? {})) {
      const path = place(from, name);
      if (found.has(path)) continue;
      found.add(path);
      look(path);
    }
  };
  look("");
  // One more is somebody else's code with the rights of the daemon: docs/guides/security.md says how many.
  expect(found.size).toBe(17);
  for (const path of found) expect(lock[path]?.integrity).toMatch(/^sha512-/);
  // It builds nothing where a built one is there for the machine: --ignore-scripts is enough (see the guide).
  const scripts = [...found].filter((path) => lock[path]?.hasInstallScript);
  expect(scripts).toEqual(["node_modules/@serialport/bindings-cpp"]);
});

it("the package has what it runs on, what an admin installs, and nothing of ours besides", () => {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts", "--offline"];
  const text = execFileSync("npm", args, {
    ...{ cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const told: unknown = JSON.parse(text);
  // npm 11 tells of each by its name, npm 10 as a list.
  const [pack] = Object.values(told as Record<string, { files: { path: string; mode: number }[] }>);
  const files = new Map(pack?.files.map(({ path, mode }) => [path, mode]));
  for (const path of [
    ...["bin/oob.js", "LICENSE", "README.md", "CHANGELOG.md", "docs/guides/security.md"],
    ...["dist/src/cli/main.js", "dist/src/daemon/keeper/main.js", "dist/src/sdk/index.js"],
    ...["packaging/systemd/oob.service", "packaging/systemd/oob-keeper.service"],
    ...["packaging/systemd/oob.sysusers.conf", "packaging/systemd/oob.tmpfiles.conf"],
    ...["packaging/systemd/small-box.conf", "packaging/ssh/oob.conf"],
  ])
    expect(files.has(path), path).toBe(true);
  const tops = new Set([...files.keys()].map((path) => path.split("/")[0]));
  const known = ["CHANGELOG.md", "LICENSE", "README.md", "bin", "dist", "docs", "drivers", "mocks"];
  expect(tops).toEqual(new Set([...known, "package.json", "packaging", "scripts", "src"]));
  const strange = [...files.keys()].filter(
    (path) => path.startsWith("dist/test/") || /\.(?:tsbuildinfo|log|pem|key|env|img)$/.test(path),
  );
  expect(strange).toEqual([]);
  expect((files.get("bin/oob.js") ?? 0) & 0o111).toBe(0o111);
  // Whoever installs it runs none of our code: no install script of our own.
  const { scripts = {} } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  for (const name of ["preinstall", "install", "postinstall", "prepare"])
    expect(scripts).not.toHaveProperty(name);
});
