/*
 * Outlets beside the peers, in one run: one state, off and read back, and a fleet of PDUs. `run.ts --only power`.
 * docs/guides/performance.md reads the table.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { MockSerialPdu } from "../../mocks/serial-pdu.ts";
import { placeOf } from "../../mocks/snmp-family.ts";
import { median } from "./rig/bench-server.ts";
import { FAMILY, PduFarm } from "./rig/pdu-farm.ts";
import { Powermand } from "./rig/powermand.ts";
import { buildTool, ROOT } from "./rig/tools.ts";

const FLEET = 500;
const OUTLETS = 24;
const OOB = join(ROOT, "bin/oob.js");
const FLEET_READ = join(import.meta.dirname, "rig/fleet-read.js");
const STATE_COLUMN = FAMILY.read.oid;
/** What the issue promises: all outlets of the fleet, and what it may take in memory. */
const WITHIN_MS = 500;
const WITHIN_MIB = 150;

/** One thing that was measured. */
export interface PowerFigure {
  readonly what: string;
  readonly who: string;
  /** Middle of the runs and the slowest one. */
  readonly ms: number;
  readonly slowestMs: number;
  readonly note?: string;
}

interface Effort {
  readonly runs: number;
  readonly say: (text: string) => void;
}

/** Runs a command to its end; throws where it fails, so that no failure counts as fast. */
async function timed(command: readonly string[]): Promise<number> {
  const [program = "", ...args] = command;
  const begun = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${said}`);
  return performance.now() - begun;
}

/** In turns, so that what else the machine does hits all alike. `after` puts back what the command changed. */
async function compare(
  what: string,
  rivals: readonly Rival[],
  { runs, say }: Effort,
): Promise<PowerFigure[]> {
  const times = new Map<Rival, number[]>(rivals.map((one) => [one, []]));
  for (let run = 0; run < runs; run++)
    for (const [rival, list] of times) {
      list.push(await timed(rival.command));
      if (rival.after) await timed(rival.after);
    }
  return [...times].map(([{ who }, list]) => {
    const figure = { what, who, ms: median(list), slowestMs: Math.max(...list) };
    say(`${what}, ${who}: ${figure.ms.toFixed(0)} ms, slowest ${figure.slowestMs.toFixed(0)}`);
    return figure;
  });
}

interface Rival {
  readonly who: string;
  readonly command: readonly string[];
  readonly after?: readonly string[];
}

const installed = (program: string): boolean =>
  ["/usr/bin", "/usr/sbin"].some((folder) => existsSync(join(folder, program)));

/** Says what is missing, and leaves it out. */
function present(rivals: readonly Rival[], say: (text: string) => void): Rival[] {
  return rivals.filter(({ who, command: [program = ""] }) => {
    const here = program.includes("/") || installed(program);
    if (!here) say(`${who} is not installed: it is left out`);
    return here;
  });
}

/** A daemon with hosts on an SNMP PDU and on a serial one. */
async function startDaemon(
  folder: string,
  snmpPort: number,
  serialPort: number,
  consolePort: number,
) {
  const credentials = join(folder, "credentials");
  mkdirSync(credentials, { mode: 0o700 });
  for (const [name, value] of Object.entries({ community: "private", bt: "baytech" }))
    writeFileSync(join(credentials, name), value, { mode: 0o600 });
  const config = join(folder, "oob.yaml");
  const line = `console: { driver: tcp, host: 127.0.0.1, port: ${consolePort} }`;
  writeFileSync(
    config,
    `state: ${folder}/state
runtime: ${folder}/run
credentials: ${credentials}
defaults:
  watch: { budget: { cycles: 100, per: 1h } }
pdus:
  rack: { driver: snmp, host: 127.0.0.1, port: ${snmpPort}, version: 2c, community: secret:community, insecure: true }
  bt: { driver: serial-pdu, profile: baytech-rpc3, password: secret:bt, via: { driver: tcp, host: 127.0.0.1, port: ${serialPort} } }
hosts:
  web1: { ${line}, outlets: [rack/3] }
  db1: { ${line}, outlets: [bt/3] }
`,
  );
  chmodSync(config, 0o600);
  const daemon = spawn(process.execPath, [OOB, "serve", "--config", config], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    const listen = (chunk: Buffer) => {
      said += chunk.toString();
      if (/^oob: ready/m.test(said)) resolve();
    };
    daemon.stdout.on("data", listen);
    daemon.stderr.on("data", listen);
    daemon.once("exit", (code) => reject(new Error(`oob serve ended with ${code}: ${said}`)));
  });
  return { daemon, config };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** One PDU, one outlet: as processes of their own, and inside a daemon. */
async function oneOutlet(folder: string, program: string, effort: Effort): Promise<PowerFigure[]> {
  const farm = await PduFarm.start(program, folder, 1);
  const [port = 0] = farm.ports;
  const serial = () =>
    new MockSerialPdu({
      family: "baytech-rpc3",
      names: Array.from({ length: 8 }, (_, n) => `web${n}`),
      login: { password: "baytech" },
    });
  const [ours, theirs] = [serial(), serial()];
  const consoles = createServer((socket) => socket.on("error", () => undefined).resume());
  consoles.listen(0, "127.0.0.1");
  await once(consoles, "listening");
  const address = consoles.address();
  const consolePort = typeof address === "object" && address ? address.port : 0;
  const { daemon, config } = await startDaemon(folder, port, await ours.listen(), consolePort);
  const powermand = await Powermand.start(folder, await theirs.listen());
  if (!powermand) effort.say("powerman is not installed: it is left out");
  const oob = (...words: string[]) => [process.execPath, OOB, ...words, "--config", config];
  const act = (verb: string, host: string) =>
    oob("power", verb, host, "--yes", "--reason", "bench");
  const state = `${placeOf(FAMILY, STATE_COLUMN, "3", 3)}`;
  const url = `snmp://private@127.0.0.1:${port}?version=2c`;
  const fence = (verb: string) => [
    "fence_apc_snmp",
    ...["-a", "127.0.0.1", "-u", `${port}`, "-c", "private", "-d", "2c", "-n", "3", "-o", verb],
  ];
  try {
    return [
      ...(await compare(
        "one state",
        present(
          [
            {
              who: "snmpget",
              command: ["snmpget", "-v2c", "-c", "public", `127.0.0.1:${port}`, state],
            },
            { who: "oob power status, daemon", command: oob("power", "status", "web1") },
            { who: "oob pdu outlets URL, all 24, no daemon", command: oob("pdu", "outlets", url) },
            { who: "fence_apc_snmp", command: fence("status") },
          ],
          effort.say,
        ),
        effort,
      )),
      ...(await compare(
        "off",
        present(
          [
            { who: "oob, read back twice", command: act("off", "web1"), after: act("on", "web1") },
            { who: "fence_apc_snmp, read back", command: fence("off"), after: fence("on") },
            {
              who: "oob, serial PDU, read back twice",
              command: act("off", "db1"),
              after: act("on", "db1"),
            },
            ...(powermand
              ? [
                  {
                    who: "powerman, serial PDU, not read back",
                    command: powermand.act("-0"),
                    after: powermand.act("-1"),
                  },
                ]
              : []),
          ],
          effort.say,
        ),
        effort,
      )),
    ];
  } finally {
    await end(daemon);
    await powermand?.close();
    await farm.close();
    await Promise.all([ours.close(), theirs.close()]);
    consoles.close();
  }
}

