import type { HostEntry } from "../../config/site-config.ts";
import type { Asker } from "../interlocks/interlock.ts";
import type { GuardRequest } from "../watchdog/guard.ts";
import type { PowerRequest, PowerVerb } from "./site.ts";

/** Who wants something switched, and why. */
export interface Wish {
  readonly verb: PowerVerb;
  readonly asker: Asker;
  readonly by: string;
  readonly reason: string;
  readonly force: boolean;
  /** For whom a runbook asks. */
  readonly person?: string | undefined;
  /** Who approved it, where two have to. */
  readonly second?: string | undefined;
  readonly graceful?: PowerRequest["graceful"];
  /** Other hosts that the same order names. */
  readonly together?: readonly string[];
  /** Those of them that hang on the same outlets, and are switched in one. */
  readonly asOne?: readonly string[];
  readonly afterShutdown?: boolean;
}

/** For whom a runbook works, and whether that person overrides what a person may override. */
export interface OnBehalf {
  readonly person?: string | undefined;
  readonly second?: string | undefined;
  readonly force?: boolean | undefined;
}

/** What the guard is asked about one host. */
export const ask = (
  host: HostEntry,
  { verb, asker, by, person, second, force, together = [], asOne, afterShutdown = false }: Wish,
): GuardRequest => ({
  host: host.name,
  act: verb,
  asker,
  by,
  person,
  second,
  force,
  together: together.filter((name) => name !== host.name),
  asOne,
  afterShutdown,
});
