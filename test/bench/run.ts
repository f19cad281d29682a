/**
 * Console servers side by side, each with the same hosts in the same run: ours with detection on, ConMan and conserver
 * where they are installed. Says what they cost, what they lose, and how long a person waits.
 * docs/guides/performance.md reads the table.
 *
 *   npm run bench -- [--short] [--stream] [--consoles 100,500,1000] [--runs 3] [--only oob,conman] [--beside CHECKOUT]
 *                    [--json] [--scratch FOLDER]
 *
 * Then outlets beside the tools that switch them (power.ts): with --short or --only power.
 * --stream tries no clients; --beside adds ours as built in another checkout, in the same turns.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { powerBench, powerTable } from "./power.ts";
import { type Effort, type Figures, measure, median, sleep } from "./rig/bench-server.ts";
import { conman, conserver, oob, type ServerKind } from "./rig/servers.ts";
import { buildTools, ROOT, versionOf } from "./rig/tools.ts";
import { machineText, usageOf } from "./rig/usage.ts";

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    stream: { type: "boolean", default: false },
    consoles: { type: "string", default: "100,500,1000" },
    runs: { type: "string" },
    only: { type: "string" },
    beside: { type: "string" },
    json: { type: "boolean", default: false },
    scratch: { type: "string" },
  },
});

const EFFORT: Effort = {
  ...(values.short
    ? { streamSeconds: 8, keys: 150, attaches: 5 }
    : { streamSeconds: 20, keys: 400, attaches: 15 }),
  ...(values.stream && { keys: 0, attaches: 0 }),
};
const VERSION_RUNS = values.short ? 15 : 40;

interface Row {
  readonly consoles: number;
  readonly server: string;
  readonly figures: Figures;
}

/** Milliseconds that a command takes, from start to end; the two are run in turns. */
function versionTimes(): { readonly node: number; readonly oob: number } {
  const time = (args: readonly string[]): number => {
    const began = performance.now();
    execFileSync(process.execPath, args, { stdio: "ignore" });
    return performance.now() - began;
  };
  const node: number[] = [];
  const ours: number[] = [];
  for (let n = 0; n < VERSION_RUNS; n++) {
    node.push(time(["-e", "0"]));
    ours.push(time([join(ROOT, "bin/oob.js"), "version"]));
  }
  return { node: median(node), oob: median(ours) };
}

/** The middle of several runs, figure by figure. */
function middleOf(runs: readonly Figures[]): Figures {
  const merge = (all: readonly unknown[]): unknown => {
    const [first] = all;
    if (typeof first === "number") return median(all as number[]);
    const parts = all as Record<string, unknown>[];
    return Object.fromEntries(
      Object.keys(first as object).map((key) => [key, merge(parts.map((part) => part[key]))]),
    );
  };
  return merge(runs) as Figures;
}

const COLUMNS: readonly (readonly [string, (f: Figures) => string])[] = [
  ["CPU %", (f) => f.cpu.toFixed(0)],
  ["CPU us per kB", (f) => f.cpuPerKB.toFixed(1)],
  ["PSS MiB", (f) => f.pssMiB.toFixed(0)],
  ["RSS MiB", (f) => f.rssMiB.toFixed(0)],
  ["processes", (f) => f.processes.toFixed(0)],
  ["MB/s printed", (f) => f.takenMBps.toFixed(2)],
  ["MB/s logged", (f) => f.loggedMBps.toFixed(2)],
  ["bytes lost", (f) => f.lostBytes.toFixed(0)],
  ["lines spoilt", (f) => f.spoiltLines.toFixed(0)],
  ["all connected s", (f) => f.readySeconds.toFixed(2)],
  ["idle PSS MiB", (f) => f.idlePssMiB.toFixed(0)],
  ["idle CPU %", (f) => f.idleCpu.toFixed(1)],
  ["first byte ms", (f) => f.firstByteMs.toFixed(0)],
  ["last lines ms", (f) => f.replayMs.toFixed(0)],
  ["key p50/p99 ms, idle", (f) => keys(f.keysIdle)],
  ["key p50/p99 ms, all print", (f) => keys(f.keysBusy)],
  ["key p50/p99 ms, beside a stalled client", (f) => keys(f.keysBesideStalled)],
  ["terminal alone p50/p99 ms, idle", (f) => keys(f.terminalIdle)],
  ["terminal alone p50/p99 ms, all print", (f) => keys(f.terminalBusy)],
  ["others' CPU %", (f) => f.othersCpu.toFixed(0)],
];

