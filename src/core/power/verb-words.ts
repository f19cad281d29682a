import { messageOf, OobError } from "../../lib/errors.ts";
import type { GuardedAct } from "../interlocks/interlock.ts";
import type { PowerRequest } from "../site/site.ts";

/** What a host's outlets are asked: to switch, or to show which machine it is. */
export type PowerAsk = PowerRequest["verb"];

const WORDS: Readonly<Record<GuardedAct | PowerAsk, (host: string) => string>> = {
  on: (host) => `switch ${host} on`,
  off: (host) => `switch ${host} off`,
  cycle: (host) => `cycle ${host}`,
  reset: (host) => `reset ${host}`,
  soft: (host) => `press the power button of ${host}`,
  nmi: (host) => `send an NMI to ${host}`,
  identify: (host) => `identify ${host}`,
  sysrq: (host) => `reboot ${host} by SysRq`,
  "single-user": (host) => `boot ${host} to single-user mode`,
  runbook: (host) => `run a runbook on ${host}`,
};

/** What an act is, in words: "switch web1 off". */
export const inWords = (act: GuardedAct | PowerAsk, host: string): string => WORDS[act](host);

/** Whatever was thrown, as an error with a code. */
export function asOobError(error: unknown): OobError {
  if (error instanceof OobError) return error;
  return new OobError("INTERNAL", messageOf(error), { cause: error });
}
