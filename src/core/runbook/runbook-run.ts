import type { HostEntry } from "../../config/site-config.ts";
import type { Clock } from "../../lib/clock.ts";
import type { BootLoader } from "../../sdk/boot-loader.ts";
import type { FirmwareMap } from "../../sdk/firmware/firmware-map.ts";
import type { OptionValues, SecretRef } from "../../sdk/options.ts";
import type { PowerHands, Runbook } from "../../sdk/runbook.ts";
import type { Audit } from "../audit/audit.ts";
import type { WatchedConsole } from "../session/watched-console.ts";
import type { RunEvent } from "../site/site.ts";
import type { Credentials } from "./log-in.ts";

/** Hands on the outlets, as a run gets them: a cycle tells whenever an outlet was read off. */
export interface RunPower extends Omit<PowerHands, "cycle"> {
  cycle(readOff: () => void): ReturnType<PowerHands["cycle"]>;
}

/** One run of one runbook on one host. */
export interface RunbookRun {
  readonly name: string;
  readonly runbook: Runbook;
  readonly host: HostEntry;
  readonly console: WatchedConsole;
  readonly power: RunPower;
  readonly credentials: Credentials | undefined;
  readonly loaders: ReadonlyMap<string, BootLoader>;
  /** Screens of firmware; absent: none is known. */
  readonly firmware?: ReadonlyMap<string, FirmwareMap>;
  /** For a boot loader that asks who wants to change its entries. */
  readonly loaderLogin?: Credentials;
  readonly options: OptionValues;
  readonly dryRun: boolean;
  readonly by: string;
  /** Whose seat may be borrowed while they write. */
  readonly lends?: (person: string) => boolean;
  readonly reason: string;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
  /** <state>/hosts/<host>: reports, memory, what was left on the host. undefined: nothing is kept. */
  readonly folder?: string;
  readonly secrets?: (which: SecretRef) => Promise<string>;
  /** Another runbook by its name, for part(). */
  readonly load?: (name: string) => Promise<Runbook>;
  /** Told of each act before it begins; what it throws keeps the act from being done. */
  readonly onAct?: (what: string, undo?: string) => void | Promise<void>;
}