const keys = ({ p50Ms, p99Ms }: Figures["keysIdle"]): string =>
  `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)}`;

/** One line a figure, one column a server and number of consoles. */
function tableOf(rows: readonly Row[]): string {
  const head = ["", ...rows.map((row) => `${row.server} ${row.consoles}`)];
  const lines = COLUMNS.map(([name, text]) => [name, ...rows.map((row) => text(row.figures))]);
  const widths = head.map((_, n) =>
    Math.max(...[head, ...lines].map((line) => line[n]?.length ?? 0)),
  );
  const pad = (cell: string, n: number) =>
    n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0);
  return [head, ...lines].map((line) => line.map(pad).join("  ")).join("\n");
}

const say = (text: string): void => {
  if (!values.json) console.log(text);
};

/** The servers that are asked for and installed. */
function wantedKinds(): ServerKind[] {
  const { only, beside } = values;
  const kinds = [oob(), ...(beside === undefined ? [] : [oob("oob beside", beside)])];
  return [...kinds, conman, conserver].filter(({ name, version }) => {
    if (only !== undefined && !only.split(",").includes(name)) return false;
    const found = versionOf(...version) !== undefined;
    if (!found) say(`${name} is not installed: it is left out`);
    return found;
  });
}

/** What Node itself takes, before anything of ours: MiB. */
async function nodeAlone(): Promise<number> {
  const script = `require("v8").setFlagsFromString("--optimize-for-size"); setTimeout(() => {}, 60_000)`;
  const child = spawn(process.execPath, ["-e", script], { stdio: "ignore" });
  await sleep(1000);
  const { pssMiB } = usageOf(child.pid ?? 0);
  child.kill();
  return pssMiB;
}

async function main(): Promise<void> {
  const base = values.scratch ?? (existsSync("/dev/shm") ? "/dev/shm" : tmpdir());
  const scratch = mkdtempSync(join(base, "oob-bench-"));
  process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  if (values.only === "power") return outlets(scratch);
  const tools = buildTools(scratch);
  const wanted = wantedKinds();
  say(`${machineText()}, load ${loadavg()[0]?.toFixed(1)}, files in ${base}`);
  say(`PSS of Node alone: ${(await nodeAlone()).toFixed(0)} MiB`);
  const versions = versionTimes();
  say(
    `oob version ${versions.oob.toFixed(0)} ms, node -e 0 ${versions.node.toFixed(0)} ms (${(versions.oob / versions.node).toFixed(2)} times)`,
  );
  const runs = Number(values.runs ?? (values.short ? 1 : 3));
  const rows: Row[] = [];
  for (const consoles of values.consoles.split(",").map(Number)) {
    const found = new Map<ServerKind, Figures[]>(wanted.map((kind) => [kind, []]));
    for (let run = 0; run < runs; run++) {
      for (const [kind, list] of found) {
        const figures = await measure(kind, consoles, EFFORT, tools, scratch);
        list.push(figures);
        say(
          `${kind.name}, ${consoles} consoles, run ${run + 1} of ${runs}: CPU ${figures.cpu.toFixed(0)} % (${figures.cpuPerKB.toFixed(1)} us per kB), ready ${figures.readySeconds.toFixed(1)} s, PSS ${figures.pssMiB.toFixed(0)} MiB, lost ${figures.lostBytes} bytes`,
        );
      }
    }
    for (const [kind, list] of found)
      rows.push({ consoles, server: kind.name, figures: middleOf(list) });
  }
  const load = loadavg();
  if (values.json) console.log(JSON.stringify({ machine: machineText(), load, versions, rows }));
  else console.log(`\n${tableOf(rows)}`);
  const lost = rows.some(
    ({ server, figures: { lostBytes, lostLines, spoiltLines } }) =>
      server === "oob" && lostBytes + lostLines + spoiltLines > 0,
  );
  const mute = rows.some(
    ({ server, figures }) =>
      server === "oob" && !values.stream && Number.isNaN(figures.firstByteMs),
  );
  if (mute) console.error("oob attach showed nothing: its figures are missing");
  process.exitCode = lost || mute ? 1 : 0;
  if (values.short && values.only === undefined) await outlets(scratch);
}

async function outlets(scratch: string): Promise<void> {
  const { figures, met } = await powerBench(scratch, values.short, say);
  if (values.json)
    console.log(JSON.stringify({ machine: machineText(), load: loadavg(), power: figures, met }));
  else console.log(`\n${machineText()}, load ${loadavg()[0]?.toFixed(1)}\n${powerTable(figures)}`);
}

await main();
