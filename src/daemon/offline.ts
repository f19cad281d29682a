import { type ConfigCheck, checkConfig, loadConfig } from "../config/load-config.ts";
import type { Environment } from "../config/places.ts";
import { formatProblem, type Problem } from "../config/problems.ts";
import { createDetector } from "../core/detect/create-detector.ts";
import type { Detector } from "../core/detect/opinion.ts";
import { openRegistry, Registry } from "../core/registry/registry.ts";
import type { ListenOptions } from "../core/serial-ports/listen.ts";
import { listenAtPorts as listenWith, type PortFound } from "../core/serial-ports/survey.ts";
import { messageOf } from "../lib/errors.ts";

export { type Heard, LISTEN_FOR, USUAL_SPEEDS } from "../core/serial-ports/listen.ts";
export { findPorts, type PortFound, type PortHeard } from "../core/serial-ports/survey.ts";
export { type PortTest, testPort } from "../core/serial-ports/test-port.ts";
export type {
  BacktestOptions,
  LogSummary,
  PlayableLog,
  PreparedLog,
  Story,
  StoryAct,
} from "./backtest.ts";
export type { Examination, Finding } from "./doctor.ts";
export type { CapturedPdu, ProbeLogin, ScannedAddress } from "./pdu-probe.ts";
export { type ConfigCheck, formatProblem };

/** For `oob backtest`; loads the watchdog. */
export const backtesting = () => import("./backtest.ts");

export type { Evidence, ExportedLog, SealProblem, SealVerdict } from "./evidence.ts";

/** For `oob anchor receive`; loads what keeps checkpoints of others. */
export const anchorReceiver = () => import("./receive-anchors.ts");

/** For `oob log verify` and its like; loads what reads seals. */
export const evidence = () => import("./evidence.ts");

export type { PlayedRun } from "./runbook-bench.ts";

/** For `oob runbook check`, `test` and `new`; loads what they need. */
export const runbookBench = () => import("./runbook-bench.ts");

/** For `oob access`; loads the rules of access. */
export const access = () => import("./access.ts");

/** For `oob doctor`; loads what looks at the machine. */
export const doctor = () => import("./doctor.ts");

/** For `oob pdu scan` and `capture`; loads what speaks SNMP. */
export const pduProbe = () => import("./pdu-probe.ts");

/** For `oob config check`: the configuration, the secrets it names and the drivers in its folders. Touches no device. */
export async function checkSite(
  config: string | undefined,
  env: Environment = process.env,
): Promise<ConfigCheck> {
  let registry = new Registry();
  const check = await checkConfig(config, env, (...folders) => {
    registry = new Registry(...folders);
    return registry;
  });
  const broken = (await registry.problems()).map(
    (error): Problem => ({
      severity: "error",
      file: check.path,
      line: 1,
      column: 1,
      path: "drivers",
      message: messageOf(error),
      source: "",
      width: 0,
    }),
  );
  // A driver that an entry uses was already complained about there.
  const told = new Set(check.problems.map((problem) => problem.message));
  const news = broken.filter((problem) => !told.has(problem.message));
  return { ...check, problems: [...check.problems, ...news] };
}

/**
 * For `oob detect`: a detector with the rules that ship and those of the configuration, and what could not be used. A
 * configuration that was not named has no say where it is broken.
 */
export async function openDetector(
  config: string | undefined,
  env: Environment = process.env,
): Promise<{ readonly detector: Detector; readonly troubles: readonly string[] }> {
  const troubles: string[] = [];
  let folders: readonly string[] = [];
  try {
    folders = (await loadConfig(config, env, openRegistry)).drivers;
  } catch (thrown) {
    if (config !== undefined) throw thrown;
    troubles.push(messageOf(thrown).split("\n")[0] ?? "");
  }
  const registry = new Registry(folders);
  const detector = createDetector(await registry.rules());
  troubles.push(...(await registry.brokenRules()).map(messageOf));
  return { detector, troubles };
}

/** For `oob port`: listens at ports of this machine, and judges what came with the rules that ship. */
export async function listenAtPorts(ports: readonly PortFound[], options: ListenOptions) {
  const rules = await new Registry([]).rules();
  return await listenWith(ports, options, () => createDetector(rules));
}
