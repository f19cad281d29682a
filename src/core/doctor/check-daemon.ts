import fs from "node:fs";
import { dirname, join } from "node:path";
import type { Millis } from "../../lib/clock.ts";
import type { Finding } from "./finding.ts";

/** A daemon that answered. */
export interface RunningDaemon {
  readonly pid: number;
  /** Since when it listens, Unix ms. */
  readonly since: Millis;
  readonly config: string | undefined;
}

/** Whether a daemon serves this configuration as it stands on disk. `failure`: why none answered. */
export function checkDaemon(
  file: string | undefined,
  daemon: RunningDaemon | undefined,
  failure: string | undefined,
): Finding[] {
  const warn = (text: string, todo: string): Finding[] => [
    { is: "warning", check: "daemon", text, todo },
  ];
  if (failure !== undefined)
    return [{ is: "problem", check: "daemon", text: failure, todo: "Restart oob serve" }];
  if (!daemon)
    return warn(
      "no daemon runs: consoles are neither logged nor watched",
      "Start it: systemctl start oob, or oob serve",
    );
  const { pid, since, config } = daemon;
  if (file !== undefined && config !== undefined && !isSame(file, config))
    return warn(
      `the daemon (pid ${pid}) serves "${config}", this is "${file}"`,
      `Look at that one: oob doctor --config ${config}`,
    );
  const newer = partsOf(file).find((path) => (statOf(path)?.mtimeMs ?? 0) > since);
  if (newer !== undefined)
    return warn(
      `"${newer}" was changed after the daemon started: it does not hold yet`,
      "oob config check, then restart oob serve",
    );
  return [{ is: "ok", check: "daemon", text: `runs (pid ${pid}) with the configuration on disk` }];
}

/** What the kernel holds the daemon to, as it says itself (proc(5)): a unit that is not used protects nobody. */
export function checkSandbox(pid: number | undefined, proc = "/proc"): Finding[] {
  const status = pid === undefined ? "" : textOf(join(proc, String(pid), "status"));
  if (status === "") {
    const text = "how the daemon is confined cannot be seen: it does not run, or not here";
    return [{ is: "unchecked", check: "sandbox", text, todo: "Run oob doctor beside it" }];
  }
  const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1];
  const core = /^Max core file size\s+(\S+)/m.exec(textOf(join(proc, String(pid), "limits")))?.[1];
  const unit = "Run it by packaging/systemd/oob.service";
  const loose = [
    ...(field("Uid") === "0" ? ["runs as root"] : []),
    ...(field("NoNewPrivs") === "0" ? ["may gain privileges (NoNewPrivileges is off)"] : []),
    ...(field("Seccomp") === "0" ? ["may make any system call (no SystemCallFilter)"] : []),
    // A core of it holds secrets and what people typed.
    ...(core !== undefined && core !== "0" ? ["leaves core files (LimitCORE is not 0)"] : []),
  ];
  if (loose.length === 0)
    return [{ is: "ok", check: "sandbox", text: "the daemon runs confined, and not as root" }];
  const text = `the daemon ${loose.join(", ")}`;
  return [{ is: "warning", check: "sandbox", text, todo: unit }];
}

function partsOf(file: string | undefined): string[] {
  if (file === undefined) return [];
  const more = join(dirname(file), "conf.d");
  try {
    const names = fs.readdirSync(more).filter((name) => name.endsWith(".yaml"));
    return [file, ...names.map((name) => join(more, name))];
  } catch {
    return [file];
  }
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [statOf(one), statOf(other)];
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

function statOf(path: string): fs.Stats | undefined {
  try {
    return fs.statSync(path);
  } catch {
    return undefined; // Gone, or in a folder of somebody else's: the daemon may serve what this user cannot see.
  }
}

function textOf(path: string): string {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
