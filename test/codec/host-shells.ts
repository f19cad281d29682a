/** Shells of hosts as child processes: our scripts run in them for real, with stand-ins for programs that are not here. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "oob-shells-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** busybox with its own programs alone, as on a small host. */
const applets = join(folder, "applets");
mkdirSync(applets);
const hasBusybox = spawnSync("busybox", ["--install", "-s", applets]).status === 0;
if (!hasBusybox) console.error("no busybox on this machine: its shell is left out");

interface Shell {
  readonly words: readonly string[];
  readonly path: string;
}

const SHELLS: Readonly<Record<string, Shell>> = {
  ...(hasBusybox ? { busybox: { words: [join(applets, "sh")], path: applets } } : {}),
  dash: { words: ["dash"], path: "/usr/bin:/bin" },
  bash: { words: ["bash", "--posix"], path: "/usr/bin:/bin" },
};

/** The shells in which every script has to run. */
export const shellNames = Object.keys(SHELLS);

/** Runs a script as a runbook's capture does; `programs` is a folder whose programs come first. */
export function runInShell(name: string, script: string, programs?: string): string {
  const shell = SHELLS[name];
  if (!shell) throw new Error(`no shell ${name}`);
  const [command = "", ...words] = shell.words;
  const ended = spawnSync(command, [...words, "-s"], {
    input: script,
    env: { PATH: programs === undefined ? shell.path : `${programs}:${shell.path}` },
    maxBuffer: 1 << 28,
  });
  const said = ended.stderr.toString("latin1");
  if (said !== "") throw new Error(`${name} says: ${said}`);
  return ended.stdout.toString("utf8");
}

/** A folder of files: by path, text or bytes; those below bin/ are programs. Gone when the tests end. */
export function hostFolder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const top = mkdtempSync(join(folder, "host-"));
  for (const [path, content] of Object.entries(files)) {
    const file = join(top, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    if (path.startsWith("bin/")) chmodSync(file, 0o755);
  }
  return top;
}
