import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";

/** Clock ticks of /proc a second: 100 on every Linux that people run. */
const TICKS = 100;

/** What a server has used: CPU seconds (user and kernel), and memory in MiB. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly pssMiB: number;
  readonly rssMiB: number;
  readonly processes: number;
}

/** A process and all that came of it. */
function family(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const parent = Number(stat(Number(name))?.[1]);
    if (parent > 0) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const all = [root];
  for (const pid of all) all.push(...(children.get(pid) ?? []));
  return all;
}

/** Fields of /proc/PID/stat behind the name: [0] state, [1] parent, [11] user ticks, [12] kernel ticks. */
function stat(pid: number): string[] | undefined {
  if (!(pid > 0)) return undefined;
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // It ended meanwhile.
  }
}

/** Sums over all processes of a server. PSS shares out what they have in common, RSS counts it in each. */
export function usageOf(root: number): Usage {
  let ticks = 0;
  let pss = 0;
  let rss = 0;
  const pids = family(root);
  for (const pid of pids) {
    const fields = stat(pid) ?? [];
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
    const rollup = read(`/proc/${pid}/smaps_rollup`);
    pss += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
    rss += Number(/^Rss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  }
  return {
    cpuSeconds: ticks / TICKS,
    pssMiB: pss / 1024,
    rssMiB: rss / 1024,
    processes: pids.length,
  };
}

/** CPU seconds that all of the machine has spent busy. */
export function machineSeconds(): number {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [user = 0, nice = 0, system = 0, , , irq = 0, soft = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + soft) / TICKS;
}

/** "2 × AMD EPYC …, Linux 6.1". */
export function machineText(): string {
  const model = cpus()[0]?.model ?? "unknown processor";
  const kernel = read("/proc/sys/kernel/osrelease").trim();
  return `${cpus().length} × ${model}, Linux ${kernel}, Node ${process.versions.node}`;
}