interface FleetRead {
  readonly coldMs: number;
  readonly warmMs: number;
  readonly rssMiB: number;
  readonly outlets: number;
}

/** All outlets of many PDUs. The peer asks for the states alone; ours for names, loads and serial numbers too. */
async function fleet(folder: string, program: string, { say }: Effort) {
  const farm = await PduFarm.start(program, folder, FLEET);
  const figures: PowerFigure[] = [];
  const what = `${FLEET} PDUs x ${OUTLETS}`;
  const add = (who: string, ms: number, note: string) => {
    figures.push({ what, who, ms, slowestMs: ms, note });
    say(`${what}, ${who}: ${ms.toFixed(0)} ms; ${note}`);
  };
  if (installed("snmpbulkwalk")) {
    await farm.used();
    const begun = performance.now();
    const walk = `xargs -P16 -I{} snmpbulkwalk -v2c -c public -Cr24 127.0.0.1:{} ${STATE_COLUMN}`;
    execFileSync("sh", ["-c", `${walk} > /dev/null`], { input: farm.ports.join("\n") });
    const { requests, cpuMs } = await farm.used();
    const ms = performance.now() - begun;
    add(
      "xargs -P16 snmpbulkwalk, states",
      ms,
      `${requests} requests, PDUs used ${cpuMs.toFixed(0)} ms`,
    );
  } else say("snmpbulkwalk is not installed: it is left out");
  await farm.used();
  const text = execFileSync(process.execPath, [FLEET_READ, ...farm.ports.map(String)], {
    encoding: "utf8",
  });
  const { coldMs, warmMs, rssMiB, outlets } = JSON.parse(text) as FleetRead;
  const { requests, cpuMs } = await farm.used();
  await farm.close();
  if (outlets !== FLEET * OUTLETS)
    throw new Error(`${outlets} states were read, not ${FLEET * OUTLETS}`);
  add(
    "oob, all of them open",
    warmMs,
    `${rssMiB.toFixed(0)} MiB; ${requests} requests in all, PDUs used ${cpuMs.toFixed(0)} ms`,
  );
  add("oob, families found first", coldMs, `${rssMiB.toFixed(0)} MiB`);
  const met = warmMs < WITHIN_MS && rssMiB < WITHIN_MIB;
  return { figures, met };
}

/** Measures everything; `met`: the fleet was read as fast, and in as little memory, as is promised. */
export async function powerBench(
  scratch: string,
  short: boolean,
  say: (text: string) => void,
): Promise<{ readonly figures: readonly PowerFigure[]; readonly met: boolean }> {
  const folder = join(scratch, "power");
  mkdirSync(folder, { recursive: true });
  const program = buildTool(folder, "pdu-farm");
  const effort = { runs: short ? 5 : 15, say };
  const figures = await oneOutlet(folder, program, effort);
  const all = await fleet(folder, program, effort);
  if (!all.met)
    say(`the fleet was not read within ${WITHIN_MS} ms and ${WITHIN_MIB} MiB on this machine`);
  return { figures: [...figures, ...all.figures], met: all.met };
}

/** One line a figure. */
export function powerTable(figures: readonly PowerFigure[]): string {
  const width = Math.max(...figures.map(({ who }) => who.length));
  return figures
    .map(({ what, who, ms, slowestMs, note }) => {
      const times = `${ms.toFixed(0).padStart(6)} ms, slowest ${slowestMs.toFixed(0).padStart(6)}`;
      return `${what.padEnd(14)}  ${who.padEnd(width)}  ${times}  ${note ?? ""}`.trimEnd();
    })
    .join("\n");
}
